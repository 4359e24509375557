"""Every difference between SQLite and PostgreSQL, and nothing else.

SQLite: WAL, synchronous NORMAL (a power cut may lose the last transactions, never the file), foreign keys on, no
memory map: what it saves (3 % of placing) is not worth a process that seems to grow with its archive.
Python's own transaction handling is switched off (before 3.12 it begins late); a writer begins IMMEDIATE,
since a reader that turns writer fails at once however long it would be willing to wait.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    NullPool,
    Pool,
    QueuePool,
    Table,
    Text,
    and_,
    bindparam,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.orm import InstrumentedAttribute

from .types import as_text, aware
from .words import words_held

READING, WRITING = 2_048, 8_192  # KiB of pages that a connection to SQLite keeps
PLACERS_MAY_SLEEP = "5min"  # a placer that stalls longer loses its transaction, so that another can go on


def is_sqlite(conn: Connection) -> bool:
    return conn.dialect.name == "sqlite"


# ---------------------------------------------------------------- connecting


def engine(url: URL, patience: timedelta, *, writing: bool = False, migrating: bool = False) -> Engine:
    """An engine for the archive; `patience` is how long a writer waits for another one.

    `writing`: of many pages. `migrating`: foreign keys off on SQLite (alembic copies tables to change them, and
    dropping the original would empty its children through cascades), one connection only.
    """
    pool: type[Pool] = NullPool if migrating else QueuePool
    if url.get_backend_name() == "sqlite":
        made = create_engine(
            url,
            poolclass=pool,
            json_serializer=_json,
            connect_args={"timeout": patience.total_seconds()},
            execution_options={"patience": patience},
            **({} if migrating else {"pool_use_lifo": True}),  # each connection has a cache of its own
        )
        pages = WRITING if writing or migrating else READING
        event.listen(made, "connect", partial(_prepare, pages=pages, keys=not migrating))
        event.listen(made, "begin", _begin)
        return made
    made = create_engine(
        url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url,
        poolclass=pool,
        json_serializer=_json,
        connect_args={"connect_timeout": 10, "application_name": "aggregator"},
        execution_options={"worker": secrets.token_hex(8), "patience": patience},
    )
    if migrating:
        event.listen(made, "begin", lambda conn: conn.execute(select(_patience(conn))))
    return made


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _prepare(connection: Any, _record: object, pages: int, keys: bool) -> None:
    connection.isolation_level = None
    for pragma in (
        "page_size=8192",  # of a new file: two to four revisions, where 4096 would leave half of many pages empty
        "journal_mode=WAL",
        "wal_autocheckpoint=4000",  # pages, 32 MB: what batch after batch changes is written once
        *("synchronous=NORMAL", f"foreign_keys={keys:d}"),
        f"cache_size={-pages}",
        "journal_size_limit=67108864",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.create_function("words_held", 3, words_held, deterministic=True)


def _begin(conn: Connection) -> None:
    writes = conn.get_execution_options().get("writes", False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def turn(engine: Engine) -> AbstractContextManager[object]:
    """Held by a thread that writes. SQLite has one writer at a time, and lets those that wait sleep and look again,
    up to a tenth of a second each time, the unlucky ones for seconds; threads of one process queue here instead.
    """
    return Lock() if engine.dialect.name == "sqlite" else nullcontext()


def _patience(conn: Connection) -> ColumnElement[str]:
    """Sets for how long this transaction waits for a lock."""
    patience: timedelta = conn.get_execution_options()["patience"]
    return func.set_config("lock_timeout", str(int(patience.total_seconds() * 1000)), True)


MIGRATION = "migration"  # held by who migrates, shared by who writes


def admit(conn: Connection) -> bool:
    """Begin to write, waiting for nobody longer than we have patience; False while somebody migrates.

    On SQLite who migrates is the one writer.
    """
    if is_sqlite(conn):
        return True
    shared = func.pg_try_advisory_xact_lock_shared(_lock(MIGRATION))
    return bool(conn.execute(select(_patience(conn), shared)).one()[1])


def state(conn: Connection) -> tuple[str, datetime | None]:
    """The schema of the archive, and the time by the database's own clock, if it has one."""
    if is_sqlite(conn):
        return conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one(), None
    schema, now = conn.exec_driver_sql("SELECT version_num, clock_timestamp() FROM alembic_version").one()
    return schema, now.astimezone(UTC)


def _lock(name: str) -> ColumnElement[int]:
    return func.hashtextextended(f"aggregator {name}", 0)


def hold(conn: Connection, name: str, *, wait: bool) -> bool:
    """Hold a lock of this name until the transaction ends; False if another holds it and we do not wait.

    On SQLite a writer is alone anyway.
    """
    if is_sqlite(conn):
        return True
    if wait:
        conn.execute(select(func.pg_advisory_xact_lock(_lock(name))))
        return True
    conn.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{PLACERS_MAY_SLEEP}'")
    return bool(conn.scalar(select(func.pg_try_advisory_xact_lock(_lock(name)))))


# ---------------------------------------------------------------- word between processes

CHANNEL = "aggregator"
SHORT = 0.5  # seconds between two looks at whether to go on listening


def tell(conn: Connection, word: str) -> None:
    """Pass a word on to other processes when the transaction is committed. On SQLite nobody would hear it."""
    if not is_sqlite(conn):
        said = f"{word} {conn.get_execution_options()['worker']}"
        conn.execute(select(func.pg_notify(CHANNEL, said)))


def listen(engine: Engine, hear: Callable[[str], None], over: Callable[[], bool]) -> None:
    """Hear the words of others until it is over. Raises what the driver raises when the connection is lost."""
    own = engine.get_execution_options()["worker"]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        driver: Any = conn.connection.driver_connection
        conn.detach()  # it is closed at the end: nobody else may get one that listens
        driver.execute(f"LISTEN {CHANNEL}")
        while not over():
            for notice in driver.notifies(timeout=SHORT):
                word, _, worker = notice.payload.partition(" ")
                if worker != own:
                    hear(word)


# ---------------------------------------------------------------- asking and adding by the thousand


Values = Iterable[int] | Iterable[str]


def within(conn: Connection, column: InstrumentedAttribute[Any], values: Values) -> ColumnElement[bool]:
    """`column` is one of the values, of which there may be tens of thousands; one parameter."""
    listed = list(values)
    if is_sqlite(conn):
        value = func.json_each(json.dumps(listed)).table_valued("value")
        return column.in_(select(value.c.value))
    return column == func.any(bindparam(None, listed, ARRAY(column.type)))


# What the index has of a guid on PostgreSQL: as unique, and half as long. SQLite would have to be told what SHA-256 is.
DIGEST = r"substr(sha256(decode(replace({0}, '\', '\\'), 'escape')), 1, 11)"


def named(conn: Connection, guid: InstrumentedAttribute[str], guids: Iterable[str]) -> ColumnElement[bool]:
    """Of copies of one source: those that have these guids."""
    listed = list(guids)
    if is_sqlite(conn):
        return within(conn, guid, listed)
    theirs = f"ARRAY(SELECT {DIGEST.format('guid')} FROM unnest(CAST(:guids AS text[])) AS guid)"
    alike = text(f"{DIGEST.format('copy.guid')} = ANY({theirs})").bindparams(guids=listed)
    return and_(alike, within(conn, guid, listed))


def seconds(conn: Connection, start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[Any]:
    """How many seconds lie between two moments; exact to a millisecond."""
    if is_sqlite(conn):
        return (func.julianday(end) - func.julianday(start)) * 86400.0
    return func.extract("epoch", end - start)


def next_ids(conn: Connection, table: type[Any], count: int) -> list[int]:
    """Fresh row numbers, rising; on SQLite the caller must be inserting them in this very transaction."""
    name = table.__tablename__
    if is_sqlite(conn):
        last = conn.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {name}").scalar_one()
        return list(range(last + 1, last + 1 + count))
    query = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
    return sorted(conn.scalars(query, {"name": f'"{name}"', "count": count}))


def add_new(conn: Connection, table: type[Any]) -> Insert:
    """INSERT that passes over rows that are there already."""
    return _add_new(is_sqlite(conn), table.__table__)


@cache
def _add_new(is_sqlite: bool, table: Table) -> Insert:
    """Made once: making a statement takes longer than running it does."""
    insert = sqlite.insert(table) if is_sqlite else postgresql.insert(table)
    return insert.on_conflict_do_nothing()


def put(conn: Connection, table: type[Any], *, keep: bool = False) -> Insert:
    """INSERT that replaces what is there under the same primary key; or keeps it, and holds its lock."""
    return _put(is_sqlite(conn), table.__table__, keep)


@cache
def _put(is_sqlite: bool, table: Table, keep: bool) -> Insert:
    insert = sqlite.insert(table) if is_sqlite else postgresql.insert(table)
    said = table.c if keep else insert.excluded
    rest = {column.name: said[column.name] for column in table.columns if not column.primary_key}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=rest)


def insert_all(conn: Connection, table: type[Any], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of all columns, in the order of the class, as the driver takes them (see `plain`).

    What placing writes by the hundred goes past the type system, which costs more than the database does.
    """
    if not rows:
        return
    described: Table = table.__table__
    columns = ", ".join(f'"{column.name}"' for column in described.columns)
    insert = f'INSERT INTO "{described.name}" ({columns})'
    if is_sqlite(conn):
        marks = ", ".join("?" * len(described.columns))
        conn.exec_driver_sql(f"{insert} VALUES ({marks})", list(rows))
        return
    arrays = _arrays(conn, described, [column.name for column in described.columns])
    conn.exec_driver_sql(f"{insert} SELECT * FROM unnest({arrays})", _by_column(rows))


def update_all(
    conn: Connection, table: type[Any], names: Sequence[str], change: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Update one row of the table for each of `rows`: its id, then values as the driver takes them.

    `names`: of the columns whose types the values have. `change`: what SET says, with {column} for a value.
    """
    if not rows:
        return
    described: Table = table.__table__
    update = f"UPDATE {described.name} SET {change} WHERE {described.name}.id = {{id}}"
    if is_sqlite(conn):
        marks = {name: f"?{at}" for at, name in enumerate(("id", *names), 1)}
        conn.exec_driver_sql(update.format(**marks), list(rows))
        return
    arrays = _arrays(conn, described, ["id", *names])
    new = f"FROM unnest({arrays}) AS new(id, {', '.join(names)}) WHERE"
    marks = {name: f"new.{name}" for name in ("id", *names)}
    conn.exec_driver_sql(update.replace("WHERE", new).format(**marks), _by_column(rows))


def _arrays(conn: Connection, table: Table, names: Iterable[str]) -> str:
    kinds = (table.columns[name].type.compile(conn.dialect) for name in names)
    # Bytes go as they are: escaped twice, as text of an array, they cost more than all else.
    return ", ".join(f"{'%b' if kind == 'BYTEA' else '%s'}::{kind}[]" for kind in kinds)


def _by_column(rows: Iterable[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))


def of_these(conn: Connection, query: str, values: Values) -> Sequence[Any]:
    """The rows of a query in SQL that says IN THESE after a column, for any number of values.

    For what is asked many times a second: making a statement takes longer than running it does.
    """
    listed = list(values)
    if is_sqlite(conn):
        query = query.replace(" FOR UPDATE", "").replace("IN THESE", "IN (SELECT value FROM json_each(?))")
        return conn.exec_driver_sql(query, (json.dumps(listed),)).all()
    kind = "text" if listed and isinstance(listed[0], str) else "bigint"
    return conn.exec_driver_sql(query.replace("IN THESE", f"= ANY(%s::{kind}[])"), (listed,)).all()


@dataclass(frozen=True, slots=True)
class Plain:
    """How times and documents go to the driver, for `insert_all` and `update_all`."""

    moment: Callable[[datetime], datetime | str]
    document: Callable[[Any], str]


def plain(conn: Connection) -> Plain:
    return Plain(_text_of_moment if is_sqlite(conn) else aware, _json)


@lru_cache(maxsize=256)  # a document has one time of arrival and few dates
def _text_of_moment(moment: datetime) -> str:
    return as_text(aware(moment))


# ---------------------------------------------------------------- whole archives


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the archive however long it lasts; nobody waits for it."""
    repeatable = engine.execution_options(isolation_level="REPEATABLE READ")
    with (engine if engine.dialect.name == "sqlite" else repeatable).begin() as conn:
        yield conn


def in_byte_order(conn: Connection, column: Any) -> Any:
    """For ORDER BY: texts of both databases in one order, that of their bytes in UTF-8."""
    if is_sqlite(conn) or not isinstance(column.type, Text):
        return column
    return column.collate("C")


def count_on(conn: Connection, names: Iterable[str]) -> None:
    """After rows came in under numbers of their own: the next number is the one after the highest of them."""
    if is_sqlite(conn):
        return
    for name in names:
        sequence = conn.execute(
            text(
                "SELECT pg_get_serial_sequence(:name, 'id') FROM information_schema.columns "
                "WHERE table_schema = current_schema() AND table_name = :bare AND column_name = 'id'"
            ),
            {"name": f'"{name}"', "bare": name},
        ).scalar()
        if sequence:
            last = "coalesce(max(id), 1), max(id) IS NOT NULL"
            conn.exec_driver_sql(f"SELECT setval('{sequence}', {last}) FROM \"{name}\"")


# ---------------------------------------------------------------- looking after


def size(conn: Connection) -> int:
    """Bytes of the whole archive on disk, indexes included."""
    if is_sqlite(conn):
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages * conn.exec_driver_sql("PRAGMA page_size").scalar_one())
    tables = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r'"
    return int(
        conn.exec_driver_sql(f"{tables} AND relnamespace = current_schema()::regnamespace").scalar() or 0
    )


def disk(conn: Connection) -> tuple[int, int] | None:
    """Bytes that are free where the file of the archive lies, of so many; None where a server has it."""
    if not is_sqlite(conn):
        return None
    found = shutil.disk_usage(Path(conn.engine.url.database or "").parent)
    return found.free, found.total


def damage(conn: Connection) -> list[str]:
    """What the database itself finds wrong with its storage; PostgreSQL answers for itself."""
    if not is_sqlite(conn):
        return []
    found = [row[0] for row in conn.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]
    return found + broken_keys(conn)


def no_documents(conn: Connection, column: Column[Any]) -> Sequence[Any]:
    """The keys of rows whose document cannot be read; PostgreSQL keeps none of that kind."""
    query = select(*column.table.primary_key).where(func.json_valid(column) == 0)
    return conn.execute(query).all() if is_sqlite(conn) else []


def broken_keys(conn: Connection) -> list[str]:
    """Rows whose parent is missing, on SQLite, where they can come to be while foreign keys are off."""
    found = conn.exec_driver_sql("PRAGMA foreign_key_check") if is_sqlite(conn) else ()
    return [f"{row[0]} {row[1]} names a missing {row[2]}" for row in found]


def has_tables(conn: Connection) -> bool:
    """Does anything at all live here?"""
    if is_sqlite(conn):
        return bool(conn.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").scalar())
    query = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() LIMIT 1"
    return bool(conn.exec_driver_sql(query).scalar())
