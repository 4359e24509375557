"""An archive in memory with the reading methods that pages use, and an application over it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.archive.values import Copying, Revision, Version
from aggregator.errors import ArchiveError, ConfigurationError, InputError
from aggregator.model import Decision, Entry, Fetch, Link, Source, Story, StoryView
from aggregator.notice import Notice
from aggregator.query import Place, Query, Term
from aggregator.web import Published
from aggregator.web.application import create_app
from aggregator.web.reading import Reading

from ..publish.stories import META, NOON

NOW = NOON + timedelta(days=1)


@dataclass(frozen=True)
class FakeStats:
    copies: int
    stories: int


@dataclass(frozen=True)
class FakeHit:
    story_id: int
    snippet: str = ""
    marks: tuple[tuple[int, int], ...] = ()


@dataclass
class FakeNotices:
    told: list[Notice] = field(default_factory=list)

    def listed(self, *, lasting: bool = False) -> list[Notice]:
        return [each for each in self.told if not (lasting and each.over)]


@dataclass
class FakeArchive:
    """Stories as they were put in; `merged` names those that joined another, by ULID."""

    held: list[StoryView] = field(default_factory=list)
    reasons: dict[int, list[Decision]] = field(default_factory=dict)
    related: dict[int, list[int]] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    declared: list[Source] = field(default_factory=list)
    log: dict[int, list[Fetch]] = field(default_factory=dict)
    said: list[tuple[Version, str]] = field(default_factory=list)  # versions of copies and their texts
    settings: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    decided: list[tuple[object, ...]] = field(default_factory=list)
    told: Copying | None = None
    notices: FakeNotices = field(default_factory=FakeNotices)
    broken: bool = False

    def stories(
        self, limit: int, before: Story | Place | None = None, *, matching: Query | None = None
    ) -> Sequence[Story]:
        if self.broken:
            raise ArchiveError("The archive archive.db cannot be read: the disk is gone.")
        chosen = [view for view in self.held if matching is None or _answers(view, matching)]
        newest = sorted((view.story for view in chosen), key=_place, reverse=True)
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

    def source_stats(self, source_ids: Sequence[int] = ()) -> Mapping[int, FakeStats]:
        return {source.id: FakeStats(copies=12, stories=7) for source in self.declared[:1]}

    def source(self, name: str) -> Source:
        for source in self.declared:
            if source.name == name:
                return source
        raise ConfigurationError(f"there is no source {name}")

    def histories(self, source_ids: Sequence[int], limit: int) -> Mapping[int, Sequence[Fetch]]:
        return {source_id: self.log.get(source_id, [])[:limit] for source_id in source_ids}

    def fetches(self, source_id: int, limit: int) -> Sequence[Fetch]:
        return self.log.get(source_id, [])[:limit]

    def versions(self, copy_ids: Sequence[int], limit: int) -> Mapping[int, Sequence[Version]]:
        return {
            number: [version for version, _ in self.said if version.copy_id == number] for number in copy_ids
        }

    def revision(self, revision_id: int) -> Revision | None:
        found = [(version, text) for version, text in self.said if version.id == revision_id]
        return next(
            (Revision(v.id, v.copy_id, v.at, Entry("guid", title=v.title, text=text)) for v, text in found),
            None,
        )

    def copying(self, since: datetime, until: datetime) -> Copying:
        return self.told or Copying(since, until, 0, (), (), ())

    def setting(self, key: str) -> str | None:
        return self.settings.get(key)

    def begin_session(self, key: str, name: str, now: datetime, until: datetime) -> None:
        self.sessions[key] = (name, until)

    def session(self, key: str, now: datetime) -> str | None:
        name, until = self.sessions.get(key, ("", NOON))
        return name if until >= now else None

    def end_sessions(self, key: str = "") -> None:
        self.sessions.pop(key, None)

    def merge(self, one: int, other: int, by: str, now: datetime) -> Story:
        self.decided.append(("merge", one, other, by))
        return self.held[0].story

    def split(self, story_id: int, copy_ids: Collection[int], by: str, now: datetime) -> Story:
        self.decided.append(("split", story_id, tuple(copy_ids), by))
        return self.held[1].story

    def apart(self, one: int, other: int, by: str, now: datetime) -> None:
        if one == other:
            raise InputError(f"story {one}: they are one story: split it")
        self.decided.append(("apart", one, other, by))

    def search(self, query: Query, limit: int, offset: int = 0) -> Sequence[FakeHit]:
        found = [view for view in self.held if _answers(view, query)]
        return [FakeHit(view.story.id, view.text, ((0, 5),)) for view in found][offset : offset + limit]

    def views(self, stories: Sequence[Story]) -> Iterable[StoryView]:
        numbers = {view.story.id: view for view in self.held}
        return [numbers[story.id] for story in stories]


def _place(story: Story | Place) -> tuple[datetime, int]:
    return story.updated, story.id


def an_app(archive: FakeArchive, public: Path, token: str = "") -> Published:
    reading: Reading = archive
    return create_app(reading, archive.views, META, public, clock=lambda: NOW, token=token)


def _answers(view: StoryView, query: Query) -> bool:
    """Enough of the query language for words, sources and numbers of copies."""

    def holds(term: Term) -> bool:
        if term.field == "source":
            return term.text in {copy.source for copy in view.copies}
        if term.field == "copies":
            return len(view.copies) >= term.number
        return not term.field and term.text.lower() in view.text.lower()

    return all(any(holds(term) for term in clause) for clause in query.clauses)
