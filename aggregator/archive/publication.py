"""The ledger of the published feed: which version of a story stands where, and the closed documents.

A story that changes says so in its row (`changed`); publishing works that off, so that it reads what changed and
nothing else. One process at a time holds the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import Connection, Row, case, func, insert, or_, select, update

from ..model import Copy, SourceSpec, Story
from ..publication import Closed, Publication
from . import closed, dialect, reading, rows, schema, sources
from .subscriptions import Transaction
from .types import AnySelect

_S, _P, _D = schema.Story, schema.Publication, schema.Closed
_FIELDS = [getattr(_P, field.name) for field in fields(Publication)]
SINCE = "published-since"
KEPT = 4  # archive documents in memory
Standing = tuple[Story, Publication | None]


class Ledger:
    """In one transaction."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._seen: dict[int, int] = {}  # story -> how often it had changed when it was read

    # ------------------------------------------------------------ what there is to do

    def changed(self, limit: int, settled: datetime | None = None) -> list[Standing]:
        """Stories that changed since they were last published, by `updated`, with their places in the feed.

        Of those that were never published only what is at least as old as `settled`, if that is said.
        """
        query = _standing().add_columns(_S.changed).where(_S.changed > 0)
        if settled is not None:
            query = query.where(or_(_S.created_at <= settled, _P.story_id.is_not(None)))
        query = query.order_by(_S.updated_at, _S.id).limit(limit).with_for_update(of=_S, skip_locked=True)
        found = self._conn.execute(query).all()
        self._seen |= {row.id: row.changed for row in found}
        return [_of(row) for row in found]

    def since(self) -> datetime | None:
        """When the archive published its first story; None if it never did."""
        said = self._conn.scalar(select(schema.Setting.value).where(schema.Setting.key == SINCE))
        return datetime.fromisoformat(said) if said else None

    def open_count(self, most: int) -> int:
        """Entries that are in no archive document yet; no more than `most` are counted."""
        return len(self._conn.scalars(_places().where(_P.document.is_(None)).limit(most)).all())

    def oldest_open(self, limit: int) -> list[Standing]:
        return self._row(_places().where(_P.document.is_(None)).order_by(_P.number).limit(limit))

    def newest(self, limit: int) -> list[Standing]:
        """The end of the row of entries, the last first."""
        return self._row(_places().order_by(_P.number.desc()).limit(limit))[::-1]

    def _row(self, places: AnySelect) -> list[Standing]:
        """Those that have these places, by the places. In two steps: as one, SQLite reads every story there is."""
        chosen = dialect.within(self._conn, _S.id, self._conn.scalars(places).all())
        return [_of(row) for row in self._conn.execute(_standing().where(chosen).order_by(_P.number))]

    def last_number(self) -> int:
        """The place that was given last; 0 if none was."""
        return self._conn.scalar(select(func.max(_P.number))) or 0

    def last_document(self) -> int:
        """The number of the newest archive document; 0 if there is none."""
        return self._conn.scalar(select(func.max(_D.number))) or 0

    def survivors(self, stories: Iterable[Story]) -> dict[int, Story]:
        """Of stories that joined another, by their own number."""
        joined = {story.id: story.merged_into for story in stories if story.merged_into}
        query = select(*rows.STORY).where(dialect.within(self._conn, _S.id, set(joined.values())))
        lives = {row.id: rows.story_of(row) for row in self._conn.execute(query)}
        return {gone: lives[into] for gone, into in joined.items() if into in lives}

    def copies(self, story_ids: Sequence[int]) -> dict[int, list[Copy]]:
        return reading.copies(self._conn, story_ids)

    def specs(self) -> list[SourceSpec]:
        """What the active sources are declared as, by name."""
        return sources.specs(self._conn)

    def digest_of_sources(self, *, learnt: bool) -> str:
        """Changes when a source is declared otherwise or, with `learnt`, says otherwise of itself."""
        return sources.digest(self._conn, learnt)

    # ------------------------------------------------------------ what was done

    def place(self, publications: Sequence[Publication]) -> None:
        """Where these stories stand from now on."""
        if publications:
            self._conn.execute(dialect.put(self._conn, _P), [asdict(each) for each in publications])
            first = {"key": SINCE, "value": publications[0].at.isoformat()}
            self._conn.execute(dialect.add_new(self._conn, schema.Setting), first)

    def done(self) -> None:
        """The changes that were read are published; what changed again meanwhile is still to do."""
        if self._seen:
            seen = case(self._seen, value=_S.id)
            which = dialect.within(self._conn, _S.id, self._seen)
            self._conn.execute(update(_S).where(which, _S.changed == seen).values(changed=0))
        self._seen = {}

    def close(self, document: Closed, story_ids: Iterable[int], now: datetime) -> None:
        """Keep the document for good; these stories stand in it."""
        conn, stories = self._conn, list(story_ids)
        values = {name: getattr(document, name) for name in ("number", "base_url", "updated")}
        bases = closed.shown(conn, stories)
        kept = {"body": closed.fold(conn, document.body, bases), "bases": bases}
        conn.execute(insert(_D).values(**values, **kept, at=now))
        which = dialect.within(conn, _P.story_id, stories)
        self._conn.execute(update(_P).where(which).values(document=document.number))


def _standing() -> AnySelect:
    return select(*rows.STORY, *(column.label(f"p_{column.key}") for column in _FIELDS)).outerjoin_from(
        _S, _P, _P.story_id == _S.id
    )


def _places() -> AnySelect:
    """The stories that have a place in the row of entries."""
    return select(_P.story_id).where(_P.number.is_not(None))


def _of(row: Row[*tuple[object, ...]]) -> Standing:
    held = [row._mapping[f"p_{column.key}"] for column in _FIELDS]
    return rows.story_of(row), Publication(*held) if held[0] is not None else None


class Feed:
    """The published feed as the archive remembers it. Each method is one transaction."""

    def __init__(self, read: Transaction, write: Transaction) -> None:
        self._read, self._write = read, write
        self._closed: dict[int, Closed] = {}  # those read last; they never change

    @contextmanager
    def writing(self) -> Iterator[Ledger]:
        """The ledger, after any other process that holds it."""
        with self._write() as conn:
            dialect.hold(conn, "publishing", wait=True)
            yield Ledger(conn)

    @contextmanager
    def reading(self) -> Iterator[Ledger]:
        """The ledger to look into, which keeps nobody waiting."""
        with self._read() as conn:
            yield Ledger(conn)

    def closed(self, number: int) -> Closed | None:
        """An archive document as it was closed."""
        if number not in self._closed:
            with self._read() as conn:
                row = conn.execute(select(_D.__table__).where(_D.number == number)).first()
                if row is None:
                    return None
                document = Closed(row.number, row.base_url, row.updated, closed.unfold(conn, row))
            self._closed = {**dict(list(self._closed.items())[1 - KEPT :]), number: document}
        return self._closed[number]

    def failed(self, limit: int = 20) -> list[str]:
        """What is wrong with the stories that cannot be shown, one sentence each: the newest `limit`."""
        query = select(_P.problem).where(_P.problem != "").order_by(_P.story_id.desc()).limit(limit)
        with self._read() as conn:
            return list(conn.scalars(query))
