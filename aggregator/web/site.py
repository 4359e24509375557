"""What every page is made with: the pool that reads, the templates, the answer under its header fields."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..errors import AggregatorError, InputError
from ..model import FeedMeta, Story
from .conditional import Representation, answer
from .documents import Folder
from .door import Door, Visitor
from .headers import SHARED
from .rates import Rates
from .reading import Reading, Views
from .showing import duration

T = TypeVar("T")

_EXPLAINED = (400, 403, 409, 413, 429)  # what these say is for the one who asked


@dataclass(frozen=True, slots=True)
class Site:
    """What the endpoints work with."""

    archive: Reading
    views: Views
    meta: FeedMeta
    public: Folder
    pool: Executor
    clock: Callable[[], datetime]
    templates: Environment
    door: Door
    rates: Rates = field(default_factory=Rates)

    @property
    def root(self) -> str:
        """The path under which readers see the site: "/", or "/news/" behind a proxy that strips it."""
        return urlsplit(self.meta.base_url).path or "/"

    async def read(self, work: Callable[..., T], *given: Any) -> T:
        """Work that waits for the archive, in a thread of the pool."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, functools.partial(work, *given))

    def admit(self, request: Request) -> None:
        """Let somebody ask for what costs, unless they asked too often. Raises HTTPException 429."""
        if not self.rates.allow(request.client.host if request.client else ""):
            sentence = "too much was asked for in the last minute: try again in a minute"
            raise HTTPException(429, sentence, {"Retry-After": "60"})

    async def visitor(self, request: Request) -> Visitor | None:
        """Who asks, where they have come in."""
        secret = request.cookies.get(self.door.cookie, "")
        return await self.read(self.door.who, secret) if secret else None

    async def story(self, ref: str) -> Story:
        """The story that an address means, where it lives now. 404 if there is none."""
        found = await self.read(self.find, ref)
        if found is None:
            raise HTTPException(404)
        return found

    def find(self, ref: str) -> Story | None:
        try:
            return self.archive.story(ref)
        except InputError:  # a beginning that several stories share
            return None

    async def page(self, request: Request, template: str, status: int = 200, **shown: Any) -> Response:
        """A page for this visitor. One with forms tells its own origin whence a form was sent, and nobody else."""
        visitor, may_enter = await self.visitor(request), await self.read(self.door.has_lock)
        render = functools.partial(self.render, template, visitor=visitor, may_enter=may_enter, **shown)
        body = await self.read(render)  # one of ten thousand rows would hold the loop up for seconds
        headers = {"Cache-Control": "private, no-cache" if visitor else "no-cache"}
        if may_enter:
            headers |= {"Vary": "Cookie", "Referrer-Policy": "same-origin"}
        if status != 200:
            return Response(body, status, {**headers, "Cache-Control": "no-store"}, "text/html")
        shape = Representation(body.encode("utf-8", "replace"), "text/html; charset=utf-8")
        return answer(request, shape, headers, self.clock())

    def render(self, template: str, **shown: Any) -> str:
        return self.templates.get_template(template).render(
            here=template,
            meta=self.meta,
            root=self.root,
            feeds=self.public.list(),
            **{"visitor": None, "may_enter": False} | shown,
        )

    async def failed(self, request: Request, error: Exception) -> Response:
        """What is absent (404), not allowed, out of order (503) or broken (500): a friendly page, under /api/ JSON."""
        status, headers, reason = 500, {}, ""
        if isinstance(error, HTTPException):
            status, headers = error.status_code, dict(error.headers or {})
            reason = error.detail if status in _EXPLAINED else ""
        elif isinstance(error, InputError):
            status, reason = 409, str(error)
        elif isinstance(error, AggregatorError):
            status, headers, reason = 503, {"Retry-After": "30"}, str(error)
        if request.url.path.startswith("/api/"):
            return _problem(status, reason, headers)
        body = self.render("message.html", status=status, reason=reason).encode("utf-8", "replace")
        return Response(body, status, {**headers, "Cache-Control": "no-store"}, "text/html")


def _problem(status: int, reason: str, headers: dict[str, str]) -> Response:
    """What went wrong, for a program (RFC 9457)."""
    said = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": reason}
    fields = {**headers, **SHARED, "Cache-Control": "no-store"}
    return JSONResponse(said, status, fields, "application/problem+json")


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
    made.filters["date"] = lambda at: f"{at.day} {at:%b %Y}"
    made.filters["clock"] = lambda at: f"{at:%H:%M}"
    made.filters["duration"] = duration
    made.globals["version"] = version
    return made
