"""Feeds that are made when they are asked for: by a query in the address, and those that need a token.

    /feeds/search.atom?q=...      the newest stories that answer
    /feeds/<name>.atom?token=...  a [[feed]] with a token; `Authorization: Bearer` does as well

One is made at most once a minute, kept in bounded number, and nobody may have more than so many made in a minute.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..query import Feed, parse
from .conditional import Representation, answer
from .documents import FEEDS
from .headers import FEED
from .site import Site

FRESH, KEPT = 60.0, 200  # seconds that a feed is not made anew; feeds in memory
EACH, ALL = 30, 300  # feeds made a minute for one client, for everybody
LONGEST = 500  # characters of a query
Render = Callable[[Feed, str], Representation]  # a feed in the format of a suffix


@dataclass(slots=True)
class Rates:
    """How many feeds were made for whom in the last minute."""

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


@dataclass(frozen=True, slots=True)
class Selected:
    """The endpoints; `feeds` are those that need a token, by name."""

    site: Site
    render: Render
    feeds: Mapping[str, Feed]
    rates: Rates = field(default_factory=Rates)
    kept: OrderedDict[tuple[str, str, str], tuple[float, Representation]] = field(default_factory=OrderedDict)

    def routes(self) -> Sequence[Route]:
        return [Route(f"/feeds/{{name}}{suffix}", self.feed) for suffix in FEEDS]

    async def feed(self, request: Request) -> Response:
        name = request.path_params["name"]
        suffix = request.scope["path"][request.scope["path"].rfind(".") :]
        headers = {**FEED, "Cache-Control": "public, max-age=60"}
        if name == "search":
            said = " ".join(request.query_params.get("q", "").split())
            if not said or len(said) > LONGEST:
                raise HTTPException(400, f"ask with ?q= and at most {LONGEST} characters")
            feed = Feed("search", parse(said), said)
        else:
            feed = self._admitted(request, name)
            headers = {**headers, "Cache-Control": "private, max-age=60", "Vary": "Authorization"}
        shown = await self._made(request, feed, suffix)
        return answer(request, shown, headers, self.site.clock())

    def _admitted(self, request: Request, name: str) -> Feed:
        """The feed, where the token is right. Compared by digest, in constant time; absent is as wrong is."""
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        token = said.strip() if scheme.lower() == "bearer" else request.query_params.get("token", "")
        feed = self.feeds.get(name)
        digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
        if not hmac.compare_digest(digest, feed.digest if feed else "") or feed is None:
            raise HTTPException(404)
        return feed

    async def _made(self, request: Request, feed: Feed, suffix: str) -> Representation:
        key, now = (feed.name, feed.title, suffix), self.rates.clock()
        held = self.kept.get(key)
        if held and held[0] > now - FRESH:
            return held[1]
        if not self.rates.allow(request.client.host if request.client else ""):
            raise HTTPException(
                429, "too many feeds were asked for: try again in a minute", {"Retry-After": "60"}
            )
        shown = await self.site.read(self.render, feed, suffix)
        self.kept[key] = (now, shown)
        self.kept.move_to_end(key)
        while len(self.kept) > KEPT:
            self.kept.popitem(last=False)
        return shown
