"""The pages: each reads from the archive in a thread of its own small pool and renders one template."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ..errors import AggregatorError, InputError
from ..model import Decision, FeedMeta, Story, StoryView
from . import showing
from .conditional import Representation, answer
from .documents import Folder
from .reading import Reading, Views

PAGE = 40  # stories
RELATED = 8  # stories on one page
QUERY = 200  # characters of a search, more are cut
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pages:
    """The endpoints, and what they work with."""

    archive: Reading
    views: Views
    meta: FeedMeta
    public: Folder
    pool: Executor
    clock: Callable[[], datetime]
    templates: Environment

    async def river(self, request: Request) -> Response:
        """The newest stories, or those that answer `q`; `before` pages back."""
        query = request.query_params.get("q", "").strip()[:QUERY]
        before = request.query_params.get("before", "")
        found, older = (
            await self._read(self._search, query) if query else await self._read(self._newest, before)
        )
        return self._page(
            request, "river.html", days=showing.by_day(found), query=query, older=older, paged=before
        )

    async def story(self, request: Request) -> Response:
        """One story, its copies and decisions. Another name of it, or a story that joined it, redirects."""
        ref = request.path_params["ref"]
        story = await self._read(self._story, ref)
        if story is None:
            raise HTTPException(404)
        if story.ulid != ref:
            # an hour, not for ever: a person may part the two again
            headers = {"Cache-Control": "max-age=3600"}
            return RedirectResponse(f"{self._root}stories/{story.ulid}", 301, headers)
        view, decisions, related = await self._read(self._whole, story)
        if view is None:
            raise HTTPException(404)
        return self._page(
            request,
            "story.html",
            view=view,
            html=Markup(view.html),  # sanitised when it came in
            printings=showing.printings(view),
            reasons=showing.reasons(decisions, view.copies),
            related=related,
        )

    async def sources(self, request: Request) -> Response:
        """Every source and how it fares."""
        sources, stats = await self._read(lambda: (self.archive.sources(), self.archive.source_stats()))
        rows = [(source, *showing.health(source), stats.get(source.id)) for source in sources]
        return self._page(request, "sources.html", rows=rows)

    async def feeds(self, request: Request) -> Response:
        """Where to subscribe."""
        return self._page(request, "feeds.html")

    async def ready(self, request: Request) -> Response:
        """200 when the archive answers, 503 with the reason when it does not."""
        try:
            await self._read(self.archive.stories, 1)
        except AggregatorError as error:
            return JSONResponse({"ready": False, "reason": str(error)}, 503, {"Cache-Control": "no-store"})
        return JSONResponse({"ready": True}, headers={"Cache-Control": "no-store"})

    async def failed(self, request: Request, error: Exception) -> Response:
        """A friendly page for what is absent (404), not allowed (405), out of order (503) or broken (500)."""
        status, headers, reason = 500, {}, ""
        if isinstance(error, HTTPException):
            status, headers = error.status_code, dict(error.headers or {})
        elif isinstance(error, AggregatorError):
            status, headers, reason = 503, {"Retry-After": "30"}, str(error)
        body = self._render("message.html", status=status, reason=reason)
        return Response(body, status, {**headers, "Cache-Control": "no-store"}, "text/html")

    def _newest(self, before: str) -> tuple[list[showing.Row], str]:
        stories = self.archive.stories(PAGE + 1, before=self._story(before) if before else None)
        rows = [showing.row(view) for view in self.views(stories[:PAGE])]
        more = len(stories) > PAGE
        return rows, f"before={stories[PAGE - 1].ulid}" if more else ""

    def _search(self, query: str) -> tuple[list[showing.Row], str]:
        hits = self.archive.search(query, PAGE)
        numbers = dict.fromkeys(hit.story_id for hit in hits if hit.story_id is not None)
        found = filter(None, (self.archive.story(str(number)) for number in numbers))
        newest = sorted(found, key=lambda story: story.updated, reverse=True)
        return [showing.row(view) for view in self.views(newest)], ""

    def _story(self, ref: str) -> Story | None:
        try:
            return self.archive.story(ref)
        except InputError:  # a prefix that several stories share
            return None

    def _whole(self, story: Story) -> tuple[StoryView | None, Sequence[Decision], list[Story]]:
        linked = (
            self.archive.story(str(link.other_story_id)) for link in self.archive.links(story.id)[:RELATED]
        )
        related = [other for other in linked if other]
        return next(iter(self.views([story])), None), self.archive.decisions(story.id), related

    async def _read(self, work: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, functools.partial(work, *given))

    def _page(self, request: Request, template: str, **shown: Any) -> Response:
        body = self._render(template, **shown)
        page = Representation(body.encode("utf-8", "replace"), "text/html; charset=utf-8")
        return answer(request, page, {"Cache-Control": "no-cache"}, self.clock())

    def _render(self, template: str, **shown: Any) -> str:
        return self.templates.get_template(template).render(
            here=template, meta=self.meta, root=self._root, feeds=self.public.list(), **shown
        )

    @property
    def _root(self) -> str:
        """The path under which readers see the site: "/", or "/news/" behind a proxy that strips it."""
        return urlsplit(self.meta.base_url).path or "/"


def environment(version: str) -> Environment:
    """The templates, with every outside string escaped; `version` stands in the style sheet's address."""
    made = Environment(
        loader=PackageLoader("aggregator.web"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["day"] = lambda at: f"{at:%A}, {at.day} {at:%B %Y}"
    made.filters["minute"] = lambda at: f"{at.day} {at:%b %Y, %H:%M}"
    made.filters["clock"] = lambda at: f"{at:%H:%M}"
    made.globals["version"] = version
    return made
