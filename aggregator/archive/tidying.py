"""The room of rows that were changed or deleted, given back to be used again: on PostgreSQL, which keeps them.

Its autovacuum looks once a minute, and lets a fifth of a table go to waste. An import has by then changed every row of
several tables, and files do not shrink. So who has written many rows looks itself, and vacuums what has a twentieth to
give back: what that costs a row is the same in a large archive as in a small one.

Vacuum leaves an index as large as it was. One whose entries rise, as the numbers of rows do, is never filled again
where each row was written twice, and that of a queue stays as large as the queue once was. Such an index is built anew
when it takes a third more than its entries need: a few times, on the way to twice as many rows.

Where runs of sketches or words have become one, most of a table is free at once, and what comes next fills little of
it. So where a quarter of a table was given back, the rest is written anew, side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

from sqlalchemy import Connection, Engine

from ..errors import ArchiveError
from .subscriptions import Transaction

# An index that takes so many times what its entries need is built anew. Just built it takes 1.1.
SPREAD = 1.35
COUNTS_AT_ONCE = (15,)  # servers that can be told to; older ones count what was changed a second late
SMALLEST = 128 << 10  # bytes of a table that it is worth while to look after
LARGEST = 64 << 20  # bytes of what is written anew: others wait for a second or two
HASHES = "copy_url"  # entries that come anywhere fill what is free, and split what is full
_WASTE = "pg_stat_get_dead_tuples({0}) > 20 + pg_stat_get_live_tuples({0}) / {1}"
_MUCH = f"({_WASTE.format('oid', 4)} OR {_WASTE.format('reltoastrelid', 4)})"
_WASTEFUL = (
    f"SELECT quote_ident(relname), {_MUCH} AND pg_total_relation_size(oid) <= {LARGEST}, "
    "(SELECT indexrelid::regclass FROM pg_index WHERE indrelid = oid AND indisprimary) FROM pg_class "
    "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE') "
    f"AND pg_total_relation_size(oid) >= {SMALLEST} "
    f"AND ({_WASTE.format('oid', 20)} OR {_WASTE.format('reltoastrelid', 20)}) ORDER BY relname"
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
            if self._needed and (conn.dialect.server_version_info or ()) >= COUNTS_AT_ONCE:
                conn.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        if self._needed and self._turn.acquire(blocking=False):
            try:
                with suppress(ArchiveError):  # what was written stays; whoever writes next meets the trouble
                    self._vacuum()
            finally:
                self._turn.release()

    def _vacuum(self) -> None:
        with self._engine.connect() as conn:
            found = {table: key if much else None for table, much, key in conn.exec_driver_sql(_WASTEFUL)}
            if found:
                conn.exec_driver_sql(f"VACUUM (SKIP_LOCKED, PARALLEL 0) {', '.join(found)}")
            # What a reader may still see, who began long ago, is not given back, and would be written again.
            kept = {table for table, *_ in conn.exec_driver_sql(_WASTEFUL)}
            loose = {table: key for table, key in found.items() if key and table not in kept}
            spread = conn.exec_driver_sql(_SPREAD, (list(found.keys() - loose.keys()),)).scalars()
            anew = [f"CLUSTER {table} USING {key}" for table, key in loose.items()]
            anew += [f"REINDEX INDEX {index}" for index in spread]
        for statement in anew:
            with self._write() as conn:
                conn.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")  # who writes now goes first
                conn.exec_driver_sql(statement)
