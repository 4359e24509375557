"""The kind "feed": RSS, Atom, RDF and JSON Feed over http(s).

What is known is skipped early: a conditional request (RFC 9110 section 13), then the body's hash, then that of each
item as served; the entries' fingerprints are the archive's affair. Both validators are kept byte for byte, on every
200 and 304, and through errors. A permanent redirect is followed from then on, and the declared address is kept: when
one of the two fails, the other is asked next time.

The source's memory (JSON): `location` the declared address all else was learnt at; `max_age`, `ttl` seconds;
`skip_hours`, `skip_days`; `hub`, `topic` of WebSub; `quiet` unchanged answers in a row without validators; `idle`
answers in a row that brought little; `rhythm` seconds between two entries; `seen` what `watch` remembers of the last
document; `history` that older documents are wanted, once; `left` the new address, while the old is asked again because
the new one failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from xxhash import xxh3_128_hexdigest

from ..errors import AggregatorError, CollectError, SlowDown, Temporary
from ..model import Collected, ParsedFeed, Source
from . import cadence, watch
from .answers import check_body, check_feed, check_same, check_status
from .context import Context
from .errands import older_of
from .guard import with_mend
from .http import Answer
from .parsing import parse, worked
from .visit import Visit
from .websub.discovery import discovered

LITTLE_NEW = 0.5  # of a document's entries known already: there was no hurry
MEND = "set allow_private = true for this source if that is meant"


class FeedCollector:
    """Asks one feed once."""

    async def collect(self, source: Source, context: Context) -> Collected:
        source = as_declared(source)
        try:
            answer = await context.http.get(
                source.url, conditions(source), allow_private=source.spec.allow_private
            )
        except CollectError as error:
            return _failed(Visit(source, context.now), with_mend(error, MEND), context)
        return await take(source, answer, context)


async def take(source: Source, answer: Answer, context: Context) -> Collected:
    """What an answer that has come means to its source."""
    visit = Visit(source, context.now, answer.url, answer.status, answer.wire, answer.elapsed)
    try:
        check_status(answer, visit.at)
        if answer.status == 304:
            _check_known(source, answer)
            return _unchanged(visit, answer, context)
        check_body(answer)
        if (digest := xxh3_128_hexdigest(answer.body)) == source.body_hash:
            return _unchanged(visit, answer, context)
        seen = watch.Seen.unpacked(source.memory.get("seen", ""))
        feed = await parse(answer, context, seen.items())
        check_feed(answer, feed, source.failures, was_feed=bool(source.body_hash))
        check_same(source, feed, seen)
    except CollectError as error:
        return _failed(visit, error, context, answer.moved_to)
    verdict = await worked(len(answer.body), watch.judge, feed, seen)
    collected = _read(visit, answer, verdict, digest, context)
    return replace(collected, renamed=verdict.renamed, older=_older(source, feed))


def _older(source: Source, feed: ParsedFeed) -> str:
    """Where its history begins, if that is wanted (`sources add --history`) and the feed has one."""
    return older_of(feed) if source.memory.get("history") else ""


def as_declared(source: Source) -> Source:
    """The source without what was learnt at another address than the one it is declared with now."""
    if source.memory.get("location", source.spec.location) == source.spec.location:
        return source
    return replace(
        source, moved_to="", etag="", last_modified="", body_hash="", not_before=None, gone=False, memory={}
    )


def conditions(source: Source) -> dict[str, str]:
    """The validators as request headers, each only if it was given."""
    said = {"If-None-Match": source.etag, "If-Modified-Since": source.last_modified}
    return {name: value for name, value in said.items() if value}


def _check_known(source: Source, answer: Answer) -> None:
    """Raises Temporary for a 304 that nobody asked for: there is nothing that could be unchanged."""
    if not conditions(source):
        raise Temporary(f"{answer.url} answers 304 to an unconditional request", code="http-304")


def _read(visit: Visit, answer: Answer, verdict: watch.Verdict, digest: str, context: Context) -> Collected:
    feed, seen = verdict.feed, verdict.seen
    memory = _remembered(visit, answer) | {
        "ttl": feed.ttl.total_seconds() if feed.ttl else 0,
        "skip_hours": sorted(feed.skip_hours),
        "skip_days": sorted(feed.skip_days),
        "quiet": 0,
        "history": False,
        "idle": int(visit.source.memory.get("idle", 0)) // 2 if verdict.known > LITTLE_NEW else 0,
        "rhythm": round(seen.rhythm),
        "seen": seen.packed(),
        **_hub(answer, feed),
    }
    return visit.read(
        feed,
        _next(visit, context, memory),
        body=answer.body,
        content_type=answer.content_type,
        body_hash=digest,
        memory=_tidy(memory),
        **_learnt(visit.source, answer),
    )


def _hub(answer: Answer, feed: ParsedFeed) -> dict[str, str]:
    """Who would tell us of news, and under which name (WebSub); empty where nobody would."""
    hub, topic = discovered(answer.headers.get("link", ""), feed, answer.url) or ("", "")
    return {"hub": hub, "topic": topic}


def _unchanged(visit: Visit, answer: Answer, context: Context) -> Collected:
    memory = _remembered(visit, answer)
    memory["idle"] = int(memory.get("idle", 0)) + 1
    learnt = _learnt(visit.source, answer)
    blind = answer.status != 304 and not (learnt["etag"] or learnt["last_modified"])
    memory["quiet"] = int(memory.get("quiet", 0)) + 1 if blind else 0
    return visit.unchanged(_next(visit, context, memory), memory=_tidy(memory), **learnt)


def _failed(visit: Visit, error: AggregatorError, context: Context, moved_to: str = "") -> Collected:
    """The failure counted; if a move was followed, the other address is next. 410 is not asked again.

    An address that a permanent redirect led to now, and that is only busy, is moved to all the same.
    """
    source = visit.source
    if error.code == "gone":
        return visit.failed(error, None)
    later = error.retry_after if isinstance(error, SlowDown) else None
    when = _next(visit, context, source.memory, failures=source.failures + 1, not_before=later)
    if isinstance(error, SlowDown):
        return visit.failed(error, when, not_before=later, moved_to=moved_to or source.moved_to)
    memory = dict(source.memory)
    left = str(memory.pop("left", ""))
    if source.moved_to:
        memory["left"] = source.moved_to
    return visit.failed(error, when, moved_to="" if source.moved_to else left, memory=memory)


def _learnt(source: Source, answer: Answer) -> dict[str, Any]:
    """Validators and address: a 200 replaces them all; a 304 those that it names (RFC 9111 section 4.3.4)."""
    etag, modified = answer.verbatim("etag"), answer.verbatim("last-modified")
    if answer.status == 304:
        etag, modified = etag or source.etag, modified or source.last_modified
    return {"etag": etag, "last_modified": modified, "moved_to": answer.moved_to or source.moved_to}


def _remembered(visit: Visit, answer: Answer) -> dict[str, Any]:
    memory = {name: value for name, value in visit.source.memory.items() if name != "left"}
    memory["location"] = visit.source.spec.location
    fresh = cadence.fresh_for(answer.headers, visit.at)
    if fresh is not None:
        memory["max_age"] = fresh.total_seconds()
    elif answer.status != 304:
        memory["max_age"] = 0
    return memory


def _tidy(memory: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in memory.items() if value}


def _next(
    visit: Visit,
    context: Context,
    memory: Mapping[str, Any],
    failures: int = 0,
    not_before: datetime | None = None,
) -> datetime:
    every, minimum = visit.source.spec.every, context.limits.minimum
    return _due(every, memory, failures, not_before, visit.at, minimum, context.dice())


def due_again(source: Source, minimum: timedelta) -> datetime | None:
    """When one whose `every` was changed may be asked: as if it had been so at the last visit. None: it never was."""
    last = source.last_fetch_at
    given = source.spec.every, source.memory, source.failures, source.not_before
    return _due(*given, last, minimum) if last else None


def _due(
    every: str,
    memory: Mapping[str, Any],
    failures: int,
    not_before: datetime | None,
    at: datetime,
    minimum: timedelta,
    jitter: float = 0.0,
) -> datetime:
    return cadence.next_fetch_at(
        cadence.parse_every(every),
        at,
        minimum=minimum,
        wishes=wishes(memory),
        failures=failures,
        quiet=int(memory.get("quiet", 0)),
        idle=int(memory.get("idle", 0)),
        rhythm=timedelta(seconds=float(memory.get("rhythm", 0))),
        not_before=not_before,
        jitter=jitter,
    )


def wishes(memory: Mapping[str, Any]) -> cadence.Wishes:
    """What server and document asked for, as it was remembered."""
    return cadence.Wishes(
        max_age=timedelta(seconds=float(memory.get("max_age", 0))),
        ttl=timedelta(seconds=float(memory.get("ttl", 0))),
        skip_hours=frozenset(memory.get("skip_hours", ())),
        skip_days=frozenset(memory.get("skip_days", ())),
    )
