"""Stories to documents: what changed takes its place in the feed, and the files say what the ledger says.

    changed stories --ledger--> the row of entries --> its end: feed.atom, feed.rss, feed.json
                                                   --> what is older: archive/1.atom, archive/2.atom, ...

Any number of processes may publish one archive, each into a folder of its own. Every step may be killed: what is in
the ledger is written the next time, and a folder that was lost comes back byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from .. import feeds
from ..archive import Archive, Ledger
from ..errors import ArchiveError
from ..model import FeedMeta, SourceSpec, Story, StoryView
from ..publication import Closed, Publication
from ..publish import Document, Publisher, address, files, ledger
from ..publish.publisher import problem
from .remembering import Memory, digest, state
from .viewing import view

BATCH = 500  # stories that take their places in one transaction
ENTRIES = 100  # in the subscription document, at most
SIZE = 128_000  # bytes of it, at most: three formats in four forms, and an archive document, are then < 1 MB
LARGEST = 1 << 20  # bytes of an archive document, unless one entry alone has more
FEW = 25  # stories whose texts are read at once for one
MANY = 250  # entries of one, where there are that many too many: after an import of years, say
WHOLE = "all stories"
ARCHIVE = "archive"  # the folder of the archive documents
SOURCES = "sources.opml"
Standing = tuple[Story, Publication | None]


@dataclass(frozen=True, slots=True)
class Published:
    """What one run of `publish` wrote, and which stories had to be left out."""

    written: tuple[Path, ...] = ()
    stories: int = 0  # in the subscription document
    problems: tuple[str, ...] = field(default=())
    state: str = ""  # a digest of what the documents were made of

    @property
    def archived(self) -> tuple[Path, ...]:
        """The archive documents among what was written: thousands, after an import of years."""
        return tuple(path for path in self.written if path.parent.name == ARCHIVE)

    @property
    def current(self) -> tuple[Path, ...]:
        """The other documents that were written."""
        return tuple(path for path in self.written if path.parent.name != ARCHIVE)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the subscription document holds, and how long a new story waits for its other copies."""

    entries: int = ENTRIES
    size: int = SIZE  # bytes
    settle: timedelta = timedelta(0)


def publish(
    archive: Archive,
    meta: FeedMeta,
    publishers: Iterable[Publisher],
    folder: Path,
    now: datetime,
    limits: Limits = Limits(),
    memory: Memory | None = None,
    done: Callable[[int], None] = lambda number: None,
) -> Published:
    """Bring the ledger and the files in the folder up to date; only files whose bytes changed are replaced.

    With a `memory` of the last run, nothing is rendered where nothing changed and the files are as they were left.
    `done` is told how many stories have their place.
    """
    every = list(publishers)
    memory = memory or Memory()
    problems = list(take_places(archive, now, limits.settle, done))
    found = state(archive, meta, every, folder, limits)
    if memory.unchanged(WHOLE, found):
        return Published(problems=tuple(problems), state=found)
    memory.sweep(folder, now)
    archiver = next((each for each in every if getattr(each, "archives", False)), None)
    stories, documents = _subscription(archive, meta, every, archiver, now, limits)
    written: list[Path] = []
    if archiver:
        written += write_archive(archive, meta, archiver, folder, memory)
    for publisher, document in documents:
        problems += document.problems
        name = address(meta, publisher).removeprefix(meta.base_url)
        if files.write(folder, name, document.body, modified=document.updated):
            written.append(folder / name)
    written += _write_sources(archive, meta, folder, memory)
    names = [address(meta, each).removeprefix(meta.base_url) for each in every]
    memory.note(WHOLE, found, [folder / name for name in (*names, SOURCES, ARCHIVE)])
    return Published(tuple(written), stories, tuple(dict.fromkeys(problems)), found)


# ---------------------------------------------------------------- the ledger


def take_places(
    archive: Archive,
    now: datetime,
    settle: timedelta = timedelta(0),
    done: Callable[[int], None] = lambda number: None,
) -> Iterator[str]:
    """Give every story that changed its place in the feed; a sentence for each that cannot be shown.

    A story that was never shown waits until it is `settle` old, so that late copies are in it from the first.
    In its first `settle` an archive shows everything at once.
    """
    number = 0
    while True:
        with archive.feed.writing() as held:
            since = held.since()
            settled = max(now - settle, since + settle) if since and settle else None
            changed = held.changed(BATCH, settled)
            placed = list(_places(held, changed, now))
            held.place(placed)
            held.done()
        yield from (each.problem for each in placed if each.problem)
        if not changed:
            return
        number += len(changed)
        done(number)


def _places(held: Ledger, changed: Sequence[Standing], now: datetime) -> Iterator[Publication]:
    numbers = count(held.last_number() + 1)
    copies = held.copies([story.id for story, _ in changed if story.merged_into is None])
    for story, before in changed:
        if story.merged_into is not None:
            place = ledger.joined(story, before, numbers, now)
        elif not (printed := copies.get(story.id)):
            continue
        else:
            try:
                version = ledger.version(view(story, printed))
                place = ledger.shown(story, before, version, numbers, now)
            except Exception as error:  # whatever is wrong with one story must not stop the feed
                place = ledger.failed(story, before, problem(story.public_id, error), now)
        if place is not None:
            yield place


# ---------------------------------------------------------------- documents


@dataclass(frozen=True, slots=True)
class _Entries:
    """Part of the row of entries, the newest first, ready to be rendered."""

    standings: Sequence[Standing]
    views: dict[int, StoryView]
    survivors: dict[int, Story]

    def render(self, publisher: Publisher, meta: FeedMeta, most: int) -> Document:
        """The newest `most` of them."""
        standings = self.standings[:most]
        views = [self.views[story.id] for story, _ in standings if story.id in self.views]
        merged = [
            (replace(story, updated=place.updated), self.survivors[story.id])
            for story, place in standings
            if place and place.gone and story.id in self.survivors
        ]
        return publisher.render(meta, views, merged)

    def fitting(self, publisher: Publisher, meta: FeedMeta, size: int, most: int) -> tuple[Document, int]:
        """As many of the newest `most` as fit into a document of that size, but one at least; and how many."""
        return _fitted(lambda many: self.render(publisher, meta, many), min(most, self._guess(size)), size)

    def _guess(self, size: int) -> int:
        """How many may fit, rather a few too many than too few."""
        used = 0
        for number, (story, _) in enumerate(self.standings):
            used += self._room(story)
            if used > size:
                return max(1, number)
        return len(self.standings)

    def _room(self, story: Story) -> int:
        """Bytes that its entry takes at least, about."""
        seen = self.views.get(story.id)
        return len(seen.html.encode("utf-8", "replace")) + 1000 if seen else 200

    def room(self) -> int:
        return sum(self._room(story) for story, _ in self.standings)

    def oldest_fitting(self, publisher: Publisher, meta: FeedMeta, size: int) -> tuple[Document, int]:
        """As many of the oldest as fit into a document of that size, but one at least; and how many."""

        def render(many: int) -> Document:
            return replace(self, standings=self.standings[-many:]).render(publisher, meta, many)

        return _fitted(render, len(self.standings), size)

    def before(self, older: _Entries) -> _Entries:
        """These, and behind them others that are older."""
        return _Entries(
            [*self.standings, *older.standings],
            {**self.views, **older.views},
            {**self.survivors, **older.survivors},
        )


def _fitted(render: Callable[[int], Document], most: int, size: int) -> tuple[Document, int]:
    """A document of at most so many entries that is below the size, or has one; and how many they are."""
    while True:
        document = render(most)
        if len(document.body) < size or most <= 1:
            return document, most
        most = max(1, min(most - 1, most * size // len(document.body)))


def _entries(held: Ledger, standings: Sequence[Standing]) -> _Entries:
    gone = {story.id for story, place in standings if story.merged_into or (place and place.gone)}
    copies = held.copies([story.id for story, _ in standings if story.id not in gone])
    views = {story.id: view(story, copies[story.id]) for story, _ in standings if story.id in copies}
    return _Entries(standings, views, held.survivors(story for story, _ in standings))


def _subscription(
    archive: Archive,
    meta: FeedMeta,
    publishers: Sequence[Publisher],
    archiver: Publisher | None,
    now: datetime,
    limits: Limits,
) -> tuple[int, list[tuple[Publisher, Document]]]:
    """How many stories are in the subscription document, and it in every format.

    What is open and does not fit is closed first: into archive documents, the oldest first.
    """
    while True:
        with archive.feed.reading() as held:
            entries = _entries(held, held.newest(limits.entries))
            last, still_open = held.last_document(), held.open_count(limits.entries + 1)
        most = limits.entries
        if archiver is None:
            break
        named = _naming(meta, archiver, last)
        first, most = entries.fitting(archiver, named, limits.size, most)
        if still_open <= most:
            break
        while close(archive, meta, archiver, most, now):
            pass
    documents = []
    for publisher in publishers:
        if publisher is archiver:
            documents.append((publisher, first))
        else:
            documents.append((publisher, entries.fitting(publisher, meta, limits.size, most)[0]))
    return len(entries.views), documents


def _naming(meta: FeedMeta, archiver: Publisher, last: int) -> FeedMeta:
    """The subscription document's links to what came before it (RFC 5005 section 4)."""
    if not last:
        return meta
    return replace(meta, links=(*meta.links, ("prev-archive", address(_archived(meta, last), archiver))))


def _archived(meta: FeedMeta, number: int) -> FeedMeta:
    return replace(meta, name=f"{ARCHIVE}/{number}", archived=True, links=(), hubs=())


def _archive_meta(meta: FeedMeta, archiver: Publisher, number: int) -> FeedMeta:
    """What archive document `number` says of itself, once and for all: so it names the next one before that is."""
    links = [("current", address(meta, archiver))]
    if number > 1:
        links.append(("prev-archive", address(_archived(meta, number - 1), archiver)))
    links.append(("next-archive", address(_archived(meta, number + 1), archiver)))
    return replace(_archived(meta, number), links=tuple(links))


def close(archive: Archive, meta: FeedMeta, archiver: Publisher, most: int, now: datetime) -> bool:
    """Where more than `most` entries are open, put the oldest of them into an archive document for good."""
    with archive.feed.writing() as held:
        still_open = held.open_count(most + MANY)
        if still_open <= most:
            return False
        number = held.last_document() + 1
        standings = held.oldest_open(MANY if still_open == most + MANY else max(1, most // 2))
        entries = _filling(held, standings)
        document, many = entries.oldest_fitting(archiver, _archive_meta(meta, archiver, number), LARGEST)
        closed = Closed(number, meta.base_url, document.updated, document.body)
        held.close(closed, [story.id for story, _ in standings[:many]], now)
    return True


def _filling(held: Ledger, standings: Sequence[Standing]) -> _Entries:
    """Of these, the oldest first, no more than may fill an archive document: each may be a megabyte."""
    entries = _entries(held, [])
    for start in range(0, len(standings), FEW):
        entries = _entries(held, standings[start : start + FEW][::-1]).before(entries)
        if entries.room() > LARGEST:
            break
    return entries


def write_archive(
    archive: Archive, meta: FeedMeta, archiver: Publisher, folder: Path, memory: Memory
) -> Iterator[Path]:
    """The archive documents that the folder lacks. There may be ten thousand: they are looked at where one was closed
    since, or the folder was touched.

    The first, and the newest that is there, stand for all: where one is not as it should be (another base URL, an
    archive restored from a backup), all are looked at. They are written last, so that a run that was killed is
    known by them.
    """
    with archive.feed.reading() as held:
        last = held.last_document()
    made_of = digest(meta.base_url, str(folder), last)
    if memory.unchanged(ARCHIVE, made_of):
        return
    names = {number: _file(meta, archiver, number) for number in range(1, last + 1)}
    there = files.names(folder / ARCHIVE)
    wanted = [number for number, name in names.items() if name.rpartition("/")[2] not in there]
    present = sorted(names.keys() - set(wanted))
    marks = {present[0], present[-1]} if present else set()
    if not all(files.holds(folder / names[each], _body(archive, each, meta)[0]) for each in marks):
        wanted = sorted(names, key=lambda number: (number in marks, number))
    for number in wanted:
        body, updated = _body(archive, number, meta)
        if files.write(folder, names[number], body, modified=updated):
            yield folder / names[number]
    memory.note(ARCHIVE, made_of, [folder / ARCHIVE])


def _file(meta: FeedMeta, archiver: Publisher, number: int) -> str:
    return address(_archived(meta, number), archiver).removeprefix(meta.base_url)


def _body(archive: Archive, number: int, meta: FeedMeta) -> tuple[bytes, datetime]:
    """An archive document under the present base URL, whichever it was closed under."""
    found = archive.feed.closed(number)
    if found is None:
        raise ArchiveError(f"archive document {number} is missing; `aggregator verify` says more")
    return found.body.replace(found.base_url.encode(), meta.base_url.encode()), found.updated


def _write_sources(archive: Archive, meta: FeedMeta, folder: Path, memory: Memory) -> Iterator[Path]:
    """The feeds for other readers; those that are nobody's business, by address or password, are not in it.

    OPML without an outline is none, so where there is nothing to tell there is no document. It is made anew only
    where a source changed: there may be ten thousand.
    """
    path = folder / SOURCES
    with archive.feed.reading() as held:
        made_of = digest(meta.title, str(path), held.digest_of_sources(learnt=False))
        if memory.unchanged(SOURCES, made_of):
            return
        open_ones = [spec for spec in held.specs() if _public(spec)]
    if not open_ones:
        files.remove(folder, [SOURCES])
    elif files.write(folder, SOURCES, feeds.opml.write(meta.title, open_ones)):
        yield path
    memory.note(SOURCES, made_of, [path])


def _public(spec: SourceSpec) -> bool:
    return (
        spec.kind == "feed"
        and not spec.allow_private
        and "@" not in spec.location.partition("://")[2].partition("/")[0]
    )
