"""What hubs tell us of (WebSub): who was asked for which source, until when, and whether it works.

While a hub works its source is polled late; when polling would have come otherwise is kept in `poll_at`, and
holds again as soon as the hub is silent, denies us, or its lease ends.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from ..model import Source, Subscription
from ..text import clean
from . import rows
from .schema import Source as S
from .schema import Subscription as Row
from .types import AnyRow, AnySelect

Transaction = Callable[[], AbstractContextManager[Connection]]
ENOUGH = 3  # requests to end a subscription before it is left to lapse


@dataclass(frozen=True, slots=True)
class Told:
    """How many sources name a hub that was asked, how many are subscribed to, how many hubs deliver."""

    wished: int = 0
    active: int = 0
    working: int = 0


class Subscriptions:
    """Each method is one transaction."""

    def __init__(self, read: Transaction, write: Transaction) -> None:
        self._read, self._write = read, write

    def of_source(self, source_id: int) -> Subscription | None:
        """What is wished for this source; not one that is being ended."""
        return self._one(Row.source_id == source_id, Row.state != "ending")

    def by_token(self, token: str) -> Subscription | None:
        return self._one(Row.token == token)

    def source_of(self, subscription: Subscription) -> Source | None:
        """Its source, if that is still asked; merely read, not claimed."""
        wanted = (S.id == subscription.source_id, S.active, ~S.gone)
        with self._read() as conn:
            row = conn.execute(select(S.__table__).where(*wanted)).one_or_none()
        return rows.source_of(row) if row else None

    def _one(self, *which: ColumnElement[bool]) -> Subscription | None:
        with self._read() as conn:
            row = conn.execute(_select().where(*which)).first()
        return _subscription(row) if row else None

    def wish(
        self, source_id: int, hub: str, topic: str, base: str, token: str, secret: str, now: datetime
    ) -> None:
        """Be told of this source by this hub from now on, and by no other; known wishes are kept."""
        same = (Row.source_id == source_id, Row.hub == hub, Row.topic == topic)
        with self._write() as conn:
            _end(conn, Row.source_id == source_id, or_(Row.hub != hub, Row.topic != topic), now=now)
            held = conn.execute(select(Row.base, Row.state).where(*same)).first()
            fresh = {
                "base": base,
                "state": "new",
                "due_at": now,
                "failures": 0,
                "error": "",
                "working": False,
            }
            if held is None:
                named = {"source_id": source_id, "hub": hub, "topic": topic, "token": token, "secret": secret}
                conn.execute(insert(Row).values(**named, **fresh))
            elif held.base != base or held.state == "ending":
                conn.execute(update(Row).where(*same).values(**fresh))

    def end(self, source_id: int, now: datetime) -> None:
        """The source names no hub any more."""
        with self._write() as conn:
            _end(conn, Row.source_id == source_id, now=now)

    def end_orphans(self, now: datetime) -> None:
        """End those whose source is not asked any more, and give up those whose lease ended."""
        resting = select(S.id).where(or_(~S.active, S.gone))
        with self._write() as conn:
            _end(conn, Row.source_id.in_(resting), now=now)
            lapsed = (Row.state == "active", Row.lease_until <= now)
            _poll_again(conn, *lapsed, now=now)
            conn.execute(update(Row).where(*lapsed).values(state="new", working=False, poll_at=None))

    def forget_all(self, now: datetime) -> None:
        """Nobody can reach us: every source is polled as before."""
        if not self.told().wished:
            return
        with self._write() as conn:
            _poll_again(conn, now=now)
            conn.execute(delete(Row))

    def due(self, now: datetime, limit: int, patience: timedelta) -> list[Subscription]:
        """Those whose hub is to be asked now. They come up again after `patience` if nothing is noted."""
        chosen = select(Row.id).where(Row.due_at <= now).order_by(Row.due_at, Row.id).limit(limit)
        with self._write() as conn:
            ids = list(conn.scalars(chosen.with_for_update(skip_locked=True)))
            conn.execute(update(Row).where(Row.id.in_(ids)).values(due_at=now + patience))
            return [_subscription(row) for row in conn.execute(_select().where(Row.id.in_(ids)))]

    def asked(self, subscription: Subscription, due_at: datetime, error: str = "") -> None:
        """The hub was asked, or could not be (`error`); if nothing comes of it, it is asked again at `due_at`."""
        failures = subscription.failures + 1
        mine = Row.id == subscription.id
        with self._write() as conn:
            if subscription.state == "ending" and failures >= ENOUGH:
                conn.execute(delete(Row).where(mine, Row.state == "ending"))
                return
            noted = {"failures": failures, "error": clean(error)}
            # A hub may have asked back, and been answered, before its answer to us was read.
            unanswered = (mine, Row.due_at == subscription.due_at)
            conn.execute(update(Row).where(*unanswered).values(**noted, due_at=due_at))
            if not error:
                conn.execute(update(Row).where(mine, Row.state == "new").values(state="asked"))

    def verified(self, subscription: Subscription, lease_until: datetime, due_at: datetime) -> None:
        """The hub asked back, and we meant it; it is asked to go on at `due_at`."""
        values = {"state": "active", "lease_until": lease_until, "due_at": due_at, "failures": 0, "error": ""}
        with self._write() as conn:
            conn.execute(update(Row).where(Row.id == subscription.id, Row.state != "ending").values(**values))

    def denied(self, subscription: Subscription, reason: str, now: datetime, due_at: datetime) -> None:
        mine = Row.id == subscription.id
        values = {"state": "denied", "error": clean(reason), "working": False, "due_at": due_at}
        with self._write() as conn:
            _poll_again(conn, mine, now=now)
            conn.execute(update(Row).where(mine, Row.state != "ending").values(**values, poll_at=None))

    def ended(self, subscription: Subscription) -> None:
        with self._write() as conn:
            conn.execute(delete(Row).where(Row.id == subscription.id, Row.state == "ending"))

    def heard(self, subscription: Subscription, now: datetime, until: datetime) -> None:
        """The hub delivered: the source need not be polled before `until`."""
        source = S.id == subscription.source_id
        with self._write() as conn:
            due = conn.scalar(select(S.next_fetch_at).where(source))
            kept = conn.execute(select(Row.working, Row.poll_at).where(Row.id == subscription.id)).first()
            poll_at = kept.poll_at if kept and kept.working and kept.poll_at else due
            conn.execute(
                update(Row)
                .where(Row.id == subscription.id)
                .values(working=True, heard_at=now, poll_at=poll_at)
            )
            conn.execute(update(S).where(source).values(last_success_at=now, last_changed_at=now))
            conn.execute(update(S).where(source, S.next_fetch_at < until).values(next_fetch_at=until))

    def polled(self, subscription: Subscription, poll_at: datetime | None, silent: bool) -> None:
        """The source was asked all the same. `silent`: it had news that the hub kept to itself."""
        mine = Row.id == subscription.id
        with self._write() as conn:
            conn.execute(update(Row).where(mine).values(poll_at=poll_at))
            if silent:
                _poll_again(conn, mine)
                conn.execute(update(Row).where(mine).values(working=False, poll_at=None))

    def told(self) -> Told:
        counts = select(
            func.count(),
            func.count().filter(Row.state == "active"),
            func.count().filter(Row.working),
        )
        with self._read() as conn:
            return Told(*conn.execute(counts.where(Row.state != "ending")).one())


def _end(conn: Connection, *which: ColumnElement[bool], now: datetime) -> None:
    _poll_again(conn, *which, now=now)
    conn.execute(
        update(Row)
        .where(*which, Row.state != "ending")
        .values(state="ending", due_at=now, failures=0, working=False, poll_at=None)
    )


def _poll_again(conn: Connection, *which: ColumnElement[bool], now: datetime | None = None) -> None:
    """Their sources are polled when they would have been without a hub, or now."""
    slowed = select(Row.source_id, Row.poll_at).where(*which, Row.poll_at.is_not(None))
    for row in conn.execute(slowed).all():
        due = max(row.poll_at, now) if now else row.poll_at
        conn.execute(update(S).where(S.id == row.source_id, S.next_fetch_at > due).values(next_fetch_at=due))


def _select() -> AnySelect:
    return select(Row.__table__, S.allow_private).join(S, S.id == Row.source_id)


def _subscription(row: AnyRow) -> Subscription:
    return Subscription(
        id=row.id,
        source_id=row.source_id,
        hub=row.hub,
        topic=row.topic,
        base=row.base,
        token=row.token,
        secret=row.secret,
        state=row.state,
        lease_until=row.lease_until,
        due_at=row.due_at,
        working=row.working,
        failures=row.failures,
        error=row.error,
        allow_private=row.allow_private,
    )
