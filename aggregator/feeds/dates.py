"""Dates as feeds write them. A date that could mean two days means none: nothing is guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import parser as dateutil_parser

MAX_LENGTH = 80  # characters; longer is prose
_YEARS = range(1900, 2200)
_TWELVE, _DAYS = range(1, 13), range(1, 32)

# RFC 822 section 5 as amended by RFC 1123 section 5.2.14, in the form that nearly every RSS feed uses.
_RFC822 = re.compile(
    r"(?:[A-Za-z]{3,9}, ?)?(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4}) (\d\d):(\d\d)(?::(\d\d))? "
    r"(?:([+-])(\d\d):?(\d\d)|([A-Z]{1,3}))"
)
_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
_W3C_PART = re.compile(r"(\d{4})(?:-(\d\d))?")  # W3CDTF: a year, or a year and a month, is its first day
_ORDINAL = re.compile(r"\d{4}-\d{3}", re.ASCII)  # ISO 8601: a day of a year
_UNIX = re.compile(r"1\d{9}(?:\d{3})?", re.ASCII)  # seconds, or milliseconds, since 1970
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)(?!\d)")
_AHEAD = re.compile(
    r"\b(?:GMT|UTC) ?(?=[+-]\d)"
)  # JavaScript writes GMT+0200, which dateutil takes for -0200
# The year of programs that have no date to give (Go: 1 Jan 0001, PHP: 30 Nov -0001): libraries take it for one of ours.
_YEAR_OF_NOTHING = re.compile(r"(?<![\d+:-])00\d\d(?![\d:])|(?<=\s)-\d{1,4}(?=\s+\d)", re.ASCII)
_LEAP_SECOND = re.compile(r"(:\d\d):60\b")
_COMMENT = re.compile(r"\s*\([^()]*\)")  # RFC 822 section 3.4.3: (Coordinated Universal Time)
_TWO_ZONES = re.compile(r"(?<=[+-]\d\d:\d\d)Z\Z")
_DOTTED_TIME = re.compile(r"(?<=\d{4} )(\d\d)\.(\d\d)(?:\.(\d\d))?\b", re.ASCII)
_PLACE = re.compile(r" ([A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_+-]+){1,2})\Z", re.ASCII)  # IANA's: Europe/Brussels

# RFC 822 section 5.1 and the names that feeds use beyond it; unknown names are UTC (RFC 5322 section 4.3).
_ZONES = {
    name: hours
    for hours, names in {
        0: "UT UTC GMT Z WET", 1: "CET BST WEST MET", 2: "CEST EET MEST SAST", 3: "EEST MSK", 4: "MSD",
        5.5: "IST", 8: "HKT AWST", 9: "JST KST", 9.5: "ACST", 10: "AEST", 10.5: "ACDT", 11: "AEDT",
        12: "NZST", 13: "NZDT", -3: "ADT BRT ART", -4: "EDT AST", -5: "EST CDT ET", -6: "CST MDT CT",
        -7: "MST PDT MT", -8: "PST AKDT PT", -9: "AKST", -10: "HST",
    }.items()
    for name in names.split()
}  # fmt: skip

# The languages that are tried where a feed does not say its own; loading all 200 takes over a second.
_LANGUAGES = "en de fr es it pt nl pl ru cs el hu ko ja zh tr sv da fi nb ro uk ar he fa id vi th".split()


def plain(said: str) -> datetime | None:
    """RFC 3339, W3CDTF and RFC 822 by the shortest way; None for anything else."""
    if not said[:4].isdigit():
        return _rfc822(said)
    try:
        return _utc(datetime.fromisoformat(said))
    except ValueError:
        return _rfc822(said)


def odd(said: str) -> datetime | None:
    """A date in some other form that is soon read; None where it is no date, or could be two."""
    said = _folded(said)
    if not said or is_ambiguous(said):
        return None
    if part := _W3C_PART.fullmatch(said):
        return _made(int(part[1]), int(part[2] or 1), 1)
    if _ORDINAL.fullmatch(said):
        return _of_day(said)
    if "T24:00" in said:  # ISO 8601: the end of a day
        found = plain(said.replace("T24:00", "T00:00"))
        return found + timedelta(days=1) if found else None
    if _UNIX.fullmatch(said):
        return _utc(datetime.fromtimestamp(int(said[:10]), UTC))
    return plain(said) or _by_dateutil(said)


def is_in_words(said: str) -> bool:
    """Whether `strange` might know more than `odd`."""
    return any(map(str.isdigit, said)) and any(map(str.isalpha, said))


def strange(said: str, language: str = "") -> datetime | None:
    """A date in words of any language, first of the feed's own: what a library makes of it may take 0.1 s."""
    said = _folded(said)
    if is_ambiguous(said):
        return None
    return _by_dateparser(said, language) or _by_dateparser(said, "")


def _folded(said: str) -> str:
    """ "" for what is too long to be a date, and for what says that there is none."""
    said = " ".join(said.split()) if len(said) <= 10 * MAX_LENGTH else ""
    if _YEAR_OF_NOTHING.search(said):
        return ""
    said = _TWO_ZONES.sub("", _COMMENT.sub("", said)) if len(said) <= 2 * MAX_LENGTH else ""
    if len(said) > MAX_LENGTH:
        return ""
    said = _DOTTED_TIME.sub(lambda time: ":".join(filter(None, time.groups())), said)
    return _AHEAD.sub(" ", _LEAP_SECOND.sub(r"\1:59", said))


def is_ambiguous(said: str) -> bool:
    """Whether a date in numbers could name two days: 03/04/2005, 05/04/13; not 10/30/23."""
    match = _NUMERIC.search(said)
    if match is None:
        return False
    one, other, year = int(match[1]), int(match[3]), int(match[4])
    meant = {(year, other, one), (year, one, other)}
    if len(match[4]) == 2:
        meant.add((one, other, year))
    return sum(month in _TWELVE and day in _DAYS for _, month, day in meant) > 1


def _rfc822(said: str) -> datetime | None:
    match = _RFC822.fullmatch(said)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes, zone = match.groups()
    number = _MONTHS.get(month.lower())
    if number is None or (zone and zone not in _ZONES):
        return None
    offset = 0.0
    if sign:
        offset = int(zone_hours) + int(zone_minutes) / 60
    midnight = hour == "24" and minute == "00"
    found = _made(
        int(year), number, int(day), 0 if midnight else int(hour), int(minute), min(int(second or 0), 59)
    )
    if found is None:
        return None
    if midnight:
        found += timedelta(days=1)
    return _shifted(found, -offset if sign == "-" else offset or _ZONES.get(zone or "Z", 0))


def _made(*parts: int) -> datetime | None:
    try:
        return _utc(datetime(*parts, tzinfo=UTC))  # type: ignore[arg-type, misc]
    except ValueError:
        return None


def _of_day(said: str) -> datetime | None:
    try:
        found = datetime.strptime(said, "%Y-%j")
        return (
            _utc(found) if said.startswith(str(found.year)) else None
        )  # 366 of a common year is of the next
    except ValueError:
        return None


def _shifted(found: datetime, hours: float) -> datetime | None:
    return found - timedelta(hours=hours) if hours else found


def _utc(found: datetime) -> datetime | None:
    """In UTC, which is also what a time without a zone is taken for; None outside of any plausible year."""
    if found.year not in _YEARS:
        return None
    if found.tzinfo is UTC:
        return found
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _zone(name: str | None, offset: int | None) -> tzinfo:
    if offset is not None:
        return timezone(timedelta(seconds=offset)) if abs(offset) < 86_400 else UTC
    return timezone(timedelta(hours=_ZONES.get((name or "").upper(), 0)))


def _zone_of(place: str) -> tzinfo | None:
    try:
        return ZoneInfo(place)
    except (LookupError, ValueError, OSError):  # a folder of zones is no zone
        return None


def _by_dateutil(said: str) -> datetime | None:
    """Read against two different defaults: where the answers differ, the date left a part out."""
    place = _PLACE.search(said)
    if place and (zone := _zone_of(place[1])):
        found = odd(said[: place.start()])
        return _utc(found.replace(tzinfo=zone)) if found else None
    try:
        one, other = (
            dateutil_parser.parse(said, default=default, tzinfos=_zone)
            for default in (datetime(2000, 1, 1), datetime(2008, 2, 2))
        )
        return _utc(one) if one == other else None
    except (ValueError, OverflowError, TypeError, AttributeError):  # what dateutil lets through on odd input
        return None


def _by_dateparser(said: str, language: str) -> datetime | None:
    try:
        found: Any = _dateparser(language.partition("-")[0].lower()).get_date_data(said).date_obj
    except Exception:  # a library of 200 languages, on any bytes: no failure of it may cost the document
        return None
    return _utc(found) if isinstance(found, datetime) else None


@cache
def _dateparser(language: str) -> Any:
    # Imported late: it costs 0.3 s, and most processes never meet such a date.
    from dateparser.data.languages_info import language_order
    from dateparser.date import DateDataParser

    chosen = [language, "en"] if language in language_order and language != "en" else list(_LANGUAGES)
    settings = {
        "PARSERS": ["absolute-time"],
        "REQUIRE_PARTS": ["day", "month", "year"],
        "TIMEZONE": "UTC",
        "RETURN_AS_TIMEZONE_AWARE": True,
    }
    return DateDataParser(languages=chosen, settings=settings)
