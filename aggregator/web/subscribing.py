"""What a person sees who follows the address of a feed with a browser: what it is, and how to subscribe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ..query import Feed
from . import showing
from .documents import CLOSED, FEEDS, MEDIA_TYPES, OPERATIONS
from .site import Site

SHOWN = 20  # stories


@dataclass(frozen=True, slots=True)
class Offered:
    """One address to subscribe to."""

    format: str
    media_type: str
    address: str


@dataclass(frozen=True, slots=True)
class Subscribing:
    """The page beside a feed: any address of one, where a document of that name is published."""

    site: Site
    feeds: Mapping[str, Feed] = field(default_factory=dict)  # those of a part, by name

    def routes(self) -> list[Route]:
        return [Route(f"/{{stem:path}}{suffix}", self.page) for suffix in FEEDS]

    async def page(self, request: Request) -> Response:
        name = request.scope["path"].lstrip("/")
        if self.site.public.find(name) is None:
            raise HTTPException(404)
        if name == OPERATIONS:
            return RedirectResponse(f"{self.site.root}sources", 303, {"Vary": "Accept"})
        rows = await self.site.read(self._newest, name)
        offered, archived = self.offered(name), name.startswith(CLOSED)
        page = self.site.page
        response = await page(request, "subscribe.html", offered=offered, rows=rows, archived=archived)
        response.headers.add_vary_header("Accept")
        return response

    def offered(self, name: str) -> list[Offered]:
        """The formats that are published of the same feed."""
        stem = PurePosixPath(name).with_suffix("")
        base = self.site.meta.base_url
        return [
            Offered(kind, media_type.partition(";")[0], f"{base}{stem}{suffix}")
            for suffix, (media_type, kind) in MEDIA_TYPES.items()
            if suffix in FEEDS and self.site.public.find(f"{stem}{suffix}")
        ]

    def _newest(self, name: str) -> list[showing.Row]:
        """What stands in the feed of that name, or as much of it as a page shows."""
        path = PurePosixPath(name)
        feed = self.feeds.get(path.stem) if path.parent == PurePosixPath("feeds") else None
        stories = self.site.archive.stories(SHOWN, matching=feed.query if feed else None)
        return [showing.row(view) for view in self.site.views(stories)]
