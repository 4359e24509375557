"""The kind "directory": a folder of text and HTML files, each an entry, its first line the title.

A change is noticed by the file's time and size, then by its content. A file that is deleted later takes
nothing with it. A file that cannot be read is a flaw, and is tried again at every visit; so is a link that
leads out of the folder or to nothing, and what is no file at all. A missing folder is a failure.

The source's memory (JSON): `files` name -> [mtime in ns, size in bytes, hash of the content].
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xxhash import xxh3_128_hexdigest

from .. import feeds
from ..errors import InputError
from ..model import Collected, Entry, Flaw, ParsedFeed, Source
from . import cadence
from .context import Context
from .visit import Visit

Stamp = Sequence[Any]


class DirectoryCollector:
    """Reads one folder once."""

    async def collect(self, source: Source, context: Context) -> Collected:
        visit = Visit(source, context.now, url=source.spec.location)
        folder = context.root / source.spec.location
        when = cadence.next_fetch_at(cadence.parse_every(source.spec.every), visit.at)
        began = time.monotonic()
        try:
            seen = await asyncio.to_thread(
                look_through, folder, source.memory.get("files", {}), context.limits.max_body
            )
        except InputError as error:
            return visit.failed(error, when)
        feed, memory = seen
        visit = Visit(source, visit.at, url=visit.url, elapsed=time.monotonic() - began)
        if not feed.entries:
            return visit.unchanged(when, feed.flaws, memory=memory)
        return visit.read(feed, when, memory=memory)


def look_through(folder: Path, known: Mapping[str, Stamp], most: int) -> tuple[ParsedFeed, dict[str, Any]]:
    """The new and changed files of a folder as entries, and the memory for next time.

    `known` is the memory's `files`; files of more than `most` bytes are flaws. Raises InputError if there is
    no such folder, or if it may not be read.
    """
    entries: list[Entry] = []
    flaws: list[Flaw] = []
    stamps: dict[str, Stamp] = {}
    for path, name in _files(folder, flaws):
        try:
            entry, stamp = read(path, name, known.get(name), most)
        except (InputError, OSError) as error:
            flaws.append(Flaw(getattr(error, "code", "unreadable"), _sentence(name, error), name))
            continue
        stamps[name] = stamp
        entries += [entry] if entry else []
    feed = ParsedFeed(format="text", entries=tuple(entries), flaws=tuple(flaws))
    return feed, {"files": stamps}


def read(path: Path, name: str, known: Stamp | None, most: int) -> tuple[Entry | None, Stamp]:
    """The file's entry, None if it is as it was, and its stamp. Raises InputError, OSError."""
    status = path.stat()
    if known and list(known[:2]) == [status.st_mtime_ns, status.st_size]:
        return None, known
    if status.st_size > most:
        raise InputError(f"{name} is larger than {most / 1e6:g} MB", code="too-large")
    body = path.read_bytes()
    digest = xxh3_128_hexdigest(body)
    stamp = [status.st_mtime_ns, status.st_size, digest]
    if known and known[2] == digest:
        return None, stamp
    modified = datetime.fromtimestamp(status.st_mtime_ns / 1e9, UTC)
    return feeds.read_file(name, body, modified, "").entries[0], stamp


def _files(folder: Path, flaws: list[Flaw]) -> Iterator[tuple[Path, str]]:
    """Regular files, neither hidden nor an editor's backup, with their names inside the folder, in order."""
    if not folder.is_dir():
        raise InputError(
            f"the folder {folder} does not exist: create it or mend the source's path", code="no-folder"
        )

    def refuse(error: OSError) -> None:
        if Path(str(error.filename)) == folder:
            raise InputError(f"the folder {folder} cannot be read: {error.strerror}", code="unreadable")
        name = Path(str(error.filename)).relative_to(folder).as_posix()
        flaws.append(Flaw("unreadable", f"{name} cannot be read: {error.strerror}", name))

    for top, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if Path(top, name).is_symlink()]  # which os.walk does not enter
        for name in sorted(names + linked):
            path = Path(top, name)
            inside = path.relative_to(folder).as_posix()
            if name.startswith(".") or name.endswith("~"):
                continue
            if reason := _no_article(path, folder):
                flaws.append(Flaw("skipped", f"skipped: {inside} {reason}", inside))
            else:
                yield path, inside


def _no_article(path: Path, folder: Path) -> str:
    """Why it is not read: what is published must be a file that was put into the folder. "" for one that is."""
    try:
        if path.is_symlink() and not path.exists():
            return "is a link to nothing"
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            return "is a link that leads out of the folder"
        if path.is_dir():
            return "is a link to a folder"
        return "" if path.is_file() or not path.exists() else "is no plain file"
    except OSError:
        return ""  # reading it will say why


def _sentence(name: str, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{name} cannot be read: {error.strerror or error}"
    return str(error)
