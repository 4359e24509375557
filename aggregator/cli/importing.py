"""Taking items into the archive in batches, so that a file of any length needs the memory of one batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from .. import feeds, url
from ..errors import ConfigurationError, InputError
from ..model import Collected, Entry, Fetch, Outcome, ParsedFeed, Source, SourceSpec
from .failing import complain
from .lines import Line, slug

if TYPE_CHECKING:
    from ..app import App
    from .foreign import Library

BATCH_LINES = 2000
BATCH_BYTES = 8_000_000


@dataclass(slots=True)
class Counts:
    """What an import came to."""

    lines: int = 0
    new: int = 0
    revised: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class Importer:
    """Collects good items into one batch a source, and ingests the batches when they are big enough."""

    app: App
    now: datetime
    counts: Counts = field(default_factory=Counts)
    _batch: dict[str, dict[str, Entry]] = field(default_factory=dict)  # source -> guid -> entry
    _lines: int = 0
    _bytes: int = 0
    _sources: dict[str, Source] = field(default_factory=dict)
    _titles: dict[str, str] = field(default_factory=dict)

    def take(self, line: Line, file: str) -> str:
        """Take one item of a file in; the reason if it is bad, else "". What it loses is said."""
        self.counts.lines += 1
        if line.item is None:
            return line.reason
        try:
            entry = feeds.entry_from_json(line.item)
            self._add(line, entry)
        except InputError as error:
            return str(error)
        where = f"{file}: {line.where}:"
        if entry.date_said:
            complain(f"{where} the date {entry.date_said!r} is not understood; the copy is kept without one")
        if not entry.url and (said := str(line.item.get("url") or "")):
            complain(f"{where} the url {said[:200]!r} is no http(s) address; the copy is kept without it")
        return ""

    def move_in(self, library: Library) -> Iterator[Line]:
        """Subscribe to what another reader was subscribed to, and tell its articles as lines.

        Raises InputError, before anything is taken in, where a part of the file cannot be read.
        """
        for _ in library.articles():
            pass
        named = {source.spec.location: source.name for source in self.app.archive.sources()}
        taken = {source.name for source in self.app.archive.sources(active_only=False)}
        for feed in library.feeds():
            if feed.url in named or not (where := url.host(feed.url)):
                continue
            name = _unused(slug(feed.title) or slug(where.removeprefix("www.")), taken)
            taken.add(name)
            self.app.archive.add_source(
                SourceSpec(name, location=feed.url, title=feed.title, tags=feed.tags), self.now
            )
            named[feed.url] = name
        forgotten = slug(library.program)
        for number, article in enumerate(library.articles(), 1):
            item = article.item
            size = len(str(item.get("content_html") or item.get("content_text") or ""))
            yield Line("article", number, named.get(article.feed_url, forgotten), item=item, bytes=size)

    def flush(self) -> None:
        """Ingest what is at hand, one transaction a source."""
        for name, entries in self._batch.items():
            self._ingest(self._source(name), tuple(entries.values()))
        self._batch.clear()
        self._lines = self._bytes = 0

    def _add(self, line: Line, entry: Entry) -> None:
        held = self._batch.get(line.source, {}).get(entry.guid)
        if held and held.fingerprint == entry.fingerprint:
            self.counts.unchanged += 1
            return
        if held or self._lines >= BATCH_LINES or self._bytes >= BATCH_BYTES:
            self.flush()  # an id that comes twice with other content: the first goes in before its revision
        self._titles.setdefault(line.source, line.title)
        self._batch.setdefault(line.source, {})[entry.guid] = entry
        self._lines += 1
        self._bytes += line.bytes

    def _ingest(self, source: Source, entries: tuple[Entry, ...]) -> None:
        # The archive takes a document's last entry for its oldest; in a file of lines the first is.
        feed = ParsedFeed("jsonl", tuple(reversed(entries)))
        done = self.app.ingest(Collected(source, Fetch(source.id, self.now, Outcome.CHANGED), feed))
        self.counts.new += done.new
        self.counts.revised += done.revised
        self.counts.unchanged += done.unchanged

    def _source(self, name: str) -> Source:
        """The source of this name; made for the import where there is none, and then never polled."""
        if name not in self._sources:
            try:
                self._sources[name] = self.app.archive.source(name)
            except ConfigurationError:
                spec = SourceSpec(name, kind="jsonl", title=self._titles[name])
                self._sources[name] = self.app.archive.add_source(spec, self.now, origin="import")
        return self._sources[name]


def _unused(name: str, taken: set[str]) -> str:
    """The name, or the first with a number that nobody has."""
    number, chosen = 1, name or "feed"
    while chosen in taken:
        number += 1
        chosen = f"{name or 'feed'}-{number}"
    return chosen
