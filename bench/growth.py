"""Does a large archive cost more than a small one? The whole way of an article at growing sizes; one JSON row a size.

    python -m bench.growth [--copies 100000] [--database sqlite|postgresql] [--huge]

Synthetic news of 60 to 600 words from 100 sources, two in five a printing of an earlier article with small changes, four
thousand a simulated day. At 1e4 copies and each power of ten up to `--copies` (`--huge`: 1e6): milliseconds a copy of
ingest and of canonicalise (over the last 2,000 copies before that size), of `publish` after one changed story, of a search
for two words, and for one in the first two days; and bytes on disk a copy beside 1.2 times its compressed text plus 1 KB,
and the most memory this process had. CPU time; wall time where the database works elsewhere. How far it is goes to standard
error.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from pathlib import Path

import zstandard

from aggregator import feeds, stages
from aggregator.archive import Archive
from aggregator.canon import Canonicaliser, load_rules
from aggregator.model import Collected, Entry, FeedMeta, Fetch, Outcome, ParsedFeed, Source, SourceSpec
from aggregator.publish import load_publishers
from aggregator.stages import BATCH

from .archive import SOURCES, START, Load, _clock, address, at

DOCUMENT, LAST = 25, 2_000
THEN = START + timedelta(days=2)
META = FeedMeta("tag:bench.example,2026-01-01:feed", "Bench", "https://bench.example/")
REPEATS = 7
PROGRESS = 50_000  # copies


class News:
    """Articles from a seed: the same every time."""

    def __init__(self, seed: int = 1) -> None:
        self.dice = random.Random(seed)
        letters = "etaoinshrdlucmfwypvbgk"
        self.words = ["".join(self.dice.choices(letters, k=self.dice.randint(2, 10))) for _ in range(30_000)]
        self.weights = list(accumulate(1 / (rank + 3) for rank in range(len(self.words))))
        self.recent: list[tuple[str, list[str]]] = []
        self.compressed = 0
        self.packer = zstandard.ZstdCompressor(level=6)

    def entry(self, number: int) -> Entry:
        title, sentences = self._article()
        text = "\n\n".join(" ".join(sentences[n : n + 3]) for n in range(0, len(sentences), 3))
        self.compressed += len(self.packer.compress(text.encode()))
        link = f"https://outlet{number % SOURCES}.example/articles/{number}"
        html = feeds.html.from_text(text)
        raw = f"<item><guid>{link}</guid><title>{title}</title><description>{html}</description></item>"
        return feeds.sanitise(
            Entry(link, link, title, html, published=at(number), raw=raw, fingerprint=f"{number:016x}")
        )

    def _article(self) -> tuple[str, list[str]]:
        if len(self.recent) > 50 and self.dice.random() < 0.4:
            title, sentences = self.dice.choice(self.recent)
            return title, [each for each in sentences if self.dice.random() > 0.05] or sentences
        made = self._sentence(8), [self._sentence(15) for _ in range(self.dice.randint(4, 40))]
        self.recent = [*self.recent[-3000:], made]
        return made

    def _sentence(self, length: int) -> str:
        chosen = self.dice.choices(self.words, cum_weights=self.weights, k=length)
        return " ".join([chosen[0].capitalize(), *chosen[1:], str(self.dice.randrange(10_000))]) + "."


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--copies", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--huge", action="store_true", help="up to 1e6 copies; takes half an hour or more")
    chosen = parser.parse_args()
    Load.elsewhere = chosen.database == "postgresql"
    most = 1_000_000 if chosen.huge else chosen.copies
    sizes = [size for size in (10_000, 100_000, 1_000_000) if size < most] + [most]
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        for row in measure(address(chosen.database, folder), folder, sizes):
            print(json.dumps({"bench": "growth", "database": chosen.database, **row}), flush=True)


def measure(url: str, folder: Path, sizes: list[int]) -> Iterator[dict[str, object]]:
    began = time.monotonic()
    news, canonicaliser, publishers = News(), Canonicaliser(load_rules()), list(load_publishers().values())
    with Archive.open(url) as archive:
        archive.authority("bench.example", START)
        specs = [SourceSpec(f"outlet-{n}", location=f"https://outlet{n}.example/") for n in range(SOURCES)]
        archive.declare(specs, START)
        sources, done = archive.sources(), 0
        for size in sizes:
            _grow(archive, canonicaliser, news, sources, done, size - LAST)
            ingest, canon = _grow(archive, canonicaliser, news, sources, max(done, size - LAST), size)
            done = size
            archive.index_text(size)
            stages.publish(archive, META, publishers, folder / "public", at(size) + timedelta(days=1))
            status = archive.status()
            yield {
                "copies": size,
                "ingest_ms": round(ingest / LAST * 1e3, 3),
                "canonicalise_ms": round(canon / LAST * 1e3, 3),
                "publish_ms": _median(lambda: _change_and_publish(archive, publishers, folder / "public")),
                "search_ms": _median(lambda: _search(archive, news)),
                "search_then_ms": _median(
                    lambda: _search(archive, news, f"after:{START:%F} before:{THEN:%F}")
                ),
                "bytes_a_copy": round(status.bytes / status.copies),
                "bytes_allowed": round(1.2 * news.compressed / status.copies + 1024),
                "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                "seconds": round(time.monotonic() - began),
            }


def _grow(
    archive: Archive, canonicaliser: Canonicaliser, news: News, sources: list[Source], done: int, size: int
) -> tuple[float, float]:
    """Seconds of ingest and of canonicalise."""
    ingest = canon = 0.0
    for start in range(done, size, DOCUMENT):
        entries = tuple(news.entry(n) for n in reversed(range(start, min(start + DOCUMENT, size))))
        source, now = sources[start // DOCUMENT % SOURCES], at(start + DOCUMENT) + timedelta(minutes=5)
        fetch = Fetch(source.id, now, Outcome.CHANGED)
        begun = _clock()
        stages.ingest(archive, Collected(source, fetch, ParsedFeed("rss2.0", entries)), now)
        ingest += _clock() - begun
        if (start // DOCUMENT) % (BATCH // DOCUMENT) == BATCH // DOCUMENT - 1 or start + DOCUMENT >= size:
            begun = _clock()
            while stages.canonicalise(archive, canonicaliser, now, BATCH):
                pass
            canon += _clock() - begun
        if not (start + DOCUMENT) % PROGRESS:
            print(f"{start + DOCUMENT} copies", file=sys.stderr, flush=True)
    return ingest, canon


def _change_and_publish(archive: Archive, publishers: Sequence[object], folder: Path) -> float:
    """Give the newest story another face, and publish; seconds of the latter."""
    [story] = archive.stories(1)
    copy = archive.copies([story.id])[story.id][0]
    [*_, revision] = archive.revisions(copy.id)
    source = archive.source(copy.source)
    fresh = replace(
        revision.entry,
        title=revision.entry.title + ".",
        fingerprint=f"{hash(revision.entry.title) % 2**64:016x}",
    )
    now = copy.last_seen + timedelta(seconds=1)
    archive.record(Collected(source, Fetch(source.id, now, Outcome.CHANGED)), [fresh], now)
    stages.canonicalise(archive, Canonicaliser(load_rules()), now)
    begun = _clock()
    stages.publish(archive, META, publishers, folder, now + timedelta(hours=1))  # type: ignore[arg-type]
    return _clock() - begun


def _search(archive: Archive, news: News, when: str = "") -> float:
    query = " ".join((*news.dice.choices(news.words[50:2000], k=1 if when else 2), when))
    begun = _clock()
    archive.search(query, 20)
    return _clock() - begun


def _median(once: Callable[[], float]) -> float:
    return round(statistics.median(once() for _ in range(REPEATS)) * 1e3, 2)


if __name__ == "__main__":
    main()
