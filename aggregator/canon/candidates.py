"""Which placed copies may print the same article: those that share rare keys, by story."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

FEW = 24  # keys of a short text: one that it shares is worth a look; of a longer one that is mere chance


@dataclass(frozen=True, slots=True)
class Candidate:
    """A story that shares keys with a copy."""

    story: int
    weight: float  # of the shared keys
    rare: float  # the mean weight of one, in 0..1
    copies: list[int]  # those that share most, first


@dataclass(slots=True)
class Postings:
    """Which placed copies hold which key: what the index answered for a batch."""

    holders: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))  # key -> copies

    def rank(
        self, keys: Sequence[int], story_of: Mapping[int, int], cap: int, per_story: int, itself: int
    ) -> list[Candidate]:
        """The stories by falling weight.

        A key counts the less the more stories hold it, and nothing if `cap` stories do.
        """
        totals: dict[int, float] = defaultdict(float)  # story -> weight
        counts: dict[int, int] = defaultdict(int)  # story -> keys
        shared: dict[int, float] = defaultdict(float)  # copy -> weight
        known = self.holders.get
        for holders in filter(None, map(known, keys)):
            stories = {story_of[copy] for copy in holders}
            if len(stories) >= cap:
                continue
            weight = 1 / len(stories)
            for story in stories:
                totals[story] += weight
                counts[story] += 1
            for copy in holders:
                shared[copy] += weight
        shared.pop(itself, None)
        best: dict[int, list[int]] = defaultdict(list)
        for copy in sorted(shared, key=lambda copy: (-shared[copy], copy)):
            best[story_of[copy]].append(copy)
        found = [
            Candidate(story, totals[story], totals[story] / counts[story], copies[:per_story])
            for story, copies in best.items()
            if counts[story] > 1 or len(keys) < FEW
        ]
        return sorted(found, key=lambda each: (-each.weight, each.story))
