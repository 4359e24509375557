"""The past read again, from the bytes that were kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .. import feeds
from ..archive import Archive, Document
from ..errand import Page, ReadPage
from ..errors import Temporary
from ..model import Entry, Ingested, Source
from ..text import as_id


def reprocess(
    archive: Archive, source: Source, since: datetime | None, now: datetime, most: int, read_page: ReadPage
) -> Ingested:
    """Read what was kept of a source again, and store what is understood otherwise now.

    The latest document that names an entry decides about it, so that an older version never comes back; one of the
    feed's history only where no other names it. The newest page of a copy is read again with it, or by itself where
    no document names the copy any more. `most`: entries of a document that are taken.
    """
    reading = _Reading(archive, source, now, most, read_page)
    for document in archive.documents([source.id], since, newest_first=True, kind="document"):
        reading.document(document)
    for page in archive.pages.listed(source.id, since):
        reading.page(page)
    for document in archive.documents([source.id], since, kind="older"):  # each older than the one before
        reading.document(document)
    return reading.done


@dataclass(slots=True)
class _Reading:
    """How far it has come."""

    archive: Archive
    source: Source
    now: datetime
    most: int
    read_page: ReadPage
    seen: set[str] = field(default_factory=set)  # guids
    done: Ingested = field(default_factory=Ingested)

    def document(self, document: Document) -> None:
        if document.body is None:
            return
        feed = feeds.parse(document.body, document.content_type, document.url, sanitised=False)
        named = document.as_kept(feed.entries[: self.most])
        told = [feeds.sanitise(entry) for entry in named if as_id(entry.guid) not in self.seen]
        self._correct(document, self._with_pages(told))

    def page(self, page: Document) -> None:
        """Of a copy that no document names: what its feed said is what the archive has."""
        if page.guid in self.seen:
            return
        held = self.archive.pages.held(self.source.id, [page.guid]).get(page.guid)
        read = self._read(page) if held else None
        if held and read:
            self._correct(page, [feeds.with_page_anew(held, read)])

    def _with_pages(self, entries: Sequence[Entry]) -> list[Entry]:
        """Each with what its web page says."""
        held = self.archive.pages.held(self.source.id, [entry.guid for entry in entries])
        kept = self.archive.pages.newest(self.source.id, held) if held else {}
        told = []
        for entry in entries:
            guid = as_id(entry.guid)
            if before := held.get(guid):
                read = self._read(kept[guid]) if guid in kept else None
                entry = feeds.with_page(entry, read, before) if read else feeds.keeping_page(entry, before)
            told.append(entry)
        return told

    def _read(self, page: Document) -> Page | None:
        """None where a policy dropped it, or it costs too much to read."""
        body = self.archive.pages.content(page)
        if body is None:
            return None
        try:
            return self.read_page(body, page.content_type, page.url)
        except Temporary:
            return None

    def _correct(self, document: Document, told: Sequence[Entry]) -> None:
        self.seen.update(as_id(entry.guid) for entry in told)
        if told:
            step, done = self.archive.correct(document, told, self.now), self.done
            self.done = Ingested(
                done.new + step.new, done.revised + step.revised, done.unchanged + step.unchanged
            )
