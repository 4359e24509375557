"""A desk to place copies at: an index in memory, and copies made in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator import url
from aggregator.canon import Canonicaliser, MemoryIndex, Rules, load_rules
from aggregator.model import Decision, Placement, Waiting

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RULES = load_rules()


def copy(id: int, title: str, text: str, source: int = 0, hours: float = 0.0, **more: Any) -> Waiting:
    """A copy that a source of its own printed at noon, unless said otherwise."""
    at = NOON + timedelta(hours=hours)
    made = Waiting(
        copy_id=id,
        revision_id=id,
        source_id=source or id,
        guid=str(id),
        title=title,
        text=text,
        published=at,
        seen=at,
        words=len(text.split()),
    )
    made = replace(made, **more)
    return replace(made, url_key=made.url_key or url.key(made.canonical_url, made.url))


class Desk:
    """Places copies and remembers every placement."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.canon, self.index = Canonicaliser(rules), MemoryIndex()
        self.placements: dict[int, Placement] = {}

    def place(self, *copies: Waiting, batch: int = 100) -> list[Placement]:
        made: list[Placement] = []
        for first in range(0, len(copies), batch):
            some = copies[first : first + batch]
            placing = self.canon.place(some, self.index, NOON + timedelta(days=30))
            self.index.record(some, placing)
            made += placing.placements
        while doubtful := self.index.doubtful(500):
            placing = self.canon.look_again(doubtful, self.index, NOON + timedelta(days=30))
            self.index.record([], placing)
            made += placing.placements
        self.placements.update((placement.copy_id, placement) for placement in made)
        return made

    def revise(self, former: Waiting, **changes: Any) -> Placement:
        """The copy with a new revision, judged again."""
        story = self.index.story_of[former.copy_id]
        revised = replace(former, revision_id=former.revision_id + 10_000, story_id=story, **changes)
        return self.place(revised)[0]

    def story(self, id: int) -> int:
        return self.index.story_of[id]

    def decision(self, id: int) -> Decision:
        return self.placements[id].decision

    @property
    def groups(self) -> set[frozenset[int]]:
        return grouped(self.index)


def grouped(index: MemoryIndex) -> set[frozenset[int]]:
    stories: dict[int, set[int]] = {}
    for copy_id, story in index.story_of.items():
        stories.setdefault(story, set()).add(copy_id)
    return {frozenset(ids) for ids in stories.values()}


def together(groups: Sequence[Sequence[int]]) -> set[frozenset[int]]:
    return {frozenset(group) for group in groups}
