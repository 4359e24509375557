"""What a person sees who follows the address of a feed with a browser: what it is, and how to subscribe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ..query import Feed
from . import showing
from .documents import CLOSED, FEEDS, MEDIA_TYPES, OPERATIONS, PARTS
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
        return [Route(f"/{{stem:path}}{suffix}", self.of_file) for suffix in FEEDS]

    async def of_file(self, request: Request) -> Response:
        name = request.scope["path"].lstrip("/")
        if self.site.public.find(name) is None:
            raise HTTPException(404)
        if name == OPERATIONS:
            return RedirectResponse(f"{self.site.root}sources", 303, {"Vary": "Accept"})
        path = PurePosixPath(name)
        published = [suffix for suffix in FEEDS if self.site.public.find(f"{path.with_suffix(suffix)}")]
        feed = self.feeds.get(path.stem) if path.parent == PurePosixPath(PARTS) else None
        return await page(self.site, request, f"{path.with_suffix('')}", published, feed)


async def page(
    site: Site, request: Request, stem: str, suffixes: Sequence[str], feed: Feed | None
) -> Response:
    """Of the feed of that name, which is there in these formats; of the feed of all where `feed` is None."""
    rows = await site.read(_newest, site, feed)
    query = f"?{feed.asked}" if feed and feed.asked else ""
    offered = [
        Offered(
            MEDIA_TYPES[each][1],
            MEDIA_TYPES[each][0].partition(";")[0],
            f"{site.meta.base_url}{stem}{each}{query}",
        )
        for each in suffixes
    ]
    response = await site.page(
        request,
        "subscribe.html",
        offered=offered,
        rows=rows,
        about=feed.title if feed else "",
        archived=stem.startswith(CLOSED),
    )
    response.headers.add_vary_header("Accept")
    return response


def _newest(site: Site, feed: Feed | None) -> list[showing.Row]:
    """What stands in the feed, or as much of it as a page shows."""
    stories = site.archive.stories(SHOWN, matching=feed.query if feed else None)
    return [showing.row(view) for view in site.views(stories)]
