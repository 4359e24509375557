"""The pages of one story: the story itself, and what differs between two of its printings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ..model import Story, StoryView
from . import showing
from .comparing import compare
from .conditional import Representation, answer
from .pictures import without_media
from .reading import Revision
from .site import Site

RELATED = 8  # stories on one page
VERSIONS = 400  # of all copies of a story, that can be compared
DONE = {
    "merged": "The two stories are one from now on.",
    "split": "Split off: this is the new story.",
    "apart": "The two stories are kept apart from now on.",
}


@dataclass(frozen=True, slots=True)
class StoryPages:
    """The endpoints under /stories/."""

    site: Site

    def routes(self) -> list[Route]:
        return [
            Route("/stories/{ref}", self.story),
            Route("/stories/{ref}/compare", self.compare),
            Route("/stories/{ref}/why.json", self.why),
        ]

    async def story(self, request: Request) -> Response:
        """One story, its copies and decisions. Another name of it, or a story that joined it, redirects."""
        ref = request.path_params["ref"]
        story = await self.site.story(ref)
        if story.ulid != ref:
            return self._moved(story)
        shown = await self.site.read(self._whole, story)
        done = DONE.get(request.query_params.get("done", ""), "")
        return await self.site.page(request, "story.html", done=done, **shown)

    async def compare(self, request: Request) -> Response:
        """Two versions of the same or of two copies, word by word: `from` and `to` are numbers of revisions."""
        ref = request.path_params["ref"]
        story = await self.site.story(ref)
        if story.ulid != ref:
            return self._moved(story, "/compare")
        asked = [request.query_params.get(name, "") for name in ("from", "to")]
        shown = await self.site.read(self._compared, story, asked)
        return await self.site.page(request, "compare.html", **shown)

    async def why(self, request: Request) -> Response:
        """The decisions for programs: what `aggregator why --json` tells, with the outlets of the copies."""
        ref = request.path_params["ref"]
        story = await self.site.story(ref)
        if story.ulid != ref:
            return self._moved(story, "/why.json")
        told = await self.site.read(self._told, story)
        body = json.dumps(told, ensure_ascii=False, default=_plain).encode("utf-8", "replace")
        shape = Representation(body, "application/json")
        return answer(request, shape, {"Cache-Control": "no-cache"}, self.site.clock())

    def _told(self, story: Story) -> dict[str, Any]:
        copies = self._view(story).copies
        return {
            "story": story.public_id,
            "title": story.title,
            "copies": [
                {
                    "id": copy.id,
                    "source": copy.source,
                    "outlet": copy.outlet,
                    "url": copy.url,
                    "title": copy.title,
                }
                for copy in copies
            ],
            "decisions": [asdict(decision) for decision in self.site.archive.decisions(story.id)],
        }

    def _moved(self, story: Story, rest: str = "") -> Response:
        # an hour, not for ever: a person may part the two again
        headers = {"Cache-Control": "max-age=3600"}
        return RedirectResponse(f"{self.site.root}stories/{story.ulid}{rest}", 301, headers)

    def _view(self, story: Story) -> StoryView:
        view = next(iter(self.site.views([story])), None)
        if view is None:
            raise HTTPException(404)
        return view

    def _whole(self, story: Story) -> dict[str, Any]:
        archive, view = self.site.archive, self._view(story)
        revised = [copy.id for copy in view.copies if copy.revisions > 1]
        linked = (archive.story(str(link.other_story_id)) for link in archive.links(story.id)[:RELATED])
        return {
            "view": view,
            "html": Markup(without_media(view.html)),  # sanitised when it came in
            "printings": showing.printings(view, archive.versions(revised, VERSIONS) if revised else {}),
            "reasons": showing.reasons(archive.decisions(story.id), view.copies),
            "related": [other for other in linked if other and other.id != story.id],
        }

    def _compared(self, story: Story, asked: list[str]) -> dict[str, Any]:
        """The two that were asked for; else the first printing and the next, or the first two versions of one."""
        view = self._view(story)
        versions = self.site.archive.versions([copy.id for copy in view.copies], VERSIONS)
        choices = showing.choices(view, versions)
        known = {str(choice.revision_id): choice for choice in choices}
        plain = showing.two_to_compare(choices)
        chosen = [known.get(said) if said else default for said, default in zip(asked, plain, strict=True)]
        if any(said and choice is None for said, choice in zip(asked, chosen, strict=True)):
            raise HTTPException(404)
        texts = [self._revision(choice.revision_id) for choice in chosen if choice]
        difference = compare(*(each.entry.text for each in texts)) if len(texts) == 2 else None
        titles = compare(*(each.entry.title for each in texts)) if len(texts) == 2 else None
        return {
            "story": story,
            "choices": choices,
            "chosen": chosen,
            "difference": difference,
            "titles": titles,
        }

    def _revision(self, number: int) -> Revision:
        found = self.site.archive.revision(number)
        if found is None:
            raise HTTPException(404)
        return found


def _plain(value: Any) -> Any:
    """Times in RFC 3339, whatever else as its text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return dict(value) if isinstance(value, Mapping) else str(value)
