"""Corrections: changed headlines, cuts and withdrawals are found, and nothing that a feed does every day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from aggregator.archive import Archive
from aggregator.errand import Brought
from aggregator.model import Entry, Fetch, Outcome, ParsedFeed
from tests.conftest import NOON

from .making import a_spec, a_visit, an_entry, each_alone, ingest

HOUR = timedelta(hours=1)


def told(number: int, **said: object) -> Entry:
    return an_entry(number, published=NOON + number * timedelta(minutes=1), **said)


def names(archive: Archive, hour: int, numbers: Sequence[int]) -> None:
    """The feed's document of that hour."""
    source = archive.add_source(a_spec(), NOON)
    entries = [told(number) for number in sorted(numbers, reverse=True)]
    archive.record(a_visit(source, entries, NOON + hour * HOUR), entries, NOON + hour * HOUR)


def found(archive: Archive) -> list[tuple[str, str, str]]:
    return [(each.kind, each.before, each.after) for each in archive.corrections(9)]


def test_a_headline_that_changed_and_a_text_that_was_cut_are_found(archive: Archive) -> None:
    long = "word " * 200
    ingest(archive, [an_entry(1, text=long), an_entry(2, text=long), an_entry(3)])
    each_alone(archive)
    ingest(archive, [an_entry(1, title="Sharper", text=long)], at=NOON + HOUR)
    ingest(archive, [an_entry(2, text="word " * 60)], at=NOON + 2 * HOUR)
    ingest(archive, [an_entry(3, text="another text altogether")], at=NOON + 3 * HOUR)
    assert found(archive) == [("cut", "200 words", "60 words"), ("headline", "Title 1", "Sharper")]
    [cut, headline] = archive.corrections(9)
    assert (cut.at, headline.copy_id, headline.source) == (NOON + 2 * HOUR, 3, "outlet")
    assert archive.story(headline.story) is not None
    assert [each.kind for each in archive.corrections(1)] == ["cut"]


def test_other_blanks_quotes_or_letters_of_another_size_are_no_new_headline(archive: Archive) -> None:
    ingest(archive, [an_entry(1, title="The  “Title” – don't...")])
    ingest(archive, [an_entry(1, title='THE "TITLE" - don’t…')], at=NOON + HOUR)
    assert found(archive) == []


def test_a_headline_that_is_set_anew_every_hour_hides_no_other_change(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    ingest(archive, [an_entry(1, title="Sharper")], at=NOON + HOUR)
    for hour in range(2, 24):
        ingest(archive, [an_entry(2, title=("Title 2", "TITLE 2")[hour % 2])], at=NOON + hour * HOUR)
    assert found(archive) == [("headline", "Title 1", "Sharper")]


def test_a_copy_that_vanished_while_older_ones_stay_was_withdrawn(archive: Archive) -> None:
    names(archive, 1, range(10))
    names(archive, 2, [n for n in range(11) if n != 6])
    assert found(archive) == []  # one document without it may be a mishap
    names(archive, 3, [n for n in range(12) if n != 6])
    assert found(archive) == [("withdrawn", "Title 6", "")]


def test_what_comes_back_was_not_withdrawn(archive: Archive) -> None:
    names(archive, 1, range(10))
    names(archive, 2, [n for n in range(11) if n != 6])
    names(archive, 3, [n for n in range(12) if n != 6])
    names(archive, 4, range(13))
    assert found(archive) == []


def test_the_oldest_leave_a_feed_every_day(archive: Archive) -> None:
    for hour in range(6):
        names(archive, hour, range(hour * 2, hour * 2 + 10))
    assert found(archive) == []


def test_two_that_were_next_to_each_other_are_both_found_withdrawn(archive: Archive) -> None:
    names(archive, 1, range(10))
    names(archive, 2, [n for n in range(11) if n != 5])
    for hour in (3, 4):
        names(archive, hour, [n for n in range(9 + hour) if n not in {5, 6}])
    assert found(archive) == [("withdrawn", "Title 6", ""), ("withdrawn", "Title 5", "")]


def test_what_leaves_a_feed_while_old_pinned_ones_stay_was_not_withdrawn(archive: Archive) -> None:
    for hour in range(9):
        names(archive, hour, [0, 1, 2, *range(10 + hour, 20 + hour)])
    leaving = [each.title for each in archive.corrections(9)]
    assert set(leaving) <= {"Title 10", "Title 11"}  # of the first two nothing tells what stood before them


def test_what_leaves_a_feed_after_its_history_came_in_was_not_withdrawn(archive: Archive) -> None:
    source = archive.add_source(a_spec(), NOON)
    current = [told(number) for number in range(20, 30)]
    archive.record(replace(a_visit(source, current), older="https://outlet.example/old"), current, NOON)
    [errand] = archive.errands.claim(NOON + HOUR / 2, 1, HOUR)
    history = [told(number) for number in range(10, 20)]
    fetch = Fetch(source.id, NOON + HOUR / 2, Outcome.CHANGED)
    archive.errands.finish(
        Brought(errand, fetch, feed=ParsedFeed("rss2.0", tuple(history))), history, fetch.at
    )
    for hour in range(1, 5):
        names(archive, hour, range(20 + hour, 30 + hour))
    assert found(archive) == []


def test_of_a_feed_that_is_sorted_by_something_else_nothing_is_concluded(archive: Archive) -> None:
    names(archive, 1, range(12))
    names(archive, 2, [0, 2, 4, 6, 8, 10, 12])
    names(archive, 3, [0, 2, 4, 6, 8, 10, 13])
    assert found(archive) == []
