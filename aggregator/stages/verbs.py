"""Documents into the archive, copies into stories."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime

from .. import feeds
from ..archive import Archive
from ..canon import Canonicaliser
from ..errand import Brought
from ..errors import AggregatorError, ArchiveBusy, ArchiveError, only
from ..model import Collected, Entry, Ingested, Outcome, Source
from ..text import as_id

BATCH = 1_000  # copies placed in one transaction


def ingest(archive: Archive, collected: Collected, now: datetime) -> Ingested:
    """Record one attempt at a source and what it brought.

    What the archive already knows by fingerprint is neither sanitised nor written. Raises ArchiveBusy when the
    source's lease has passed to somebody else meanwhile, and ArchiveError when the archive cannot be written.
    """
    return only(ingest_all(archive, [collected], now))


def ingest_all(
    archive: Archive, several: Sequence[Collected], now: datetime
) -> Sequence[Ingested | ArchiveError]:
    """Record attempts at several sources; what became of each, or what `ingest` would raise.

    All go in by one transaction. If that fails, each by its own: what cannot be stored keeps nothing else out.
    """
    alone = len(several) == 1
    if alone or len({collected.source.id for collected in several}) == len(several):
        try:
            return archive.record_all(list(zip(several, _changed(archive, several), strict=True)), now)
        except ArchiveError as error:
            if error.code == "revised":  # since it was put together with what was there
                return ingest_all(archive, several, now)
            if isinstance(error, ArchiveBusy) or error.code == "unreachable":
                return [error] * len(several)  # nothing is wrong with the documents: they may be stored yet
            if alone:
                _note_failure(archive, several[0], error, now)
                return [error]
        except Exception:
            if alone:
                raise
    return [done for each in several for done in ingest_all(archive, [each], now)]


def _changed(archive: Archive, several: Sequence[Collected]) -> list[list[Entry]]:
    """Of each document, the entries that the archive does not know as they are, sanitised."""
    read = {
        each.source.id: [entry for entry in each.feed.entries if not entry.unread] if each.feed else []
        for each in several
    }
    asked = {id: [entry.guid for entry in entries] for id, entries in read.items() if entries}
    known = archive.known(asked) if asked else {}
    changed = []
    for each in several:
        held = known.get(each.source.id, {})
        told = [
            feeds.sanitise(entry)
            for entry in read[each.source.id]
            if held.get(entry.guid) != entry.fingerprint
        ]
        changed.append(_keeping_pages(archive, each.source, told) if each.source.spec.full_text else told)
    return changed


def _keeping_pages(archive: Archive, source: Source, entries: Sequence[Entry]) -> list[Entry]:
    """The entries, each with what its web page had said before: a feed that only has teasers goes on to."""
    held = archive.pages.held(source.id, [entry.guid for entry in entries])
    named = [(entry, held.get(as_id(entry.guid))) for entry in entries]
    return [feeds.keeping_page(entry, before) if before else entry for entry, before in named]


def finish(archive: Archive, brought: Brought, now: datetime) -> Ingested:
    """Record how an errand ended and what it brought: the text of a page, or the entries of an older document.

    Raises ArchiveBusy when the errand has passed to somebody else meanwhile.
    """
    try:
        return archive.errands.finish(brought, _found(archive, brought), now)
    except ArchiveBusy as busy:
        if busy.code == "revised":  # since it was put together with what was there
            return finish(archive, brought, now)
        raise


def _found(archive: Archive, brought: Brought) -> list[Entry]:
    """What is new in it, sanitised."""
    entries: list[Entry] = []
    errand = brought.errand
    if brought.page and errand.copy_id and (held := archive.pages.entry(errand.copy_id)):
        told = feeds.with_page(held, brought.page)
        entries = [told] if told != held else []
    if brought.feed:
        known = archive.known({errand.source.id: [entry.guid for entry in brought.feed.entries]})[
            errand.source.id
        ]
        entries = [feeds.sanitise(entry) for entry in brought.feed.entries if entry.guid not in known]
    return entries


def _note_failure(archive: Archive, collected: Collected, error: ArchiveError, now: datetime) -> None:
    """Say on the source that its document could not be stored, and keep the old validators: it is asked for anew.

    Where not even this can be stored, its lease runs out by itself.
    """
    with suppress(AggregatorError):
        before = archive.source(collected.source.name)
        source = replace(
            before,
            failures=before.failures + 1,
            error_code=error.code,
            error=str(error),
            last_fetch_at=collected.fetch.at,
            next_fetch_at=collected.source.next_fetch_at,
            lease_token=collected.source.lease_token,
        )
        fetch = replace(collected.fetch, outcome=Outcome.FAILED, error_code=error.code, error=str(error))
        archive.record(Collected(source, fetch), (), now)


def canonicalise(archive: Archive, canonicaliser: Canonicaliser, now: datetime, limit: int = BATCH) -> int:
    """Give up to `limit` waiting copies their stories; how many were placed, 0 when none waits.

    Raises ArchiveBusy while another process is placing.
    """
    with _undisturbed(), archive.placing(now) as desk:
        batch = desk.waiting(limit)
        if batch:
            desk.record(canonicaliser.place(batch, desk, now))
        return len(batch)


def look_again(archive: Archive, canonicaliser: Canonicaliser, now: datetime) -> int:
    """Judge copies that were doubtful once more, now that none waits; how many, 0 when none is left.

    Raises ArchiveBusy while another process is placing.
    """
    with _undisturbed(), archive.placing(now) as desk:
        doubtful = desk.doubtful(BATCH)
        if doubtful:
            desk.record(canonicaliser.look_again(doubtful, desk, now))
        return len(doubtful)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without Python's search for circles of garbage: of what a batch makes nothing is in one, and looking through it
    all holds up every thread for a quarter of a second.
    """
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()
