"""What the archive measures of itself, on either database."""

from __future__ import annotations

from datetime import timedelta

from aggregator.archive import Archive
from aggregator.archive.measures import CODES, SETTLED, Measures
from aggregator.model import Collected, Fetch, Outcome
from tests.conftest import NOON

from .making import LEASE, a_spec, a_visit, an_entry, ingest

LATER = NOON + timedelta(minutes=5)


def told(archive: Archive, at: object = LATER) -> dict[str, dict[str, float]]:
    return {each.name: dict(each.values) for each in archive.measures.at(at)}  # type: ignore[arg-type]


def test_an_empty_archive_measures_nothing(archive: Archive) -> None:
    found = told(archive)
    assert found["fetches"] == {outcome.value: 0 for outcome in Outcome}
    assert found["lag_seconds"] == {}
    assert {found[name][""] for name in ("copies", "stories", "merges", "sources_due", "copies_waiting")} == {
        0
    }
    assert found["archive_bytes"][""] > 0


def test_attempts_are_added_up_once_and_alike_by_every_process(archive: Archive) -> None:
    source = archive.add_source(a_spec(), NOON)
    archive.record(a_visit(source, [an_entry(1), an_entry(2)], bytes=700), [an_entry(1), an_entry(2)], NOON)
    first = told(archive)
    failed = Fetch(source.id, NOON, Outcome.FAILED, 500, 30, error_code="http-500")
    archive.record(Collected(source, failed), [], NOON)
    again = told(archive)
    assert (first["fetches"]["changed"], first["fetched_bytes"][""], first["entries_new"][""]) == (1, 700, 2)
    assert (again["fetches"]["changed"], again["fetches"]["failed"], again["fetched_bytes"][""]) == (
        1,
        1,
        730,
    )
    assert again["fetch_errors"] == {"http-500": 1}
    assert told(archive) == again
    other = {each.name: dict(each.values) for each in Measures(archive._read).at(LATER)}
    assert other == again


def test_an_attempt_that_may_overtake_another_is_counted_a_little_later(archive: Archive) -> None:
    ingest(archive, [an_entry()])
    assert told(archive, NOON)["fetches"]["changed"] == 0
    assert told(archive, NOON + SETTLED)["fetches"]["changed"] == 1


def test_labels_are_bounded_whatever_goes_wrong(archive: Archive) -> None:
    source = archive.add_source(a_spec(), NOON)
    for number in range(CODES + 20):
        fetch = Fetch(source.id, NOON, Outcome.FAILED, error_code=f"code-{number}")
        archive.record(Collected(source, fetch), [], NOON)
    errors = told(archive)["fetch_errors"]
    assert len(errors) == CODES + 1 and errors["other"] == 20


def test_what_waits_is_counted_with_its_age(archive: Archive) -> None:
    archive.declare([a_spec("one"), a_spec("two")], NOON)
    found = told(archive)
    assert (found["sources_due"][""], found["sources_due_oldest_seconds"][""]) == (2, 300)
    [claimed] = archive.claim(LATER, 1, LEASE)
    assert told(archive)["sources_due"][""] == 1, "one that is being asked is not late"
    archive.release([claimed])
    ingest(archive, [an_entry()], "three")
    found = told(archive)
    assert (found["copies_waiting"][""], found["copies_waiting_oldest_seconds"][""]) == (1, 300)
    assert found["sources"] == {"active": 3, "failing": 0, "gone": 0}
