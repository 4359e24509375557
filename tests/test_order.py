"""The same copies in another order, and in batches of another size, are the same stories: on both databases."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from aggregator import feeds, stages
from aggregator.archive import Archive
from aggregator.canon import Canonicaliser, load_rules
from aggregator.model import Collected, Entry, Fetch, Outcome, ParsedFeed, SourceSpec
from tests.conftest import NOON

Printing = tuple[str, Entry]  # the outlet, and what it printed


@pytest.fixture(scope="module")
def printings(shared: Path) -> list[Printing]:
    """Some whole stories of many printings, and some forms that resemble each other."""
    stories: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in (shared / "corpora" / "copies" / "dev.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        stories[row["_truth"]].append(row)
    chosen = [each for each in stories.values() if len(each) > 2][::12]
    return [(row["_source"], feeds.entry_from_json(row)) for rows in chosen for row in rows]


def stories(archive: Archive, printings: Sequence[Printing], batch: int) -> set[frozenset[str]]:
    """Ingest and place them as they come; the stories as sets of guids."""
    canonicaliser = Canonicaliser(load_rules())
    archive.authority("order.example", NOON)
    archive.declare([SourceSpec(name, location=f"https://{name}.example/") for name, _ in printings], NOON)
    sources = {source.name: source for source in archive.sources()}
    for first in range(0, len(printings), batch):
        for name, entry in printings[first : first + batch]:
            source = sources[name]
            fetch = Fetch(source.id, NOON, Outcome.CHANGED)
            stages.ingest(archive, Collected(source, fetch, ParsedFeed("jsonl", (entry,))), NOON)
        while stages.canonicalise(archive, canonicaliser, NOON, batch):
            pass
    held = archive.copies([story.id for story in archive.stories(10_000)])
    assert archive.verify() == []
    return {frozenset(copy.guid for copy in copies) for copies in held.values()}


def test_the_order_of_arrival_and_the_size_of_batches_change_no_story(
    new_archive_url: Callable[[], str], printings: list[Printing]
) -> None:
    found = []
    for seed, batch in ((None, 200), (1, 7), (2, 40)):
        order = printings if seed is None else random.Random(seed).sample(printings, len(printings))
        with Archive.open(new_archive_url()) as archive:
            found.append(stories(archive, order, batch))
    assert len(found[0]) < len(printings)
    assert found[0] == found[1] == found[2]
