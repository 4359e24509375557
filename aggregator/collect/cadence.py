"""When to come again: pure arithmetic on what the person, the server and the document want.

Everything here only ever moves a visit later: `every` and the minimum are a floor, and so are max-age, ttl,
skipHours and skipDays, Retry-After, the back-off after errors, the slow-down for hosts that give no
validators and do not change, and the jitter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from apscheduler.triggers.cron import CronTrigger

from ..errors import ConfigurationError

DAY = timedelta(days=1)  # no back-off, slow-down or claim of freshness goes further
PATIENCE = timedelta(days=31)  # the longest Retry-After that is believed
JITTER = 0.05  # of the interval, at most
MOST_JITTER = timedelta(minutes=5)
SLOWER = 1.5  # each unchanged answer without validators asks for that many times the interval
EASIER = 1.25  # the same for one with validators, as far as the source's own rhythm allows
READINGS = 4  # between two entries of a source, as it usually brings them
AT_ITS_WORD = timedelta(minutes=30)  # a shorter `every` is meant: it is never stretched to the rhythm
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhdw])\s*)+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_CRON_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEKDAY = rf"[0-7]|{'|'.join(_CRON_DAYS)}"
_WEEKDAYS = re.compile(rf"(\*|{_WEEKDAY})(?:-({_WEEKDAY}))?(?:/(\d))?")
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A duration, or the times of a cron expression (UTC)."""

    every: timedelta = timedelta(0)
    cron: CronTrigger | None = None

    def first_from(self, moment: datetime) -> datetime:
        """The moment itself, or the first time from it on that the cron expression names."""
        if self.cron is None:
            return moment
        fires = self.cron.get_next_fire_time(None, moment)
        return fires.astimezone(UTC) if fires else moment


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the server and its document ask of those who come again."""

    max_age: timedelta = timedelta(0)
    ttl: timedelta = timedelta(0)
    skip_hours: frozenset[int] = field(default_factory=frozenset)  # 0..23, GMT
    skip_days: frozenset[str] = field(default_factory=frozenset)  # "Monday" ...


def parse_every(said: str) -> Schedule:
    """ "15m", "1h30m", or five cron fields in UTC. Raises ConfigurationError if it never comes."""
    text = said.strip().lower()
    if _DURATION.fullmatch(text):
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
        if 1 <= seconds <= 366 * 86400:
            return Schedule(every=timedelta(seconds=seconds))
        raise ConfigurationError(f'every = "{said}" must be between one second and a year', code="bad-every")
    try:
        cron = CronTrigger.from_crontab(_named_days(text), timezone=UTC)
        if cron.get_next_fire_time(None, datetime(2026, 1, 1, tzinfo=UTC)) is None:
            raise ValueError("it never comes")
    except ValueError as error:
        raise ConfigurationError(
            f'every = "{said}" is neither a duration such as "15m" or "1h30m" nor a cron expression of five '
            f'fields such as "0 6 * * mon-fri" ({error})',
            code="bad-every",
        ) from error
    return Schedule(cron=cron)


def _named_days(crontab: str) -> str:
    """The days of the week as names: crontab(5) counts them from Sunday, APScheduler from Monday."""
    fields = crontab.split()
    if len(fields) == 5 and fields[4] != "*":
        fields[4] = ",".join(name for part in fields[4].split(",") for name in _days_of(part))
    return " ".join(fields)


def _days_of(part: str) -> list[str]:
    """ "1", "mon-fri", "5-7", "*/2" as names; what is none of these is left for APScheduler to refuse."""
    said = _WEEKDAYS.fullmatch(part)
    if said is None:
        return [part]
    first, last, step = said.groups()
    start = 0 if first == "*" else _day_number(first)
    stop = 6 if first == "*" else _day_number(last or first)
    stop += 7 if stop < start else 0
    return [_CRON_DAYS[day % 7] for day in range(start, stop + 1, max(1, int(step or 1)))]


def _day_number(said: str) -> int:
    return int(said) if said.isdigit() else _CRON_DAYS.index(said)


def next_fetch_at(
    schedule: Schedule,
    now: datetime,
    *,
    minimum: timedelta = timedelta(0),
    wishes: Wishes | None = None,
    failures: int = 0,
    quiet: int = 0,
    idle: int = 0,
    rhythm: timedelta = timedelta(0),
    not_before: datetime | None = None,
    jitter: float = 0.0,
) -> datetime:
    """When to ask again, given what was learnt at `now`.

    `failures` in a row back off, doubling from the interval to a day; `quiet` answers in a row that were
    unchanged and without validators slow down, likewise to a day; `idle` answers that brought little slow down
    as far as the `rhythm` of the source allows, the usual time between two of its entries; `jitter` in [0, 1)
    spreads the visits and only adds.
    """
    wishes = wishes or Wishes()
    interval = max(schedule.every, minimum, timedelta(seconds=1))
    wait = max(
        interval,
        _grown(interval, 2.0, failures - 1) if failures else interval,
        _grown(interval, SLOWER, quiet),
        _eased(schedule, interval, idle, rhythm),
        min(wishes.max_age, DAY),
        min(wishes.ttl, DAY),
    )
    moment = schedule.first_from(now + wait)
    moment = max(moment, not_before) if not_before else moment
    moment += jitter * min(JITTER * wait, MOST_JITTER)
    return _allowed(moment, wishes, jitter)


def _eased(schedule: Schedule, interval: timedelta, idle: int, rhythm: timedelta) -> timedelta:
    """A source that brings an entry a week need not be asked every hour; cron and short intervals are meant."""
    if schedule.cron or interval < AT_ITS_WORD:
        return interval
    return max(interval, min(_grown(interval, EASIER, idle), rhythm / READINGS, DAY))


def _grown(interval: timedelta, factor: float, times: int) -> timedelta:
    """The interval grown `times` times, to a day at most, never less than it was."""
    if interval >= DAY or times <= 0:
        return interval
    return interval * min(factor ** min(times, 64), DAY / interval)


def _allowed(moment: datetime, wishes: Wishes, jitter: float) -> datetime:
    """The moment, or the first hour after it that the feed does not skip (RSS 2.0 skipHours, skipDays)."""
    hours, days = wishes.skip_hours, wishes.skip_days
    if len(hours) >= 24 or days.issuperset(_DAYS):
        return moment  # a feed that may never be read: it was not meant
    first = moment
    while moment.hour in hours or _DAYS[moment.weekday()] in days:
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment if moment is first else moment + jitter * MOST_JITTER


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the answer stays fresh: max-age less its Age, else Expires (RFC 9111 section 4.2), if it says."""
    said = _MAX_AGE.search(headers.get("cache-control", ""))
    if said is None:
        expires = _http_date(headers.get("expires", ""))
        return max(timedelta(0), expires - (_http_date(headers.get("date", "")) or now)) if expires else None
    age = headers.get("age", "")
    passed = int(age) if age.isascii() and age.isdigit() and len(age) < 10 else 0
    return timedelta(seconds=max(0, int(said[1]) - passed))


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Retry-After in seconds or as a date (RFC 9110 section 10.2.3), `PATIENCE` at most; None if neither.

    The clock of a server may be slow, by a day at most: what it says is no sooner for us than for itself.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return now + min(timedelta(seconds=min(int(value[:12]), 10**10)), PATIENCE)
    moment = _http_date(value)
    if moment is None:
        return None
    theirs = _http_date(headers.get("date", "")) or now
    wait = moment - (theirs if now - DAY < theirs < now else now)
    return now + min(max(wait, timedelta(0)), PATIENCE)


def _http_date(value: str) -> datetime | None:
    """RFC 9110 section 5.6.7; None where it is no date."""
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
