"""The shapes of the answers. `schemas` makes JSON Schema of them, so that the description cannot lag behind."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from .schemas import Kind

Time = Annotated[str, Kind(format="date-time")]
Path = Annotated[str, "a path on this site"]


class StoryRow(TypedDict):
    """A story in a list."""

    id: Annotated[str, "a tag: URI; the same in every feed, for ever"]
    ulid: Annotated[str, "the last part of the id, by which addresses name the story"]
    title: str
    standfirst: Annotated[str, "the beginning of the text"]
    published: Annotated[Time, "the earliest printing that is known"]
    updated: Annotated[Time, "the last significant change of what is shown"]
    first_seen: Annotated[Time, "when a copy was met first"]
    agency: Annotated[str, "as the text says; empty if it does not"]
    place: str
    language: str
    copies: int
    outlets: Annotated[list[str], "in the order of their printing"]
    page: Path
    self: Path


class Version(TypedDict):
    """A version of what a copy said."""

    revision: int
    at: Time
    title: str
    words: int


class Printing(TypedDict):
    """A copy: the story as one outlet printed it."""

    copy: int
    source: Annotated[str, "the name of the source"]
    outlet: str
    url: str
    title: str
    at: Annotated[Time, "of printing, where it is said; else when it was seen first"]
    first_seen: Time
    lag: Annotated[float, "seconds after the first printing"]
    shown: Annotated[bool, "the story shows itself by this copy"]
    agency: str
    place: str
    language: str
    versions: list[Version]


class Reason(TypedDict):
    """A decision: why a copy is in this story."""

    method: str
    sentence: Annotated[str, "the same in words"]
    copy: int | None
    matched_copy: int | None
    score: float | None
    threshold: float | None
    passages: Annotated[list[str], "that both texts hold"]
    features: dict[str, Any]
    rules: Annotated[str, "the version of the rules"]
    by: Annotated[str, '"rules", or who decided']
    note: str
    at: Time | None


class Related(TypedDict):
    """Another text on the same happening."""

    ulid: str
    title: str
    self: Path


class StoryWhole(StoryRow):
    """A story with its text, its copies, and the decisions that made it one."""

    text: str
    html: Annotated[str, "sanitised, furniture out"]
    printings: Annotated[list[Printing], "the first printing first"]
    decisions: Annotated[list[Reason], "oldest first"]
    related: list[Related]


class Stories(TypedDict):
    """A page of stories, the newest first."""

    items: list[StoryRow]
    next: Annotated[str | None, "the path of the next page, null at the end"]
    notes: Annotated[list[str], "what of the query could not be understood"]


class Hit(StoryRow):
    """A story that answers a search."""

    snippet: str
    marks: Annotated[list[list[int]], "[start, end) of what was asked for, in characters of the snippet"]


class Hits(TypedDict):
    """A page of what was found, the best first."""

    items: list[Hit]
    next: Annotated[str | None, "the path of the next page, null at the end"]
    notes: Annotated[list[str], "what of the query could not be understood"]


class Notice(TypedDict):
    """What was remarked of a document that was read all the same."""

    code: str
    message: str


class SourceRow(TypedDict):
    """Something that is polled, and how it fares."""

    name: str
    kind: str
    title: str
    url: Annotated[str, "where it is asked now"]
    site: str
    tags: list[str]
    every: str
    health: Annotated[str, "off, gone, failing, new or well"]
    sentence: str
    failures: Annotated[int, "in a row"]
    error: Annotated[str, "a short and stable code, empty after a success"]
    last_fetch: Time | None
    last_success: Time | None
    next_fetch: Time | None
    copies: int
    stories: int
    notices: list[Notice]
    page: Path


class Sources(TypedDict):
    """Every source, by name."""

    items: list[SourceRow]


class Outlet(TypedDict):
    """An outlet among those that print the same stories."""

    outlet: str
    stories: Annotated[int, "of several copies, that it printed"]
    first: Annotated[int, "of those, printed before all others"]


class Follower(TypedDict):
    """How often one outlet printed what another had printed first."""

    first: str
    other: str
    stories: int
    credited: int
    lag: Annotated[float, "seconds, the median"]


class Agency(TypedDict):
    """What became of an agency's stories."""

    agency: str
    stories: int
    copies: int
    credited: int


class Report(TypedDict):
    """Who copies whom over a period."""

    since: Time
    until: Time
    stories: Annotated[int, "of several copies"]
    outlets: list[Outlet]
    pairs: list[Follower]
    agencies: list[Agency]


class Problem(TypedDict):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class Description(TypedDict):
    """This description (OpenAPI 3.1)."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]
