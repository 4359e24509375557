"""Small things to archive: every field has a plain value, and a test says only what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregator.archive import Archive, Desk
from aggregator.model import (
    Collected,
    Decision,
    Entry,
    Face,
    Facts,
    Fetch,
    Ingested,
    Outcome,
    ParsedFeed,
    Placement,
    Placing,
    Source,
    SourceSpec,
    Waiting,
)
from tests.conftest import NOON

LEASE = timedelta(minutes=5)


def a_spec(name: str = "outlet", **said: Any) -> SourceSpec:
    return SourceSpec(**{"name": name, "location": f"https://{name}.example/feed", **said})


def an_entry(number: int = 1, **said: Any) -> Entry:
    plain: dict[str, Any] = {
        "guid": f"guid-{number}",
        "url": f"https://outlet.example/{number}",
        "title": f"Title {number}",
        "text": f"The text of article {number}.",
        "html": f"<p>The text of article {number}.</p>",
        "published": NOON - timedelta(hours=1),
        "sanitised": True,
    }
    plain |= said
    return Entry(
        **plain, fingerprint=said.get("fingerprint") or f"{hash(str(sorted(plain.items()))) % 2**64:016x}"
    )


def holders(desk: Desk, keys: Iterable[int], first: datetime, last: datetime) -> list[tuple[int, ...]]:
    """(key, copy id, story id) of the copies of those days that hold one of the keys, rising."""
    return sorted(map(tuple, desk.postings(rising(keys), first, last).tolist()))


def printers(desk: Desk, units: Iterable[int]) -> list[tuple[int, ...]]:
    """(unit, copy id, source id, story id) of the copies that print one of the sentences, rising."""
    return sorted(map(tuple, desk.printings(rising(units)).tolist()))


def rising(numbers: Iterable[int]) -> NDArray[np.int64]:
    return np.unique(np.fromiter(numbers, np.int64))


def a_visit(source: Source, entries: Sequence[Entry], at: datetime = NOON, **said: Any) -> Collected:
    """What a collector brings home from one changed document."""
    body, kind = said.pop("body", b""), said.pop("content_type", "")
    fetch = Fetch(source.id, at, Outcome.CHANGED, **said)
    return Collected(source, fetch, ParsedFeed("rss2.0", tuple(entries)), body, kind)


def ingest(archive: Archive, entries: Sequence[Entry], name: str = "outlet", at: datetime = NOON) -> Ingested:
    """Put entries into a source of this name, which is made if it is not there."""
    source = archive.add_source(a_spec(name), NOON)
    return archive.record(a_visit(source, entries, at), entries, at)


def found(copy: Waiting, story: int, at: datetime = NOON, **said: Any) -> Placement:
    """The copy founds a story."""
    decision = Decision("found", story, copy.copy_id, copy.revision_id)
    return replace(Placement(copy.copy_id, copy.revision_id, story, True, decision, Facts(), at), **said)


def joins(copy: Waiting, story: int, at: datetime = NOON, **said: Any) -> Placement:
    """The copy joins a story that is there."""
    decision = Decision("text", story, copy.copy_id, copy.revision_id, score=0.9, threshold=0.5)
    return replace(Placement(copy.copy_id, copy.revision_id, story, False, decision, Facts(), at), **said)


def face(copy: Waiting, story: int, **said: Any) -> Face:
    return replace(Face(story, copy.copy_id, copy.title, copy.published or NOON), **said)


def each_alone(archive: Archive, at: datetime = NOON) -> list[int]:
    """Place every waiting copy in a story of its own; the stories in copy order."""
    with archive.placing(at) as desk:
        batch = desk.waiting(10_000)
        stories = [desk.new_story() for _ in batch]
        placements = tuple(found(copy, story, at) for copy, story in zip(batch, stories, strict=True))
        desk.record(Placing(placements, tuple(face(c, s) for c, s in zip(batch, stories, strict=True))))
    return stories


def together(archive: Archive, at: datetime = NOON) -> int:
    """Place every waiting copy in one new story."""
    with archive.placing(at) as desk:
        first, *others = desk.waiting(10_000)
        story = desk.new_story()
        placements = (found(first, story, at), *(joins(copy, story, at) for copy in others))
        desk.record(Placing(placements, (face(first, story),)))
    return story


def partition(archive: Archive) -> set[frozenset[int]]:
    """Which copies are together, whatever their stories are called."""
    held: dict[int | None, set[int]] = {}
    for copy in archive.export():
        held.setdefault(copy.story_id, set()).add(copy.id)
    return {frozenset(copies) for copies in held.values()}
