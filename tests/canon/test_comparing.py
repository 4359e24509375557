"""Pairs compared together say what each pair says alone."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aggregator.canon import evidence, segments, trial
from aggregator.canon.reading import read_all, reading, scan, thinned, title_all
from aggregator.canon.trial import Arrival
from aggregator.canon.verdicts import Verdicts
from aggregator.canon.words import Words
from aggregator.model import Facts, Waiting
from tests.canon.desk import NOON, RULES

WORDS = 'storm coast river mayor Cairo London 12 30 said on the of " . a'.split()
texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join), max_size=4).map("\n\n".join)
CUTS = st.sampled_from([[False] * 3, [True, False, True], [False, False, True], [False, True, False]])
numbers = st.lists(st.integers(0, 40), max_size=60).map(lambda found: np.array(found, np.uint64))


def arrival(copy_id: int, title: str, text: str) -> Arrival:
    words = Words()
    scanned = scan(text, (), words)
    read = reading(title_all([title], words)[0].once, scanned)
    copy = Waiting(copy_id, copy_id, 1, str(copy_id), title, text)
    return Arrival(copy, NOON + timedelta(days=copy_id), Facts(), read, scanned)


def alone_judged(one: Arrival, other: Arrival, same_url: bool, rare: float) -> trial.Pair:
    return trial.judge_all([(one, other, same_url, rare)], RULES)[0]


@given(st.lists(st.tuples(texts, texts, st.booleans()), min_size=1, max_size=6))
def test_judging_many_is_judging_each(rows: list[tuple[str, str, bool]]) -> None:
    meetings = [
        (arrival(at, one[:20], one), arrival(at + 5, other[:20], one + "\n\n" + other), same_url, 0.5)
        for at, (one, other, same_url) in enumerate(rows)
    ]
    alone = [alone_judged(*meeting) for meeting in meetings]
    together = trial.judge_all(meetings, RULES)
    assert [(p.score, p.method, p.features) for p in together] == [
        (p.score, p.method, p.features) for p in alone
    ]


@given(st.data())
def test_a_text_without_its_last_lines_is_judged_as_if_it_had_never_had_them(data: st.DataObject) -> None:
    rows, found = [], []
    for at in range(data.draw(st.integers(1, 4))):
        text, last = data.draw(texts), data.draw(texts)
        whole, bare = arrival(at, "", f"{text}\n{last}"), arrival(at, "", text)
        other = arrival(9 + at, "", f"{data.draw(texts)}\n{text}\n{last}")
        lines = text.count("\n") + 1
        rest, words = thinned(whole.scan, whole.scan.lines >= lines)
        runs = None if words is None else whole.plain.runs[words]
        whole.reading = read_all([whole.plain.title], [rest], [runs])[0]
        rows.append((whole, other, False, 0.5))
        found.append(alone_judged(bare, other, False, 0.5))
    judged = trial.judge_all(rows, RULES)
    assert [(p.score, p.features) for p in judged] == [(p.score, p.features) for p in found]
    gathered = evidence.gather_all(
        [(one, other, pair) for (one, other, *_), pair in zip(rows, judged, strict=True)]
    )
    assert [set(said) - {"passages"} for said in gathered] == [
        set(evidence.gather(one, other, pair)) - {"passages"}
        for (one, other, *_), pair in zip(rows, found, strict=True)
    ]


def test_the_evidence_of_many_pairs_is_that_of_each() -> None:
    names = [f"{first}{second}ius" for first in "ABDFGKLMNPRST" for second in "abcdefghijkl"]
    rows = []
    for at, (name, next_name) in enumerate(pairwise(names)):
        story = (
            f"On day {at} the mayor of the town said that {{}} had crossed the river with the others by night. "
            * 3
        )
        one, other = (
            arrival(at, "", story.format(*[name] * 3)),
            arrival(at + 500, "", story.format(*[next_name] * 3)),
        )
        rows.append((one, other, alone_judged(one, other, False, 0.5)))
    assert len(rows) > segments.TOGETHER
    found = evidence.gather_all(rows)
    assert found == [evidence.gather(*row) for row in rows]
    assert [(each["only_here"], each["only_there"]) for each in found] == [
        ([name], [next_name]) for name, next_name in pairwise(names)
    ]


def test_what_is_remembered_of_a_pair_follows_what_has_changed_since() -> None:
    text = " ".join(f"word{n} and" for n in range(60))
    one, other = (
        arrival(1, "Storm hits coast", text),
        arrival(2, "Storm hits coast", text + " rain fell on it"),
    )
    verdicts = Verdicts(RULES)
    for rare in (1.0, 0.1, 0.1, 1.0):
        [found], alone = verdicts.of([(one, other, False, rare)]), alone_judged(one, other, False, rare)
        assert (found.score, found.features) == (alone.score, alone.features)
    other.reading = arrival(2, "", "Nothing of the kind, in other words than those").reading
    assert verdicts.of([(one, other, False, 1.0)])[0].score == 0.0


def put_out(copy: Arrival, flags: list[bool]) -> None:
    """As placing does."""
    rest, words = thinned(copy.scan, np.array(flags, bool))
    runs = None if words is None else copy.plain.runs[words]
    copy.reading = read_all([copy.plain.title], [rest], [runs])[0]


def agrees(verdicts: Verdicts, one: Arrival, other: Arrival, same_url: bool = False) -> None:
    [found], alone = verdicts.of([(one, other, same_url, 0.5)]), alone_judged(one, other, same_url, 0.5)
    assert (found.score, found.features, found.sides is None) == (
        alone.score,
        alone.features,
        alone.sides is None,
    )


@given(st.integers(4, 12), st.sampled_from((4, 5, 40)), CUTS, CUTS, st.booleans())
def test_what_two_texts_shared_whole_is_no_verdict_on_what_is_left_of_them(
    shared: int, own: int, cut: list[bool], cut_other: list[bool], same_url: bool
) -> None:
    def text(name: str) -> str:
        lines = [" ".join(f"{word}{at}" for at in range(own)) for word in (name, name + "x")]
        return f"{lines[0]}.\n" + " ".join(f"both{at}" for at in range(shared)) + f".\n{lines[1]}."

    one, other, verdicts = arrival(1, "", text("here")), arrival(2, "", text("there")), Verdicts(RULES)
    agrees(verdicts, one, other, same_url)
    put_out(one, cut)
    put_out(other, cut_other)
    agrees(verdicts, one, other, same_url)


def test_pages_under_one_url_are_compared_anew_however_little_they_shared() -> None:
    def text(name: str) -> str:
        return " ".join(f"{name}{at}" for at in range(40)) + f".\nBoth of them here.\n{name} {name}."

    one, other, verdicts = arrival(1, "", text("this")), arrival(2, "", text("that")), Verdicts(RULES)
    agrees(verdicts, one, other, same_url=True)
    put_out(one, [False, False, True])
    put_out(other, [False, False, True])
    agrees(verdicts, one, other, same_url=True)


def test_what_stands_together_only_since_a_line_between_was_cut_is_looked_at() -> None:
    one, other = arrival(1, "", "Here is\na line\nthe end"), arrival(2, "", "Here is the end\nof it all")
    verdicts = Verdicts(RULES)
    agrees(verdicts, one, other)
    put_out(one, [False, True, False])
    put_out(other, [False, True])
    agrees(verdicts, one, other)


def test_a_new_version_of_a_text_is_not_what_was_compared_before() -> None:
    one, other = arrival(1, "", "Some other words\nof it all"), arrival(2, "", "Here is the end\nof it all")
    verdicts = Verdicts(RULES)
    agrees(verdicts, one, other)
    revised = arrival(1, "", "Here is the end\nof it all")
    for copy in (revised, other):
        put_out(copy, [False, True])
    agrees(verdicts, revised, other)


def test_a_pair_seen_from_the_other_side_says_the_same_the_other_way_round() -> None:
    one, other = (
        arrival(1, "Storm", "the storm hit the coast " * 9),
        arrival(2, "Storm", "the storm hit the coast " * 4),
    )
    pair = alone_judged(one, other, False, 1.0)
    back = pair.seen_from(2, 1)
    assert pair.seen_from(1, 2) is pair
    assert pair.sides is not None and back.sides == pair.sides[::-1]
    assert (back.copy_id, back.score) == (1, pair.score)


@given(numbers, numbers)
def test_a_number_is_held_where_it_is_among_the_others(
    asked: segments.Hashes, among: segments.Hashes
) -> None:
    spread = np.uint64(0x9E3779B97F4A7C15)
    found = segments.held((asked + np.uint64(1)) * spread, (among + np.uint64(1)) * spread)
    assert found.tolist() == np.isin(asked, among).tolist()


@given(st.lists(st.lists(st.booleans(), max_size=12), min_size=1, max_size=6))
def test_the_longest_stretches_of_each_part(parts: list[list[bool]]) -> None:
    flags = np.array([flag for part in parts for flag in part], bool)
    longest, count, gaps = segments.Parts([len(part) for part in parts]).longest(flags)
    for at, part in enumerate(parts):
        drawn = "".join("x" if flag else " " for flag in part)
        assert longest[at] == max(map(len, drawn.split()), default=0)
        assert count[at] == len(drawn.split())
        assert gaps[at] == max(map(len, drawn.split("x")), default=0)


def market(town: str, *companies: str) -> str:
    """A report of which all but the names recurs word for word."""
    first, second, third = companies
    return (
        f"Stocks in {town} closed higher on Tuesday, led by {first}, as investors weighed the latest figures on "
        f"inflation against the prospect of lower interest rates later in the year. Shares of {second} gained in "
        f"heavy trading, while {third} fell after the company cut its forecast for the second time this year. Traders "
        "said that volumes were thin ahead of the holiday, and that few of them expected much before it."
    )


def test_a_report_of_other_names_in_the_same_words_is_another_article() -> None:
    oslo, lima = market("Oslo", "Equinor", "Telenor", "Yara"), market("Lima", "Alicorp", "Telenor", "Yara")
    one, other = arrival(1, "Stocks rise in Oslo", oslo), arrival(2, "Stocks rise in Lima", lima)
    assert alone_judged(one, other, False, 1.0).score == 0.0
    edited = oslo.replace("investors weighed", "traders digested").replace("thin", "low")
    same = arrival(3, "Oslo stocks close higher", edited.replace("Equinor", "Equinor ASA"))
    assert alone_judged(one, same, False, 1.0).score >= RULES.threshold
