"""The pages about many: the river of stories, the sources, the feeds, who copies whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..errors import AggregatorError, ConfigurationError
from ..model import Source
from ..notice import Notice
from . import drawing, river, showing
from .report import PERIODS, Reports
from .site import Site
from .wishes import LONGEST, MOST_PAGES, Wish, wish

PAGE = 40  # stories
SOURCES = 200  # on a page
CHOICES = 300  # sources to choose from in a list; where there are more, their names are typed
ATTEMPTS = 30  # at each source, that are drawn
NOTICES = 50  # that a page shows
LOGGED = 100  # attempts that the page of one source lists


@dataclass(frozen=True, slots=True)
class Pages:
    """The endpoints."""

    site: Site
    reports: Reports

    def routes(self) -> list[Route]:
        return [
            Route("/", self.river),
            Route("/sources", self.sources),
            Route("/sources/{name}", self.source),
            Route("/report", self.report),
            Route("/feeds", self.feeds),
            Route("/readyz", self.ready),
        ]

    async def river(self, request: Request) -> Response:
        """The newest stories, or those that answer what is asked for; `before` or `page` leads on."""
        wanted = wish(request.query_params)
        if wanted.words:
            self.site.admit(request)
        shown = await self.site.read(self._ranked if wanted.ranked else self._newest, wanted)
        return await self.site.page(request, "river.html", wish=wanted, **shown)

    async def sources(self, request: Request) -> Response:
        """Every source and how it fares, `page` by page, or those with `q` in their names; and what wants attention."""
        notices = await self.site.read(self._notices)
        words = request.query_params.get("q", "").strip()[:LONGEST]
        said = request.query_params.get("page", "1")
        page = int(said) if said.isdecimal() and len(said) < 5 else 1
        shown = await self.site.read(self._sources, words, max(1, page))
        return await self.site.page(request, "sources.html", notices=notices, words=words, **shown)

    async def source(self, request: Request) -> Response:
        """One source: its state, the last attempts at it, and what was remarked."""
        shown = await self.site.read(self._source, request.path_params["name"])
        return await self.site.page(request, "source.html", **shown)

    async def report(self, request: Request) -> Response:
        """Who copies whom, over a period of `days`."""
        said = request.query_params.get("days", "7")
        days = int(said) if said in map(str, PERIODS) else 7
        copying = await self.site.read(self.reports.copying, days)
        return await self.site.page(
            request,
            "report.html",
            days=days,
            periods=PERIODS,
            told=copying,
            matrix=drawing.matrix(copying.outlets, copying.pairs),
        )

    async def feeds(self, request: Request) -> Response:
        """Where to subscribe."""
        return await self.site.page(request, "feeds.html")

    async def ready(self, request: Request) -> Response:
        """200 when the archive answers, 503 with the reason when it does not."""
        try:
            await self.site.read(self.site.archive.stories, 1)
        except AggregatorError as error:
            return JSONResponse({"ready": False, "reason": str(error)}, 503, {"Cache-Control": "no-store"})
        return JSONResponse({"ready": True}, headers={"Cache-Control": "no-store"})

    def _newest(self, wanted: Wish) -> dict[str, Any]:
        last = self.site.find(wanted.before) if wanted.before else None
        found = river.newest(self.site, wanted.query, PAGE, last)
        rows = [showing.row(view) for view in found.views]
        older = wanted.address(before=found.last.ulid) if found.more and found.last else ""
        return {"days": showing.by_day(rows), "ranked": [], "older": older, **self._known()}

    def _ranked(self, wanted: Wish) -> dict[str, Any]:
        found = river.ranked(self.site, wanted.query, PAGE, wanted.page)
        rows = [showing.row(view, found.hits.get(view.story.id)) for view in found.views]
        older = wanted.address(page=wanted.page + 1) if found.more and wanted.page < MOST_PAGES else ""
        return {"days": [], "ranked": rows, "older": older, **self._known()}

    def _known(self) -> dict[str, Any]:
        """What there is to choose from."""
        sources = self.site.archive.sources()
        tags = sorted({tag for source in sources for tag in source.spec.tags})
        return {"sources": sources if len(sources) <= CHOICES else [], "tags": tags}

    def _notices(self, about: str = "") -> list[Notice]:
        """Those that last, the newest first."""
        found = self.site.archive.notices.listed(lasting=True)
        return [each for each in found if not about or each.about == about][:NOTICES]

    def _sources(self, words: str, page: int) -> dict[str, Any]:
        archive = self.site.archive
        found = [source for source in archive.sources() if _is_meant(source, words.casefold())]
        first = (page - 1) * SOURCES
        sources = found[first : first + SOURCES]
        ids = [source.id for source in sources]
        stats = archive.source_stats(ids) if ids else {}
        histories = archive.histories(ids, ATTEMPTS)
        rows = [
            {
                "source": source,
                "health": showing.health(source),
                "stats": stats.get(source.id),
                "chart": drawing.history(histories.get(source.id, ()), ATTEMPTS),
            }
            for source in sources
        ]
        return {"rows": rows, "page": page, "first": first, "total": len(found), "most": SOURCES}

    def _source(self, name: str) -> dict[str, Any]:
        archive = self.site.archive
        source = self._named(name)
        fetches = archive.fetches(source.id, LOGGED)
        return {
            "source": source,
            "health": showing.health(source),
            "stats": archive.source_stats([source.id]).get(source.id),
            "fetches": fetches,
            "chart": drawing.history(fetches, LOGGED),
            "notices": self._notices(name),
        }

    def _named(self, name: str) -> Source:
        try:
            return self.site.archive.source(name)
        except ConfigurationError:
            raise HTTPException(404) from None


def _is_meant(source: Source, words: str) -> bool:
    """Whether the words, in small letters, stand in one of its names or in its address."""
    names = (source.name, source.spec.title, source.outlet, source.url)
    return not words or any(words in (name or "").casefold() for name in names)
