"""Who is compared with whom, which copies belong together, and under which story: whatever the order."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aggregator.canon import grouping, pairing
from aggregator.canon.assigning import assign
from aggregator.canon.compare import FEATURES, Features, Side
from aggregator.canon.trial import Pair
from tests.canon.desk import RULES

NOTHING = pairing.Outside(*(np.empty(0, np.int64) for _ in range(3)))
LONG = 100  # words


def met(
    keys: list[list[int]], labels: list[int], outside: pairing.Outside = NOTHING, most: int = 5, cap: int = 40
) -> dict[tuple[int, int], float]:
    crowd = pairing.Crowd([np.array(each, np.int64) for each in keys], labels)
    found = pairing.nearest(crowd, outside, most, cap)
    return {
        (one, other): round(rare, 3)
        for one, other, rare in zip(
            found.one.tolist(), found.other.tolist(), found.rare.tolist(), strict=True
        )
    }


def test_copies_meet_where_they_share_a_key() -> None:
    assert met([[1, 2, 3], [3, 4], [5], []], [-1, -2, -3, -4]) == {(0, 1): 1.0}


def test_a_key_that_other_stories_hold_is_less_rare() -> None:
    outside = pairing.Outside(np.array([3, 3, 9]), np.array([70, 71, 72]), np.array([3]))
    assert met([[1, 3], [3]], [-1, -2], outside) == {(0, 1): 0.333}
    assert met([[1, 3], [3]], [-1, -2], outside, cap=4) == {}


def test_copies_of_one_story_do_not_make_its_keys_common() -> None:
    assert set(met([[1], [1], [1], [1]], [8, 8, 8, 8]).values()) == {1.0}


def test_a_copy_meets_those_that_share_most_with_it() -> None:
    keys = [[1, 2, 3, 4], [1, 2, 3], [1, 2], [1]]
    found = met(keys, [8] * 4, most=1)
    assert (0, 1) in found
    assert (2, 3) not in found


def test_of_a_key_that_very_many_hold_each_holder_still_meets_some() -> None:
    found = met([[1]] * 200, [8] * 200)
    assert {id for pair in found for id in pair} == set(range(200))
    assert len(found) <= 200 * 5


@given(
    st.lists(st.lists(st.integers(0, 12), max_size=6, unique=True), min_size=2, max_size=12),
    st.integers(0, 1000),
)
def test_how_rare_a_meeting_is_depends_on_what_is_held_and_not_on_the_numbering(
    keys: list[list[int]], seed: int
) -> None:
    order = random.Random(seed).sample(range(len(keys)), len(keys))
    labels = [at % 3 for at in range(len(keys))]
    plain = met(keys, labels, most=99)
    turned = met([keys[at] for at in order], [labels[at] for at in order], most=99)
    assert {(*sorted((order[one], order[other])), rare) for (one, other), rare in turned.items()} == {
        (*pair, rare) for pair, rare in plain.items()
    }


# ---------------------------------------------------------------- grouping


def pair(
    other: int, score: float, mine: range = range(100), theirs: range = range(100), title: float = 0.0
) -> Pair:
    features = Features(*[0.0] * len(FEATURES))._replace(title=title)
    return Pair(other, score, "text", (side(mine), side(theirs)), features)


def side(covered: range) -> Side:
    flags = np.zeros(100, bool)
    flags[covered.start : covered.stop] = True
    return Side(flags, len(covered), len(covered) / 100, len(covered) / 100, float(flags[:40].mean()))


def grouped(
    pairs: Mapping[tuple[int, int], Pair],
    total: int,
    said: grouping.Words | None = None,
    words: list[int] | None = None,
) -> set[frozenset[int]]:
    named = grouping.group(words or [LONG] * total, total, pairs, said or grouping.Words(), RULES, 0.6)
    groups: dict[int, set[int]] = {}
    for copy, name in named.items():
        groups.setdefault(name, set()).add(copy)
    return {frozenset(group) for group in groups.values()}


def sets(*groups: tuple[int, ...]) -> set[frozenset[int]]:
    return {frozenset(group) for group in groups}


def test_pairs_that_agree_make_groups() -> None:
    assert grouped({(0, 1): pair(1, 0.9), (1, 2): pair(2, 0.3)}, 3) == sets((0, 1), (2,))


def test_chains_do_not_drift() -> None:
    pairs = {(0, 1): pair(1, 0.9), (1, 2): pair(2, 0.7), (0, 2): pair(2, 0.1)}
    assert grouped(pairs, 3) == sets((0, 1), (2,))


def test_a_round_up_brings_nothing_together() -> None:
    pairs = {
        (0, 1): pair(1, 0.9, range(0, 45), range(100)),
        (0, 2): pair(2, 0.9, range(50, 95), range(100)),
    }
    assert grouped(pairs, 3) == sets((0,), (1,), (2,))


def test_a_page_that_is_mostly_one_article_is_a_copy_of_that_alone() -> None:
    pairs = {
        (0, 1): pair(1, 0.9, range(0, 70), range(100)),
        (0, 2): pair(2, 0.95, range(75, 100), range(100)),
    }
    assert grouped(pairs, 3) == sets((0, 1), (2,))


def test_a_line_joins_the_one_story_that_it_begins_and_none_of_several() -> None:
    one = {(0, 1): pair(1, 0.9)}
    assert grouped(one, 2, words=[LONG, 12]) == sets((0, 1))
    assert grouped(one | {(1, 2): pair(2, 0.9)}, 3, words=[LONG, 12, LONG]) == sets((0,), (1,), (2,))


def test_a_person_outranks_the_pairs() -> None:
    agree = {(0, 1): pair(1, 0.99), (1, 2): pair(2, 0.99)}
    apart = grouping.Words(apart={0: {1}, 1: {0}})
    assert grouped(agree, 3, apart) == sets((0,), (1, 2))
    assert grouped({}, 3, grouping.Words(together=[(0, 2)])) == sets((0, 2), (1,))


scores = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda link: link[0] < link[1]),
    st.floats(0.01, 1.0, allow_nan=False),
    max_size=20,
)


@given(scores, st.integers(0, 1000))
def test_groups_do_not_depend_on_the_order_of_the_pairs(
    found: dict[tuple[int, int], float], seed: int
) -> None:
    pairs = {link: pair(link[1], score) for link, score in found.items()}
    shuffled = dict(random.Random(seed).sample(sorted(pairs.items(), key=lambda row: row[0]), len(pairs)))
    assert grouped(pairs, 8) == grouped(shuffled, 8)


# ---------------------------------------------------------------- assigning


def test_the_oldest_story_of_a_group_survives_and_a_group_without_one_begins_a_story() -> None:
    new = iter(range(90, 99))
    found = assign({1: 1, 2: 1, 3: 1, 4: 4}, {1: 7, 2: 5}, [3, 4], lambda: next(new))
    assert found.story_of == {1: 5, 2: 5, 3: 5, 4: 90}
    assert (found.absorbed, found.founders, found.moved) == ({5: [7]}, {90: 4}, [])


def test_a_story_stays_with_most_of_its_copies_and_the_others_move_out() -> None:
    found = assign({1: 1, 2: 2, 3: 2}, {1: 7, 2: 7, 3: 7}, [], lambda: 90)
    assert found.story_of == {1: 90, 2: 7, 3: 7}
    assert (found.founders, found.moved) == ({90: 1}, [1])


@given(st.dictionaries(st.integers(1, 12), st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1))
def test_every_group_is_one_story_and_no_two_groups_are(copies: dict[int, tuple[int, int]]) -> None:
    groups = {copy: group for copy, (group, _) in copies.items()}
    former = {copy: story for copy, (_, story) in copies.items() if story}
    numbers = iter(range(100, 200))
    found = assign(groups, former, sorted(groups), lambda: next(numbers))
    assert len({(groups[copy], story) for copy, story in found.story_of.items()}) == len(set(groups.values()))
    assert len(set(found.story_of.values())) == len(set(groups.values()))
    gone = {story for stories in found.absorbed.values() for story in stories}
    assert gone | set(found.story_of.values()) >= set(former.values())  # no story is lost
    unmoved = {copy for copy in former if copy not in found.moved and former[copy] not in gone}
    assert all(found.story_of[copy] == former[copy] for copy in unmoved)
