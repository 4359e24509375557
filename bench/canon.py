"""What placing copies costs, from their texts. One JSON row a measure.

    python -m bench.canon [FILE] [--limit 4000]     FILE: JSON Lines; ../shared/corpora/copies/dev.jsonl by default

`pure` is the canonicaliser with its index in memory, `archive` the same rows ingested into an archive on SQLite and
placed there, durably; `datasketch` the peer where it is installed: MinHashLSH over 4-shingles, query and insert
only, in memory. CPU seconds of one core.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aggregator import feeds, stages
from aggregator.archive import Archive
from aggregator.canon import Canonicaliser, MemoryIndex, evaluate, facts, load_rules
from aggregator.model import Collected, Fetch, Outcome, ParsedFeed, SourceSpec

CORPUS = Path(__file__).parents[2] / "shared" / "corpora" / "copies" / "dev.jsonl"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BATCH = 500
Rows = Sequence[Mapping[str, Any]]


def timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def pure(rows: Rows) -> Iterator[tuple[str, float]]:
    """Reading the facts alone, then all of placing; a new canonicaliser, which has yet to meet every word."""
    sources: dict[str, int] = {}
    copies = [
        evaluate.as_waiting(row, at, sources.setdefault(str(row.get("_source")), len(sources) + 1), NOW)
        for at, row in enumerate(rows, 1)
    ]
    yield "facts", timed(lambda: [facts.read(copy.title, copy.text) for copy in copies])
    canonicaliser, index, spent = Canonicaliser(load_rules()), MemoryIndex(), 0.0
    for first in range(0, len(copies), BATCH):
        batch = copies[first : first + BATCH]
        begun = time.process_time()
        placing = canonicaliser.place(batch, index, NOW)
        spent += time.process_time() - begun
        index.record(batch, placing)
    yield "pure", spent


def archived(rows: Rows, folder: Path) -> Iterator[tuple[str, float]]:
    """The same rows through the front door: ingested, then placed until none waits."""
    named = defaultdict(list)
    for row in rows:
        named[f"outlet-{row.get('_source')}"].append(row)
    with Archive.open(f"sqlite:///{folder / 'archive.db'}") as archive:
        archive.authority("bench.example", NOW)
        archive.declare([SourceSpec(name, location=f"https://{name}.example/") for name in named], NOW)
        yield "ingest", timed(lambda: [ingest(archive, name, of) for name, of in named.items()])
        canonicaliser = Canonicaliser(load_rules())
        yield "archive", timed(lambda: drain(archive, canonicaliser))


def ingest(archive: Archive, name: str, rows: Rows) -> None:
    source = archive.source(name)
    entries = tuple(feeds.entry_from_json(row) for row in rows)
    fetch = Fetch(source.id, NOW, Outcome.CHANGED)
    stages.ingest(archive, Collected(source, fetch, ParsedFeed("jsonl", entries)), NOW)


def drain(archive: Archive, canonicaliser: Canonicaliser) -> None:
    while stages.canonicalise(archive, canonicaliser, NOW, BATCH):
        pass


def peer(rows: Rows) -> Iterator[tuple[str, float]]:
    """datasketch, with the settings of its documentation."""
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError:
        print(json.dumps({"bench": "canon", "measure": "datasketch", "missing": "pip install datasketch"}))
        return
    near = MinHashLSH(threshold=0.5, num_perm=128)

    def place() -> None:
        for at, row in enumerate(rows):
            words = str(row["content_text"]).lower().split()
            sketch = MinHash(num_perm=128)
            sketch.update_batch([" ".join(words[n : n + 4]).encode() for n in range(len(words) - 3)])
            near.query(sketch)
            near.insert(str(at), sketch)

    yield "datasketch", timed(place)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=CORPUS)
    parser.add_argument("--limit", type=int, default=10_000)
    chosen = parser.parse_args(arguments)
    if not chosen.file.is_file():
        sys.exit(f"No rows in {chosen.file}; name a file of JSON Lines.")
    with chosen.file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][: chosen.limit]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for measures in (pure(rows), archived(rows, Path(folder)), peer(rows)):
            for measure, spent in measures:
                show(measure, spent, len(rows))


def show(measure: str, spent: float, copies: int) -> None:
    row = {
        "bench": "canon",
        "measure": measure,
        "copies": copies,
        "cpu_seconds": round(spent, 3),
        "copies_a_second": round(copies / spent),
        "microseconds_a_copy": round(spent / copies * 1e6, 1),
    }
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
