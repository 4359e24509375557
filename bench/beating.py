"""The daemon with an eye on its event loop: `python -m bench.beating FILE WORDS...` is `aggregator WORDS...`.

Each beat of the loop that is late is a line in FILE: how late, how much of that the loop's own thread computed, for
how long threads of the process were ready and got no core, and where each thread was meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from aggregator.cli import main
from aggregator.daemon import working

BEAT = 0.05  # seconds between two beats
LATE = 0.05  # from so much on a beat is written down


class Heart:
    """Beats in the loop; a thread beside it notes where everybody is when a beat does not come."""

    def __init__(self, told: TextIO) -> None:
        self.told = told
        self.due = float("inf")
        self.where: list[str] = []
        self.loop_thread = threading.get_ident()
        threading.Thread(target=self._look, name="heart", daemon=True).start()

    async def beat(self) -> None:
        while True:
            waits, cpu = _waits(), time.thread_time()
            self.due = time.monotonic() + BEAT
            await asyncio.sleep(BEAT)
            late, self.due = time.monotonic() - self.due, float("inf")
            if late > LATE:
                starved = sum(spent - waits.get(thread, 0.0) for thread, spent in _waits().items())
                self._tell(late, time.thread_time() - cpu, starved)
            self.where = []

    def _tell(self, late: float, computed: float, starved: float) -> None:
        said = {
            "at": time.time(),
            "late": late,
            "computed": computed,
            "starved": starved,
            "blocked": max(0.0, late - starved),
            "where": self.where,
        }
        self.told.write(json.dumps(said) + "\n")
        self.told.flush()

    def _look(self) -> None:
        while True:
            time.sleep(LATE)
            if time.monotonic() - self.due > LATE and not self.where:
                self.where = [self._shown(*each) for each in sys._current_frames().items()]

    def _shown(self, thread: int, frame: object) -> str:
        calls = traceback.extract_stack(frame)[-9:]  # type: ignore[arg-type]
        who = "LOOP" if thread == self.loop_thread else "thread"
        return f"{who}: " + " < ".join(
            f"{Path(c.filename).name}:{c.lineno} {c.name}" for c in reversed(calls)
        )


def _waits() -> dict[str, float]:
    """By thread: seconds that it was ready to run and no core was free."""
    found = {}
    for thread in Path("/proc/self/task").iterdir():
        try:
            found[thread.name] = int((thread / "schedstat").read_text().split()[1]) / 1e9
        except OSError:
            continue  # it has ended
    return found


def watched(told: TextIO) -> None:
    begun = working.Daemon.run

    async def run(self: working.Daemon, ready: Callable[[], None]) -> int:
        beating = asyncio.create_task(Heart(told).beat())
        try:
            return await begun(self, ready)
        finally:
            beating.cancel()

    working.Daemon.run = run  # type: ignore[method-assign]


if __name__ == "__main__":
    with open(sys.argv.pop(1), "w") as file:
        watched(file)
        main()
