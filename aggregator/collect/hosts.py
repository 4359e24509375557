"""One request at a time to a host, with a gap between two, whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

TIDY_AT = 1000  # hosts remembered before those without business are forgotten


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0  # seconds of the loop's clock
    users: int = 0


class Hosts:
    """Turns at hosts. A host is named with its port where that is not the default: it is another server."""

    def __init__(self, gap: timedelta) -> None:
        self._gap = gap.total_seconds()
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Held while one request to the host is under way; entered no sooner than the gap after the last."""
        host = self._hosts.setdefault(name, _Host())
        host.users += 1
        clock = asyncio.get_running_loop().time
        try:
            async with host.lock:
                await asyncio.sleep(max(0.0, host.free_at - clock()))
                try:
                    yield
                finally:
                    host.free_at = clock() + self._gap
        finally:
            host.users -= 1
            self._tidy(clock())

    def _tidy(self, now: float) -> None:
        if len(self._hosts) > TIDY_AT:
            self._hosts = {n: host for n, host in self._hosts.items() if host.users or host.free_at > now}
