"""The four verbs as plain functions, and the only place where the rooms meet.

`ingest` puts one collected document into the archive, `canonicalise` gives waiting copies their stories,
`publish` writes documents from stories. Each is idempotent, takes `now` from its caller, and commits what it
does in one transaction (`canonicalise`: one a batch), so that any of them may be killed and run again. Collecting
itself is the collectors' affair: `collect.run` brings `Collected` values home, and they are ingested here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from . import feeds
from .archive import Archive
from .canon import Canonicaliser
from .errors import AggregatorError, ArchiveBusy, ArchiveError
from .model import Collected, Copy, Entry, FeedMeta, Ingested, Outcome, Source, Story, StoryView
from .publish import Publisher, files

BATCH = 500  # copies placed in one transaction


def ingest(archive: Archive, collected: Collected, now: datetime) -> Ingested:
    """Record one attempt at a source and what it brought.

    What the archive already knows by fingerprint is neither sanitised nor written. Raises ArchiveBusy when the
    source's lease has passed to somebody else meanwhile, and ArchiveError when the archive cannot be written.
    """
    entries: Sequence[Entry] = collected.feed.entries if collected.feed else ()
    try:
        known = archive.known(collected.source.id, [entry.guid for entry in entries]) if entries else {}
        changed = [
            entry if entry.sanitised else feeds.sanitise(entry)
            for entry in entries
            if known.get(entry.guid) != entry.fingerprint
        ]
        return archive.record(collected, changed, now)
    except ArchiveBusy:
        raise
    except ArchiveError as error:
        _note_failure(archive, collected, error, now)
        raise


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


def reprocess(archive: Archive, source: Source, since: datetime | None, now: datetime, most: int) -> Ingested:
    """Read the kept documents of a source again, and store what is understood otherwise now.

    The latest document that names an entry decides about it, so that an older version never comes back.
    `most`: entries of a document that are taken.
    """
    seen: set[str] = set()
    done = Ingested()
    for document in archive.documents([source.id], since, newest_first=True):
        if document.body is None:
            continue
        feed = feeds.parse(document.body, document.content_type, document.url, sanitised=False)
        told = [feeds.sanitise(entry) for entry in feed.entries[:most] if entry.guid not in seen]
        seen.update(entry.guid for entry in told)
        if told:
            step = archive.correct(document, told, now)
            done = Ingested(done.new + step.new, done.revised + step.revised, done.unchanged + step.unchanged)
    return done


def canonicalise(archive: Archive, canonicaliser: Canonicaliser, now: datetime, limit: int = BATCH) -> int:
    """Give up to `limit` waiting copies their stories; how many were placed, 0 when none waits.

    Raises ArchiveBusy while another process is placing.
    """
    with archive.placing(now) as desk:
        batch = desk.waiting(limit)
        if batch:
            desk.record(canonicaliser.place(batch, desk, now))
        return len(batch)


@dataclass(frozen=True, slots=True)
class Published:
    """What one run of `publish` wrote, and which stories had to be left out."""

    written: tuple[Path, ...] = ()
    stories: int = 0
    problems: tuple[str, ...] = field(default=())


def publish(
    archive: Archive, meta: FeedMeta, publishers: Iterable[Publisher], folder: Path, limit: int = 100
) -> Published:
    """Write the newest `limit` stories as every publisher's document; only files whose bytes changed are replaced."""
    shown = list(views(archive, archive.stories(limit)))
    merged = archive.merged(limit)
    written: list[Path] = []
    problems: list[str] = []
    for publisher in publishers:
        document = publisher.render(meta, shown, merged)
        problems += document.problems
        if files.write(folder, publisher.filename, document.body, modified=document.updated):
            written.append(folder / publisher.filename)
    return Published(tuple(written), len(shown), tuple(problems))


def views(archive: Archive, stories: Sequence[Story]) -> Iterator[StoryView]:
    """Each story with its copies, ready to be shown; a story without a copy left is passed over."""
    copies = archive.copies([story.id for story in stories])
    for story in stories:
        if held := copies.get(story.id):
            yield view(story, held)


def view(story: Story, copies: Sequence[Copy]) -> StoryView:
    """A story as it is shown: the leading copy first, its text and HTML without furniture."""
    lead = next((copy for copy in copies if copy.id == story.lead_copy_id), copies[0])
    others = tuple(copy for copy in copies if copy.id != lead.id)
    text, dropped, prefix = _without_furniture(lead)
    html = feeds.html.without(lead.html, dropped, prefix) if lead.html else feeds.html.from_text(text)
    return StoryView(story=story, lead=lead, others=others, html=html, text=text)


def _without_furniture(copy: Copy) -> tuple[str, list[str], str]:
    """The text less its furniture; the cut pieces; and the dateline, which is cut from within a paragraph."""
    kept: list[str] = []
    dropped: list[str] = []
    prefix = ""
    end = 0
    for start, stop, reason in sorted(copy.facts.furniture):
        kept.append(copy.text[end:start])
        piece = copy.text[start:stop].strip()
        if reason == "dateline":
            prefix = piece
        else:
            dropped.append(piece)
        end = max(end, stop)
    kept.append(copy.text[end:])
    return "".join(kept).strip(), dropped, prefix
