"""What a person was told of, so that each trouble is told once; and how the archive grew.

Each notice is a row of `setting` of its own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from ..notice import Notice
from ..text import clean
from . import dialect
from .schema import Setting
from .subscriptions import Transaction

PREFIX, GROWTH = "notice/", "growth"
KEPT = 200  # of those that are over
APART = timedelta(hours=1)  # between two samples of the size
SAMPLES = 7 * 24
Sample = tuple[datetime, int]  # when, bytes


class Notices:
    """Each method is one transaction."""

    def __init__(self, read: Transaction, write: Transaction) -> None:
        self._read, self._write = read, write

    def note(self, found: Sequence[Notice], now: datetime) -> list[Notice]:
        """What is the matter now; those of it that nobody was told of yet. What is not found any more is over."""
        with self._write() as conn:
            dialect.hold(conn, "notices", wait=True)
            held = {key: notice for key, notice in _held(conn).items() if notice.over is None}
            current = {_key(notice): notice for notice in found}
            new = [replace(notice, at=now) for key, notice in current.items() if key not in held]
            over = [replace(notice, over=now) for key, notice in held.items() if key not in current]
            if new or over:
                _put(conn, [*new, *over])
                _forget(conn)
        return new

    def listed(self, *, lasting: bool = False) -> list[Notice]:
        """The newest first; with `lasting`, only those that are not over."""
        with self._read() as conn:
            return _newest([each for each in _held(conn).values() if not (lasting and each.over)])

    def grown(self, now: datetime) -> list[Sample]:
        """The size of the archive now, after those it had in the last week, the oldest first."""
        with self._write() as conn:
            said = conn.scalar(select(Setting.value).where(Setting.key == GROWTH))
            samples = [(datetime.fromisoformat(at), size) for at, size in json.loads(said or "[]")]
            size = dialect.size(conn)
            if not samples or now - samples[-1][0] >= APART:
                kept = [(at.isoformat(), size) for at, size in [*samples, (now, size)][-SAMPLES:]]
                conn.execute(dialect.put(conn, Setting), {"key": GROWTH, "value": json.dumps(kept)})
        return [*samples, (now, size)]

    def disk(self) -> tuple[int, int] | None:
        """Bytes that are free on the disk of the archive, of so many; None where a server has it."""
        with self._read() as conn:
            return dialect.disk(conn)


def lasting(conn: Connection) -> Counter[str]:
    """How many notices last, by state."""
    return Counter(each.state for each in _held(conn).values() if not each.over)


def _key(notice: Notice) -> str:
    return f"{PREFIX}{notice.about}/{notice.state}"


def _newest(notices: Sequence[Notice]) -> list[Notice]:
    return sorted(
        notices, key=lambda each: (each.at is not None and each.at.timestamp(), each.about), reverse=True
    )


def _held(conn: Connection) -> dict[str, Notice]:
    rows = conn.execute(select(Setting.key, Setting.value).where(Setting.key.startswith(PREFIX)))
    return {key: _read(value) for key, value in rows}


def _read(value: str) -> Notice:
    said = json.loads(value)
    times = {name: datetime.fromisoformat(said[name]) if said[name] else None for name in ("at", "over")}
    return Notice(**{**said, **times})


def _put(conn: Connection, notices: Sequence[Notice]) -> None:
    values = []
    for each in notices:
        said = asdict(each) | {
            "at": each.at and each.at.isoformat(),
            "over": each.over and each.over.isoformat(),
        }
        values.append({"key": clean(_key(each)), "value": clean(json.dumps(said, ensure_ascii=False))})
    conn.execute(dialect.put(conn, Setting), values)


def _forget(conn: Connection) -> None:
    over = _newest([each for each in _held(conn).values() if each.over])
    if gone := [_key(each) for each in over[KEPT:]]:
        conn.execute(delete(Setting).where(dialect.within(conn, Setting.key, gone)))
