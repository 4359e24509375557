"""A date is read where it means one time, and kept as written where it could mean two."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import feeds
from aggregator.feeds import dates
from aggregator.feeds.notes import Notes

NINE = datetime(2026, 3, 21, 9, 0, 0, tzinfo=UTC)
DAY = datetime(2026, 3, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "2026-03-21T09:00:00Z", "2026-03-21T10:00:00+01:00", "2026-03-21 09:00:00", "2026-03-21T09:00:00.000Z",
        "Sat, 21 Mar 2026 09:00:00 GMT", "Sat, 21 Mar 2026 10:00:00 +0100", "21 Mar 2026 04:00:00 EST",
        "Saturday, 21 March 2026 09:00:00 UTC", "Sat, 21 Mar 26 09:00:00 GMT", "Sat 21 Mar 2026 09:00:00 Z",
        "March 21, 2026 9:00 am", "Sat Mar 21 09:00:00 2026", "21/03/2026 09:00", "2026/03/21 09:00:00",
        "Mon, 21 Mar 2026 09:00:00 GMT", "Sat, 21 Mar 2026 09:00:00 XYZ", "21.03.2026 09:00",
        "21 mars 2026 09:00", "Sa, 21 Mär 2026 10:00:00 +0100", "21 марта 2026 09:00", "Σάβ, 21 Μαρ 2026 11:00:00 +0200",
        "1774083600", "1774083600000", "Mar 21, 2026 4:00:00 AM EST", "Sat, 21 March 2026 10:00:00 +0100 (CET)", "2026年3月21日 09:00",
        "Sat, 21 Mar 2026 10:00:00 Europe/Brussels", "Sat Mar 21 2026 09:00:00 GMT+0000 (Coordinated Universal Time)",
        "2026-03-21T10:00:00+01:00Z", "Sat, 21 Mar 2026 09.00.00 GMT", "03/21/26 09:00:00",
        "Sat Mar 21 2026 11:00:00 GMT+0200 (CEST)", "Sat, 21 Mar 2026 04:00:00 UTC-5", "Sat, 21 Mar 2026 14:30:00 UTC+05:30",
    ],
)  # fmt: skip
def test_one_time_in_many_forms(said: str) -> None:
    notes = Notes()
    assert notes.date(said) == NINE
    assert not notes.flaws


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("03/04/2026", "ambiguous-date"),
        ("03.04.2026 10:00", "ambiguous-date"),
        ("13/01/05", "ambiguous-date"),
        ("21.03.26", "ambiguous-date"),
        ("Sat, 21 Mar 2026 10:00:00 America/Argentina", "bad-date"),
        ("yesterday", "bad-date"),
        ("10:30", "bad-date"),
        ("March 2026 or so", "bad-date"),
        ("Saturday", "bad-date"),
        ("9999-99-99", "bad-date"),
        ("2026-366", "bad-date"),
        ("2026-000", "bad-date"),
        ("0001-01-01T00:00:00Z", "bad-date"),
        ("Mon, 01 Jan 0001 00:00:00 +0000", "bad-date"),
        ("Mon, 01 Jan 0001 00:00:00 XYZ", "bad-date"),
        ("Sun, 30 Nov -0001 00:00:00 +0000", "bad-date"),
        ("1 января 0001 г. 00:00", "bad-date"),
        ("0000-00-00 00:00:00", "bad-date"),
        ("x" * 5000, "bad-date"),
    ],
)
def test_nothing_is_guessed(said: str, code: str) -> None:
    notes = Notes()
    assert notes.date(said) is None
    assert [flaw.code for flaw in notes.flaws] == [code]


def test_a_day_of_the_year_is_a_date() -> None:
    assert Notes().date("2026-080") == DAY
    assert Notes().date("2024-366") == datetime(2024, 12, 31, tzinfo=UTC)


def test_numbers_that_are_no_date_cost_no_patience_with_words() -> None:
    notes = Notes()
    assert [notes.date("0000-00-00 00:00:00") for _ in range(9)] == [None] * 9
    assert notes.date("21 марта 2026 09:00") == NINE


def test_the_end_of_a_day_is_the_beginning_of_the_next() -> None:
    assert Notes().date("Fri, 20 Mar 2026 24:00:00 GMT") == DAY
    assert Notes().date("2026-03-20T24:00:00Z") == DAY
    assert Notes().date("Fri, 20 Mar 2026 24:01:00 GMT") is None


def test_another_language_than_the_feed_says_is_understood() -> None:
    notes = Notes()
    notes.language = "en-us"  # what the software came with
    assert notes.date("samedi 21 mars 2026 09:00") == NINE


def test_dates_that_nobody_understands_do_not_cost_those_that_are_merely_odd() -> None:
    notes = Notes()
    assert [notes.date(f"no date {number}") for number in range(9)] == [None] * 9
    assert notes.date("March 21, 2026 9:00 am") == NINE


def test_dates_in_words_cost_a_document_no_more_than_a_moment() -> None:
    notes = Notes()
    read = [notes.date(f"{day} марта 2026 09:{minute:02d}") for minute in range(9) for day in range(1, 29)]
    assert None not in read[:100]  # more than a feed usually has
    assert None in read
    assert notes.date("March 21, 2026 9:00 am") == NINE


def test_a_part_of_a_date_is_its_first_day() -> None:
    assert Notes().date("2026-03") == datetime(2026, 3, 1, tzinfo=UTC)
    assert Notes().date("2026-03-21") == DAY


def test_an_entry_keeps_a_date_that_was_not_understood() -> None:
    body = b"<rss><channel><item><guid>1</guid><pubDate>03/04/2026</pubDate></item></channel></rss>"
    feed = feeds.parse(body)
    assert feed.entries[0].published is None
    assert feed.entries[0].date_said == "03/04/2026"
    assert [(flaw.code, flaw.where) for flaw in feed.flaws] == [("ambiguous-date", "1")]


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))
def test_what_standards_write_is_read_back(at: datetime) -> None:
    at = at.replace(microsecond=0, tzinfo=UTC)
    assert dates.plain(at.isoformat()) == at
    assert dates.plain(at.strftime("%a, %d %b %Y %H:%M:%S GMT")) == at


@settings(deadline=None)  # the first strange date loads a library
@given(st.text(max_size=100))
def test_no_text_raises(said: str) -> None:
    Notes().date(said)
