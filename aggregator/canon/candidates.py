"""Which placed copies may print the same article: those that share rare keys, by story."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """A story that shares keys with a copy."""

    story: int
    weight: float  # of the shared keys
    rare: float  # the mean weight of one, in 0..1
    copies: list[int]  # those that share most, first


@dataclass(slots=True)
class Postings:
    """Who holds which key: what the index answered for a batch, and what the batch itself has added."""

    holders: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))  # key -> copies
    changed: set[int] = field(default_factory=set)  # keys that the batch itself added to

    def add(self, keys: Iterable[int], copy_id: int) -> None:
        for key in keys:
            self.holders[key].append(copy_id)

    def add_own(self, keys: Sequence[int], copy_id: int) -> None:
        """The same for a copy of the batch."""
        self.add(keys, copy_id)
        self.changed.update(keys)

    def saturated(self, key: int, cap: int) -> bool:
        return key in self.holders and len(self.holders[key]) >= cap

    def rank(
        self, keys: Iterable[int], story_of: Mapping[int, int], cap: int, per_story: int, itself: int
    ) -> list[Candidate]:
        """The stories by falling weight.

        A key counts the less the more stories hold it, and nothing if `cap` stories do.
        """
        weights: dict[int, list[float]] = defaultdict(list)
        shared: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for key in keys:
            holders = self.holders.get(key)
            if not holders:
                continue
            stories = {story_of[copy] for copy in holders}
            if len(stories) >= cap:
                continue
            weight = 1 / len(stories)
            for story in stories:
                weights[story].append(weight)
            for copy in holders:
                if copy != itself:
                    shared[story_of[copy]][copy] += weight
        found = []
        for story, copies in shared.items():
            best = sorted(copies, key=lambda copy: (-copies[copy], copy))[:per_story]
            total = sum(weights[story])
            found.append(Candidate(story, total, total / len(weights[story]), best))
        return sorted(found, key=lambda each: (-each.weight, each.story))
