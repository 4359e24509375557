"""What is fetched once for a source: the web page of an entry, and older documents of a feed (RFC 5005).

An errand is run as politely as a visit to a feed: one request at a time to a host, a gap after it, robots.txt for
pages. What may pass is tried again ever later and given up after `MOST_TRIES`; what will not pass is given up.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..errand import Brought, Errand
from ..errors import CollectError, Permanent, SlowDown, Temporary
from ..model import Fetch, Outcome, ParsedFeed
from .answers import check_body, check_feed, check_status
from .cadence import DAY
from .context import Context
from .guard import with_mend
from .http import Answer
from .parsing import parse
from .robots import Library, Manners, ask_leave

log = logging.getLogger("aggregator.collect")

MOST_TRIES = 5
FIRST_WAIT = timedelta(minutes=30)
PASSING = frozenset({408, 425, 429})  # of the 4xx, those that say "later"
MEND = "set allow_private = true for this source if that is meant"


@dataclass(slots=True)
class _Trip:
    """How far an errand has come."""

    at: datetime
    answer: Answer | None = None
    manners: Manners = field(default_factory=Manners)


async def run_errand(errand: Errand, context: Context, library: Library) -> Brought:
    """Fetch it. Never raises CollectError: what goes wrong is the outcome of the Fetch."""
    trip = _Trip(context.now)
    try:
        if errand.kind == "page":
            return await _page(errand, context, library, trip)
        return await _older(errand, context, trip)
    except CollectError as error:
        return _failed(errand, with_mend(error, MEND), trip, context)
    except Exception as mistake:
        log.exception("%s: an errand failed", errand.url)
        fault = Temporary(f"the errand to {errand.url} failed: {mistake!r}", code="internal")
        return _failed(errand, fault, trip, context)


async def _page(errand: Errand, context: Context, library: Library, trip: _Trip) -> Brought:
    private = errand.source.spec.allow_private
    trip.manners = await ask_leave(errand.url, context, library, private)
    answer = trip.answer = await context.http.get(errand.url, allow_private=private)
    _check(answer, trip.at)
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind and "html" not in kind:
        raise Permanent(f"{answer.url} is no web page but {kind[:80]}", code="not-a-page")
    page = await context.extractor.read(answer.body, answer.content_type, answer.url)
    return replace(_brought(errand, trip, answer, context), page=page)


async def _older(errand: Errand, context: Context, trip: _Trip) -> Brought:
    answer = trip.answer = await context.http.get(errand.url, allow_private=errand.source.spec.allow_private)
    _check(answer, trip.at)
    feed = await parse(answer, context)
    check_feed(answer, feed, errand.tries)
    return replace(_brought(errand, trip, answer, context), feed=feed, older=older_of(feed))


def _brought(errand: Errand, trip: _Trip, answer: Answer, context: Context) -> Brought:
    return Brought(
        errand,
        _fetch(errand, trip),
        body=answer.body,
        content_type=answer.content_type,
        etag=answer.verbatim("etag"),
        last_modified=answer.verbatim("last-modified"),
        rest=_rest(trip, context),
    )


def older_of(feed: ParsedFeed) -> str:
    """Where the feed goes on: its previous archive, or its next page (RFC 5005 sections 3 and 4); "" at the end."""
    return feed.links.get("prev-archive", "") or feed.links.get("next", "")


def _check(answer: Answer, now: datetime) -> None:
    """Raises unless the answer is whole and has a body; Permanent for what a second try would not mend."""
    if 400 <= answer.status < 500 and answer.status not in PASSING:
        raise Permanent(f"{answer.url} answers {answer.status}", code=f"http-{answer.status}")
    check_status(answer, now)
    if answer.status == 304:
        raise Temporary(f"{answer.url} answers 304 to an unconditional request", code="http-304")
    check_body(answer)


def _failed(errand: Errand, error: CollectError, trip: _Trip, context: Context) -> Brought:
    outcome = Outcome.REFUSED if isinstance(error, Permanent) else Outcome.FAILED
    again = None if isinstance(error, Permanent) else _again(errand, error, trip.at)
    fetch = _fetch(errand, trip, outcome, error)
    return Brought(errand, fetch, again_at=again, rest=_rest(trip, context))


def _again(errand: Errand, error: CollectError, now: datetime) -> datetime | None:
    """When to try again; None when it was tried often enough."""
    if errand.tries + 1 >= MOST_TRIES:
        return None
    again = now + min(FIRST_WAIT * 4.0**errand.tries, DAY)
    if isinstance(error, SlowDown) and error.retry_after:
        return max(again, error.retry_after)
    return again


def _fetch(
    errand: Errand, trip: _Trip, outcome: Outcome = Outcome.CHANGED, error: CollectError | None = None
) -> Fetch:
    answer = trip.answer
    return Fetch(
        source_id=errand.source.id,
        at=trip.at,
        outcome=outcome,
        status=answer.status if answer else None,
        bytes=answer.wire if answer else 0,
        elapsed=answer.elapsed if answer else 0.0,
        error_code=error.code if error else "",
        error=str(error) if error else "",
        url=answer.url if answer else errand.url,
    )


def _rest(trip: _Trip, context: Context) -> timedelta:
    return max(context.limits.gap, trip.manners.delay)
