"""Documents read where they hurt nobody: small ones at once, larger ones in a thread, huge ones in a process.

What a hostile document costs grows faster than its length, a thread cannot be stopped, and memory that was
taken is not given back. So a document beyond `APART` is read by a process with limits of its own, which costs
about half a second of CPU for one feed in a hundred.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from .. import feeds
from ..errors import Temporary
from ..model import Entry, Flaw, ParsedFeed
from . import reader
from .context import Context
from .http import Answer

INLINE = 65_536  # bytes; reading that many takes about 2 ms (the worst 0.1 s), going to a thread and back 0.1
APART = 1_000_000  # bytes
T = TypeVar("T")
PIECE = 65_536  # bytes passed on at once
LONGEST = 30  # seconds; the process has fewer of CPU


async def parse(answer: Answer, context: Context, known: feeds.Known | None = None) -> ParsedFeed:
    """The answer's body as a feed, unsanitised; entries beyond the limit are left out and a flaw says so.

    Items that are `known` are not looked into. Of a huge document the entries are packed.

    Raises Temporary if a huge document costs more than it may.
    """
    if len(answer.body) > APART:
        async with context.apart:
            return _within(*await _read_apart(answer, context.limits.max_entries, known))
    given = (answer.body, answer.content_type, answer.url)
    feed = await worked(len(answer.body), feeds.parse, *given, sanitised=False, known=known)
    return _within(feed, len(feed.entries), context.limits.max_entries)


async def worked(size: int, work: Callable[..., T], *given: Any, **named: Any) -> T:
    """Work on a document of that size: at once where it is small, else in a thread, so that the loop goes on."""
    if size <= INLINE:
        return work(*given, **named)
    return await asyncio.to_thread(work, *given, **named)


async def _read_apart(answer: Answer, most: int, known: feeds.Known | None) -> tuple[ParsedFeed, int, int]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aggregator.collect.reader"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,  # Ctrl-C is for us: we end what we began
    )
    assert process.stdin
    assert process.stdout
    asked = pickle.dumps((answer.content_type, answer.url, most, known))
    telling = asyncio.create_task(_tell(process.stdin, asked, answer.body))
    try:
        async with asyncio.timeout(LONGEST):
            return *await _told(process.stdout), most
    except (TimeoutError, EOFError) as error:
        raise _too_complex(answer) from error
    finally:
        telling.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _tell(stream: asyncio.StreamWriter, *said: bytes) -> None:
    with suppress(ConnectionError):  # it has ended: that shows at the other end
        for part in said:
            for start in range(0, len(part), PIECE):
                stream.write(memoryview(part)[start : start + PIECE])
                await stream.drain()
        stream.close()


async def _told(stream: asyncio.StreamReader) -> tuple[ParsedFeed, int]:
    """The feed with as many entries as were wanted, and how many there were. Raises EOFError where it breaks off."""
    feed, count = pickle.loads(await _part(stream))
    entries: list[Entry] = []
    while said := await _part(stream):
        entries += pickle.loads(said)
    return replace(feed, entries=tuple(entries)), count


async def _part(stream: asyncio.StreamReader) -> bytes:
    return await stream.readexactly(int.from_bytes(await stream.readexactly(reader.LENGTH), "big"))


def _too_complex(answer: Answer) -> Temporary:
    size = len(answer.body) / 1e6
    return Temporary(
        f"{answer.url} takes too much time or memory to read ({size:.1f} MB)", code="too-complex"
    )


def _within(feed: ParsedFeed, count: int, most: int) -> ParsedFeed:
    """The first entries of so many."""
    if count <= most:
        return feed
    flaw = Flaw("too-many-entries", f"{count} entries; only the first {most} were taken")
    return replace(feed, entries=feed.entries[:most], flaws=(*feed.flaws, flaw))
