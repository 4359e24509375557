"""Word from other processes on the same archive, where the database passes it on (PostgreSQL's NOTIFY).

Word of what this very archive did is not passed back. Word may get lost with a connection, so nothing may
depend on it: it only makes the next look come sooner.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from . import dialect

log = logging.getLogger("aggregator.archive")

AGAIN = 5.0  # seconds until a lost connection is made anew


class Listening:
    """`with archive.listening(hear)`: `hear` is called in a thread of its own. On SQLite nobody says anything."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def __call__(self, hear: Callable[[str], None]) -> Iterator[None]:
        if self._engine.dialect.name == "sqlite":
            yield
            return
        listener = Listener(self._engine, hear)
        listener.start()
        try:
            yield
        finally:
            listener.stop()


class Listener:
    """A thread with a connection of its own; `hear` is called in it, with "copies" or "stories"."""

    def __init__(self, engine: Engine, hear: Callable[[str], None]) -> None:
        self._engine, self._hear = engine, hear
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listening", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No word comes after this; the thread itself ends a moment later."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                dialect.listen(self._engine, self._pass_on, self._over.is_set)
            except Exception as error:  # whatever a lost connection may raise
                log.debug("no word from other processes for now: %s", error)
                self._over.wait(AGAIN)

    def _pass_on(self, word: str) -> None:
        if not self._over.is_set():
            self._hear(word)
