"""What the pages read, as the shapes they need; the archive has all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from ..model import Decision, Link, Source, Story, StoryView

Views = Callable[[Sequence[Story]], Iterable[StoryView]]  # each story with its copies, furniture out


class Stats(Protocol):
    """What a source has brought so far."""

    @property
    def copies(self) -> int: ...
    @property
    def stories(self) -> int: ...


class Hit(Protocol):
    """One copy that answers a search."""

    @property
    def story_id(self) -> int | None: ...


class Reading(Protocol):
    """The archive's reading methods. Synchronous and safe to call from several threads."""

    def stories(self, limit: int, before: Story | None = None) -> Sequence[Story]:
        """The newest by `updated`; those that follow the last story of another page where one is given."""
        ...

    def story(self, ref: str) -> Story | None:
        """By public id, ULID, unique prefix of one, or number; a merged story is answered by its survivor."""
        ...

    def decisions(self, story_id: int) -> Sequence[Decision]:
        """Oldest first."""
        ...

    def links(self, story_id: int) -> Sequence[Link]:
        """Related stories, the strongest first."""
        ...

    def sources(self, active_only: bool = True) -> Sequence[Source]: ...
    def source_stats(self) -> Mapping[int, Stats]: ...
    def search(self, query: str, limit: int) -> Sequence[Hit]: ...
