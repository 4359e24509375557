"""Telling a person what wants attention: once in the log, and in a feed of notices for those who want one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ..archive import Archive
from ..model import FeedMeta
from ..notice import Notice
from ..publish import files, operations
from .attention import attention, notices, of_the_disk

SHOWN = 50  # in the feed


def wanting(archive: Archive, now: datetime) -> list[Notice]:
    """All that is not as it should be at this moment, whether it was told or not."""
    found = [notice for source in archive.sources() if (notice := attention(source, now))]
    return [*of_the_disk(archive.notices.grown(now), archive.notices.disk()), *found]


def attend(archive: Archive, now: datetime) -> list[Notice]:
    """What a person was not told of yet; from now on they were."""
    found = notices(archive.sources(), archive.notices.grown(now), archive.notices.disk(), now)
    return archive.notices.note(found, now)


def publish_operations(archive: Archive, meta: FeedMeta, folder: Path, *, wanted: bool) -> None:
    """Write the feed of notices; where it is not wanted, none is left behind."""
    if wanted:
        document = operations.render(meta, archive.notices.listed()[:SHOWN])
        files.write(folder, operations.FILENAME, document.body, modified=document.updated)
    else:
        files.remove(folder, [operations.FILENAME])
