"""Coming in with the token, and what a person may then decide: split, merge, keep apart.

Every form is refused unless the door has a lock (404), a page of ours sent it, and it carries the synchroniser
token of a session that is open (403). The archive records each decision under the person's name.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ..errors import InputError
from ..model import Story
from .door import STAYS, Visitor, same
from .site import Site

log = logging.getLogger("aggregator.web")

LONGEST = 65_536  # bytes of a form
Form = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Decisions:
    """The endpoints that change something."""

    site: Site

    def routes(self) -> list[Route]:
        return [
            Route("/login", self.door, methods=["GET"]),
            Route("/login", self.come_in, methods=["POST"]),
            Route("/logout", self.leave, methods=["POST"]),
            Route("/stories/{ref}/merge", self.merge, methods=["POST"]),
            Route("/stories/{ref}/split", self.split, methods=["POST"]),
            Route("/stories/{ref}/apart", self.apart, methods=["POST"]),
        ]

    # ------------------------------------------------------------ in and out

    async def door(self, request: Request) -> Response:
        await self._locked()
        back = self._path(request.query_params.get("back", ""))
        return await self.site.page(request, "login.html", back=back, wrong=False)

    async def come_in(self, request: Request) -> Response:
        """With the right token, back to the page; otherwise the form again, and 403."""
        form, site = await self._sent(request), self.site
        back = self._path(_one(form, "back"))
        if not await site.read(site.door.admits, _one(form, "token")):
            log.warning(
                "a wrong token was given at the login, from %s", request.client and request.client.host
            )
            return await site.page(request, "login.html", 403, back=back, wrong=True)
        secret = await site.read(site.door.enter, _one(form, "name"))
        answer = RedirectResponse(back, 303)
        answer.set_cookie(
            site.door.cookie,
            secret,
            max_age=int(STAYS.total_seconds()),
            path=site.root,
            secure=site.door.secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    async def leave(self, request: Request) -> Response:
        await self._person(request)
        site = self.site
        await site.read(site.door.leave, request.cookies.get(site.door.cookie, ""))
        answer = RedirectResponse(site.root, 303)
        answer.delete_cookie(site.door.cookie, path=site.root, secure=site.door.secure, httponly=True)
        return answer

    # ------------------------------------------------------------ decisions

    async def merge(self, request: Request) -> Response:
        person, form = await self._person(request)
        story, other = await self._two(request, form)
        archive = self.site.archive
        survivor = await self.site.read(archive.merge, story.id, other.id, person.name, self.site.clock())
        return self._back(survivor, "merged")

    async def apart(self, request: Request) -> Response:
        person, form = await self._person(request)
        story, other = await self._two(request, form)
        archive = self.site.archive
        await self.site.read(archive.apart, story.id, other.id, person.name, self.site.clock())
        return self._back(story, "apart")

    async def split(self, request: Request) -> Response:
        """The marked copies become a story of their own."""
        person, form = await self._person(request)
        story = await self.site.story(request.path_params["ref"])
        marked = [int(said) for said in form.get("copy", ()) if said.isascii() and said.isdecimal()][:1000]
        if not marked:
            raise InputError("No copy was marked: mark those that do not belong, then split.")
        archive = self.site.archive
        new = await self.site.read(archive.split, story.id, marked, person.name, self.site.clock())
        return self._back(new, "split")

    # ------------------------------------------------------------ who, and whether

    async def _locked(self) -> None:
        if not await self.site.read(self.site.door.has_lock):
            raise HTTPException(404)

    async def _sent(self, request: Request) -> Form:
        """The fields of a form that a page of ours sent."""
        await self._locked()
        if not self.site.door.sent_by_ourselves(request.headers):
            raise HTTPException(403, "This form was not sent from a page of this site.")
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > LONGEST:
                raise HTTPException(413, "The form is too long.")
        try:
            return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=2000)
        except ValueError:
            raise HTTPException(413, "The form has too many fields.") from None

    async def _person(self, request: Request) -> tuple[Visitor, Form]:
        form = await self._sent(request)
        visitor = await self.site.visitor(request)
        if visitor is None or not same(_one(form, "form"), visitor.form):
            raise HTTPException(403, "Your session has ended: log in, and try again.")
        return visitor, form

    async def _two(self, request: Request, form: Form) -> tuple[Story, Story]:
        """The story of the address, and the other one: its id, or the address of its page."""
        story = await self.site.story(request.path_params["ref"])
        said = _one(form, "other").strip()
        ref = urlsplit(said).path.rpartition("/stories/")[2] if "/stories/" in said else said
        other = await self.site.read(self.site.find, ref) if ref else None
        if other is None:
            raise InputError(f"There is no story “{said}”: give its id or the address of its page.")
        return story, other

    def _back(self, story: Story, done: str) -> Response:
        return RedirectResponse(f"{self.site.root}stories/{story.ulid}?done={done}", 303)

    def _path(self, said: str) -> str:
        """A page of ours to go back to; never another site's."""
        known = said.startswith(self.site.root) and not said.startswith("//") and "\\" not in said
        return said if known and said.isprintable() else self.site.root


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[0]
