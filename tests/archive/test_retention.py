"""Retention: what may go goes, what it said before is what it does, and all else stands as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from aggregator.archive import Archive, Limits
from aggregator.errors import AggregatorError
from tests.conftest import NOON

from .making import a_spec, a_visit, an_entry, each_alone
from .test_raw import a_feed, frames_held

DAY = timedelta(days=1)


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Five days of one outlet, each document much like the one before; the first came to another one as well."""
    for day in range(5):
        source = archive.add_source(a_spec("one"), NOON)
        entries = [an_entry(day, raw=f"<item>{day}</item>")]
        archive.record(
            a_visit(source, entries, NOON + day * DAY, body=a_feed(day, day + 30)), entries, NOON + day * DAY
        )
    other = archive.add_source(a_spec("two"), NOON)
    archive.record(a_visit(other, [], NOON + DAY, body=a_feed(0, 30)), [], NOON + DAY)
    each_alone(archive)
    archive.index_text()
    return archive


def test_documents_go_by_age_and_the_rest_is_whole(filled: Archive) -> None:
    before = [document.body for document in filled.documents([1])]
    limits = {1: Limits(documents=NOON + 2 * DAY), 2: Limits(documents=NOON + 2 * DAY)}
    said = filled.retain(limits, really=False)
    assert [document.body for document in filled.documents([1])] == before
    assert filled.retain(limits, really=True) == said
    assert {source: (each.documents, each.texts) for source, each in said.items()} == {1: (2, 0)}
    assert said[1].bytes > 0
    assert [document.body for document in filled.documents([1])] == [None, None, *before[2:]]
    assert [base for *_, base in frames_held(filled)] == [None, None, 5, 5, None]
    assert filled.verify() == []
    assert filled.retain(limits, really=True) == {}


def test_a_document_stays_while_one_of_its_sources_keeps_it(filled: Archive) -> None:
    filled.retain({1: Limits(documents=NOON + 9 * DAY)}, really=True)
    held = list(filled.documents())
    assert [document.body is None for document in held] == [False, True, True, True, True, False]
    assert all(len(document.sha256) == 64 for document in held)


def test_a_document_that_comes_again_is_kept_again(filled: Archive) -> None:
    filled.retain({1: Limits(documents=NOON + 9 * DAY), 2: Limits(documents=NOON + 9 * DAY)}, really=True)
    source = filled.source("one")
    filled.record(a_visit(source, [], NOON + 9 * DAY, body=a_feed(1, 31)), [], NOON + 9 * DAY)
    assert [document.body for document in filled.documents()][-1] == a_feed(1, 31)
    assert len(frames_held(filled)) == 5
    assert filled.verify() == []


def test_texts_go_and_what_is_known_of_them_stays(filled: Archive) -> None:
    limits = {1: Limits(texts=NOON + 2 * DAY)}
    said = filled.retain(limits, really=False)
    assert filled.retain(limits, really=True) == said
    assert {source: (each.documents, each.texts) for source, each in said.items()} == {1: (0, 2)}
    gone, *_ = copies = list(filled.export())
    assert [bool(copy.text) for copy in copies] == [False, False, True, True, True]
    assert (gone.title, gone.html, gone.raw, gone.guid) == ("Title 0", "", "", "guid-0")
    assert filled.known({1: ["guid-0"]})[1] != {}
    filled.index_text()
    assert filled.verify() == []
    assert {hit.copy_id for hit in filled.search("article", 9)} == {3, 4, 5}
    assert {hit.copy_id for hit in filled.search("title", 9)} == {1, 2, 3, 4, 5}
    assert filled.retain(limits, really=True) == {}


def test_without_a_policy_everything_stays(filled: Archive) -> None:
    before = list(filled.whole())
    filled.retain({1: Limits(), 2: Limits()}, really=True)
    filled.retain({}, really=True)
    assert list(filled.whole()) == before


@pytest.mark.parametrize(
    "change",
    [
        "text = html",
        "html = text",
        "raw = html",
        "title = 'other'",
        "fingerprint = ''",
        "words = 0",
    ],
)
def test_a_text_can_go_and_never_become_another(filled: Archive, change: str) -> None:
    with pytest.raises((DBAPIError, AggregatorError), match="append-only"), filled._write() as conn:
        conn.execute(text(f"UPDATE revision SET {change}"))
