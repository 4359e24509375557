"""The nouns of what is fetched once: the page of an entry, an older document of a feed; and robots.txt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .model import Fetch, ParsedFeed, Source


@dataclass(frozen=True, slots=True)
class Errand:
    """Something that is fetched once for a source: the page of an entry, or an older document of a feed."""

    id: int
    kind: str  # "page" | "older"
    url: str
    source: Source
    copy_id: int | None = None  # whose page it is
    tries: int = 0  # before this one
    token: int = 0  # bumped by each claim; finishing checks it


@dataclass(frozen=True, slots=True)
class Page:
    """What a web page says: its article, and the facts about it as they stand there."""

    html: str = ""  # of the article, not sanitised; "" where none was found
    facts: Mapping[str, str] = field(default_factory=dict)  # "url", "canonical", "amphtml", "published", ...


ReadPage = Callable[[bytes, str, str], Page]  # of a body, its content type and its URL; or Temporary


@dataclass(frozen=True, slots=True)
class Brought:
    """How an errand ended: with a page, with a document, or with what stood in the way."""

    errand: Errand
    fetch: Fetch
    page: Page | None = None
    feed: ParsedFeed | None = None
    body: bytes = field(default=b"", repr=False)  # of either, as decoded from the transfer
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    older: str = ""  # the URL of a still older document
    again_at: datetime | None = None  # None: never again, it is done or hopeless
    rest: timedelta = timedelta(0)  # for how long the host is left alone from now


@dataclass(frozen=True, slots=True)
class Robots:
    """A robots.txt as it was found (RFC 9309)."""

    origin: str  # "https://herald.example"
    status: int  # HTTP; 0 where there was no answer
    body: str
    expires: datetime
