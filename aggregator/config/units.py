"""Durations and sizes as people write them in config.toml."""

from __future__ import annotations

import re
from datetime import timedelta

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG]?I?B|)", re.IGNORECASE)
_CRON = re.compile(r"[\w*/,\-?]+(?: +[\w*/,\-?]+){4}")


def duration(said: object) -> timedelta:
    """ "90s", "15m", "1h30m", "2d" as a timedelta; 0 needs no unit. Raises ValueError."""
    if isinstance(said, timedelta):
        return said
    text = str(said).strip().lower()
    if text == "0":
        return timedelta(0)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text.replace(" ", ""):
        raise ValueError('must be a duration with its unit, such as "90s", "15m", "1h30m" or "2d"')
    return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))


def size(said: object) -> int:
    """ "20MB", "512KiB" or a bare number, in bytes (decimal but for KiB, MiB, GiB). Raises ValueError."""
    match = _SIZE.fullmatch(str(said).strip())
    if isinstance(said, bool) or match is None:
        raise ValueError('must be a size with its unit, such as "500KB", "20MB" or "1GiB"')
    return int(float(match[1]) * _BYTES[match[2].upper()])


def every(said: str) -> str:
    """The text if it looks like a schedule, a duration or five fields of cron; else ValueError."""
    text = said.strip()
    if _CRON.fullmatch(text):
        return text
    try:
        length = duration(text)
    except ValueError:
        raise ValueError(
            'must be a duration such as "15m" or "1h30m", or a cron expression of five fields in UTC such as '
            '"0 6 * * mon-fri"'
        ) from None
    if length < timedelta(seconds=1):
        raise ValueError("must be at least one second")
    return text
