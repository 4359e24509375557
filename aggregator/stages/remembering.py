"""What a process remembers of the documents that it wrote, so that a run where nothing changed renders nothing.

Only a saving: who remembers nothing renders everything, and finds that the bytes are there already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from ..archive import Archive
from ..model import FeedMeta
from ..publish import Publisher, files

SWEEP = timedelta(hours=1)  # how often a process looks for what killed ones left


@dataclass(slots=True)
class Memory:
    """By group of documents: what they were made of, and how their files were left."""

    _held: dict[str, tuple[str, dict[Path, files.Mark]]] = field(default_factory=dict)
    _swept: datetime | None = None

    def unchanged(self, group: str, made_of: str) -> bool:
        """Whether it would be made of the same as the last time, and the files are as they were left."""
        said, marks = self._held.get(group, ("", {}))
        return said == made_of and all(files.mark(path) == mark for path, mark in marks.items())

    def note(self, group: str, made_of: str, paths: Iterable[Path]) -> None:
        """The group was written, all of it."""
        self._held[group] = (made_of, {path: files.mark(path) for path in paths})

    def sweep(self, folder: Path, now: datetime) -> None:
        """Clear the folder of abandoned temporary files, where that is due: it may hold fifty thousand files."""
        if self._swept is None or not timedelta(0) <= now - self._swept < SWEEP:
            files.sweep(folder)
            self._swept = now


def state(
    archive: Archive, meta: FeedMeta, publishers: Sequence[Publisher], folder: Path, limits: object
) -> str:
    """A digest of all that the documents of the newest stories are made of: who says it, the ledger, the sources."""
    with archive.feed.reading() as held:
        ledger = held.newest(MOST), held.last_document(), held.open_count(MOST + 1)
        sources = held.digest_of_sources(learnt=True)
    names = [each.name for each in publishers]
    return digest(meta, str(folder), limits, names, ledger, sources)


def digest(*parts: object) -> str:
    """Of what the parts say of themselves."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


MOST = 100  # entries that any document of the newest stories may hold
