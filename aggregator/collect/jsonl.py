"""The kind "jsonl": a local file of JSON Lines, one JSON Feed 1.1 item each, or one JSON Feed document.

A line that is none is a flaw that names its number; the others go in. The file is read anew when its time or
size changes; what is known by fingerprint is skipped at ingest.

The source's memory (JSON): `stamp` [mtime in ns, size in bytes].
"""

from __future__ import annotations

import asyncio
import io
import stat
import time
from pathlib import Path

from xxhash import xxh3_128_hexdigest

from .. import feeds
from ..errors import InputError
from ..model import Collected, Entry, Flaw, ParsedFeed, Source
from . import cadence
from .context import Context
from .visit import Visit


class JsonLinesCollector:
    """Reads one file once."""

    async def collect(self, source: Source, context: Context) -> Collected:
        visit = Visit(source, context.now, url=source.spec.location)
        path = context.root / source.spec.location
        began = time.monotonic()
        when = cadence.next_fetch_at(cadence.parse_every(source.spec.every), visit.at)
        try:
            stamp = await asyncio.to_thread(stamp_of, path, context.limits.max_body)
            if stamp == source.memory.get("stamp"):
                return visit.unchanged(when)
            body = await asyncio.to_thread(path.read_bytes)
            digest = xxh3_128_hexdigest(body)
            if digest == source.body_hash:
                return visit.unchanged(when, memory={"stamp": stamp})
            feed = await asyncio.to_thread(read_lines, body, path.name)
        except (InputError, OSError) as error:
            return visit.failed(_explained(path, error), when)
        visit = Visit(source, visit.at, url=visit.url, wire=len(body), elapsed=time.monotonic() - began)
        return visit.read(feed, when, body_hash=digest, memory={"stamp": stamp})


def stamp_of(path: Path, most: int) -> list[int]:
    """[mtime in ns, size in bytes]. Raises OSError; InputError beyond `most` bytes or for no plain file."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{path} is no plain file", code="no-file")
    if status.st_size > most:
        raise InputError(
            f"{path} is larger than {most / 1e6:g} MB: raise max_body, or use `aggregator import`",
            code="too-large",
        )
    return [status.st_mtime_ns, status.st_size]


def read_lines(body: bytes, name: str) -> ParsedFeed:
    """JSON Lines, or a JSON Feed document where no line is an item. Raises InputError for neither."""
    entries: list[Entry] = []
    flaws: list[Flaw] = []
    for number, line in enumerate(io.BytesIO(body.removeprefix(b"\xef\xbb\xbf")), 1):
        if line.strip():
            try:
                entries.append(feeds.entry_from_json(feeds.item_from_line(line)))
            except InputError as error:
                flaws.append(Flaw("bad-line", f"line {number}: {error}", f"line {number}"))
    if entries:
        return ParsedFeed(format="jsonl", entries=tuple(entries), flaws=tuple(flaws))
    document = feeds.parse(body, "application/feed+json", "", sanitised=False)
    if document.format.startswith("json"):
        return document
    if flaws:
        raise InputError(
            f"{name} holds no JSON Feed item in any of its lines ({flaws[0].message})", code="bad-json"
        )
    raise InputError(f"{name} is empty", code="empty")


def _explained(path: Path, error: InputError | OSError) -> InputError:
    if isinstance(error, InputError):
        return error
    if isinstance(error, FileNotFoundError):
        return InputError(f"the file {path} does not exist: mend the source's path", code="no-file")
    return InputError(f"{path} cannot be read: {error.strerror or error}", code="unreadable")
