"""Every difference between SQLite and PostgreSQL, and nothing else.

SQLite: WAL, synchronous NORMAL (a power cut may lose the last transactions, never the file), foreign keys on.
Python's own transaction handling is switched off (before 3.12 it begins late); a writer begins IMMEDIATE,
since a reader that turns writer fails at once however long it would be willing to wait.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    NullPool,
    Pool,
    QueuePool,
    Table,
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

ROWS_A_STATEMENT = 200  # beyond one by one this saves SQLite two fifths of the time a row; more save nothing
PLACERS_MAY_SLEEP = "5min"  # a placer that stalls longer loses its transaction, so that another can go on


def is_sqlite(conn: Connection) -> bool:
    return conn.dialect.name == "sqlite"


# ---------------------------------------------------------------- connecting


def engine(url: URL, patience: timedelta, *, migrating: bool = False) -> Engine:
    """An engine for the archive; `patience` is how long a writer waits for another one.

    `migrating`: foreign keys off on SQLite (alembic copies tables to change them, and dropping the original
    would empty its children through cascades), one connection only.
    """
    pool: type[Pool] = NullPool if migrating else QueuePool
    if url.get_backend_name() == "sqlite":
        made = create_engine(
            url, poolclass=pool, json_serializer=_json, connect_args={"timeout": patience.total_seconds()}
        )
        event.listen(made, "connect", _without_keys if migrating else _prepare)
        event.listen(made, "begin", _begin)
        return made
    made = create_engine(
        url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url,
        poolclass=pool,
        json_serializer=_json,
        connect_args={"connect_timeout": 10, "application_name": "aggregator"},
    )
    event.listen(made, "begin", lambda conn: _limit_patience(conn, patience))
    return made


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-65536",  # KiB
        "mmap_size=1073741824",
        "journal_size_limit=67108864",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _without_keys(connection: Any, _record: object) -> None:
    _prepare(connection, _record)
    connection.execute("PRAGMA foreign_keys=OFF").close()


def _begin(conn: Connection) -> None:
    writes = conn.get_execution_options().get("writes", False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _limit_patience(conn: Connection, patience: timedelta) -> None:
    if conn.get_execution_options().get("writes", False):
        conn.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patience.total_seconds() * 1000)}")


def hold(conn: Connection, name: str, *, wait: bool) -> bool:
    """Hold a lock of this name until the transaction ends; False if another holds it and we do not wait.

    On SQLite a writer is alone anyway.
    """
    if is_sqlite(conn):
        return True
    lock = func.hashtextextended(f"aggregator {name}", 0)
    if wait:
        conn.execute(select(func.pg_advisory_xact_lock(lock)))
        return True
    conn.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{PLACERS_MAY_SLEEP}'")
    return bool(conn.scalar(select(func.pg_try_advisory_xact_lock(lock))))


# ---------------------------------------------------------------- asking and adding by the thousand


def within(
    conn: Connection, column: InstrumentedAttribute[Any], values: Iterable[int] | Iterable[str]
) -> ColumnElement[bool]:
    """`column` is one of the values, of which there may be tens of thousands; one parameter."""
    listed = list(values)
    if is_sqlite(conn):
        value = func.json_each(json.dumps(listed)).table_valued("value")
        return column.in_(select(value.c.value))
    return column == func.any(bindparam(None, listed, ARRAY(column.type)))


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
    if is_sqlite(conn):
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def put(conn: Connection, table: type[Any]) -> Insert:
    """INSERT that replaces what is there under the same primary key."""
    described: Table = table.__table__
    insert = sqlite.insert(described) if is_sqlite(conn) else postgresql.insert(described)
    rest = {
        column.name: insert.excluded[column.name] for column in described.columns if not column.primary_key
    }
    return insert.on_conflict_do_update(index_elements=list(described.primary_key), set_=rest)


def add_numbers(conn: Connection, table: type[Any], numbers: Sequence[int]) -> None:
    """Add rows of whole numbers, written one after another, passing over those that are there.

    The dearest statement of all, so it goes past the type system: many rows at once, or one array a column.
    """
    if not numbers:
        return
    name, width = table.__tablename__, len(table.__table__.columns)
    if is_sqlite(conn):
        for start in range(0, len(numbers), width * ROWS_A_STATEMENT):
            part = tuple(numbers[start : start + width * ROWS_A_STATEMENT])
            marks = ", ".join([f"({', '.join('?' * width)})"] * (len(part) // width))
            conn.exec_driver_sql(f"INSERT OR IGNORE INTO {name} VALUES {marks}", part)
        return
    arrays = ", ".join(["%s::bigint[]"] * width)
    columns = tuple(list(numbers[column::width]) for column in range(width))
    conn.exec_driver_sql(f"INSERT INTO {name} SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING", columns)


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


def damage(conn: Connection) -> list[str]:
    """What the database itself finds wrong with its storage; PostgreSQL answers for itself."""
    if not is_sqlite(conn):
        return []
    found = [row[0] for row in conn.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]
    return found + broken_keys(conn)


def broken_keys(conn: Connection) -> list[str]:
    """Rows whose parent is missing, on SQLite, where they can come to be while foreign keys are off."""
    if not is_sqlite(conn):
        return []
    return [
        f"{row[0]} {row[1]} names a missing {row[2]}"
        for row in conn.exec_driver_sql("PRAGMA foreign_key_check")
    ]


def has_tables(conn: Connection) -> bool:
    """Does anything at all live here?"""
    if is_sqlite(conn):
        return bool(conn.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").scalar())
    query = (
        "SELECT 1 FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace LIMIT 1"
    )
    return bool(conn.exec_driver_sql(query).scalar())
