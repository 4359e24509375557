"""Something done at intervals and whenever it is woken."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from ..errors import AggregatorError, ArchiveBusy

log = logging.getLogger("aggregator.daemon")


LOOK = 1.0  # seconds between two looks at the clock
LEAP = 5.0  # seconds that the clock may be off after so long


async def leaps(leapt: Callable[[], None]) -> None:
    """Call `leapt` whenever the clock of the machine was set; without end."""
    while True:
        wall, passed = time.time(), time.monotonic()
        await asyncio.sleep(LOOK)
        if abs(time.time() - wall - (time.monotonic() - passed)) > LEAP:
            leapt()


class Tick:
    """Something done at intervals and whenever it is woken: never twice at once, and never forgotten.

    What fails is tried again at the next time, and said when it begins and when it is over; the daemon goes on.
    Between two beginnings lie `apart` seconds at least, however often it is woken.
    """

    def __init__(self, work: Callable[[], Awaitable[None]], apart: float = 0.0) -> None:
        self.work = work
        self.apart = apart
        self.began_at = float("-inf")
        self.failing = ""  # what was said of it
        self.running = self.over = False
        self.again = False
        self.idle = asyncio.Event()
        self.idle.set()
        self.moved()

    def rest(self) -> float:
        """Seconds until it may begin again."""
        return max(0.0, self.began_at + self.apart - time.monotonic())

    def moved(self) -> None:
        """Note that the work gets on; work of many steps says so at each."""
        self.moved_at = time.monotonic()

    def hangs(self, longest: float) -> bool:
        """Has it been at one step for more than `longest` seconds?"""
        return self.running and time.monotonic() - self.moved_at > longest

    async def run(self) -> None:
        self.again = not self.over
        if self.running or self.over:
            return
        self.running = True
        self.idle.clear()
        try:
            while self.again:
                self.again = False
                self.moved()
                self.began_at = self.moved_at
                await self._try()
        finally:
            self.running = False
            self.idle.set()

    async def end(self) -> None:
        """Do not begin again; returns when what is under way is done."""
        self.over, self.again = True, False
        await self.idle.wait()

    async def _try(self) -> None:
        name = getattr(self.work, "__name__", "tick")
        try:
            await self.work()
        except ArchiveBusy as error:
            log.debug("%s: %s", name, error)
        except AggregatorError as error:
            if str(error) != self.failing:
                log.error("%s: %s", name, error)
            self.failing = str(error)
        except Exception:
            log.exception("%s failed", name)
        else:
            if self.failing:
                log.info("%s: all is well again", name)
            self.failing = ""
