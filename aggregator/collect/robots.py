"""robots.txt (RFC 9309) for pages: a feed was named by its user, the pages that it names were not.

A file that is not there allows everything; a server that fails forbids everything for now (section 2.3.1).
What is found is kept in the archive for as long as its server says, a day at most.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from ..errand import Robots
from ..errors import CollectError, Permanent, Temporary
from . import cadence
from .context import Context

NAME = "aggregator"  # by which we are addressed
LONGEST = 512_000  # bytes that are read; RFC 9309 section 2.5 wants 500 KiB at least
SHORTEST = timedelta(hours=1)
MOST_DELAY = timedelta(minutes=1)  # of Crawl-delay


class Library(Protocol):
    """Where the files are kept; an Archive is one."""

    def robots(self, origin: str, now: datetime) -> Robots | None: ...

    def keep_robots(self, found: Robots) -> None: ...


@dataclass(frozen=True, slots=True)
class Manners:
    """How a host wants to be visited."""

    delay: timedelta = timedelta(0)  # between two requests


async def ask_leave(url: str, context: Context, library: Library, private: bool) -> Manners:
    """May this page be read? Raises Permanent if not, Temporary if it cannot be known now."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    found = await asyncio.to_thread(library.robots, origin, context.now)
    if found is None:
        found = await _fetch(origin, context, private)
        await asyncio.to_thread(library.keep_robots, found)
    if found.status == 0 or found.status == 429 or found.status >= 500:
        raise Temporary(
            f"{origin}/robots.txt cannot be had now, so {url} may not be read", code="robots-unknown"
        )
    if not 200 <= found.status < 300:
        return Manners()
    return await asyncio.to_thread(_judged, found.body, url)


async def _fetch(origin: str, context: Context, private: bool) -> Robots:
    now = context.now
    try:
        answer = await context.http.get(f"{origin}/robots.txt", allow_private=private)
    except CollectError:
        return Robots(origin, 0, "", now + SHORTEST)
    fresh = cadence.fresh_for(answer.headers, now)
    kept = min(max(fresh, SHORTEST), cadence.DAY) if fresh is not None else cadence.DAY
    failed = answer.status == 429 or answer.status >= 500
    body = answer.body[:LONGEST].decode("utf-8", "replace")
    return Robots(origin, answer.status, body, now + (SHORTEST if failed else kept))


def _judged(body: str, url: str) -> Manners:
    from protego import Protego  # of the extra `pages`

    rules = Protego.parse(body)
    if not rules.can_fetch(url, NAME):
        raise Permanent(f"{url} may not be read: its site's robots.txt says so", code="robots")
    delay = max(0.0, rules.crawl_delay(NAME) or 0.0)
    return Manners(timedelta(seconds=min(delay, MOST_DELAY.total_seconds())))
