"""Feeds that are made when they are asked for: by a query in the address, and those that need a token.

    /feeds/search.atom?q=...      the newest stories that answer
    /feeds/<name>.atom?token=...  a [[feed]] with a token; `Authorization: Bearer` does as well

One is made at most once a minute, kept in bounded number, and nobody may have more than so many made in a minute.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..query import Feed, parse
from .conditional import Representation, answer, wants_page
from .documents import FEEDS, PARTS, Document
from .headers import FEED
from .rates import FRESH
from .site import Site
from .subscribing import page

KEPT = 200  # feeds in memory
LONGEST = 500  # characters of a query
_QUERY = re.compile(r"[A-Za-z0-9._~!$'()*+,;:@/?&=%-]{1,2000}")
Render = Callable[[Feed, str], Representation]  # a feed in the format of a suffix


@dataclass(frozen=True, slots=True)
class Selected:
    """The endpoints; `feeds` are those that need a token, by name."""

    site: Site
    render: Render
    feeds: Mapping[str, Feed]
    kept: OrderedDict[tuple[str, str, str], tuple[float, Document]] = field(default_factory=OrderedDict)

    def routes(self) -> Sequence[Route]:
        names = ("search", *self.feeds)  # all others are documents in public/
        return [Route(f"/feeds/{name}{suffix}", self.feed) for name in names for suffix in FEEDS]

    async def feed(self, request: Request) -> Response:
        name, dot, kind = request.scope["path"].rpartition("/")[2].rpartition(".")
        suffix = dot + kind
        headers = {**FEED, "Cache-Control": "public, max-age=60", "Vary": "Accept, Accept-Encoding"}
        if name == "search":
            said = " ".join(request.query_params.get("q", "").split())
            if not said or len(said) > LONGEST:
                raise HTTPException(400, f"ask with ?q= and at most {LONGEST} characters")
            key = f"search/{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:16]}"
            feed = Feed("search", parse(said), said, key=key, asked=_asked(request, q=said))
        else:
            feed = self._admitted(request, name)
            headers = {
                **headers,
                "Cache-Control": "private, max-age=60",
                "Vary": "Accept, Accept-Encoding, Authorization",
            }
        if wants_page(request.headers.get("accept", "")):
            self.site.admit(request)
            response = await page(self.site, request, f"{PARTS}/{name}", FEEDS, feed)
            response.headers["Cache-Control"] = "private, no-cache"
            return response
        made = await self._made(request, feed, suffix)
        shown = made.best(request.headers.get("accept-encoding", ""))
        return answer(request, shown, headers, self.site.clock())

    def _admitted(self, request: Request, name: str) -> Feed:
        """The feed, where the token is right. Compared by digest, in constant time; absent is as wrong is."""
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        token = said.strip() if scheme.lower() == "bearer" else request.query_params.get("token", "")
        feed = self.feeds.get(name)
        digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
        if not hmac.compare_digest(digest, feed.digest if feed else "") or feed is None:
            raise HTTPException(404)
        return replace(feed, asked=_asked(request, token=token)) if scheme.lower() != "bearer" else feed

    async def _made(self, request: Request, feed: Feed, suffix: str) -> Document:
        key, now = (feed.key or feed.name, feed.asked, suffix), self.site.rates.clock()
        held = self.kept.get(key)
        if held and held[0] > now - FRESH:
            return held[1]
        self.site.admit(request)
        made = await self.site.read(self._make, feed, suffix, held[1].plain if held else None)
        self.kept[key] = (now, made)
        self.kept.move_to_end(key)
        while len(self.kept) > KEPT:
            self.kept.popitem(last=False)
        return made

    def _make(self, feed: Feed, suffix: str, before: Representation | None) -> Document:
        """The feed, plain and packed. Other bytes than before have a later date, as those of a file have."""
        shown = self.render(feed, suffix)
        if before and before.modified and shown.modified:
            later = before.modified + timedelta(seconds=before.body != shown.body)
            shown = replace(shown, modified=max(shown.modified, later))
        packed = gzip.compress(shown.body, 6, mtime=0)
        return Document((shown, replace(shown, body=packed, encoding="gzip")))


def _asked(request: Request, **meant: str) -> str:
    """What stands in the feed's own address: the query as it came, where RFC 3986 section 3.4 allows it."""
    came = request.scope["query_string"].decode("latin-1")
    return came if _QUERY.fullmatch(came) else urlencode(meant)
