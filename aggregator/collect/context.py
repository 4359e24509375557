"""What a collector is given to work with: limits, the client, the clock, the folder of relative paths."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .extraction import Extractor
from .guard import Guard
from .http import HttpClient
from .limits import Limits

APART = 2  # processes that read huge documents, at once


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Context:
    """Shared by all collectors of a run.

    `dice` gives numbers in [0, 1) for jitter; `apart` is a turn at having a huge document read; `extractor` reads
    web pages.
    """

    http: HttpClient
    limits: Limits
    root: Path
    clock: Callable[[], datetime] = utc_now
    dice: Callable[[], float] = random.random
    apart: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(APART))
    extractor: Extractor = field(default_factory=Extractor)

    @property
    def now(self) -> datetime:
        """Aware, UTC."""
        return self.clock()

    @property
    def user_agent(self) -> str:
        return self.http.user_agent


@asynccontextmanager
async def open_context(
    user_agent: str,
    root: Path,
    limits: Limits | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
    dice: Callable[[], float] = random.random,
    guard: Guard | None = None,
) -> AsyncIterator[Context]:
    """A context whose connections are closed at the end. `root` is the folder of the configuration file."""
    limits = limits or Limits()
    async with HttpClient(user_agent, limits, guard or Guard()) as http:
        context = Context(http, limits, root, clock, dice)
        try:
            yield context
        finally:
            await context.extractor.close()
