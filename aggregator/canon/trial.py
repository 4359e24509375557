"""One copy against one story: the scores against its members, and what they come to."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from aggregator.model import Facts, Waiting

from .candidates import Candidate
from .compare import Side, compare, features, number
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
    heading: tuple[int, ...] = ()  # the key of the title
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
    readings: tuple[Reading, Reading]
    sides: tuple[Side, Side] | None = None  # None where the two share next to nothing
    rare: float = 1.0
    _features: dict[str, float] | None = None

    @property
    def inner(self) -> Side | None:
        """The side of the text that the other holds more of."""
        return max(self.sides, key=lambda side: side.share) if self.sides else None

    @property
    def features(self) -> dict[str, float]:
        """What the verdict looks at: none where the two share next to nothing. Seen when first asked for."""
        if self._features is None:
            self._features = features(*self.readings, self.sides, self.rare) if self.sides else {}
        return self._features


@dataclass(slots=True)
class Trial:
    """The verdict on a copy and a story."""

    story: int
    words: int  # of the arriving copy
    pairs: list[Pair]  # one or more
    best: Pair = field(init=False)
    score: float = field(init=False)  # half the best member, half the mean of them all: chains do not drift

    def __post_init__(self) -> None:
        scores = [pair.score for pair in self.pairs]
        self.best = max(self.pairs, key=lambda pair: (pair.score, -pair.copy_id))
        self.score = (max(scores) + sum(scores) / len(scores)) / 2

    @property
    def inner(self) -> float:
        """The share of the shorter text that the nearest copy holds."""
        inner = self.best.inner
        return inner.share if inner else 0.0

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
    pair = Pair(other.id, 0.0, "text", (a, b), compare(a, b, always=same_url), rare)
    if pair.sides is None:
        return pair
    exact = a.exact == b.exact and a.count > 0
    words = min(a.count, b.count)
    if gap <= (rules.exact_window if exact else rules.window):
        pair.method, pair.score = _score(pair, words, exact, same_url, rules)
    elif same_url and _is_near(pair, rules):
        pair.method = "url"
    return pair


def _score(pair: Pair, words: int, exact: bool, same_url: bool, rules: Rules) -> tuple[str, float]:
    if same_url and _is_near(pair, rules):
        return "url", max(0.95, _verdict(pair, rules))
    if exact and (words >= rules.short_words or pair.features["title"] >= 0.8):
        return "text", 1.0
    if words >= rules.short_words:
        return "text", _verdict(pair, rules)
    return "text", 0.9 if _short_agree(pair.features, words) else 0.0


def _is_near(pair: Pair, rules: Rules) -> bool:
    """Whether a page that is printed under the URL of another is likely to be that."""
    return pair.features["title"] >= 0.5 or pair.features["inner"] >= rules.min_unquoted


def _short_agree(found: Mapping[str, float], words: int) -> bool:
    """Whether a title and a line agree: the line begins the other text, and is long or titled alike."""
    least = 16 if found["title"] < 0.3 else 6 if found["title"] < 0.6 else 4
    whole = min(found["inner"], found["lead_outer"]) >= 0.85
    return whole and words >= least and found["numbers"] == found["names"] == 1.0


def _verdict(pair: Pair, rules: Rules) -> float:
    """The forest's score; 0 where too little is shared, whatever else speaks for it."""
    inner = pair.inner
    passes = inner is not None and passes_floors(inner.share, inner.unquoted, rules)
    return rules.forest.score(pair.features) if passes else 0.0


def passes_floors(inner: float, unquoted: float, rules: Rules) -> bool:
    return inner >= rules.min_containment and unquoted >= rules.min_unquoted


def is_short(found: Trial, rules: Rules) -> bool:
    return math.expm1(found.best.features.get("words", 0.0)) < rules.short_words


def disjoint(one: Flags, two: Flags) -> bool:
    """Whether the covered words are different parts of a text."""
    return number(one & two) < 0.3 * min(number(one), number(two))


def titled_alike(found: Trial) -> bool:
    return found.best.features.get("title", 0.0) >= 0.5


def mostly(covered: Flags) -> bool:
    """Whether a page prints little else: it is a copy with a paragraph inserted, and no round-up."""
    return number(covered) >= 0.6 * len(covered)


def carried(found: Trial) -> bool:
    """Whether the arriving copy prints the beginning of the story, and some of what follows."""
    return any(pair.sides is not None and carries(*pair.sides) for pair in found.pairs)


def carries(page: Side, other: Side) -> bool:
    """Whether a page prints the beginning of another text, and some of what follows."""
    return other.lead >= 0.75 and page.count >= 20


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
    return sorted(trials, key=lambda trial: (-trial.score, -trial.inner, trial.story))


def related(found: Trial, rules: Rules) -> bool:
    """Whether a story that the copy did not join is about the same event: it shares quotes or a good part."""
    inner = found.best.inner
    quoted = inner is not None and inner.share >= 0.2 and inner.unquoted < 0.7 * inner.share
    return found.score >= rules.event_threshold or quoted
