"""The pages about many: the river of stories, the sources, the feeds, who copies whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..errors import AggregatorError, ConfigurationError
from ..model import Source
from . import drawing, showing
from .reading import Copying
from .site import Site
from .wishes import MOST_PAGES, Wish, wish

PAGE = 40  # stories
ATTEMPTS = 30  # at each source, that are drawn
LOGGED = 100  # attempts that the page of one source lists
PERIODS = {1: "the last day", 7: "the last week", 30: "the last 30 days"}
FRESH = timedelta(minutes=10)  # for so long a report is not made anew: it reads much


@dataclass(frozen=True, slots=True)
class Pages:
    """The endpoints; `reports` are kept by their period."""

    site: Site
    reports: dict[int, Copying]

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
        shown = await self.site.read(self._ranked if wanted.ranked else self._newest, wanted)
        return await self.site.page(request, "river.html", wish=wanted, **shown)

    async def sources(self, request: Request) -> Response:
        """Every source and how it fares."""
        return await self.site.page(request, "sources.html", rows=await self.site.read(self._sources))

    async def source(self, request: Request) -> Response:
        """One source: its state, the last attempts at it, and what was remarked."""
        shown = await self.site.read(self._source, request.path_params["name"])
        return await self.site.page(request, "source.html", **shown)

    async def report(self, request: Request) -> Response:
        """Who copies whom, over a period of `days`."""
        said = request.query_params.get("days", "7")
        days = int(said) if said in map(str, PERIODS) else 7
        copying = await self.site.read(self._copying, days)
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
        site = self.site
        last = site.find(wanted.before) if wanted.before else None
        stories = site.archive.stories(PAGE + 1, before=last, matching=wanted.query or None)
        rows = [showing.row(view) for view in site.views(stories[:PAGE])]
        more = len(stories) > PAGE
        older = wanted.address(before=stories[PAGE - 1].ulid) if more else ""
        return {"days": showing.by_day(rows), "ranked": [], "older": older, **self._known()}

    def _ranked(self, wanted: Wish) -> dict[str, Any]:
        site = self.site
        hits = site.archive.search(wanted.query, PAGE + 1, PAGE * (wanted.page - 1))
        found = {hit.story_id: hit for hit in hits[:PAGE]}
        stories = [story for number in found if (story := site.archive.story(str(number)))]
        rows = [showing.row(view, found.get(view.story.id)) for view in site.views(stories)]
        more = len(hits) > PAGE and wanted.page < MOST_PAGES
        older = wanted.address(page=wanted.page + 1) if more else ""
        return {"days": [], "ranked": rows, "older": older, **self._known()}

    def _known(self) -> dict[str, Any]:
        """What there is to choose from."""
        sources = self.site.archive.sources()
        return {"sources": sources, "tags": sorted({tag for source in sources for tag in source.spec.tags})}

    def _sources(self) -> list[dict[str, Any]]:
        archive = self.site.archive
        sources, stats = archive.sources(), archive.source_stats()
        histories = archive.histories([source.id for source in sources], ATTEMPTS)
        return [
            {
                "source": source,
                "health": showing.health(source),
                "stats": stats.get(source.id),
                "chart": drawing.history(histories.get(source.id, ()), ATTEMPTS),
            }
            for source in sources
        ]

    def _source(self, name: str) -> dict[str, Any]:
        archive = self.site.archive
        source = self._named(name)
        fetches = archive.fetches(source.id, LOGGED)
        return {
            "source": source,
            "health": showing.health(source),
            "stats": archive.source_stats().get(source.id),
            "fetches": fetches,
            "chart": drawing.history(fetches, LOGGED),
        }

    def _named(self, name: str) -> Source:
        try:
            return self.site.archive.source(name)
        except ConfigurationError:
            raise HTTPException(404) from None

    def _copying(self, days: int) -> Copying:
        until = self._rounded(self.site.clock())
        kept = self.reports.get(days)
        if kept is None or kept.until != until:
            kept = self.reports[days] = self.site.archive.copying(until - timedelta(days=days), until)
        return kept

    @staticmethod
    def _rounded(now: datetime) -> datetime:
        """The end of the current stretch of `FRESH`, so that what has just been printed counts."""
        beginning = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return beginning + ((now - beginning) // FRESH + 1) * FRESH
