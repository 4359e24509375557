"""Verdicts on pairs of copies, remembered while both are read as they were."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from weakref import ref

from .compare import shares_enough
from .reading import Reading
from .rules import Rules
from .trial import Arrival, Meeting, Pair, decide_all, judge_all

Held = tuple[ref[Reading], ref[Reading], Pair]


class Verdicts:
    """Judges many pairs at once; up to `limit` pairs are remembered, some kilobytes each, but not their texts."""

    def __init__(self, rules: Rules, limit: int = 3_000) -> None:
        self._rules, self._limit = rules, limit
        self._held: OrderedDict[tuple[int, int, bool], Held] = OrderedDict()

    def of(self, meetings: Sequence[Meeting]) -> list[Pair]:
        """The verdict on each. Only the score is made anew where all that changed is how rare the shared keys are."""
        found: dict[int, Pair] = {}
        missing: list[int] = []
        rarer: list[int] = []
        for at, (one, other, same_url, rare) in enumerate(meetings):
            held = self._held.get((one.id, other.id, same_url))
            if held is None:
                missing.append(at)
            elif held[0]() is not one.reading or held[1]() is not other.reading:
                if _shared_nothing_before(held, one, other):
                    found[at] = held[2]
                else:
                    missing.append(at)
            elif (seen := held[2]).features and seen.features.rare != rare:
                found[at] = Pair(other.id, sides=seen.sides, features=seen.features._replace(rare=rare))
                rarer.append(at)
            else:
                found[at] = held[2]
        decide_all([meetings[at] for at in rarer], [found[at] for at in rarer], self._rules)
        judged = judge_all([meetings[at] for at in missing], self._rules)
        for at, pair in zip(missing, judged, strict=True):
            one, other, same_url, _ = meetings[at]
            self._held[one.id, other.id, same_url] = ref(one.reading), ref(other.reading), pair
            found[at] = pair
        while len(self._held) > self._limit:
            self._held.popitem(last=False)
        return [found[at] for at in range(len(meetings))]


def _shared_nothing_before(held: Held, one: Arrival, other: Arrival) -> bool:
    """Whether two texts, before sentences were cut off them, shared too little for what is left of them, too."""
    first, second, pair = held
    if pair.sides is not None or not (one.is_cut and other.is_cut):
        return False
    if first() is not one.plain or second() is not other.plain:
        return False
    return not shares_enough(pair.hits, min(one.reading.count, other.reading.count))
