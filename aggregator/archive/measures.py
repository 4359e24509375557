"""How the archive fares, as numbers that every process on it tells alike, from queries that stay cheap.

What was done at each source is added up from the log of attempts: the whole of it once, later only what is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from ..measure import Measure
from ..model import Outcome
from . import dialect, notices, queue, schema

_C, _F, _P, _R, _S, _Source = (
    schema.Copy,
    schema.Fetch,
    schema.Publication,
    schema.Revision,
    schema.Story,
    schema.Source,
)
CODES = 60  # error codes that are told apart
LATEST = 500  # stories that the lag is of
OLDEST = 1000  # waiting copies whose age is looked at
SETTLED = timedelta(seconds=30)  # so old an attempt has none before it that is still being stored
EARLY = timedelta(hours=1)  # a story that is shown later than this after it began is shown again


class Transaction(Protocol):
    def __call__(self) -> AbstractContextManager[Connection]: ...


@dataclass(slots=True)
class _Log:
    """The log of attempts as far as it was added up."""

    last: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)

    def go_on(self, conn: Connection, now: datetime) -> None:
        until = conn.scalar(select(func.max(_F.id)).where(_F.id > self.last, _F.at <= now - SETTLED))
        if until is None:
            return
        sums = [func.sum(each) for each in (_F.bytes, _F.new, _F.revised)]
        query = select(_F.outcome, _F.error_code, func.count(), *sums).group_by(_F.outcome, _F.error_code)
        for outcome, code, count, *added in conn.execute(query.where(_F.id > self.last, _F.id <= until)):
            self.outcomes[outcome] += count
            if code:
                self.errors[code if code in self.errors or len(self.errors) < CODES else "other"] += count
            self.sums.update(dict(zip(("bytes", "new", "revised"), map(int, added), strict=True)))
        self.last = until


class Measures:
    """May be asked from several threads."""

    def __init__(self, read: Transaction) -> None:
        self._read = read
        self._log = _Log()
        self._lock = Lock()

    def at(self, now: datetime) -> list[Measure]:
        with self._lock, self._read() as conn:
            self._log.go_on(conn, now)
            return [*self._done(), *_sources(conn, now), *_queues(conn, now), *_held(conn)]

    def _done(self) -> list[Measure]:
        log = self._log
        outcomes = {each.value: float(log.outcomes[each.value]) for each in Outcome}
        return [
            Measure("fetches", "Attempts at sources, by outcome.", outcomes, "outcome", True),
            Measure(
                "fetch_errors", "Attempts that failed, by the code of the error.", log.errors, "code", True
            ),
            _total("fetched_bytes", "Bytes that sources sent.", log.sums["bytes"]),
            _total("entries_new", "Entries that were new.", log.sums["new"]),
            _total("entries_revised", "Entries that had changed.", log.sums["revised"]),
        ]


def _total(name: str, text: str, value: float) -> Measure:
    return Measure(name, text, {"": value}, total=True)


def due(now: datetime) -> ColumnElement[bool]:
    """A source that should be asked, and is not being asked."""
    free = or_(_Source.leased_until.is_(None), _Source.leased_until <= now)
    waits = or_(_Source.not_before.is_(None), _Source.not_before <= now)
    return and_(_Source.active, ~_Source.gone, _Source.next_fetch_at <= now, free, waits)


def _sources(conn: Connection, now: datetime) -> list[Measure]:
    def many(*which: Any) -> float:
        return conn.scalar(select(func.count()).select_from(_Source).where(_Source.active, *which)) or 0

    states = {
        "active": many(~_Source.gone),
        "failing": many(_Source.failures > 0, ~_Source.gone),
        "gone": many(_Source.gone),
    }
    first = conn.scalar(select(func.min(_Source.next_fetch_at)).where(due(now)))
    return [
        Measure("sources", "Sources by state; those that fail are active.", states, "state"),
        Measure("sources_due", "Sources that should be asked now.", {"": many(due(now))}),
        Measure(
            "sources_due_oldest_seconds",
            "For how long the first of them has been due.",
            {"": _age(first, now)},
        ),
    ]


def _queues(conn: Connection, now: datetime) -> list[Measure]:
    def many(table: type[schema.Base], *which: Any) -> float:
        return conn.scalar(select(func.count()).select_from(table).where(*which)) or 0

    waiting = select(_C.revision_id).where(_C.waiting).order_by(_C.id).limit(OLDEST).subquery()
    first = conn.scalar(select(func.min(_R.at)).join(waiting, waiting.c.revision_id == _R.id))
    copies, errands = many(_C, _C.waiting), many(queue.Errand, queue.Errand.due_at <= now)
    failed = many(_P, _P.problem != "")
    return [
        Measure("copies_waiting", "Copies that were not placed in a story yet.", {"": copies}),
        Measure(
            "copies_waiting_oldest_seconds", "For how long the first of them waits.", {"": _age(first, now)}
        ),
        Measure("errands_due", "Pages and older documents to be fetched now.", {"": errands}),
        Measure("copies_to_index", "Copies that a search does not find yet.", {"": many(schema.TextQueue)}),
        Measure("stories_unpublishable", "Stories that no feed can show.", {"": failed}),
        Measure("notices", "What wants attention and was told, by state.", notices.lasting(conn), "state"),
        Measure("lag_seconds", f"From printing to our feed, the newest {LATEST} stories.", _lags(conn), "quantile"),
    ]  # fmt: skip


def _held(conn: Connection) -> list[Measure]:
    """Rows are never deleted, so that the highest number is how many there were."""

    def highest(table: Any) -> float:
        return conn.scalar(select(func.max(table.id))) or 0

    merged = conn.scalar(select(func.count()).select_from(_S).where(_S.merged_into.is_not(None))) or 0
    return [
        _total("copies", "Copies that ever came in.", highest(_C)),
        _total("revisions", "Versions of copies that ever came in.", highest(_R)),
        _total("stories", "Stories that ever began.", highest(_S)),
        _total("merges", "Stories that joined an older one.", merged),
        Measure("archive_bytes", "The archive on disk.", {"": dialect.size(conn)}),
    ]


def _lags(conn: Connection) -> dict[str, float]:
    """Seconds, by quantile; empty before anything was published."""
    query = select(_P.at, _S.published_at, _S.created_at).join(_S, _S.id == _P.story_id)
    newest = query.where(_P.number.is_not(None)).order_by(_P.number.desc()).limit(LATEST)
    rows = conn.execute(newest).all()
    lags = sorted(max(0.0, (at - said).total_seconds()) for at, said, began in rows if at - began <= EARLY)
    return {str(share): _quantile(lags, share) for share in (0.5, 0.9, 0.99)} if lags else {}


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _age(first: datetime | None, now: datetime) -> float:
    return max(0.0, (now - first).total_seconds()) if first else 0.0
