"""One copy against one story: the scores against its members, and what they come to."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from aggregator.model import Facts, Waiting

from .candidates import Candidate
from .compare import Side, compare, features
from .reading import Flags, Reading, Scan
from .rules import Rules


@dataclass(slots=True)
class Arrival:
    """A copy on its way into a story."""

    copy: Waiting
    at: datetime
    facts: Facts
    reading: Reading
    scan: Scan | None = None  # of those that wait to be placed
    units: tuple[int, ...] = ()
    keys: tuple[int, ...] = ()
    furniture: Flags | None = None  # a flag for each of its sentences
    candidates: list[Candidate] | None = None  # as the index alone gave them

    @property
    def id(self) -> int:
        return self.copy.copy_id

    @property
    def size(self) -> int:
        """Bytes held, about."""
        return self.reading.size + 2 * len(self.copy.text)


class Cache:
    """Copies by id with their readings, the least used of them forgotten beyond `limit` bytes."""

    def __init__(self, limit: int = 64_000_000) -> None:
        self._limit, self._bytes = limit, 0
        self._held: OrderedDict[int, Arrival] = OrderedDict()

    def get(self, copy_id: int) -> Arrival | None:
        found = self._held.get(copy_id)
        if found is not None:
            self._held.move_to_end(copy_id)
        return found

    def put(self, found: Arrival) -> None:
        gone = self._held.pop(found.id, None)
        self._bytes += found.size - (gone.size if gone else 0)
        self._held[found.id] = found
        while self._bytes > self._limit and len(self._held) > 1:
            self._bytes -= self._held.popitem(last=False)[1].size


@dataclass(slots=True)
class Pair:
    """The verdict on two copies; `sides[0]` is the arriving one."""

    copy_id: int
    score: float
    method: str
    features: Mapping[str, float]
    sides: tuple[Side, Side] | None  # None where the two share next to nothing


@dataclass(slots=True)
class Trial:
    """The verdict on a copy and a story."""

    story: int
    words: int  # of the arriving copy
    pairs: list[Pair]

    @property
    def best(self) -> Pair:
        return max(self.pairs, key=lambda pair: (pair.score, -pair.copy_id))

    @property
    def score(self) -> float:
        """Half the best member, half the mean of them all: so that chains do not drift."""
        scores = [pair.score for pair in self.pairs]
        return (max(scores) + sum(scores) / len(scores)) / 2

    @property
    def covered(self) -> Flags:
        """The words of the arriving copy that the story's copies hold."""
        covered = np.zeros(self.words, bool)
        for pair in self.pairs:
            if pair.sides:
                covered |= pair.sides[0].covered
        return covered


def judge(one: Arrival, other: Arrival, same_url: bool, rare: float, rules: Rules) -> Pair:
    """Compare two copies."""
    gap = abs(one.at - other.at)
    a, b = one.reading, other.reading
    sides = compare(a, b, always=same_url)
    if sides is None:
        return Pair(other.id, 0.0, "text", {}, None)
    found = features(a, b, sides, rare)
    exact = a.exact == b.exact and a.count > 0
    method, score = _score(found, min(a.count, b.count), exact, same_url, rules)
    if gap > (rules.exact_window if exact else rules.window):
        score = 0.0
    return Pair(other.id, score, method, found, sides)


def _score(
    found: Mapping[str, float], words: int, exact: bool, same_url: bool, rules: Rules
) -> tuple[str, float]:
    if same_url and (found["title"] >= 0.5 or found["inner"] >= rules.min_unquoted):
        return "url", max(0.95, _verdict(found, rules))
    if exact and (words >= rules.short_words or found["title"] >= 0.8):
        return "text", 1.0
    if words >= rules.short_words:
        return "text", _verdict(found, rules)
    return "text", 0.9 if _short_agree(found, words) else 0.0


def _short_agree(found: Mapping[str, float], words: int) -> bool:
    """Whether a title and a line agree: the line begins the other text, and is long or titled alike."""
    least = 16 if found["title"] < 0.3 else 6 if found["title"] < 0.6 else 4
    whole = min(found["inner"], found["lead_outer"]) >= 0.85
    return whole and words >= least and found["numbers"] == found["names"] == 1.0


def _verdict(found: Mapping[str, float], rules: Rules) -> float:
    """The forest's score; 0 where too little is shared, whatever else speaks for it."""
    if passes_floors(found, rules):
        return rules.forest.score(found)
    return 0.0


def passes_floors(found: Mapping[str, float], rules: Rules) -> bool:
    return found["inner"] >= rules.min_containment and found["unquoted"] >= rules.min_unquoted


def is_short(found: Trial, rules: Rules) -> bool:
    return math.expm1(found.best.features.get("words", 0.0)) < rules.short_words


def disjoint(one: Flags, two: Flags) -> bool:
    """Whether the covered words are different parts of a text."""
    smaller = min(int(np.count_nonzero(one)), int(np.count_nonzero(two)))
    return int(np.count_nonzero(one & two)) < 0.3 * smaller


def titled_alike(found: Trial) -> bool:
    return found.best.features.get("title", 0.0) >= 0.5


def mostly(covered: Flags) -> bool:
    """Whether a page prints little else: it is a copy with a paragraph inserted, and no round-up."""
    return int(np.count_nonzero(covered)) >= 0.6 * len(covered)


def carried(found: Trial) -> bool:
    """Whether the arriving copy prints the beginning of the story, and some of what follows."""
    return any(pair.sides is not None and carries(*pair.sides) for pair in found.pairs)


def carries(page: Side, other: Side) -> bool:
    """Whether a page prints the beginning of another text, and some of what follows."""
    return other.lead >= 0.75 and int(np.count_nonzero(page.covered)) >= 20


def beside(found: Trial, page: Arrival, strangers: Iterable[Arrival]) -> bool:
    """Whether the member that speaks most for a story is a round-up, which carries the arriving copy in one part
    and in another a member that is a stranger to that copy.
    """
    sides = found.best.sides
    if sides is None or titled_alike(found) or mostly(sides[1].covered):
        return False
    shown = (compare(page.reading, other.reading) for other in strangers)
    return any(both and carries(*both) and disjoint(sides[1].covered, both[0].covered) for both in shown)


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    return sorted(
        (trial for trial in trials if trial.pairs),
        key=lambda trial: (-trial.score, -trial.best.features.get("inner", 0.0), trial.story),
    )


def related(found: Trial, rules: Rules) -> bool:
    """Whether a story that the copy did not join is about the same event: it shares quotes or a good part."""
    share, unquoted = (found.best.features.get(name, 0.0) for name in ("inner", "unquoted"))
    quoted = share >= 0.2 and unquoted < 0.7 * share
    return found.score >= rules.event_threshold or quoted
