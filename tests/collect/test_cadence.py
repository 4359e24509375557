"""When to come again: every rule only ever moves a visit later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.collect.cadence import (
    DAY,
    PATIENCE,
    Schedule,
    Wishes,
    fresh_for,
    next_fetch_at,
    parse_every,
    retry_after,
)
from aggregator.errors import ConfigurationError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
HOUR = timedelta(hours=1)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(0), timedelta(days=60))
crons = st.sampled_from(["*/5 * * * *", "0 6 * * mon-fri", "30 4 1 * *", "0 0 29 2 *"]).map(parse_every)
schedules = st.one_of(spans.map(Schedule), crons)
wishes = st.builds(
    Wishes,
    max_age=spans,
    ttl=spans,
    skip_hours=st.frozensets(st.integers(0, 23)),
    skip_days=st.frozensets(st.sampled_from(WEEKDAYS)),
)


@given(
    schedules,
    moments,
    spans,
    wishes,
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    moments,
    st.floats(0, 0.999),
)
def test_no_visit_comes_before_any_floor(
    schedule: Schedule,
    now: datetime,
    minimum: timedelta,
    wish: Wishes,
    failures: int,
    quiet: int,
    not_before: datetime,
    jitter: float,
) -> None:
    when = next_fetch_at(
        schedule,
        now,
        minimum=minimum,
        wishes=wish,
        failures=failures,
        quiet=quiet,
        not_before=not_before,
        jitter=jitter,
    )
    assert when > now
    assert when >= not_before
    for floor in (schedule.every, minimum, min(wish.max_age, DAY), min(wish.ttl, DAY)):
        assert when - now >= floor
    if len(wish.skip_hours) < 24 and len(wish.skip_days) < 7:
        assert when.hour not in wish.skip_hours
        assert WEEKDAYS[when.weekday()] not in wish.skip_days


@given(moments, spans, st.integers(0, 200), st.floats(0, 0.999))
def test_more_failures_never_mean_an_earlier_visit_and_a_day_is_the_most(
    now: datetime, every: timedelta, failures: int, jitter: float
) -> None:
    waits = [
        next_fetch_at(Schedule(every), now, failures=count, jitter=jitter) - now
        for count in (failures, failures + 1)
    ]
    assert waits[0] <= waits[1] <= max(DAY, every) + timedelta(minutes=5)


@given(moments, spans, st.integers(0, 200))
def test_more_quiet_never_means_an_earlier_visit_and_a_day_is_the_most(
    now: datetime, every: timedelta, quiet: int
) -> None:
    waits = [next_fetch_at(Schedule(every), now, quiet=count) - now for count in (quiet, quiet + 1)]
    assert waits[0] <= waits[1] <= max(DAY, every, timedelta(seconds=1))


@given(schedules, moments, wishes, st.floats(0, 0.999))
def test_jitter_only_adds_and_adds_little(
    schedule: Schedule, now: datetime, wish: Wishes, jitter: float
) -> None:
    exact = next_fetch_at(schedule, now, wishes=Wishes(wish.max_age, wish.ttl))
    spread = next_fetch_at(schedule, now, wishes=Wishes(wish.max_age, wish.ttl), jitter=jitter)
    assert timedelta(0) <= spread - exact <= timedelta(minutes=5)


@given(crons, moments)
def test_a_cron_expression_is_met_to_the_minute(schedule: Schedule, now: datetime) -> None:
    assert schedule.cron is not None
    when = next_fetch_at(schedule, now)
    assert schedule.first_from(when) == when
    assert (when.second, when.microsecond) == (0, 0)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("90s", 90), ("15m", 900), ("1h30m", 5400), ("2d", 172_800), (" 1H ", 3600), ("0.5h", 1800)],
)
def test_a_duration_is_read_with_its_units(said: str, seconds: float) -> None:
    assert parse_every(said) == Schedule(timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("said", "next_time"),
    [
        ("0 6 * * mon-fri", datetime(2026, 11, 23, 6, tzinfo=UTC)),
        ("0 6 * * 1-5", datetime(2026, 11, 23, 6, tzinfo=UTC)),  # 1 is Monday, as in crontab(5)
        ("0 6 * * 0", datetime(2026, 11, 29, 6, tzinfo=UTC)),
        ("0 6 * * 7", datetime(2026, 11, 29, 6, tzinfo=UTC)),
        ("0 6 * * 5-7", datetime(2026, 11, 27, 6, tzinfo=UTC)),
        ("0 6 * * sat-mon", datetime(2026, 11, 23, 6, tzinfo=UTC)),
        ("0 6 * * */3", datetime(2026, 11, 25, 6, tzinfo=UTC)),  # Sunday, Wednesday, Saturday
        ("0 6 * * tue,4", datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("*/20 * * * *", datetime(2026, 11, 22, 12, 20, tzinfo=UTC)),
        ("0 0 1 jan *", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_cron_expression_means_what_crontab_says(said: str, next_time: datetime) -> None:
    assert next_fetch_at(parse_every(said), NOON) == next_time


@pytest.mark.parametrize(
    "said",
    [
        "",
        "soon",
        "15",
        "-5m",
        "0s",
        "100000d",
        "* * * *",
        "61 * * * *",
        "0 0 30 2 *",
        "0 0 * * 8",
        "0 0 * * x",
    ],
)
def test_what_is_no_schedule_is_a_configuration_error_that_shows_how(said: str) -> None:
    with pytest.raises(ConfigurationError, match="every = "):
        parse_every(said)


def test_a_cron_source_keeps_its_floor_as_well() -> None:
    assert next_fetch_at(parse_every("*/5 * * * *"), NOON, minimum=HOUR) == NOON + HOUR


def test_skipping_everything_was_not_meant() -> None:
    never = Wishes(skip_hours=frozenset(range(24)))
    assert next_fetch_at(Schedule(HOUR), NOON, wishes=never) == NOON + HOUR


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta(0)),
        ("Sun, 22 Nov 2026 13:00:00 GMT", HOUR),
        ("Sunday, 22-Nov-26 13:00:00 GMT", HOUR),
        ("Sun, 22 Nov 2026 14:00:00 +0100", HOUR),
        ("Sun, 22 Nov 2020 13:00:00 GMT", timedelta(0)),
        ("9" * 40, PATIENCE),
        ("Sun, 22 Nov 2099 13:00:00 GMT", PATIENCE),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, after: timedelta) -> None:
    assert retry_after({"retry-after": value}, NOON) == NOON + after


@pytest.mark.parametrize(
    ("date", "after"),
    [
        ("Sun, 22 Nov 2026 10:00:00 GMT", 3),  # slow by two hours: it means three
        ("Sun, 22 Nov 2026 12:30:00 GMT", 1),  # fast: no sooner than it says
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1),  # no clock at all
        ("now", 1),
    ],
)
def test_a_date_to_come_back_at_is_meant_by_the_clock_of_the_server(date: str, after: int) -> None:
    assert (
        retry_after({"retry-after": "Sun, 22 Nov 2026 13:00:00 GMT", "date": date}, NOON)
        == NOON + after * HOUR
    )


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "Sun, 99 Nov 2026 13:00:00 GMT"])
def test_retry_after_that_is_neither_says_nothing(value: str) -> None:
    assert retry_after({"retry-after": value}, NOON) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "public, max-age=3600"}, 3600),
        ({"cache-control": "MAX-AGE=60, must-revalidate", "age": "20"}, 40),
        ({"cache-control": "max-age=60", "age": "90"}, 0),
        ({"cache-control": 'max-age="60"'}, 60),
        ({"cache-control": "s-maxage=60"}, None),
        ({"cache-control": "no-cache"}, None),
        ({"expires": "Sun, 22 Nov 2026 13:00:00 GMT"}, 3600),
        ({"expires": "Sun, 22 Nov 2026 13:00:00 GMT", "date": "Sun, 22 Nov 2026 12:30:00 GMT"}, 1800),
        ({"expires": "Sun, 22 Nov 2026 13:00:00 GMT", "cache-control": "max-age=60"}, 60),
        ({"expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"expires": "0"}, None),
        ({}, None),
    ],
)
def test_max_age_is_what_is_left_of_it(headers: dict[str, str], seconds: int | None) -> None:
    said = fresh_for(headers, NOON)
    assert (said.total_seconds() if said is not None else None) == seconds


@given(st.text(max_size=60), moments)
def test_no_header_is_strange_enough_to_raise(value: str, now: datetime) -> None:
    when = retry_after({"retry-after": value, "date": value}, now)
    assert when is None or now <= when <= now + PATIENCE
    fresh_for({"cache-control": value, "age": value, "expires": value, "date": value}, now)


@pytest.mark.parametrize(
    ("every", "idle", "rhythm", "hours"),
    [
        ("1h", 0, timedelta(days=7), 1),  # it has not been idle yet
        ("1h", 4, timedelta(days=7), 1.25**4),
        ("1h", 99, timedelta(days=2), 12),  # a quarter of its rhythm
        ("1h", 99, timedelta(days=365), 24),
        ("1h", 99, timedelta(0), 1),  # a rhythm that nobody knows
        ("1h", 99, timedelta(hours=1), 1),
        ("10m", 99, timedelta(days=365), 1 / 6),  # taken at its word
    ],
)
def test_a_source_that_brings_little_is_asked_less_as_its_rhythm_allows(
    every: str, idle: int, rhythm: timedelta, hours: float
) -> None:
    when = next_fetch_at(parse_every(every), NOON, idle=idle, rhythm=rhythm)
    assert (when - NOON) / HOUR == pytest.approx(hours)


def test_a_cron_expression_is_never_eased() -> None:
    when = next_fetch_at(parse_every("0 * * * *"), NOON, idle=99, rhythm=timedelta(days=365))
    assert when == NOON + HOUR
