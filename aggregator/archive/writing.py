"""What each transaction that writes begins with: its turn, and a look at whether the archive is still ours.

A newer program may migrate the archive while this one runs. It waits for who is writing, whoever wants to write
meanwhile is told to try again, and whoever knows the former schema writes no more.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from ..errors import ArchiveBusy, ArchiveTooNew
from . import dialect, dictionaries, opening, repeats

_AWAKE_OR_NOT: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class Clock:
    """The time by which processes share the work: the database's, where it has one of its own.

    It is asked with each transaction that writes; in between the time that has passed is added, so that
    the clock of this machine may be wrong, or jump, and nobody's lease ends sooner or later for it.
    """

    def __init__(self) -> None:
        self._start: datetime | None = None

    def __call__(self) -> datetime:
        return self._start + timedelta(seconds=self.passed()) if self._start else datetime.now(UTC)

    @staticmethod
    def passed() -> float:
        """Seconds since some moment; they go on while the machine sleeps, where the system counts that."""
        return time.monotonic() if _AWAKE_OR_NOT is None else time.clock_gettime(_AWAKE_OR_NOT)

    def set(self, now: datetime | None) -> None:
        """`now`: what the database says, None if it has no clock of its own."""
        if now is not None:
            self._start = now - timedelta(seconds=self.passed())


class Writing:
    """`with writing() as conn`: a transaction that writes. ArchiveTooNew once another schema is there.

    `schema`: that of this program; "" takes the archive as it is found first.
    """

    def __init__(self, engine: Engine, schema: str = "") -> None:
        self._engine = engine.execution_options(writes=True, latest=repeats.Latest())
        self._turn = dialect.turn(engine)
        self._schema, self._newest = schema, opening.newest()
        self.clock = Clock()

    @contextmanager
    def __call__(self) -> Iterator[Connection]:
        with self._turn, self._engine.begin() as conn:
            if not dialect.admit(conn):
                raise ArchiveBusy("the archive is being migrated by another process: try again", code="busy")
            self.look(conn)
            if self._schema == self._newest:
                dictionaries.catch_up(conn)
            yield conn

    def look(self, conn: Connection) -> None:
        """See that the archive has our schema still, and what time it is."""
        schema, now = dialect.state(conn)
        self.clock.set(now)
        self._schema = self._schema or schema
        if schema != self._schema:
            raise ArchiveTooNew(
                f"another aggregator has brought the archive from schema {self._schema} to {schema}: "
                "start this one again, in the same version",
                code="too-new",
            )
