"""The room of rows that were changed or deleted, given back to be used again: on PostgreSQL, which keeps them.

Its autovacuum looks once a minute, and lets a fifth of a table go to waste. An import has by then changed every row of
several tables, and files do not shrink. So who has written many rows looks itself, and vacuums what has a twentieth to
give back: what that costs a row is the same in a large archive as in a small one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

from sqlalchemy import Connection, Engine

from ..errors import ArchiveError
from .subscriptions import Transaction

_WASTE = "pg_stat_get_dead_tuples({0}) > 100 + pg_stat_get_live_tuples({0}) / 20"
_WASTEFUL = (
    "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' "
    "AND relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE') "
    f"AND ({_WASTE.format('oid')} OR {_WASTE.format('reltoastrelid')}) ORDER BY relname"
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
            if found := conn.exec_driver_sql(_WASTEFUL).scalars().all():
                conn.exec_driver_sql(f"VACUUM (SKIP_LOCKED, PARALLEL 0) {', '.join(found)}")
