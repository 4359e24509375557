"""What publishing costs when one story changed, in an archive of many. One JSON row a measure.

    python -m bench.publish [--stories 100000] [--database sqlite|postgresql]

`--stories 1000000` shows how it grows. Each story is 400 words. The archive is filled and published for the
first time ("first"); then one story changes and is published, several times ("change"): a new one, an old one that
comes again out of a closed document, and one at the end. "idle" is a run where nothing changed, "lost" one into an
empty folder. "seconds" are by the clock of the CPU, "wall" by that on the wall, medians; bytes are what was written
into the folder, all forms of all documents.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from aggregator import stages
from aggregator.archive import Archive
from aggregator.model import (
    Collected,
    Decision,
    Entry,
    Face,
    Facts,
    FeedMeta,
    Fetch,
    Outcome,
    ParsedFeed,
    Placement,
    Placing,
    SourceSpec,
)
from aggregator.publish import load_publishers

from . import archive as load

META = FeedMeta("tag:bench.example,2026:feed", "Bench", "https://bench.example/")
STEP = 5_000
ROUNDS = 7


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        url = load.address(chosen.database, Path(folder))
        for row in measure(url, Path(folder) / "public", chosen.stories):
            print(json.dumps({"bench": "publish", "database": chosen.database, **row}), flush=True)


def measure(url: str, folder: Path, stories: int) -> Iterator[dict[str, object]]:
    made, rng = load.Load(), random.Random(1)
    with Archive.open(url) as archive:
        archive.authority("bench.example", load.START)
        archive.declare([SourceSpec(f"outlet-{n}") for n in range(load.SOURCES)], load.START)
        spent, done = 0.0, 0
        while done < stories:
            step = min(STEP, stories - done)
            fill(archive, made, done, step)
            done += step
            spent += run(archive, folder, done)["seconds"]
        yield {"measure": "first", "stories": done, "seconds_a_thousand": round(1000 * spent / done, 2)}
        for name, change in {
            "new": lambda number: fill(archive, made, number, 1),
            "old": lambda number: another_copy(archive, made, number, rng.randrange(1, stories // 2)),
            "idle": lambda number: None,
        }.items():
            yield {"measure": name, "stories": done, **rounds(archive, folder, done, change)}
            done += ROUNDS
        empty = folder.with_name("elsewhere")
        yield {"measure": "lost", "stories": done, **run(archive, empty, done)}


def rounds(archive: Archive, folder: Path, done: int, change: Callable[[int], None]) -> dict[str, float]:
    """The median run after a change, and the most that one wrote (now and then a document is closed)."""
    runs, memory = [], stages.Memory()  # as the daemon has one
    for number in range(done, done + ROUNDS):
        change(number)
        runs.append(run(archive, folder, number + 1, memory))
    return {
        "seconds": round(statistics.median(each["seconds"] for each in runs), 3),
        "wall": round(statistics.median(each["wall"] for each in runs), 3),
        "most_wall": max(each["wall"] for each in runs),
        "bytes": statistics.median(each["bytes"] for each in runs),
        "most_bytes": max(each["bytes"] for each in runs),
    }


def run(archive: Archive, folder: Path, number: int, memory: stages.Memory | None = None) -> dict[str, float]:
    now = load.at(number) + timedelta(hours=1)
    begun, begun_wall = time.process_time(), time.perf_counter()
    published = stages.publish(archive, META, load_publishers().values(), folder, now, memory=memory)
    seconds, wall = time.process_time() - begun, time.perf_counter() - begun_wall
    size = sum(
        form.stat().st_size for path in published.written for form in path.parent.glob(f"{path.name}*")
    )
    return {"seconds": round(seconds, 3), "wall": round(wall, 3), "bytes": size}


def fill(archive: Archive, made: load.Load, first: int, count: int) -> None:
    """New articles, each a story of its own."""
    for start in range(first, first + count, load.DOCUMENT):
        last = min(start + load.DOCUMENT, first + count)
        ingest(archive, 0, [made.entry(number) for number in range(start, last)], load.at(last))
    placed = True
    while placed:
        placed = place(archive, load.at(first + count), None)


def another_copy(archive: Archive, made: load.Load, number: int, story: int) -> None:
    """A small change to a story: another outlet prints it."""
    ingest(archive, 1, [made.entry(number)], load.at(number))
    place(archive, load.at(number), story)


def ingest(archive: Archive, source: int, entries: list[Entry], now: datetime) -> None:
    said = archive.sources()[source]
    collected = Collected(said, Fetch(said.id, now, Outcome.CHANGED), ParsedFeed("rss2.0", tuple(entries)))
    archive.record(collected, entries, now)


def place(archive: Archive, now: datetime, story: int | None) -> bool:
    """The copies that wait join this story, else each founds one; whether any waited."""
    with archive.placing(now) as desk:
        placements, faces = [], []
        for copy in desk.waiting(load.BATCH):
            number = story or desk.new_story()
            decision = Decision("text" if story else "found", number, copy.copy_id, copy.revision_id)
            ids = copy.copy_id, copy.revision_id, number, story is None
            placements.append(Placement(*ids, decision, Facts(agency="Reuters", language="en"), now))
            if story is None:
                faces.append(Face(number, copy.copy_id, copy.title, copy.published or now))
        desk.record(Placing(tuple(placements), tuple(faces)))
    return bool(placements)


if __name__ == "__main__":
    main(sys.argv[1:])
