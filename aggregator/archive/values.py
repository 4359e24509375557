"""What only the archive answers with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..model import Entry


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of what a copy said, as it came in (sanitised)."""

    id: int
    copy_id: int
    at: datetime
    entry: Entry


@dataclass(frozen=True, slots=True)
class Document:
    """What a source, or a page of one of its entries, answered with at one time, as it was kept."""

    fetch_id: int
    source_id: int
    source: str  # name
    at: datetime
    url: str
    status: int | None  # HTTP
    content_type: str
    etag: str
    last_modified: str
    sha256: str
    kind: str = "document"  # of a visit to the source; or "older" document, or "page"
    guid: str = ""  # of a page: whose it is
    renamed: Mapping[str, str] = field(default_factory=dict)  # guid as served -> as kept; "": held back
    body: bytes | None = None  # None: dropped by a policy

    def holding(self, body: bytes | None) -> Document:
        return replace(self, body=body)

    def as_kept(self, entries: Iterable[Entry]) -> list[Entry]:
        """Entries under the ids that they were given when their own were seen to be wrong, without those held back."""
        named = ((entry, self.renamed.get(entry.guid, entry.guid)) for entry in entries)
        return [entry if guid == entry.guid else replace(entry, guid=guid) for entry, guid in named if guid]


@dataclass(frozen=True, slots=True)
class Version:
    """A revision as a list of them has it, without its text."""

    id: int
    copy_id: int
    at: datetime
    title: str
    words: int


@dataclass(frozen=True, slots=True)
class SourceStats:
    """What a source has brought so far."""

    copies: int = 0
    stories: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class ArchiveStatus:
    """Counts, sizes and queues of the whole archive."""

    schema: str
    sources: int  # active ones
    fetches: int
    copies: int
    revisions: int
    stories: int  # merged ones not counted
    merged: int
    decisions: int
    waiting: int  # copies not placed, or not since their last revision
    to_index: int  # copies not in the full-text index yet
    to_fetch: int  # pages of entries and older documents that are wanted
    not_fetched: int  # those that were given up
    bytes: int  # on disk


@dataclass(frozen=True, slots=True)
class Unsure:
    """A decision near the threshold: the copy, and the one that it was compared with."""

    story: str  # ULID
    copy_id: int
    other_copy_id: int | None
    joined: bool  # the score reached the threshold
    score: float
    threshold: float
    title: str
    other_title: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A story that answers a search, by the copy of it that answers best."""

    story: str  # ULID
    story_id: int
    copy_id: int
    source: str
    title: str
    published: datetime | None
    snippet: str
    score: float  # the higher the better; comparable within one answer only
    marks: tuple[tuple[int, int], ...] = ()  # [start, end) of what was asked for, in the snippet


@dataclass(frozen=True, slots=True)
class Correction:
    """A publisher changed or took back what it had printed."""

    kind: str  # "headline", "cut" or "withdrawn"
    at: datetime  # when we met the change; of a withdrawn copy, when it was named last
    story: str  # ULID; "" while the copy waits
    copy_id: int
    source: str
    title: str  # as it is now
    url: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the archive that contradicts itself."""

    check: str  # short and stable
    message: str

    def __str__(self) -> str:
        return f"{self.check}: {self.message}"


# ---------------------------------------------------------------- who copies whom


@dataclass(frozen=True, slots=True)
class OutletShare:
    """An outlet among those that print the same stories."""

    outlet: str
    stories: int  # of several copies, that it printed
    first: int  # of those, printed before all others


@dataclass(frozen=True, slots=True)
class Pair:
    """How often `other` printed what `first` had printed before everybody else."""

    first: str
    other: str
    stories: int
    credited: int  # of those, with an agency named or the first printing linked as canonical
    lag: timedelta  # the median


@dataclass(frozen=True, slots=True)
class AgencyUse:
    """What became of an agency's stories."""

    agency: str
    stories: int
    copies: int
    credited: int  # copies that name an agency


@dataclass(frozen=True, slots=True)
class Copying:
    """Who copies whom, over a period; all parts busiest first, pairs and agencies bounded."""

    since: datetime
    until: datetime
    stories: int  # of several copies
    outlets: tuple[OutletShare, ...]
    pairs: tuple[Pair, ...]
    agencies: tuple[AgencyUse, ...]
