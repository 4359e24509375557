"""The stories that somebody wants to see, a page at a time: what the pages and the API read alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..model import Story, StoryView
from ..query import Place, Query
from .reading import Hit
from .site import Site


@dataclass(frozen=True, slots=True)
class Found:
    """A page of stories; `hits`: by story, what a search found in it."""

    views: Sequence[StoryView]
    more: bool  # there is another page
    last: Story | None = None  # where that one begins
    hits: Mapping[int, Hit] = field(default_factory=dict)


def newest(site: Site, query: Query, size: int, before: Story | Place | None) -> Found:
    """The newest first."""
    stories = site.archive.stories(size + 1, before=before, matching=query or None)
    shown = stories[:size]
    return Found(list(site.views(shown)), len(stories) > size, shown[-1] if shown else None)


def ranked(site: Site, query: Query, size: int, page: int) -> Found:
    """The best first; pages count from 1."""
    hits = site.archive.search(query, size + 1, size * (page - 1))
    by_story = {hit.story_id: hit for hit in hits[:size]}
    stories = [story for number in by_story if (story := site.archive.story(str(number)))]
    return Found(list(site.views(stories)), len(hits) > size, hits=by_story)
