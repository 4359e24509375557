"""An archive in memory with the reading methods that pages use, and an application over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from starlette.applications import Starlette

from aggregator.errors import ArchiveError, InputError
from aggregator.model import Decision, Link, Source, Story, StoryView
from aggregator.web import Reading, create_app

from ..publish.stories import META, NOON

NOW = NOON + timedelta(days=1)


@dataclass(frozen=True)
class FakeStats:
    copies: int
    stories: int


@dataclass(frozen=True)
class FakeHit:
    story_id: int | None


@dataclass
class FakeArchive:
    """Stories as they were put in; `merged` names those that joined another, by ULID."""

    held: list[StoryView] = field(default_factory=list)
    reasons: dict[int, list[Decision]] = field(default_factory=dict)
    related: dict[int, list[int]] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    declared: list[Source] = field(default_factory=list)
    broken: bool = False

    def stories(self, limit: int, before: Story | None = None) -> Sequence[Story]:
        if self.broken:
            raise ArchiveError("The archive archive.db cannot be read: the disk is gone.")
        newest = sorted((view.story for view in self.held), key=_place, reverse=True)
        return [story for story in newest if before is None or _place(story) < _place(before)][:limit]

    def story(self, ref: str) -> Story | None:
        ref = self.merged.get(ref, ref)
        found = [
            view.story for view in self.held if ref == str(view.story.id) or view.story.ulid.startswith(ref)
        ]
        if len(found) > 1:
            raise InputError(f"{ref} is the beginning of several stories.")
        return found[0] if found else None

    def decisions(self, story_id: int) -> Sequence[Decision]:
        return self.reasons.get(story_id, [])

    def links(self, story_id: int) -> Sequence[Link]:
        return [Link(story_id, other, 0.5) for other in self.related.get(story_id, ())]

    def sources(self, active_only: bool = True) -> Sequence[Source]:
        return self.declared

    def source_stats(self) -> Mapping[int, FakeStats]:
        return {source.id: FakeStats(copies=12, stories=7) for source in self.declared[:1]}

    def search(self, query: str, limit: int) -> Sequence[FakeHit]:
        found = [view.story.id for view in self.held if query.lower() in view.text.lower()]
        return [FakeHit(None), *(FakeHit(number) for number in found for _ in range(2))][:limit]

    def views(self, stories: Sequence[Story]) -> Iterable[StoryView]:
        numbers = {view.story.id: view for view in self.held}
        return [numbers[story.id] for story in stories]


def _place(story: Story) -> tuple[datetime, int]:
    return story.updated, story.id


def an_app(archive: FakeArchive, public: Path) -> Starlette:
    reading: Reading = archive
    return create_app(reading, archive.views, META, public, clock=lambda: NOW)
