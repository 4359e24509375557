"""The nouns that every room shares: values, frozen, without behaviour. All times are aware UTC datetimes.

`Source` -collect-> `Collected` -ingest-> `Copy` + `Revision` -canonicalise-> `Decision` + `Story` -publish-> documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Person:
    """An author as the feed names one; any part may be empty."""

    name: str = ""
    url: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to an entry (RSS enclosure, Atom rel=enclosure, JSON Feed attachment)."""

    url: str
    type: str = ""
    length: int | None = None  # bytes, as claimed
    title: str = ""


@dataclass(frozen=True, slots=True)
class EntryOrigin:
    """atom:source or RSS <source>: the feed an entry was first published in."""

    title: str = ""
    id: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one feed item says, before the archive knows it.

    `html` is as served until `feeds.sanitise` has run, which fills `text`: paragraphs, parted by a blank line.
    `fingerprint`, of all that a reader could see change, comes before that. asyncio prints results: no repr is long.
    """

    guid: str  # never empty: the feed's own id, else its link, else a hash of title and date
    url: str = ""  # absolute; the page of the article
    title: str = ""  # plain text
    html: str = field(default="", repr=False)  # content, else summary
    text: str = field(default="", repr=False)
    summary: str = ""  # plain text, where it is apart from the content
    authors: tuple[Person, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    date_said: str = ""  # the date as written, where it could not be understood
    language: str = ""  # BCP 47
    rights: str = ""
    image: str = ""
    comments_url: str = ""
    canonical_url: str = ""  # claimed by the publisher (rel=canonical, og:url): evidence to be checked
    origin: EntryOrigin | None = None
    raw: str = field(default="", repr=False)  # the item as served: XML or JSON text
    base: str = ""  # xml:base in force for html
    sanitised: bool = False
    fingerprint: str = ""  # 16 hex digits
    page: Mapping[str, str] = field(default_factory=dict)  # what its web page says of itself, if it was read
    item: str = field(default="", compare=False)  # hash of the item as served, and of what it inherits
    unread: bool = field(default=False, compare=False)  # read before: guid, fingerprint, date are here
    packed: bytes = field(default=b"", repr=False, compare=False)  # html, text, summary, raw; see `packing`


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with a document that was read all the same."""

    code: str  # short and stable: "not-well-formed", "bad-date", "wrong-charset", ...
    message: str  # one sentence for a person
    where: str = ""  # a line, a guid: whatever finds it


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A whole document, newest entry order as served. `format` is "" where nothing of a feed was found."""

    format: str = ""  # "rss2.0", "rss1.0", "atom1.0", "json1.1", "html", "text", "jsonl", ...
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    title: str = ""
    id: str = ""
    url: str = ""  # the site
    self_url: str = ""
    description: str = ""
    language: str = ""
    rights: str = ""
    authors: tuple[Person, ...] = ()
    icon: str = ""
    updated: datetime | None = None
    ttl: timedelta | None = None  # the longest of ttl and sy:updatePeriod / updateFrequency
    skip_hours: frozenset[int] = frozenset()  # 0..23, GMT
    skip_days: frozenset[str] = frozenset()  # "Monday" ...
    hubs: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)  # RFC 5005: "prev-archive", "current", ...
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source as a person declares it, in config.toml or by `sources add`."""

    name: str  # unique; letters, digits, - _ .
    kind: str = "feed"  # a registered collector
    location: str = ""  # a URL or a path
    every: str = "1h"  # a duration ("15m") or a cron expression of five fields, UTC
    title: str = ""  # the outlet's name for people; "" = what the feed says
    tags: tuple[str, ...] = ()
    allow_private: bool = False
    prefer: int = 0  # among the copies of a story the higher is shown
    full_text: bool = False  # the web page of each new entry is read as well
    paywalled: bool = False  # its pages are not free to read: a copy that is free is shown before them

    def preferred(self, wanted: Sequence[str]) -> SourceSpec:
        """With `prefer` as a list of names and tags, the most wanted first, decides between equal numbers."""
        named = {self.name, *self.tags}
        place = next((place for place, name in enumerate(wanted) if name in named), len(wanted))
        return replace(self, prefer=self.prefer * (len(wanted) + 1) + len(wanted) - place)


@dataclass(frozen=True, slots=True)
class Source:
    """A source as the archive keeps it: what was declared, and the memory of its schedule."""

    id: int
    spec: SourceSpec
    origin: str = "config"  # "config" | "command" | "import"
    active: bool = True
    moved_to: str = ""  # where a permanent redirect led; spec.location is kept
    etag: str = ""  # byte for byte as given
    last_modified: str = ""  # byte for byte as given
    body_hash: str = ""  # of the last body read whole
    outlet: str = ""  # title the feed gives itself
    site_url: str = ""
    next_fetch_at: datetime | None = None
    not_before: datetime | None = None  # a server said so (Retry-After); --force does not overrule it
    gone: bool = False  # 410; --force does not overrule it
    failures: int = 0  # in a row
    error_code: str = ""  # of the last attempt, "" after a success
    error: str = ""
    flaws: tuple[Flaw, ...] = ()  # of what was read last; the source is well all the same
    last_fetch_at: datetime | None = None
    last_success_at: datetime | None = None
    last_changed_at: datetime | None = None
    lease_token: int = 0  # bumped by each claim; finishing checks it
    memory: Mapping[str, Any] = field(default_factory=dict)  # what a collector wants back next time

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def url(self) -> str:
        """Where to ask now."""
        return self.moved_to or self.spec.location


@dataclass(frozen=True, slots=True)
class Subscription:
    """Our wish that a hub tell us of a source's news (WebSub), and what came of it.

    `state`: "new" nobody was asked yet; "asked" the hub has not asked back; "active"; "denied" by the hub;
    "ending". While `working`, what is new comes from the hub, and polling is only a check.
    """

    id: int
    source_id: int
    hub: str
    topic: str  # the feed's address as the hub knows it
    base: str  # of the callback; ends with "/"
    token: str  # the rest of it, which only the hub is told
    secret: str
    state: str = "new"
    lease_until: datetime | None = None
    due_at: datetime | None = None  # when the hub is asked (again)
    working: bool = False
    failures: int = 0  # requests in a row that came to nothing
    error: str = ""
    allow_private: bool = False

    @property
    def callback(self) -> str:
        return f"{self.base}websub/{self.token}"


class Outcome(StrEnum):
    """How one attempt ended."""

    CHANGED = "changed"  # a document was read
    UNCHANGED = "unchanged"  # 304, or the same body as before
    FAILED = "failed"  # anything that may pass
    SLOWED = "slowed"  # the server asked for patience
    GONE = "gone"  # 410
    REFUSED = "refused"  # our own guard, or not a feed at all


@dataclass(frozen=True, slots=True)
class Fetch:
    """One attempt at one source, as the log keeps it."""

    source_id: int
    at: datetime
    outcome: Outcome
    status: int | None = None  # HTTP
    bytes: int = 0  # on the wire
    elapsed: float = 0.0  # seconds
    error_code: str = ""
    error: str = ""
    url: str = ""  # that answered
    new: int = 0
    revised: int = 0
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collector brings home: the log line, the document if there is one, and the source as it is now.

    `source` carries the new validators, schedule and health; the archive stores it only if the lease still holds.
    """

    source: Source
    fetch: Fetch
    feed: ParsedFeed | None = None
    # As decoded from the transfer; kept by the archive where a policy says so.
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)  # guid as served -> as kept; "": held back
    older: str = ""  # the URL of an older document of the feed that is wanted as well
    rest: timedelta = timedelta(0)  # for how long the host is left alone from now


@dataclass(frozen=True, slots=True)
class Ingested:
    """What ingesting one document did."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the text says of its own origin, and which parts of it are furniture."""

    agency: str = ""  # "Reuters"
    place: str = ""  # of the dateline: "Cairo"
    dateline_date: str = ""  # as printed: "Oct 1"
    reporting: tuple[str, ...] = ()
    writing: tuple[str, ...] = ()
    editing: tuple[str, ...] = ()
    language: str = ""
    furniture: tuple[tuple[int, int, str], ...] = ()  # [start, end) character offsets into the text, and why


@dataclass(frozen=True, slots=True)
class Waiting:
    """A copy with a revision that was not judged yet: what the canonicaliser reads."""

    copy_id: int
    revision_id: int
    source_id: int
    guid: str
    title: str
    text: str
    url: str = ""
    canonical_url: str = ""
    published: datetime | None = None
    seen: datetime | None = None  # when the archive first met the copy
    language: str = ""
    story_id: int | None = None  # where it stands, if it was placed before
    url_key: int = 0  # `url.key` of the canonical URL, else of the URL; 0 for none
    prefer: int = 0
    words: int = 0  # of the text
    paywalled: bool = False  # its source says so, or its page


@dataclass(frozen=True, slots=True)
class Placed(Waiting):
    """A copy that has a story, with the text to compare against. (`story_id` is never None here.)"""

    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a copy is in a story. Append-only; `copy.story_id` is its projection."""

    method: str  # "found", "guid", "url", "text", "revision", "again", "rebuild", "merge", "split", ...
    story_id: int
    copy_id: int | None = None  # None for a decision about whole stories
    revision_id: int | None = None
    other_story_id: int | None = None  # merged from, split from, kept apart from
    score: float | None = None
    threshold: float | None = None
    features: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)  # passages that matched, what differed
    matched_copy_id: int | None = None  # the copy that the score is against
    runner_up_story_id: int | None = None
    runner_up_score: float | None = None
    rules_version: str = ""
    by: str = "rules"  # or "person"
    note: str = ""
    at: datetime | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Different texts on one happening: stories that are related, never merged."""

    story_id: int
    other_story_id: int
    score: float
    kind: str = "event"


@dataclass(frozen=True, slots=True)
class Placement:
    """An intent: put a copy into a story. The canonicaliser returns it, the archive executes it."""

    copy_id: int
    revision_id: int
    story_id: int
    is_new_story: bool
    decision: Decision
    facts: Facts
    at: datetime  # the time that places the copy in the window of candidates
    keys: tuple[int, ...] = ()  # sketch keys, signed 64 bit
    units: tuple[int, ...] = ()  # sentence units, signed 64 bit
    absorbed: tuple[Decision, ...] = ()  # method "merge": stories that this copy showed to be the same
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Face:
    """How a story shows itself: which copy leads, and whether its text changed in a way a reader would want to know."""

    story_id: int
    lead_copy_id: int
    title: str
    published: datetime  # the earliest printing we know
    significant: bool = False  # the shown text changed: `story.updated` moves


@dataclass(frozen=True, slots=True)
class Placing:
    """What one batch came to: intents for the archive to execute in one transaction."""

    placements: tuple[Placement, ...] = ()
    faces: tuple[Face, ...] = ()
    doubtful: tuple[int, ...] = ()  # copies to look at again, once all that came with them is there


@dataclass(frozen=True, slots=True)
class Copy:
    """One publisher's printing of an article, with its current revision."""

    id: int
    source_id: int
    source: str  # name
    outlet: str  # for people
    guid: str
    url: str
    title: str
    html: str
    text: str
    summary: str
    authors: tuple[Person, ...]
    categories: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    published: datetime | None
    updated: datetime | None
    first_seen: datetime
    last_seen: datetime
    language: str
    rights: str
    image: str
    canonical_url: str
    origin: EntryOrigin | None
    story_id: int | None
    revision_id: int
    revisions: int  # how many
    facts: Facts
    prefer: int = 0
    site_url: str = ""
    source_url: str = ""
    tags: tuple[str, ...] = ()
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """The article itself, whoever prints it."""

    id: int
    public_id: str  # tag: URI, minted once
    ulid: str
    created_at: datetime
    title: str
    published: datetime  # the earliest printing we know
    updated: datetime  # last significant change of what is shown
    lead_copy_id: int | None
    copies: int
    merged_into: int | None = None


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story with all its copies, the shown one first: what a publisher or a page needs."""

    story: Story
    lead: Copy
    others: tuple[Copy, ...]
    html: str  # of the lead, sanitised, furniture out
    text: str

    @property
    def copies(self) -> Sequence[Copy]:
        return (self.lead, *self.others)


@dataclass(frozen=True, slots=True)
class FeedMeta:
    """What a published feed says of itself."""

    id: str
    title: str
    base_url: str  # ends with "/"
    subtitle: str = ""
    author: str = ""
    language: str = ""
    hubs: tuple[str, ...] = ()  # that are told of changes
    name: str = "feed"  # of the document under base_url, less its suffix: "feed", "archive/12"
    links: tuple[tuple[str, str], ...] = ()  # (rel, absolute address): what else the document points at
    query: str = ""  # what stands after the "?" of the document's address
    archived: bool = False  # an archive document (RFC 5005 section 4): it never changes
