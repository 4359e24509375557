"""Ingest: what is new goes in, what changed becomes a revision, and nothing else costs anything."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from aggregator import stages
from aggregator.archive import Archive
from aggregator.errors import AggregatorError, ArchiveBusy, ArchiveError
from aggregator.model import Collected, Enclosure, Entry, EntryOrigin, Ingested, Person
from tests.conftest import NOON, Clock

from .making import LEASE, a_spec, a_visit, an_entry, each_alone, ingest


def test_an_entry_comes_back_as_it_went_in(archive: Archive) -> None:
    entry = an_entry(
        title="Überschrift — «ok» 😀",
        summary="short",
        authors=(Person("A. Writer", email="a@example.org"),),
        categories=("World", "Sport"),
        enclosures=(Enclosure("https://x.example/a.mp3", "audio/mpeg", 12, "Listen"),),
        origin=EntryOrigin("Wire", "tag:wire", "https://wire.example/"),
        published=datetime(2026, 11, 22, 13, 0, 0, 123456, timezone(timedelta(hours=2))),
        updated=NOON,
        language="de-AT",
        rights="(c)",
        image="https://x.example/a.jpg",
        comments_url="https://x.example/c",
        canonical_url="https://x.example/a",
        date_said="gestern",
        base="https://x.example/",
        raw="<item>\r\n</item>",
    )
    ingest(archive, [entry])
    copy = next(archive.export())
    held = archive.revisions(copy.id)[0].entry
    assert held == replace(entry, published=datetime(2026, 11, 22, 11, 0, 0, 123456, UTC))
    assert copy.authors == entry.authors
    assert copy.origin == entry.origin
    assert copy.published is not None
    assert copy.published.tzinfo is UTC
    assert (copy.language, copy.story_id, copy.revisions) == ("de-AT", None, 1)


def test_an_entry_that_was_not_read_is_seen_again_and_never_written(archive: Archive) -> None:
    ingest(archive, [an_entry()])
    unread = replace(an_entry(), title="", text="", html="", fingerprint="of another reading", unread=True)
    [source] = archive.sources()
    collected = a_visit(source, [unread])
    later = NOON + timedelta(hours=1)
    assert stages.ingest(archive, collected, later).unchanged == 1
    [copy] = archive.export()
    assert (copy.revisions, copy.title, copy.last_seen) == (1, an_entry().title, later)


def test_what_a_database_cannot_hold_is_taken_out_and_the_raw_item_stays_as_it_was(archive: Archive) -> None:
    dirty = "a\x00b\ud800c"
    entry = an_entry(
        guid=dirty, title=dirty, text=dirty, html=dirty, raw=dirty, categories=(dirty,), url=dirty
    )
    assert ingest(archive, [entry]).new == 1
    copy = next(archive.export())
    assert (copy.guid, copy.title, copy.text, copy.html, copy.categories) == (
        "abc",
        "abc",
        "abc",
        "abc",
        ("abc",),
    )
    assert archive.revisions(copy.id)[0].entry.raw == dirty
    assert archive.known({copy.source_id: [dirty]}) == {copy.source_id: {dirty: entry.fingerprint}}


def test_an_address_that_is_the_guid_is_kept_once_and_told_as_any_other(archive: Archive) -> None:
    entries = [
        an_entry(1, guid="https://outlet.example/1", raw="<item>https://outlet.example/1</item>"),
        an_entry(2),
    ]
    ingest(archive, entries)
    with archive._read() as conn:
        assert conn.scalars(text("SELECT url FROM revision ORDER BY id")).all() == [
            "https://outlet.example/2",
            None,
        ]
    assert [copy.url for copy in archive.export()] == [entry.url for entry in reversed(entries)]
    assert [archive.revisions(n)[0].entry.raw for n in (1, 2)] == [entry.raw for entry in reversed(entries)]
    assert archive.verify() == []


def test_a_time_without_a_zone_is_refused_and_nothing_is_stored(archive: Archive) -> None:
    with pytest.raises(Exception, match="without a zone"):
        ingest(archive, [an_entry(1), an_entry(2, published=datetime(2026, 1, 1))])
    assert archive.status().copies == archive.status().fetches == 0


def test_copies_are_numbered_oldest_first_as_feeds_name_the_newest_first(archive: Archive) -> None:
    ingest(archive, [an_entry(3), an_entry(2), an_entry(1)])
    assert [copy.guid for copy in archive.export()] == ["guid-1", "guid-2", "guid-3"]


def test_an_unchanged_entry_is_only_seen_again(archive: Archive, clock: Clock) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    source = archive.source("outlet")
    listed = [an_entry(1), an_entry(2)]
    known = archive.known({source.id: [entry.guid for entry in listed]})[source.id]
    assert known == {entry.guid: entry.fingerprint for entry in listed}
    done = archive.record(a_visit(source, listed, clock.forward(hours=1)), [], clock())
    assert (done.new, done.revised, done.unchanged) == (0, 0, 2)
    assert {(copy.first_seen, copy.last_seen, copy.revisions) for copy in archive.export()} == {
        (NOON, clock(), 1)
    }


def test_a_changed_entry_is_a_new_revision_and_waits_again_where_it_stands(
    archive: Archive, clock: Clock
) -> None:
    ingest(archive, [an_entry(1)])
    story = each_alone(archive)[0]
    done = ingest(
        archive, [an_entry(1, title="Corrected", url="https://outlet.example/new")], at=clock.forward(hours=1)
    )
    assert (done.new, done.revised) == (0, 1)
    copy = next(archive.export())
    assert (copy.title, copy.revisions, copy.story_id, copy.url) == (
        "Corrected",
        2,
        story,
        "https://outlet.example/new",
    )
    assert [revision.entry.title for revision in archive.revisions(copy.id)] == ["Title 1", "Corrected"]
    with archive.placing(clock()) as desk:
        waiting = desk.waiting(10)
        assert [(each.title, each.story_id) for each in waiting] == [("Corrected", story)]
        assert desk.placed([copy.id])[copy.id].title == "Title 1"


def test_going_back_to_an_earlier_text_is_a_revision_too(archive: Archive) -> None:
    for title in ("A", "B", "A"):
        assert ingest(archive, [an_entry(1, title=title)]).unchanged == 0
    assert next(archive.export()).revisions == 3


def test_where_a_document_uses_a_guid_twice_the_first_counts_each_time(archive: Archive) -> None:
    source = archive.add_source(a_spec(), NOON)
    listed = [an_entry(1, title="first"), an_entry(1, title="second")]
    archive.record(a_visit(source, listed), listed, NOON)
    again = archive.record(a_visit(source, listed), listed[1:], NOON)
    assert (again.new, again.revised) == (0, 0)
    assert next(archive.export()).title == "first"


@pytest.mark.parametrize("guid", [r"C:\feeds\news\1", r"\x41", "\\", "Zürich/1 📰", "it's 100 %", "{guid}"])
def test_a_guid_is_known_again_whatever_signs_it_has(archive: Archive, guid: str) -> None:
    entry = an_entry(guid=guid)
    assert ingest(archive, [entry, an_entry(2)]).new == 2
    source = archive.source("outlet")
    assert archive.known({source.id: [guid, guid + "."]}) == {source.id: {guid: entry.fingerprint}}
    assert ingest(archive, [an_entry(guid=guid, title="Again")]).revised == 1


def test_a_database_refuses_the_same_guid_of_one_source_twice(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    with pytest.raises((DBAPIError, AggregatorError), match=r"(?i)unique"), archive._write() as conn:
        conn.execute(text("UPDATE copy SET guid = 'guid-1'"))


def test_the_same_guid_in_two_sources_is_two_copies(archive: Archive) -> None:
    ingest(archive, [an_entry()], "one")
    ingest(archive, [an_entry()], "two")
    assert [(copy.source, copy.guid) for copy in archive.export()] == [("one", "guid-1"), ("two", "guid-1")]


def test_plain_text_has_no_html(archive: Archive) -> None:
    ingest(archive, [an_entry(html="")])
    assert next(archive.export()).html == ""


def test_an_entry_made_by_hand_gets_a_fingerprint(archive: Archive) -> None:
    bare = replace(an_entry(), fingerprint="")
    assert ingest(archive, [bare]).new == 1
    assert ingest(archive, [bare]).unchanged == 1


def test_an_import_leaves_the_schedule_of_the_source_alone(archive: Archive) -> None:
    archive.declare([a_spec()], NOON)
    claimed = archive.claim(NOON, 1, timedelta(minutes=5))[0]
    read = archive.source("outlet")
    archive.record(a_visit(replace(read, etag="of the import"), [an_entry()]), [an_entry()], NOON)
    assert archive.source("outlet").etag == ""
    assert archive.record(a_visit(claimed, [an_entry()]), [an_entry()], NOON).unchanged == 1


def test_ten_thousand_guids_are_asked_for_at_once(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(50)])
    source = archive.source("outlet")
    assert len(archive.known({source.id: [f"guid-{n}" for n in range(10_000)]})[source.id]) == 50
    assert archive.known({source.id: []}) == {source.id: {}}


# ---------------------------------------------------------------- several documents at once


def several(archive: Archive, count: int = 3) -> list[Collected]:
    """Sources that were claimed and asked; the entries of each have guids that others use as well."""
    for number in range(count):
        archive.add_source(a_spec(f"s{number}"), NOON)
    claimed = archive.claim(NOON, count, LEASE)
    return [
        replace(
            a_visit(source, [an_entry(2, url=f"{source.name}/2"), an_entry(1)]), body=b"<rss/>" + bytes(9)
        )
        for source in claimed
    ]


def test_documents_that_go_in_together_leave_what_they_leave_one_by_one(
    new_archive_url: Callable[[], str],
) -> None:
    with Archive.open(new_archive_url()) as one, Archive.open(new_archive_url()) as other:
        together, apart = several(one), several(other)
        for now in (NOON, NOON + timedelta(hours=2)):
            done = stages.ingest_all(one, together, now)
            assert done == [stages.ingest(other, each, now) for each in apart]
            assert list(one.export()) == list(other.export())
            assert list(one.documents()) == list(other.documents())
            assert one.sources() == other.sources()
            together, apart = _asked_again(one, now), _asked_again(other, now)
        assert (done[0], one.verify()) == (Ingested(1, 1, 1), [])


def _asked_again(archive: Archive, now: datetime) -> list[Collected]:
    """One entry is as it was, one is another, one is new."""
    entries = [an_entry(3), an_entry(2, text="It says something else now."), an_entry(1)]
    return [a_visit(source, entries) for source in archive.claim(now + LEASE, 9, LEASE, force=True)]


def test_of_documents_that_go_in_together_one_whose_lease_is_lost_stores_nothing(archive: Archive) -> None:
    first, second, third = several(archive)
    archive.claim(NOON + 2 * LEASE, 1, LEASE, [second.source.name], force=True)
    done = stages.ingest_all(archive, [first, second, third], NOON)
    assert [isinstance(each, ArchiveBusy) for each in done] == [False, True, False]
    assert {copy.source_id for copy in archive.export()} == {first.source.id, third.source.id}


def test_a_document_that_cannot_be_stored_keeps_no_other_out(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = several(archive)
    record = Archive.record_all

    def refuses(
        self: Archive, arrivals: Sequence[tuple[Collected, Sequence[Entry]]], now: datetime
    ) -> list[Ingested | ArchiveBusy]:
        if any(each.source.id == second.source.id and entries for each, entries in arrivals):
            raise ArchiveError("it does not go in", code="failed")
        return record(self, arrivals, now)

    monkeypatch.setattr(Archive, "record_all", refuses)
    done = stages.ingest_all(archive, [first, second, third], NOON)
    assert [isinstance(each, Ingested) for each in done] == [True, False, True]
    assert {copy.source_id for copy in archive.export()} == {first.source.id, third.source.id}
    assert [source.error_code for source in archive.sources()] == ["", "failed", ""]


def scrambled(alphabet: str, length: int = 9_000) -> str:
    """What no database packs smaller."""
    return "".join(random.Random(length).choices(alphabet, k=length))


@pytest.mark.parametrize(
    "letters", ["abcdefghijklmnopqrstuvwxyz0123456789", "".join(map(chr, range(0x4E00, 0x9F00)))]
)
def test_an_id_longer_than_an_index_holds_is_found_again_and_is_no_other(
    archive: Archive, letters: str
) -> None:
    guid = scrambled(letters)
    entries = [an_entry(1, guid=guid), an_entry(2, guid=f"{guid}2"), an_entry(3)]
    assert ingest(archive, entries).new == 3
    assert ingest(archive, entries) == Ingested(0, 0, 3)
    assert set(archive.known({1: [entry.guid for entry in entries]})[1]) == {entry.guid for entry in entries}
    assert all(len(copy.guid.encode()) <= 2_000 for copy in archive.export())
    ingest(archive, [an_entry(number, guid=copy.guid) for number, copy in enumerate(archive.export(), 1)])
    assert len(list(archive.export())) == 3


def test_a_page_whose_address_is_longer_than_an_index_holds_is_not_asked_for(archive: Archive) -> None:
    source = archive.add_source(a_spec(full_text=True), NOON)
    long = f"https://outlet.example/{scrambled('abcdefghijklmnopqrstuvwxyz0123456789', 7_000)}"
    entries = [an_entry(1, url=long), an_entry(2)]
    archive.record(a_visit(source, entries), entries, NOON)
    [errand] = archive.errands.claim(NOON, 9, LEASE)
    assert errand.url == "https://outlet.example/2"
