"""The room of rows that were changed or deleted, given back to be used again: on PostgreSQL, which keeps them.

Its autovacuum looks once a minute, and lets a fifth of a table go to waste. An import has by then changed every row of
several tables, and files do not shrink. So who has written many rows looks itself, and vacuums what has a twentieth to
give back: what that costs a row is the same in a large archive as in a small one.

Vacuum leaves an index as large as it was. One whose entries rise, as the numbers of rows do, is never filled again
where each row was written twice, and that of a queue stays as large as the queue once was. Such an index is built anew
when it takes half as much again as its entries need: once, on the way to twice as many rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

from sqlalchemy import Connection, Engine

from ..errors import ArchiveError
from .subscriptions import Transaction

# An index that takes so many times what its entries need is built anew. Just built it takes 1.1, and 1.5 as a rule.
SPREAD = 1.6
LARGEST = 64 << 20  # bytes of an index that is built anew: writers of its table wait for a second or two
HASHES = "copy_url"  # entries that come anywhere fill what is free, and split what is full
_WASTE = "pg_stat_get_dead_tuples({0}) > 100 + pg_stat_get_live_tuples({0}) / 20"
_WASTEFUL = (
    "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' "
    "AND relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE') "
    f"AND ({_WASTE.format('oid')} OR {_WASTE.format('reltoastrelid')}) ORDER BY relname"
)
_NEEDED = "(SELECT 12 + 8 * ceil(sum(attlen) / 8.0) FROM pg_attribute WHERE attrelid = entry.oid)"
_FIXED = "(SELECT min(attlen) > 0 FROM pg_attribute WHERE attrelid = entry.oid)"
_SPREAD = (
    "SELECT quote_ident(entry.relname) FROM pg_class entry JOIN pg_index ON indexrelid = entry.oid "
    "JOIN pg_class kept ON kept.oid = indrelid WHERE kept.relnamespace = current_schema()::regnamespace "
    f"AND quote_ident(kept.relname) = ANY(%s) AND entry.relname <> '{HASHES}' AND {_FIXED} "
    f"AND pg_relation_size(entry.oid) BETWEEN 32768 + {SPREAD} * entry.reltuples * {_NEEDED} AND {LARGEST} "
    "ORDER BY entry.relname"
)


class Tidying:
    """`with tidying() as conn`: a transaction that may change many rows.

    One thread at a time tidies up, and nobody waits for it. SQLite uses such room again by itself.
    """

    def __init__(self, engine: Engine, write: Transaction) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._write = write
        self._needed = engine.dialect.name == "postgresql"
        self._turn = Lock()

    @contextmanager
    def __call__(self) -> Iterator[Connection]:
        with self._write() as conn:
            yield conn
        if self._needed and self._turn.acquire(blocking=False):
            try:
                with suppress(ArchiveError):  # what was written stays; whoever writes next meets the trouble
                    self._vacuum()
            finally:
                self._turn.release()

    def _vacuum(self) -> None:
        with self._engine.connect() as conn:
            found = conn.exec_driver_sql(_WASTEFUL).scalars().all()
            if found:
                conn.exec_driver_sql(f"VACUUM (SKIP_LOCKED, PARALLEL 0) {', '.join(found)}")
            spread = conn.exec_driver_sql(_SPREAD, (list(found),)).scalars().all()
        for index in spread:
            with self._write() as conn:
                conn.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")  # who writes now goes first
                conn.exec_driver_sql(f"REINDEX INDEX {index}")
