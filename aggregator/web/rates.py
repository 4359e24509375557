"""How much may be asked for that costs: searches, and feeds that are made when they are asked for."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

FRESH = 60.0  # seconds that are looked back on, and that a feed is not made anew
EACH, ALL = 30, 300  # in that time, for one client, for everybody


@dataclass(slots=True)
class Rates:
    """What was made for whom in the last minute."""

    clock: Callable[[], float] = time.monotonic
    made: dict[str, deque[float]] = field(default_factory=dict)

    def allow(self, client: str) -> bool:
        now = self.clock()
        for known, times in list(self.made.items()):
            while times and times[0] <= now - FRESH:
                times.popleft()
            if not times:
                del self.made[known]
        if sum(map(len, self.made.values())) >= ALL or len(self.made.get(client, ())) >= EACH:
            return False
        self.made.setdefault(client, deque()).append(now)
        return True
