"""What is fetched once for a source: the pages of its entries, and older documents of it. A queue with a lease."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, or_, select, true, update

from ..errand import Brought, Errand, Robots
from ..errors import ArchiveBusy
from ..model import Entry, Ingested
from ..text import as_id, clean
from . import dialect, ingest, queue, raw, rows, sources, wanted
from .queue import Errand as E
from .schema import Source as S
from .subscriptions import Transaction
from .types import AnyRow


def due(conn: Connection, now: datetime, names: Sequence[str] | None) -> int:
    """How many wait that may be run now, if their hosts have rested."""
    query = select(func.count()).select_from(E).join(S, S.id == E.source_id)
    return conn.scalar(query.where(*_may_be_run(conn, now, names))) or 0


def _may_be_run(conn: Connection, now: datetime, names: Sequence[str] | None) -> list[ColumnElement[bool]]:
    return [
        E.due_at <= now,
        or_(E.leased_until.is_(None), E.leased_until <= now),
        S.active.is_(True),
        or_(S.not_before.is_(None), S.not_before <= now),
        dialect.within(conn, S.name, names) if names is not None else true(),
    ]


def claim(
    conn: Connection, now: datetime, limit: int, lease: timedelta, names: Sequence[str] | None
) -> list[Errand]:
    """Lease errands that are due, one a host, at hosts where no source and no errand is under way."""
    dialect.hold(conn, "claim", wait=True)
    turn = func.row_number().over(partition_by=E.host, order_by=(E.due_at, E.id)).label("turn")
    mine = [*_may_be_run(conn, now, names), E.host.not_in(sources.busy(now))]
    waiting = select(E.id, turn).join(S, S.id == E.source_id).where(*mine).subquery()
    first = select(waiting.c.id).where(waiting.c.turn == 1).limit(limit)
    taken = (
        update(E)
        .where(E.id.in_(first))
        .values(leased_until=now + lease, token=E.token + 1)
        .returning(*E.__table__.columns)
    )
    claimed = conn.execute(taken).all()
    held = {row.id: rows.source_of(row) for row in _sources(conn, {row.source_id for row in claimed})}
    return [
        Errand(row.id, row.kind, row.url, held[row.source_id], row.copy_id, row.tries, row.token)
        for row in sorted(claimed, key=lambda row: int(row.id))
    ]


def _sources(conn: Connection, ids: Iterable[int]) -> Sequence[AnyRow]:
    return conn.execute(select(S.__table__).where(dialect.within(conn, S.id, ids))).all()


def finish(conn: Connection, brought: Brought, entries: Sequence[Entry], now: datetime) -> Ingested:
    """Store how an errand ended, and what it brought: `entries`, sanitised.

    Raises ArchiveBusy, with nothing stored, if another process has taken the errand over, or (code "revised") the
    entry that its page was put together with.
    """
    errand, fetch = brought.errand, brought.fetch
    held = update(E).where(E.id == errand.id, E.token == errand.token)
    done = held.values(
        due_at=brought.again_at,
        tries=E.tries + 1,
        error=clean(fetch.error),
        leased_until=now + brought.rest if brought.rest else None,
    )
    if conn.execute(done).rowcount != 1:
        raise ArchiveBusy(f"the errand to {errand.url} has passed to another process", code="lost-lease")
    sources.hold(conn, errand.source.id)
    told = {as_id(entry.guid): entry for entry in entries}
    held_by = ingest.held_copies(conn, {errand.source.id: told})[errand.source.id]
    if errand.kind == "page":
        new, revised = [], [(held_by[guid].id, entry) for guid, entry in told.items() if guid in held_by]
        if any(held_by[entry.guid].fingerprint != entry.fingerprint for _, entry in revised):
            raise ArchiveBusy(f"what {errand.url} is the page of was revised just now", code="revised")
    else:  # what is older never replaces what is there
        new, revised = [entry for guid, entry in told.items() if guid not in held_by], []
    attempt = replace(fetch, source_id=errand.source.id, new=len(new), revised=len(revised))
    [fetch_id] = ingest.log(conn, [attempt])
    raw.keep(conn, [(fetch_id, raw.of_errand(brought))])
    ingest.store(conn, [(fetch_id, ingest.News(errand.source.id, new, revised))], now)
    if brought.older:
        wanted.add_older(conn, errand.source.id, brought.older, now)
    return Ingested(len(new), len(revised), len(told) - len(new) - len(revised))


def release(conn: Connection, errands: Sequence[Errand]) -> None:
    """Give errands back that were not run."""
    for errand in errands:
        mine = update(E).where(E.id == errand.id, E.token == errand.token)
        conn.execute(mine.values(leased_until=None))


# ---------------------------------------------------------------- robots.txt


def robots(conn: Connection, origin: str, now: datetime) -> Robots | None:
    """The robots.txt of an origin, if one is known and has not expired."""
    query = select(queue.Robots.__table__).where(queue.Robots.origin == origin, queue.Robots.expires > now)
    row = conn.execute(query).one_or_none()
    return Robots(row.origin, row.status, row.body, row.expires) if row else None


def keep_robots(conn: Connection, found: Robots) -> None:
    values = {
        "origin": found.origin,
        "status": found.status,
        "body": clean(found.body),
        "expires": found.expires,
    }
    conn.execute(dialect.put(conn, queue.Robots), values)


class Errands:
    """The queue, and the robots.txt files: every call is one transaction."""

    def __init__(self, read: Transaction, write: Transaction) -> None:
        self._read, self._write = read, write

    def due(self, now: datetime, names: Sequence[str] | None = None) -> int:
        """How many wait that may be run now, if their hosts have rested."""
        with self._read() as conn:
            return due(conn, now, names)

    def claim(
        self, now: datetime, limit: int, lease: timedelta, names: Sequence[str] | None = None
    ) -> list[Errand]:
        """Lease what is to be fetched once, one a host, where no source of that host is being asked."""
        with self._write() as conn:
            return claim(conn, now, limit, lease, names)

    def finish(self, brought: Brought, entries: Sequence[Entry], now: datetime) -> Ingested:
        """Store how an errand ended, and its entries (sanitised): the page's revision, or copies not seen before.

        Raises ArchiveBusy, with nothing stored, if another process has taken it over (code "lost-lease"), or stored
        another version of the entry since its page was put together with it ("revised").
        """
        with self._write() as conn:
            return finish(conn, brought, entries, now)

    def release(self, claimed: Sequence[Errand]) -> None:
        """Give errands back without having run them."""
        with self._write() as conn:
            release(conn, claimed)

    def robots(self, origin: str, now: datetime) -> Robots | None:
        """The robots.txt of an origin, if one is known and has not expired."""
        with self._read() as conn:
            return robots(conn, origin, now)

    def keep_robots(self, found: Robots) -> None:
        with self._write() as conn:
            keep_robots(conn, found)
