"""Representations and conditional requests as RFC 9110 sections 8.8, 12.5.3 and 13 have them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

_TAG = re.compile(
    r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")'
)  # section 8.8.3; the W/ does not count in a weak comparison
_QUALITY = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*[qQ]\s*=\s*([01](?:\.\d{0,3})?)\s*)?")


@dataclass(frozen=True, slots=True)
class Representation:
    """The bytes of one form of a resource, with its own strong entity tag: the gzip form has another."""

    body: bytes
    media_type: str
    modified: datetime | None = None
    encoding: str = ""  # "gzip"
    etag: str = field(default="", init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.encoding.encode() + b"\n" + self.body).hexdigest()
        object.__setattr__(self, "etag", f'"{digest[:32]}"')


def answer(request: Request, shown: Representation, headers: dict[str, str], now: datetime) -> Response:
    """200 with the body (none for HEAD), or 304 with the header fields that section 15.4.5 asks for."""
    said = {**headers, "ETag": shown.etag}
    if shown.modified:
        # a date in the future would never be answered by 304 (section 8.8.2.1)
        said["Last-Modified"] = format_datetime(min(shown.modified, now).astimezone(UTC), usegmt=True)
    if not_modified(request.headers, shown):
        return Response(status_code=304, headers=said)
    said["Content-Type"] = shown.media_type
    said["Content-Length"] = str(len(shown.body))
    if shown.encoding:
        said["Content-Encoding"] = shown.encoding
    return Response(b"" if request.method == "HEAD" else shown.body, headers=said)


def not_modified(headers: Headers, shown: Representation) -> bool:
    """Whether the client has these bytes. If-None-Match alone decides where it is given (section 13.2.2)."""
    tags = headers.getlist("if-none-match")
    if tags:
        named = ",".join(tags)
        return named.strip() == "*" or shown.etag in _TAG.findall(named)
    since = _date(headers.get("if-modified-since", ""))
    return bool(since and shown.modified and shown.modified.replace(microsecond=0) <= since)


def accepts_gzip(header: str) -> bool:
    """Whether gzip is wanted at least as much as the plain form (section 12.5.3)."""
    wanted: dict[str, float] = {}
    for part in header.split(","):
        if said := _QUALITY.fullmatch(part):
            wanted[said[1].lower()] = float(said[2] or 1)
    gzip = wanted.get("gzip", wanted.get("x-gzip", wanted.get("*", 0.0)))
    return gzip > 0 and gzip >= wanted.get("identity", 0.0)


def _date(said: str) -> datetime | None:
    """An HTTP-date in any of its three forms, else None: an invalid one must be ignored (section 13.1.3)."""
    try:
        date = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
