"""What the pages ask of the archive, as the shapes they need; the archive has all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from ..model import Decision, Entry, Fetch, Link, Source, Story, StoryView
from ..notice import Notice
from ..query import Place, Query

Views = Callable[[Sequence[Story]], Iterable[StoryView]]  # each story with its copies, furniture out


class Stats(Protocol):
    """What a source has brought so far."""

    @property
    def copies(self) -> int: ...
    @property
    def stories(self) -> int: ...


class Hit(Protocol):
    """A story that answers a search, by its best copy."""

    @property
    def story_id(self) -> int: ...
    @property
    def snippet(self) -> str: ...
    @property
    def marks(self) -> Sequence[tuple[int, int]]: ...


class Version(Protocol):
    """A version of a copy, without its text."""

    @property
    def id(self) -> int: ...
    @property
    def copy_id(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def title(self) -> str: ...
    @property
    def words(self) -> int: ...


class Revision(Protocol):
    """A version of a copy with all that it said."""

    @property
    def id(self) -> int: ...
    @property
    def copy_id(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def entry(self) -> Entry: ...


class Notices(Protocol):
    """What a person was told of."""

    def listed(self, *, lasting: bool = False) -> Sequence[Notice]: ...


class Share(Protocol):
    """An outlet, the stories of several copies that it printed, and how many of them before all others."""

    @property
    def outlet(self) -> str: ...
    @property
    def stories(self) -> int: ...
    @property
    def first(self) -> int: ...


class Pair(Protocol):
    """How often `other` followed `first`, how often with credit, and the median of the lag."""

    @property
    def first(self) -> str: ...
    @property
    def other(self) -> str: ...
    @property
    def stories(self) -> int: ...
    @property
    def credited(self) -> int: ...
    @property
    def lag(self) -> timedelta: ...


class AgencyUse(Protocol):
    """What became of an agency's stories."""

    @property
    def agency(self) -> str: ...
    @property
    def stories(self) -> int: ...
    @property
    def copies(self) -> int: ...
    @property
    def credited(self) -> int: ...


class Copying(Protocol):
    """Who copies whom over a period, the busiest first."""

    @property
    def since(self) -> datetime: ...
    @property
    def until(self) -> datetime: ...
    @property
    def stories(self) -> int: ...
    @property
    def outlets(self) -> Sequence[Share]: ...
    @property
    def pairs(self) -> Sequence[Pair]: ...
    @property
    def agencies(self) -> Sequence[AgencyUse]: ...


class Keeping(Protocol):
    """What the door keeps in the archive."""

    def setting(self, key: str) -> str | None: ...
    def begin_session(self, key: str, name: str, now: datetime, until: datetime) -> None: ...
    def session(self, key: str, now: datetime) -> str | None: ...
    def end_sessions(self, key: str = "") -> None: ...


class Deciding(Protocol):
    """What a person may decide. Each raises InputError with a sentence where it cannot be."""

    def merge(self, one: int, other: int, by: str, now: datetime) -> Story: ...
    def split(self, story_id: int, copy_ids: Collection[int], by: str, now: datetime) -> Story: ...
    def apart(self, one: int, other: int, by: str, now: datetime) -> None: ...


class Reading(Keeping, Deciding, Protocol):
    """The archive's methods. Synchronous and safe to call from several threads."""

    @property
    def notices(self) -> Notices: ...

    def stories(
        self, limit: int, before: Story | Place | None = None, *, matching: Query | None = None
    ) -> Sequence[Story]:
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

    def versions(self, copy_ids: Sequence[int], limit: int) -> Mapping[int, Sequence[Version]]:
        """Of each copy, the first one first; of all together, the newest `limit`."""
        ...

    def revision(self, revision_id: int) -> Revision | None: ...
    def sources(self, active_only: bool = True) -> Sequence[Source]: ...

    def source(self, name: str) -> Source:
        """Raises ConfigurationError if there is none of this name."""
        ...

    def source_stats(self, source_ids: Sequence[int] = ()) -> Mapping[int, Stats]: ...

    def histories(self, source_ids: Sequence[int], limit: int) -> Mapping[int, Sequence[Fetch]]:
        """The last attempts at each source, the latest first, without their flaws."""
        ...

    def fetches(self, source_id: int, limit: int) -> Sequence[Fetch]:
        """The same of one source, whole."""
        ...

    def copying(self, since: datetime, until: datetime) -> Copying: ...
    def search(self, query: Query, limit: int, offset: int = 0) -> Sequence[Hit]:
        """The best first."""
        ...
