"""Who has come in to decide: sessions of people, among the settings, each under a digest of what the browser holds.

Whoever reads the archive cannot come in with what stands here. A value is the end, as text that sorts as time
does, a blank, and the name.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select

from ..text import one_line
from . import dialect
from .schema import Setting
from .types import as_text

PREFIX = "session "


def begin(conn: Connection, key: str, name: str, now: datetime, until: datetime) -> None:
    """Those that have ended are forgotten at the same time."""
    conn.execute(delete(Setting).where(Setting.key.startswith(PREFIX), Setting.value < _told(now)))
    said = {"key": PREFIX + key, "value": f"{_told(until)} {one_line(name)}"}
    conn.execute(dialect.put(conn, Setting), said)


def name(conn: Connection, key: str, now: datetime) -> str | None:
    query = select(Setting.value).where(Setting.key == PREFIX + key, Setting.value >= _told(now))
    found = conn.scalar(query)
    return None if found is None else found.partition(" ")[2]


def end(conn: Connection, key: str) -> None:
    which = Setting.key == PREFIX + key if key else Setting.key.startswith(PREFIX)
    conn.execute(delete(Setting).where(which))


def _told(moment: datetime) -> str:
    return as_text(moment.astimezone(UTC))
