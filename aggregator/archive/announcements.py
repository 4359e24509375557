"""What hubs are to be told of our own feeds (WebSub), kept until they have heard it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update

from ..text import clean
from . import dialect
from .schema import Announcement as Row
from .subscriptions import Transaction


@dataclass(frozen=True, slots=True)
class Announcement:
    """A feed that a hub has not heard of in its newest form."""

    hub: str
    topic: str  # its address
    digest: str
    failures: int = 0
    error: str = ""


class Announcements:
    """Each method is one transaction."""

    def __init__(self, read: Transaction, write: Transaction) -> None:
        self._read, self._write = read, write

    def note(self, hubs: Sequence[str], digests: Mapping[str, str], now: datetime) -> int:
        """Feeds by address, with the digest of their bytes; how many a hub is to be told of.

        What a hub was told already is passed over, and hubs that are not named any more are forgotten.
        """
        changed = 0
        with self._write() as conn:
            conn.execute(delete(Row).where(Row.hub.not_in(hubs)))
            rows = conn.execute(select(Row.hub, Row.topic, Row.digest, Row.told)).all()
            held = {(row.hub, row.topic): row for row in rows}
            for hub in hubs:
                for topic, digest in digests.items():
                    known = held.get((hub, topic))
                    if known and known.digest == digest:
                        continue
                    told = known.told if known else ""
                    due = None if told == digest else now
                    named = {"hub": hub, "topic": topic, "digest": digest, "told": told}
                    row = {**named, "due_at": due, "failures": 0, "error": ""}
                    conn.execute(dialect.put(conn, Row), row)
                    changed += due is not None
        return changed

    def topics(self) -> list[str]:
        """The feeds that hubs know of."""
        with self._read() as conn:
            return list(conn.scalars(select(Row.topic).distinct().order_by(Row.topic)))

    def due(self, now: datetime, limit: int, patience: timedelta) -> list[Announcement]:
        """What is to be said now. It comes up again after `patience` if nothing is noted."""
        query = select(Row.hub, Row.topic, Row.digest, Row.failures, Row.error).where(Row.due_at <= now)
        with self._write() as conn:
            chosen = query.order_by(Row.due_at).limit(limit).with_for_update(skip_locked=True)
            found = [Announcement(*row) for row in conn.execute(chosen)]
            for each in found:
                conn.execute(update(Row).where(*_same(each)).values(due_at=now + patience))
            return found

    def told(self, said: Announcement) -> None:
        """The hub has heard; newer bytes that came meanwhile stay to be told."""
        with self._write() as conn:
            heard = {"told": said.digest, "failures": 0, "error": ""}
            conn.execute(update(Row).where(*_same(said)).values(**heard))
            conn.execute(update(Row).where(*_same(said), Row.digest == said.digest).values(due_at=None))

    def failed(self, said: Announcement, due_at: datetime, error: str) -> None:
        with self._write() as conn:
            values = {"failures": said.failures + 1, "error": clean(error), "due_at": due_at}
            conn.execute(update(Row).where(*_same(said)).values(**values))

    def untold(self) -> list[Announcement]:
        """What hubs have not heard yet."""
        query = select(Row.hub, Row.topic, Row.digest, Row.failures, Row.error)
        with self._read() as conn:
            return [Announcement(*row) for row in conn.execute(query.where(Row.due_at.is_not(None)))]


def _same(said: Announcement) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Row.hub == said.hub, Row.topic == said.topic
