"""The tables, as classes for names and types only: statements run on a Connection, without a session.

The truth about them is in `migrations/`; a test holds the two against each other on both databases.
`fetch`, `response`, `revision` and `decision` are append-only: triggers refuse UPDATE and DELETE. Of `body` only
the bytes may go, by a person's policy; the hash stays.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    case,
    cast,
    func,
    literal,
    select,
    text,
    type_coerce,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column

from .dialect import DIGEST
from .frames import DIFFERENCE
from .types import NEARLY_IN_ORDER, Document, Moment, Number, Numbers, Small, Words, where


class Base(DeclarativeBase):
    type_annotation_map = {datetime: Moment, dict[str, Any]: Document, int: Number, str: Text}  # noqa: RUF012


ON_SQLITE, ON_POSTGRESQL = {"only": "sqlite"}, {"only": "postgresql"}  # for `info`


to = ForeignKey


class Setting(Base):
    """What the archive remembers of itself: the authority of its ids, ..."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Source(Base):
    """What is polled: as declared, and the memory of its schedule."""

    __tablename__ = "source"
    __table_args__ = (
        where("active", "source_due", "next_fetch_at"),
        where("leased_until IS NOT NULL", "source_leased", "leased_until"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    location: Mapped[str]
    every: Mapped[str]
    title: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(Document)
    allow_private: Mapped[bool]
    prefer: Mapped[int]
    full_text: Mapped[bool] = mapped_column(server_default=text("false"))
    paywalled: Mapped[bool] = mapped_column(server_default=text("false"))
    origin: Mapped[str]
    active: Mapped[bool]
    host: Mapped[str]  # of where to ask now; "" is not limited
    moved_to: Mapped[str]
    etag: Mapped[str]
    last_modified: Mapped[str]
    body_hash: Mapped[str]
    outlet: Mapped[str]
    site_url: Mapped[str]
    next_fetch_at: Mapped[datetime | None]  # None: never by itself
    not_before: Mapped[datetime | None]
    gone: Mapped[bool]
    failures: Mapped[int]
    error_code: Mapped[str]
    error: Mapped[str]
    flaws: Mapped[list[dict[str, str]]] = mapped_column(Document)  # of what was read last
    last_fetch_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_changed_at: Mapped[datetime | None]
    lease_token: Mapped[int]
    leased_until: Mapped[datetime | None]
    memory: Mapped[dict[str, Any]]


class Subscription(Base):
    """A hub that tells us, or is asked to tell us, of a source's news (WebSub)."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("source_id", "hub", "topic"),
        Index("subscription_due", "due_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(to("source.id"))
    hub: Mapped[str]
    topic: Mapped[str]
    base: Mapped[str]
    token: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str]
    state: Mapped[str]  # "new", "asked", "active", "denied", "ending"
    lease_until: Mapped[datetime | None]
    due_at: Mapped[datetime]  # when the hub is to be asked (again)
    failures: Mapped[int]
    error: Mapped[str]
    working: Mapped[bool]  # the hub has delivered, and missed nothing since
    heard_at: Mapped[datetime | None]  # the last delivery
    poll_at: Mapped[datetime | None]  # when the source would be polled if the hub were not `working`


class Announcement(Base):
    """A feed of ours at a hub: what the hub was told last, and what it is to be told (WebSub)."""

    __tablename__ = "announcement"
    __table_args__ = (where("due_at IS NOT NULL", "announcement_due", "due_at"),)
    hub: Mapped[str] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]  # of the newest bytes
    told: Mapped[str]  # the digest that the hub was told of last; "" none
    due_at: Mapped[datetime | None]  # None: nothing to tell
    failures: Mapped[int]
    error: Mapped[str]


class Fetch(Base):
    """One attempt at one source. Append-only."""

    __tablename__ = "fetch"
    __table_args__ = (Index("fetch_of_source", "source_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(to("source.id"))
    at: Mapped[datetime]
    outcome: Mapped[str]
    status: Mapped[int | None]
    bytes: Mapped[int]
    elapsed: Mapped[float]
    error_code: Mapped[str]
    error: Mapped[str]
    url: Mapped[str]
    new: Mapped[int]
    revised: Mapped[int]
    flaws: Mapped[list[dict[str, str]]] = mapped_column(Document)


class Body(Base):
    """Bytes that a source once answered with, kept once however often they came; see `raw`."""

    __tablename__ = "body"
    __table_args__ = (where("base_id IS NOT NULL", "body_base", "base_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(unique=True)  # 64 hex digits, of the bytes themselves
    size: Mapped[int]
    base_id: Mapped[int | None] = mapped_column(to("body.id"))  # the frame is the difference to that one
    frame: Mapped[bytes | None] = mapped_column(LargeBinary)  # zstd; None: dropped by a policy


class Response(Base):
    """What came with bytes beside them: of one fetch that brought something new. Append-only."""

    __tablename__ = "response"
    __table_args__ = (
        Index("response_of_source", "source_id", "kind", "fetch_id"),
        Index("response_body", "body_id"),
        where("copy_id IS NOT NULL", "response_of_copy", "copy_id", "fetch_id"),
    )
    fetch_id: Mapped[int] = mapped_column(to("fetch.id"), primary_key=True, autoincrement=False)
    source_id: Mapped[int] = mapped_column(to("source.id"))
    body_id: Mapped[int] = mapped_column(to("body.id"))
    content_type: Mapped[str]
    etag: Mapped[str]
    last_modified: Mapped[str]
    renamed: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))  # guid as served -> as kept
    kind: Mapped[str] = mapped_column(server_default=text("'document'"))  # of a visit; or "older", or "page"
    copy_id: Mapped[int | None] = mapped_column(to("copy.id"))  # whose page it is


class Namespace(Base):
    """What public ids begin with: a tag: URI up to the ULID. Stories keep theirs for good."""

    __tablename__ = "namespace"
    id: Mapped[int] = mapped_column(primary_key=True)
    prefix: Mapped[str] = mapped_column(unique=True)


class Story(Base):
    """The article itself. Never deleted; `merged_into` names the last survivor, never a merged story."""

    __tablename__ = "story"
    __table_args__ = (
        where("merged_into IS NULL", "story_newest", "updated_at", "id"),
        where("merged_into IS NOT NULL", "story_merged", "merged_into"),
        where("changed > 0", "story_changed", "updated_at", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    ulid: Mapped[str] = mapped_column(unique=True)
    namespace_id: Mapped[int] = mapped_column(Small, to("namespace.id"))  # public id: its prefix and the ULID
    created_at: Mapped[datetime]
    title: Mapped[str]
    published_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    lead_copy_id: Mapped[int | None]  # no foreign key: the circle with copy would forbid either to be first
    copies: Mapped[int] = mapped_column(Small)
    merged_into: Mapped[int | None] = mapped_column(to("story.id"))
    changed: Mapped[int] = mapped_column(Small, server_default="1")  # how often since it was last published


class Copy(Base):
    """One publisher's printing; `story_id` is the projection of its latest decision."""

    __tablename__ = "copy"
    __table_args__ = (
        UniqueConstraint("source_id", "guid", name="copy_guid", info=ON_SQLITE),
        Index("copy_digest", "source_id", text(DIGEST.format("guid")), unique=True, info=ON_POSTGRESQL),
        Index("copy_of_story", "story_id"),
        where("url_hash IS NOT NULL", "copy_url", "url_hash"),
        where("agency <> ''", "copy_agency", "agency"),
        where("place <> ''", "copy_place", "place"),
        where("waiting", "copy_waiting", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(Small, to("source.id"))
    guid: Mapped[str]
    url_hash: Mapped[int | None]  # of what the current revision's canonical URL, or else URL, is known by
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    revisions: Mapped[int] = mapped_column(Small)
    revision_id: Mapped[int]  # the current one; no foreign key, as above
    judged_revision_id: Mapped[int | None]
    waiting: Mapped[bool]  # its current revision was not judged yet
    story_id: Mapped[int | None] = mapped_column(to("story.id"))
    agency: Mapped[str]
    place: Mapped[str]
    language: Mapped[str]
    furniture: Mapped[str] = mapped_column(server_default="")  # parts of the text; see `spans`
    facts: Mapped[dict[str, Any]]  # what the text tells beside these four


class Dictionary(Base):
    """What many texts have in common, for zstd; see `dictionaries`."""

    __tablename__ = "dictionary"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # as frames name it
    revisions: Mapped[int]  # that there were when it was trained
    body: Mapped[bytes] = mapped_column(LargeBinary)  # a zstd frame; until schema 0013 as it is


class Revision(Base):
    """One version of what a copy says. Append-only; `frame`, `html` and `raw` are zstd frames, see `texts`.

    As results of a query, `Revision.text` is the text itself, `at` when it came, and `url` its address.
    """

    __tablename__ = "revision"
    __table_args__ = (
        Index("revision_of_copy", "copy_id"),
        where("base_id IS NOT NULL", "revision_base", "base_id"),
        Index("revision_published", "published", "copy_id", **NEARLY_IN_ORDER),
        where("published IS NULL", "revision_undated", "copy_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    copy_id: Mapped[int] = mapped_column(to("copy.id"))
    fetch_id: Mapped[int] = mapped_column(to("fetch.id"))
    came: Mapped[datetime | None] = mapped_column("at")  # None: when its copy was first seen
    address: Mapped[str | None] = mapped_column("url")  # None: the guid of its copy
    fingerprint: Mapped[str]
    canonical_url: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    published: Mapped[datetime | None]
    updated: Mapped[datetime | None]
    language: Mapped[str]
    words: Mapped[int] = mapped_column(Small)  # of the text
    details: Mapped[dict[str, Any]]  # authors, categories, enclosures, origin, ...: only what is there
    frame: Mapped[bytes] = mapped_column("text", LargeBinary)
    html: Mapped[bytes | None] = mapped_column(LargeBinary)  # None: the source was plain text
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)  # the item as served
    base_id: Mapped[int | None] = mapped_column(to("revision.id"))  # the text is the difference to that one's
    sum: Mapped[int] = mapped_column(Small, server_default="0")  # of what it says beside; see `checksums`

    if TYPE_CHECKING:
        at: Mapped[datetime]
        url: Mapped[str]
        text: Mapped[str]


_base, _own = Revision.__table__.alias("base"), Revision.__table__.c
_both = cast(literal(DIFFERENCE, LargeBinary).concat(_base.c.text).concat(_own.text), LargeBinary)
_folded = select(_both).where(_base.c.id == _own.base_id).correlate(Revision.__table__).scalar_subquery()
_kept = type_coerce(case((_own.base_id.is_(None), _own.text), else_=_folded), Words)
Revision.text = column_property(_kept.label("text"))
_seen, _guid = (
    select(each).where(Copy.id == _own.copy_id).correlate(Revision.__table__).scalar_subquery()
    for each in (Copy.first_seen, Copy.guid)
)
Revision.at = column_property(type_coerce(func.coalesce(_own.at, _seen), Moment).label("at"))
Revision.url = column_property(func.coalesce(_own.url, _guid).label("url"))


class Occasion(Base):
    """When, by whom and under which rules decisions were made: what those of a batch have in common. Append-only."""

    __tablename__ = "occasion"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    rules_version: Mapped[str]
    threshold: Mapped[float | None]
    by: Mapped[str]
    sum: Mapped[int] = mapped_column(Small, server_default="0")  # of it and its decisions; see `checksums`


class Decision(Base):
    """Why a copy is in a story. Append-only; what it is made of is kept short, see `evidence`."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("decision_of_copy", "copy_id"),
        Index("decision_of_story", "story_id"),
        where("other_story_id IS NOT NULL", "decision_other", "other_story_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    occasion_id: Mapped[int] = mapped_column(Small, to("occasion.id"))
    method: Mapped[str]
    story_id: Mapped[int] = mapped_column(to("story.id"))
    copy_id: Mapped[int | None] = mapped_column(to("copy.id"))
    revision_id: Mapped[int | None] = mapped_column(to("revision.id"))
    other_story_id: Mapped[int | None] = mapped_column(to("story.id"))
    score: Mapped[float | None]
    matched_copy_id: Mapped[int | None]
    runner_up_story_id: Mapped[int | None]
    runner_up_score: Mapped[float | None]
    note: Mapped[str]
    features: Mapped[dict[str, Any]] = mapped_column(Numbers)
    evidence: Mapped[dict[str, Any]] = mapped_column(Numbers)


class FeatureSet(Base):
    """The names of what decisions measured, in the order in which `decision.features` tells the values."""

    __tablename__ = "feature_set"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    names: Mapped[list[str]] = mapped_column(Document)


class StoryLink(Base):
    """Different texts on one happening; as decided, so either end may have been merged since."""

    __tablename__ = "story_link"
    __table_args__ = (Index("story_link_back", "other_story_id"), {"sqlite_with_rowid": False})
    story_id: Mapped[int] = mapped_column(to("story.id"), primary_key=True)
    other_story_id: Mapped[int] = mapped_column(to("story.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    score: Mapped[float]


class Ruling(Base):
    """A person's latest word on two copies (the lower id first): together, or apart for good."""

    __tablename__ = "ruling"
    __table_args__ = (Index("ruling_back", "other_copy_id"), {"sqlite_with_rowid": False})
    copy_id: Mapped[int] = mapped_column(to("copy.id"), primary_key=True)
    other_copy_id: Mapped[int] = mapped_column(to("copy.id"), primary_key=True)
    together: Mapped[bool]
    decision_id: Mapped[int] = mapped_column(to("decision.id"))


class SecondLook(Base):
    """Copies to judge once more as soon as none waits: a pair of theirs was nearly joined, or hardly was."""

    __tablename__ = "second_look"
    copy_id: Mapped[int] = mapped_column(to("copy.id"), primary_key=True, autoincrement=False)


class SketchRun(Base):
    """Sketch keys (kind 0) or sentence units (kind 1) of copies placed one after another; see `sketches`."""

    __tablename__ = "sketch_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[int]
    level: Mapped[int]  # how often it was merged
    first_day: Mapped[int]  # since 1970
    last_day: Mapped[int]
    size: Mapped[int]  # numbers
    first_copy: Mapped[int]
    firsts: Mapped[bytes] = mapped_column(LargeBinary)  # of each page, 8 bytes each
    sieve: Mapped[bytes] = mapped_column(LargeBinary)
    holders: Mapped[int]  # copies with the day that they are of, rising
    copies: Mapped[bytes] = mapped_column(LargeBinary)  # of these: how much each is above the one before
    days: Mapped[bytes] = mapped_column(LargeBinary)  # since the first one
    sum: Mapped[int] = mapped_column(Small, server_default="0")  # of it and its pages; see `checksums`


class SketchPage(Base):
    """A piece of a run: how much each number is above the one before, and what holds it, as a place in `holders`.

    Numbers are packed: the first byte says in how many bits each is kept, the lowest bit first.
    """

    __tablename__ = "sketch_page"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # run * 2**20 + 0, 1, 2, ...
    numbers: Mapped[bytes] = mapped_column(LargeBinary)
    holders: Mapped[bytes] = mapped_column(LargeBinary)


class TextQueue(Base):
    """Copies whose current text is not in the full-text index yet; that of every other copy is."""

    __tablename__ = "text_queue"
    copy_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision_id: Mapped[int | None]  # what the index holds of it until then; None: nothing


class Publication(Base):
    """The ledger of the published feed: where each story that was ever in it stands."""

    __tablename__ = "publication"
    __table_args__ = (
        where("document IS NULL", "publication_open", "number"),
        where("problem <> ''", "publication_failed", "story_id"),
    )
    story_id: Mapped[int] = mapped_column(to("story.id"), primary_key=True, autoincrement=False)
    number: Mapped[int | None] = mapped_column(unique=True)  # its place; None: it cannot be shown
    at: Mapped[datetime]
    updated: Mapped[datetime]
    version: Mapped[str]
    gone: Mapped[bool]
    document: Mapped[int | None] = mapped_column(Small)  # the archive document it is in; None: still open
    problem: Mapped[str]


class Closed(Base):
    """An archive document of the published feed, byte for byte. Append-only; see `closed`."""

    __tablename__ = "closed"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    base_url: Mapped[str]
    updated: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    bases: Mapped[list[int | list[int]]] = mapped_column(Document, server_default=text("'[]'"))
