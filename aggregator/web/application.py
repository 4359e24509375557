"""The application put together: routes, header fields, the pool that reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ..errors import AggregatorError
from ..model import FeedMeta
from ..query import Feed
from .api import Api
from .callback import Receiver, callback
from .conditional import answer
from .deciding import Decisions
from .documents import Folder
from .door import Door
from .headers import SecurityHeaders
from .metrics import Ask, Metrics
from .pages import Pages
from .published import Published, links_to
from .reading import Reading, Views
from .report import Reports
from .selected import Render, Selected
from .site import Site, environment
from .stories import StoryPages
from .subscribing import Subscribing

READERS = 4  # threads that read from the archive
STATIC = Path(__file__).with_name("static")


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(
    archive: Reading,
    views: Views,
    meta: FeedMeta,
    public: Path,
    *,
    clock: Callable[[], datetime] = utc_now,
    token: str = "",
    receiver: Receiver | None = None,
    render: Render | None = None,
    feeds: Sequence[Feed] = (),
    measure: Ask | None = None,
    metrics_for_all: bool = False,
) -> Published:
    """The site over an archive and the folder of published files.

    `views` assembles stories with their copies. `meta.base_url` says under which path the site stands; links
    are paths, so that the same site answers under every name. `token` lets a person in to decide, as one
    that `aggregator token new` made does; without either, nobody comes in. The pool of readers ends with the
    application. `receiver` is told what hubs send. `render` makes feeds that are
    asked for by a query, or are among `feeds` and need a token. `measure` tells what /metrics does.
    On an error of the archive, pages answer 503 and feeds go on.
    """
    own, files = Folder(STATIC), Folder(public)
    sheet = own.find("style.css")
    version = sheet.plain.etag.strip('"')[:12] if sheet else ""
    pool = ThreadPoolExecutor(READERS, thread_name_prefix="pages")
    door = Door(archive, token, meta.base_url, clock)
    site = Site(archive, views, meta, files, pool, clock, environment(version), door)

    reports = Reports(site)
    guarded = {feed.name: feed for feed in feeds if feed.digest}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        pool.shutdown(cancel_futures=True)

    application = Starlette(
        routes=[
            *Pages(site, reports).routes(),
            *Api(site, reports).routes(),
            *StoryPages(site).routes(),
            *Decisions(site).routes(),
            *([callback(receiver)] if receiver else ()),
            *(Metrics(site, measure, metrics_for_all).routes() if measure else ()),
            Route("/healthz", _alive),
            Route("/static/{name}", _static(own, clock)),
            *(Selected(site, render, guarded).routes() if render else ()),
            *Subscribing(site, {feed.name: feed for feed in feeds}).routes(),
        ],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={
            HTTPException: site.failed,
            Exception: site.failed,
            AggregatorError: site.failed,
        },
        lifespan=lifespan,
    )
    return Published(application, files, clock, links_to(meta.hubs, meta.base_url))


def _static(own: Folder, clock: Callable[[], datetime]) -> Callable[[Request], Awaitable[Response]]:
    """What comes with the program: for good under an address with a version in it."""

    async def static(request: Request) -> Response:
        forever = "v" in request.query_params
        cache = {
            "Cache-Control": "public, max-age=31536000, immutable" if forever else "public, max-age=3600"
        }
        found = own.find(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return answer(request, found.plain, cache, clock())

    return static


async def _alive(request: Request) -> Response:
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})
