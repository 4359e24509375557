"""Does every rebuild do what its dry run said, keep people's words and ids, and settle? Archives made from seeds.

    python -m bench.rebuilds [FILE] [--seeds 100] [--first 1] [--steps 25] [--database sqlite postgresql]

FILE: labelled JSON Lines; ../shared/corpora/copies/dev.jsonl by default, whose families come in between those that
are made up; without it there are only those. Prints what failed by seed, and one JSON row a database.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aggregator import feeds, stages
from aggregator.archive import Archive, Desk
from bench.canon import CORPUS
from bench.orders import fresh
from tests.archive.histories import RULES, History, Printing
from tests.archive.rebuilds import rebuilt, settles


def families(file: Path) -> list[list[Printing]]:
    if not file.is_file():
        return []
    found: dict[str, list[Printing]] = defaultdict(list)
    with file.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            entry = feeds.sanitise(feeds.entry_from_json(row))
            found[str(row["_truth"])].append((str(row["_source"]), entry))
    return [each for each in found.values() if len(each) > 1]


def once(url: str, seed: int, steps: int, real: Sequence[Sequence[Printing]]) -> Counter[str]:
    """One archive: as it came, by the same rules; then by others, with more in between."""
    history, did = History(seed, real, steps), Counter[str]()
    with Archive.open(url) as archive:
        archive.authority("rebuilds.example", history.now)
        rules = history.happens_to(archive)
        for _ in range(3):
            history.now += timedelta(hours=1)
            with in_batches_of(history.chance.choice((15, 60, 1_000))), in_any_order(history.chance):
                done = rebuilt(archive, rules, history.now)
                settles(archive, rules, history.now)
            did.update(rebuilds=1, merged=done.merged, split=done.split, moved=done.moved, order=done.order)
            if history.chance.random() < 0.5:
                history.a_person_decides(archive)
            if history.chance.random() < 0.3:
                history.lets_go(archive, 3)
            if history.chance.random() < 0.5:
                history.grows(archive, rules)
            rules = history.chance.choice(RULES)
    return did


def in_batches_of(size: int) -> AbstractContextManager[object]:
    """A rebuild of a small archive in several batches, as that of a large one."""
    return patch.object(stages.rebuilding, "BATCH", size)


@contextmanager
def in_any_order(chance: random.Random) -> Iterator[None]:
    """A database answers in any order, and in another one once its rows were changed: that must not matter."""

    def shuffled(answer: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*given: Any) -> Any:
            found = answer(*given)
            told = list(found.items() if isinstance(found, Mapping) else found)
            chance.shuffle(told)
            return dict(told) if isinstance(found, Mapping) else told

        return ask

    with ExitStack() as stack:
        for name in ("placed", "same_url", "constraints"):
            stack.enter_context(patch.object(Desk, name, shuffled(getattr(Desk, name))))
        yield


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, nargs="?", default=CORPUS)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgresql"])
    asked = parser.parse_args(arguments)
    real = families(asked.file)
    for kind in asked.database:
        did, failed = Counter[str](), list[int]()
        with tempfile.TemporaryDirectory(prefix="rebuilds-") as folder:
            urls = fresh(kind, Path(folder), asked.seeds)
            for seed in range(asked.first, asked.first + asked.seeds):
                try:
                    did += once(next(urls), seed, asked.steps, real)
                except Exception:
                    failed.append(seed)
                    print(f"seed {seed}:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
                if sys.stderr.isatty():
                    print(f"\r{seed}", end="", file=sys.stderr, flush=True)
        print(
            json.dumps(
                {"bench": "rebuilds", "database": kind, "archives": asked.seeds, **did, "failed": failed}
            )
        )


if __name__ == "__main__":
    main()
