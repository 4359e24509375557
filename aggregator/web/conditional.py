"""Representations, what a client wants of them and what it has: RFC 9110 sections 8.8, 12.5 and 13."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

_TAG = re.compile(
    r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")'
)  # section 8.8.3; the W/ does not count in a weak comparison
_QUALITY = re.compile(
    r"\s*([!#$%&'*+.^_`|~0-9A-Za-z/-]+)\s*((?:;(?!\s*[qQ]\s*=)[^;]*)*)(?:;\s*[qQ]\s*=\s*([01](?:\.\d{0,3})?)\s*)?"
)
# what a feed reader may ask for by name, and a browser does not prefer
_FEED_TYPES = frozenset(
    "application/atom+xml application/rss+xml application/rdf+xml application/feed+json application/json "
    "application/xml text/xml".split()
)


@dataclass(frozen=True, slots=True)
class Representation:
    """The bytes of one form of a resource, with its own strong entity tag: the gzip form has another."""

    body: bytes
    media_type: str
    modified: datetime | None = None
    encoding: str = ""  # "gzip", "br", "zstd"
    etag: str = field(default="", init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.encoding.encode() + b"\n" + self.body).hexdigest()
        object.__setattr__(self, "etag", f'"{digest[:32]}"')

    def validators(self, now: datetime) -> dict[str, str]:
        """What a 304 says as well (section 15.4.5)."""
        said = {"ETag": self.etag}
        if self.modified:
            # a date in the future would never be answered by 304 (section 8.8.2.1)
            said["Last-Modified"] = format_datetime(min(self.modified, now).astimezone(UTC), usegmt=True)
        return said

    def content(self) -> dict[str, str]:
        """What is said of the bytes."""
        said = {"Content-Type": self.media_type, "Content-Length": str(len(self.body))}
        return said | ({"Content-Encoding": self.encoding} if self.encoding else {})


def answer(request: Request, shown: Representation, headers: dict[str, str], now: datetime) -> Response:
    """200 with the body (none for HEAD), or 304."""
    said = {**headers, **shown.validators(now)}
    tags = ",".join(request.headers.getlist("if-none-match"))
    if has("if-none-match" in request.headers, tags, request.headers.get("if-modified-since", ""), shown):
        return Response(status_code=304, headers=said)
    said |= shown.content()
    return Response(b"" if request.method == "HEAD" else shown.body, headers=said)


def has(asks_by_tag: bool, tags: str, since: str, shown: Representation) -> bool:
    """Whether a client that says so has these bytes. If-None-Match alone decides where it is given (13.2.2)."""
    if asks_by_tag:
        return tags == shown.etag or tags.strip() == "*" or shown.etag in _TAG.findall(tags)
    date = _date(since) if since else None
    return bool(date and shown.modified and shown.modified.replace(microsecond=0) <= date)


@lru_cache(maxsize=512)
def best_encoding(header: str, offered: tuple[str, ...]) -> str:
    """That of the offered encodings (the best first) which is wanted most; "" for the plain form (12.5.3)."""
    wanted = _wanted(header)
    if "x-gzip" in wanted:
        wanted.setdefault("gzip", wanted["x-gzip"])
    others = wanted.get("*", 0.0)
    least = max(wanted.get("identity", 0.0), 0.001)
    weighed = [(wanted.get(name, others), name) for name in offered]
    best = max((weight for weight, _ in weighed), default=0.0)
    return next((name for weight, name in weighed if weight == best >= least), "")


@lru_cache(maxsize=512)
def wants_page(header: str) -> bool:
    """Whether an Accept field is that of a browser: HTML by name, above every type that a feed has (12.5.1).

    Who says nothing, or only */*, is a feed reader.
    """
    wanted = _wanted(header)
    html = max(wanted.get("text/html", 0.0), wanted.get("application/xhtml+xml", 0.0))
    return html > max((wanted.get(name, 0.0) for name in _FEED_TYPES), default=0.0)


def _wanted(header: str) -> dict[str, float]:
    found = (_QUALITY.fullmatch(part) for part in header.split(","))
    return {said[1].lower(): float(said[3] or 1) for said in found if said}


def _date(said: str) -> datetime | None:
    """An HTTP-date in any of its three forms, else None: an invalid one must be ignored (section 13.1.3)."""
    try:
        date = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
