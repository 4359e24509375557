"""Do the same copies in another order, and in batches of another size, become the same stories? One JSON row a database.

    python -m bench.orders [FILE] [--interleavings 100] [--every 4] [--seed 1] [--database sqlite postgresql]

FILE: labelled JSON Lines; ../shared/corpora/copies/dev.jsonl by default, of which each `--every`-th story is taken
with all its copies. Each interleaving is an archive of its own: the copies come in a random order, in batches of
1 to 500 that are placed before the next comes; when none waits, doubtful ones are looked at again, as a daemon
does. `differ`: pairs of copies together in one of two interleavings only, as a share of those that are together in
either; against the first interleaving, in file order. `wrong`: pairs that are together and should not be, at most.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from aggregator import feeds, stages
from aggregator.archive import Archive
from aggregator.canon import Canonicaliser, load_rules
from aggregator.model import Collected, Entry, Fetch, Outcome, ParsedFeed, SourceSpec
from bench.canon import CORPUS, NOW, addresses

LARGEST = 500  # copies in a batch
Printing = tuple[str, Entry]  # the outlet, and what it printed
Pairs = set[tuple[str, str]]


def chosen(file: Path, every: int) -> tuple[list[Printing], dict[str, Any]]:
    """What was printed, in file order, and the truth by guid."""
    stories: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            stories[row["_truth"]].append(row)
    kept = {id(row) for rows in list(stories.values())[::every] for row in rows}
    printings, truth = [], {}
    for row in (row for rows in stories.values() for row in rows if id(row) in kept):
        entry = feeds.entry_from_json(row)
        printings.append((str(row["_source"]), entry))
        truth[entry.guid] = row["_truth"]
    return printings, truth


def placed(url: str, printings: Sequence[Printing], sizes: Iterator[int]) -> Pairs:
    """The pairs of copies that are together, once all have come."""
    canonicaliser = Canonicaliser(load_rules())
    with Archive.open(url) as archive:
        archive.authority("orders.example", NOW)
        names = sorted({name for name, _ in printings})
        archive.declare([SourceSpec(name, location=f"https://{name}.example/") for name in names], NOW)
        sources, first = {source.name: source for source in archive.sources()}, 0
        while first < len(printings):
            size = next(sizes)
            told: dict[str, list[Entry]] = defaultdict(list)
            for name, entry in printings[first : first + size]:
                told[name].append(entry)
            for name, entries in told.items():
                fetch = Fetch(sources[name].id, NOW, Outcome.CHANGED)
                stages.ingest(
                    archive, Collected(sources[name], fetch, ParsedFeed("jsonl", tuple(entries))), NOW
                )
            while stages.canonicalise(archive, canonicaliser, NOW, size):
                pass
            first += size
        while stages.look_again(archive, canonicaliser, NOW):
            pass
        held = archive.copies([story.id for story in archive.stories(len(printings))])
    stories = (sorted(copy.guid for copy in copies) for copies in held.values())
    return {pair for guids in stories for pair in combinations(guids, 2)}


def compared(
    urls: Iterator[str], printings: Sequence[Printing], truth: Mapping[str, Any], count: int, seed: int
) -> dict[str, Any]:
    dice = random.Random(seed)
    plain, shares, wrong = None, [], 0
    for number in range(count):
        order = dice.sample(printings, len(printings)) if number else printings
        pairs = placed(next(urls), order, iter(lambda: dice.randint(1, LARGEST), 0))
        plain = pairs if plain is None else plain
        wrong = max(wrong, sum(truth[one] != truth[other] for one, other in pairs))
        shares.append(len(pairs ^ plain) / max(1, len(pairs | plain)))
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {count}", end="", file=sys.stderr, flush=True)
    return {
        "interleavings": count,
        "copies": len(printings),
        "pairs": len(plain or ()),
        "wrong": wrong,
        "differ": {
            "median": round(statistics.median(shares), 6),
            "mean": round(statistics.fmean(shares), 6),
            "most": round(max(shares), 6),
        },
        "same": sum(not share for share in shares),
    }


def fresh(kind: str, folder: Path, count: int) -> Iterator[str]:
    """Addresses of so many empty archives."""
    if kind == "sqlite":
        for number in range(count):
            yield f"sqlite:///{folder / f'{number}.db'}"
        return
    from sqlalchemy import create_engine, make_url

    server = next(addresses(["postgresql"], folder))
    engine = create_engine(
        make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    for number in range(count):
        name = f"orders_{number}"
        with engine.connect() as conn:
            conn.exec_driver_sql(f"CREATE DATABASE {name}")
        yield make_url(server).set(database=name).render_as_string(hide_password=False)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, nargs="?", default=CORPUS)
    parser.add_argument("--interleavings", type=int, default=100)
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgresql"])
    asked = parser.parse_args(arguments)
    if not asked.file.is_file():
        sys.exit(f"No rows in {asked.file}; name a file of JSON Lines.")
    printings, truth = chosen(asked.file, asked.every)
    for kind in asked.database:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            urls = fresh(kind, Path(folder), asked.interleavings)
            found = compared(urls, printings, truth, asked.interleavings, asked.seed)
        print(json.dumps({"bench": "orders", "database": kind, "seed": asked.seed, **found}), flush=True)


if __name__ == "__main__":
    main()
