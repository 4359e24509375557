"""Texts that repeat another one are kept as the difference to it, and nothing is lost by that."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from aggregator.archive import Archive, Limits, spans
from aggregator.errors import AggregatorError
from aggregator.model import Facts, Placing
from tests.conftest import NOON

from .making import an_entry, each_alone, face, found, ingest

WORDS = ["".join(random.Random(n).choices("etaoinshrdlu", k=3 + n % 7)) for n in range(600)]


def sentences(seed: int, count: int = 20) -> list[str]:
    dice = random.Random(seed)
    return [" ".join(dice.choices(WORDS, k=14)).capitalize() + "." for _ in range(count)]


def printed(told: Sequence[str]) -> str:
    return "\n\n".join(" ".join(told[at : at + 3]) for at in range(0, len(told), 3))


ONE = sentences(1)
ORIGINAL, SHORTENED, ANOTHER = printed(ONE), printed(ONE[:15]), printed(sentences(2))


@pytest.fixture
def printings(archive: Archive) -> Archive:
    """An article, a shorter printing of it, and something else, by outlets of their own."""
    for number, said in enumerate((ORIGINAL, SHORTENED, ANOTHER), 1):
        ingest(archive, [an_entry(number, text=said)], f"outlet-{number}")
    each_alone(archive)
    archive.index_text()
    return archive


def kept(archive: Archive) -> list[tuple[int, int, int | None]]:
    """(revision, bytes of its text, the one it stands on)"""
    with archive._read() as conn:
        rows = conn.execute(text("SELECT id, length(text), base_id FROM revision ORDER BY id")).all()
    return [(id, size, base) for id, size, base in rows]


def texts_of(archive: Archive) -> list[str]:
    return [copy.text for copy in archive.export()]


def test_a_text_that_repeats_an_earlier_one_takes_a_tenth_and_reads_as_it_was(printings: Archive) -> None:
    (_, alone, _), (_, difference, base), (_, _, other) = kept(printings)
    assert (base, other) == (1, None)
    assert difference < alone / 10
    assert texts_of(printings) == [ORIGINAL, SHORTENED, ANOTHER]
    assert [revision.entry.text for revision in printings.revisions(2)] == [SHORTENED]
    assert printings.verify() == []


def test_it_is_found_by_its_phrases_as_any_text_is(printings: Archive) -> None:
    phrase = " ".join(ONE[4].split()[3:8])
    assert {hit.copy_id for hit in printings.search(f'"{phrase}"', 9)} == {1, 2}


def test_a_revision_stands_on_the_one_before_it_whichever_process_wrote_that(
    printings: Archive, archive_url: str
) -> None:
    with Archive.open(archive_url) as other:
        for said in (
            [*ONE[:19], "And a last word on it."],
            [*ONE[:18], "Another last word on it, which is longer."],
        ):
            ingest(other, [an_entry(1, text=printed(said))], "outlet-1")
        assert [base for *_, base in kept(other)] == [None, 1, None, 1, 1]
        assert [revision.entry.text[-10:] for revision in other.revisions(1)] == [
            ORIGINAL[-10:],
            "ord on it.",
            "is longer.",
        ]


def test_what_others_stand_on_can_go_and_they_stand_alone(printings: Archive) -> None:
    printings.retain({1: Limits(texts=NOON + timedelta(days=1))}, really=True)
    assert texts_of(printings) == ["", SHORTENED, ANOTHER]
    assert [base for *_, base in kept(printings)] == [None, None, None]
    printings.index_text()
    assert printings.verify() == []
    ingest(printings, [an_entry(4, text=ORIGINAL)], "outlet-4")
    assert texts_of(printings)[-1] == ORIGINAL


def test_a_text_cannot_be_put_on_another_by_hand(printings: Archive) -> None:
    for change in (
        "base_id = 3 WHERE id = 2",
        "base_id = 1 WHERE id = 3",
        "text = raw, base_id = 1 WHERE id = 3",
    ):
        with pytest.raises((DBAPIError, AggregatorError), match="append-only"), printings._write() as conn:
            conn.execute(text(f"UPDATE revision SET {change}"))


def test_a_damaged_text_takes_those_that_stand_on_it_along_and_verify_names_all(printings: Archive) -> None:
    with printings._write() as conn:
        trigger = "DROP TRIGGER revision_only_emptied" + (
            "" if conn.dialect.name == "sqlite" else " ON revision"
        )
        conn.execute(text(trigger))
        conn.execute(text("UPDATE revision SET text = (SELECT text FROM revision WHERE id = 3) WHERE id = 1"))
    told = [str(finding) for finding in printings.verify() if finding.check == "revision"]
    assert [said.partition(" cannot")[0] for said in told] == ["revision: revision 2 of copy 2"]


def test_a_restored_archive_is_as_small_and_the_same(printings: Archive, empty_url: str) -> None:
    lines = list(printings.whole())
    assert not any(b"base_id" in line for line in lines if b'"_":"revision"' in line)
    Archive.restore(empty_url, lines)
    with Archive.open(empty_url) as other:
        assert list(other.whole()) == lines
        assert [base for *_, base in kept(other)] == [None, 1, None]


SPAN = st.tuples(
    st.integers(0, 9999), st.integers(0, 999), st.sampled_from(["title", "byline", "seen in 3 of 4"])
)


@given(st.lists(SPAN, max_size=9))
def test_what_is_furniture_comes_back_as_it_was(parts: list[tuple[int, int, str]]) -> None:
    told = tuple(
        (start, start + length, reason) for start, length, reason in parts if not reason[-1].isdigit()
    )
    assert spans.read(spans.told(told)) == told


def test_facts_are_kept_short_and_come_back(archive: Archive) -> None:
    ingest(archive, [an_entry(1)])
    facts = Facts(
        agency="Reuters", language="en", furniture=((0, 24, "byline"), (26, 64, "photo"), (70, 80, "odd"))
    )
    with archive.placing(NOON) as desk:
        (copy,) = desk.waiting(9)
        story = desk.new_story()
        desk.record(Placing((replace(found(copy, story), facts=facts),), (face(copy, story),)))
    [held] = archive.export()
    assert held.facts == facts
    with archive._read() as conn:
        assert str(conn.execute(text("SELECT furniture FROM copy")).scalar_one()) == "0.24y2.38p6.10odd"
