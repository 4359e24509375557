"""What an HTTP answer means to one who wants a feed: a document, nothing new, or an error in plain words."""

from __future__ import annotations

import re
from datetime import datetime
from http import HTTPStatus

from ..errors import Permanent, SlowDown, Temporary
from ..model import ParsedFeed, Source
from . import watch
from .cadence import retry_after
from .http import Answer

BUSY = frozenset({429, 503})
BODILESS = frozenset({204, 205, 206})  # nothing, or only a part
HEAD_OF_PAGE = 2048  # bytes in which a web page shows itself
BELIEVED = 3  # failures in a row
HEAD_OF_PARKED = 50_000  # bytes
TAIL = 4096  # bytes in which a whole document ends
_PARKED = re.compile(
    rb"domain (?:name )?(?:is|may be|could be|has been|was)? ?(?:for sale|parked|expired|registered at)"
    rb"|(?:buy|purchase|acquire) this domain|domain (?:parking|has expired)|sedoparking|parkingcrew|hugedomains"
    rb"|afternic|bodis\.com|dan\.com/buy-domain|this (?:web ?page|site) is parked|parked (?:free|domain)",
    re.IGNORECASE,
)
_END = re.compile(rb"</(?:rss|feed|channel|urlset|(?:\w+:)?rdf)\s*>|\}\s*$", re.IGNORECASE)


def check_status(answer: Answer, now: datetime) -> None:
    """Raises unless the answer is 200, another success with a body, or 304.

    Permanent "gone" for 410; SlowDown for 429, 503 and every error with a Retry-After; else Temporary.
    """
    status = answer.status
    if status == 304 or (200 <= status < 300 and status not in BODILESS):
        return
    if status == 410:
        raise Permanent(
            f"{answer.url} is gone for good (410): remove the source or find its new address", code="gone"
        )
    later = retry_after(answer.headers, now)
    if status in BUSY or (status >= 400 and later):
        until = f", not before {later:%Y-%m-%d %H:%M:%S} UTC" if later else ""
        raise SlowDown(
            f"{answer.url} asks for patience ({status}){until}", code=f"http-{status}", retry_after=later
        )
    raise Temporary(
        f"{answer.url} answers {status} ({_phrase(status)}){_mend(status)}", code=f"http-{status}"
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no known status"


def _mend(status: int) -> str:
    if status in (401, 403):
        return ": it does not let us in; ask its owner"
    if status in (404, 400):
        return ": check the address; `aggregator sources add` with the site's page finds its feed"
    return ""


def check_body(answer: Answer) -> None:
    """Raises Temporary for a body of nothing."""
    if not answer.body or answer.body.isspace():
        raise Temporary(f"{answer.url} answers with an empty document", code="empty")


def check_feed(answer: Answer, feed: ParsedFeed, failures: int = 0, was_feed: bool = False) -> None:
    """Raises Permanent unless the body was a feed, Temporary if it breaks off: neither is its new version.

    A document that still breaks off after `BELIEVED` failures in a row is meant to be read as it is.
    `was_feed`: a feed was read there before.
    """
    if feed.format in ("", "html", "text"):
        raise _not_a_feed(answer, was_feed)
    if failures < BELIEVED and _breaks_off(answer.body, {flaw.code for flaw in feed.flaws}):
        raise Temporary(f"{answer.url} breaks off in the middle of its document", code="truncated")


def _breaks_off(body: bytes, flaws: set[str]) -> bool:
    """A length that lies, or a server that died while it wrote, is not always seen on the wire."""
    tail = body[-TAIL:].replace(b"\0", b"")  # of UTF-16
    return "truncated" in flaws or ("not-well-formed" in flaws and not _END.search(tail))


def check_same(source: Source, feed: ParsedFeed, seen: watch.Seen) -> None:
    """Raises Permanent if the address serves somebody else's feed now: a domain that was sold."""
    if watch.is_another(source, feed, seen):
        raise Permanent(
            f"{source.url} was the feed of {source.outlet!r} and is that of {feed.title!r} now, with nothing in "
            f"common; nothing of it is taken. `aggregator sources accept {source.name}` if that is meant",
            code="other-feed",
        )


def _not_a_feed(answer: Answer, was_feed: bool) -> Permanent:
    url, head = answer.url, answer.body[:HEAD_OF_PAGE].lower()
    if not (b"<html" in head or b"<!doctype html" in head or "html" in answer.content_type):
        return Permanent(f"{url} is not a feed: check the address", code="not-a-feed")
    if _PARKED.search(answer.body[:HEAD_OF_PARKED]):
        return Permanent(f"{url} is a parked page: its domain has lapsed or is for sale", code="parked-page")
    if was_feed:
        return Permanent(
            f"{url} was a feed and is a web page now, perhaps a log-in or an error page; what came before is kept",
            code="web-page",
        )
    return Permanent(
        f"{url} is a web page, not a feed; `aggregator sources add {url}` finds its feeds", code="web-page"
    )
