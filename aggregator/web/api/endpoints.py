"""The endpoints: each is a method of the name that its operation has."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ...model import Story
from ...query import Place
from .. import river, showing
from ..conditional import Representation, answer
from ..headers import SHARED
from ..report import PERIODS, Reports
from ..site import Site
from ..stories import RELATED, VERSIONS
from ..wishes import MOST_PAGES, Wish, wish
from . import shapes, telling
from .operations import CURSOR, MOST, OPERATIONS, USUAL, openapi

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Api:
    """The endpoints under /api/."""

    site: Site
    reports: Reports

    def routes(self) -> list[Route]:
        return [Route(each.path, getattr(self, each.name), methods=["GET"]) for each in OPERATIONS]

    async def stories(self, request: Request) -> Response:
        wanted, size = self._wish(request), _number(request, "limit", USUAL, MOST)
        before = _place(request)
        return self._answer(request, await self.site.read(self._stories, wanted, size, before))

    async def story(self, request: Request) -> Response:
        story = await self.site.story(request.path_params["id"])
        if story.ulid != request.path_params["id"]:
            headers = {**SHARED, "Cache-Control": "max-age=3600"}
            return RedirectResponse(f"{self.site.root}api/v1/stories/{story.ulid}", 301, headers)
        return self._answer(request, await self.site.read(self._story, story))

    async def search(self, request: Request) -> Response:
        wanted, size = self._wish(request), _number(request, "limit", USUAL, MOST)
        page = _number(request, "page", 1, MOST_PAGES)
        if not wanted:
            _refuse("say what to search for: q, or one of the fields")
        if not wanted.words:  # the rest was admitted with its words
            self.site.admit(request)
        return self._answer(request, await self.site.read(self._search, wanted, size, page))

    async def sources(self, request: Request) -> Response:
        return self._answer(request, await self.site.read(self._sources))

    async def report(self, request: Request) -> Response:
        days = request.query_params.get("days", "7")
        if days not in map(str, PERIODS):
            _refuse(f"days: one of {', '.join(map(str, PERIODS))}")
        told = await self.site.read(self.reports.copying, int(days))
        return self._answer(request, telling.report(told))

    async def description(self, request: Request) -> Response:
        return self._answer(request, openapi(self.site.root))

    # ------------------------------------------------------------ in a thread that reads

    def _stories(self, wanted: Wish, size: int, before: Place | None) -> shapes.Stories:
        found = river.newest(self.site, wanted.query, size, before)
        following = None
        if found.more and found.last:
            following = self._next("stories", wanted, limit=size, before=_cursor(found.last))
        items = [telling.row(view, self.site.root) for view in found.views]
        return {"items": items, "next": following, "notes": list(wanted.query.notes)}

    def _search(self, wanted: Wish, size: int, page: int) -> shapes.Hits:
        found = river.ranked(self.site, wanted.query, size, page)
        more = found.more and page < MOST_PAGES
        shown = (view for view in found.views if view.story.id in found.hits)
        return {
            "items": [telling.hit(view, self.site.root, found.hits[view.story.id]) for view in shown],
            "next": self._next("search", wanted, limit=size, page=page + 1) if more else None,
            "notes": list(wanted.query.notes),
        }

    def _story(self, story: Story) -> shapes.StoryWhole:
        archive, view = self.site.archive, next(iter(self.site.views([story])), None)
        if view is None:
            raise HTTPException(404)
        versions = archive.versions([copy.id for copy in view.copies], VERSIONS)
        reasons = showing.reasons(archive.decisions(story.id), view.copies)
        linked = (archive.story(str(link.other_story_id)) for link in archive.links(story.id)[:RELATED])
        related = [other for other in linked if other and other.id != story.id]
        return telling.whole(view, versions, reasons, related, self.site.root)

    def _sources(self) -> shapes.Sources:
        archive = self.site.archive
        stats = archive.source_stats()
        sources = archive.sources()
        return {"items": [telling.source(each, stats.get(each.id), self.site.root) for each in sources]}

    # ------------------------------------------------------------ what they share

    def _wish(self, request: Request) -> Wish:
        wanted = wish(request.query_params)
        if wanted.words:
            self.site.admit(request)
        return wanted

    def _next(self, name: str, wanted: Wish, **more: str | int) -> str:
        said = {"q": wanted.words, **dict(wanted.fields)} | more
        query = urlencode({key: value for key, value in said.items() if value})
        return f"{self.site.root}api/v1/{name}?{query}"

    def _answer(self, request: Request, said: Any) -> Response:
        body = json.dumps(said, ensure_ascii=False, default=str).encode("utf-8", "replace")
        headers = {**SHARED, "Cache-Control": "no-cache"}
        return answer(request, Representation(body, "application/json"), headers, self.site.clock())


def _number(request: Request, name: str, usual: int, most: int) -> int:
    said = request.query_params.get(name, str(usual))
    known = said.isascii() and said.isdecimal() and len(said) < 9
    if not (known and 1 <= int(said) <= most):
        _refuse(f"{name}: a number from 1 to {most}")
    return int(said)


def _cursor(story: Story) -> str:
    return f"{(story.updated - _EPOCH) // _MICROSECOND}-{story.id}"


def _place(request: Request) -> Place | None:
    """Where the next page begins, from the cursor that the one before gave."""
    said = request.query_params.get("before")
    if said is None:
        return None
    found = re.fullmatch(CURSOR, said, re.ASCII)
    try:
        at = _EPOCH + int(found[1]) * _MICROSECOND if found else None
    except OverflowError:
        at = None
    if found is None or at is None:
        _refuse("before: as `next` of a page says it")
    return Place(at, int(found[2]))


def _refuse(sentence: str) -> NoReturn:
    raise HTTPException(400, sentence)
