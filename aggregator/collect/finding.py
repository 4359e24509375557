"""Looking before subscribing: what a URL or a file would give, and which feeds a page names."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .. import feeds
from ..errors import CollectError, InputError
from ..model import ParsedFeed
from .answers import check_body, check_feed, check_status
from .context import Context
from .directory import look_through
from .guard import with_mend
from .http import Answer
from .jsonl import read_lines, stamp_of
from .parsing import parse

MEND = "give --allow-private if that is meant"


@dataclass(frozen=True, slots=True)
class Found:
    """The feeds behind an address, the best first: itself if it is one, else those that its page names."""

    urls: tuple[str, ...] = ()
    answer: Answer | None = None  # the first one, if it has been asked: nobody need ask it again


async def discover_feed(url: str, context: Context, *, allow_private: bool = False) -> Found:
    """No URL if there is none. Raises CollectError when the address cannot be read."""
    answer = await _fetch(url, context, allow_private)
    feed = await parse(answer, context)
    if feed.format not in ("", "html", "text"):
        return Found((answer.moved_to or url,), answer)
    named = await asyncio.to_thread(feeds.discover, answer.body, answer.content_type, answer.url)
    return Found(tuple(named))


async def preview(url_or_path: str, context: Context, *, allow_private: bool = False) -> ParsedFeed:
    """What a collector would see at a URL, in a file of any kind we read, or in a folder. Entries are not
    sanitised.

    Raises CollectError for a URL and InputError for a path that cannot be read.
    """
    if url_or_path.partition(":")[0].lower() in ("http", "https"):
        answer = await _fetch(url_or_path, context, allow_private)
        feed = await parse(answer, context)
        check_feed(answer, feed)
        return feed
    return await asyncio.to_thread(_read_path, context.root / url_or_path, context.limits.max_body)


async def _fetch(url: str, context: Context, allow_private: bool) -> Answer:
    try:
        answer = await context.http.get(url, allow_private=allow_private)
    except CollectError as error:
        raise with_mend(error, MEND) from error.__cause__
    check_status(answer, context.now)
    check_body(answer)
    return answer


def _read_path(path: Path, most: int) -> ParsedFeed:
    if path.is_dir():
        return look_through(path, {}, most)[0]
    try:
        modified = datetime.fromtimestamp(stamp_of(path, most)[0] / 1e9, UTC)
        body = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", code="unreadable") from error
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return read_lines(body, path.name)
    feed = feeds.parse(body, "", "", sanitised=False)
    if feed.format not in ("", "html", "text"):
        return feed
    return feeds.read_file(path.name, body, modified, "")
