"""Rules: versioned numbers that can be set one by one, and a forest that only rises with agreement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.canon import load_rules
from aggregator.canon.compare import FEATURES, Features
from aggregator.canon.rules import versions
from aggregator.canon.verdict import Forest
from aggregator.errors import ConfigurationError

RULES = load_rules()


def test_rules_are_named_by_what_is_other_in_them_however_it_was_said() -> None:
    plain = load_rules()
    assert load_rules(overrides={"keys": 20.0}).version == load_rules(overrides={"keys": 20}).version
    assert load_rules(overrides={"keys": 20}).version == f"{plain.version}+keys=20"
    assert load_rules(overrides={"keys": plain.keys, "threshold": plain.threshold}) == plain


def test_the_newest_version_is_the_default() -> None:
    assert RULES.version == versions()[-1]
    assert load_rules(RULES.version) == RULES


def test_a_number_can_be_set_and_the_version_says_so() -> None:
    strict = load_rules(None, {"threshold": 0.9})
    assert strict.threshold == 0.9
    assert strict.version == f"{RULES.version}+threshold=0.9"


def test_a_count_stays_a_whole_number_however_it_is_given() -> None:
    assert repr(load_rules(None, {"story_cap": 6.0}).story_cap) == "6"


@pytest.mark.parametrize("name", ["treshold", "version", "forest"])
def test_what_is_not_a_rule_cannot_be_set(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        load_rules(None, {name: 1})


def test_an_unknown_version_names_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=RULES.version):
        load_rules("1066.1")


def test_a_tree_goes_left_up_to_its_threshold_and_right_above() -> None:
    forest = Forest(0.0, [["inner", 0.5, -20.0, ["title", 0.1, 0.0, 20.0]]])
    zero = Features(*[0.0] * len(FEATURES))
    assert forest.score(zero._replace(inner=0.5)) < 0.01
    assert forest.score(zero._replace(inner=0.6)) == 0.5
    assert forest.score(zero._replace(inner=0.6, title=1.0)) > 0.99


SHARES = st.builds(Features, *[st.floats(0, 1)] * len(FEATURES))


@given(
    SHARES,
    st.sampled_from(("inner", "unquoted", "lead", "units", "numbers", "names", "title", "pairs")),
    st.floats(0, 1),
)
def test_more_agreement_never_lowers_a_score(found: Features, name: str, more: float) -> None:
    raised = found._replace(**{name: max(getattr(found, name), more)})
    assert RULES.forest.score(raised) >= RULES.forest.score(found) - 1e-12
