"""One copy against one story: the scores against its members, and what they come to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import log1p
from sys import getsizeof

import numpy as np

from aggregator.model import Facts, Waiting

from . import reading, sketch
from .compare import Features, Side, Sides, compare_all, features
from .fold import Marks
from .index import Numbers
from .reading import Flags, Reading, Scan
from .rules import Rules
from .segments import TOGETHER


@dataclass(slots=True)
class Arrival:
    """A copy as it is compared with others."""

    copy: Waiting
    at: datetime
    facts: Facts  # with the furniture that the text itself tells
    plain: Reading  # less what is furniture by rule
    scan: Scan
    heading: Marks = field(
        default_factory=lambda: np.empty(0, np.uint64)
    )  # the key of the title, if it has one
    plain_keys: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    keys: Numbers = field(default_factory=lambda: np.empty(0, np.int64))  # of the reading; rising, each once
    furniture: Flags | None = None  # a flag for each of its sentences: what is learned to be furniture
    reading: Reading = field(init=False)  # the plain one less that
    id: int = field(init=False)
    _written: bytes | None = None  # the text of a folded copy

    def __post_init__(self) -> None:
        self.reading, self.id = self.plain, self.copy.copy_id

    def bare(self) -> Arrival:
        """The copy with what is learned to be furniture still in it."""
        if self.furniture is None:
            return self
        keys = self.plain_keys
        found = Arrival(self.copy, self.at, self.facts, self.plain, self.scan, self.heading, keys, keys)
        found._written = self._written
        return found

    @property
    def text(self) -> str:
        return self.copy.text if self._written is None else self._written.decode("utf-8", "surrogatepass")

    def fold(self) -> None:
        """Take two thirds of the room. The text is asked for by `text` from here on: with one sign beyond Latin-1 it
        was half zeros. What is quickly made comes back by `unfold_all`.
        """
        said = self.copy.text
        if self._written is None and not said.isascii():
            written = said.encode("utf-8", "surrogatepass")
            if getsizeof(written) < getsizeof(said):
                self._written, self.copy = written, replace(self.copy, text="")
        self.plain.fold()
        self.reading.fold()

    @property
    def is_cut(self) -> bool:
        """Whether its reading is one stretch of the plain one: it has no shingle that this has not."""
        return self.reading is not self.plain and self.reading.marks.base is not None

    @property
    def units(self) -> tuple[int, ...]:
        """Its sentences, as SQL stores them."""
        return sketch.signed(self.scan.units)

    @property
    def size(self) -> int:
        """Bytes held while it is folded, about."""
        texts = self.copy.text, self._written, self.copy.title
        held = self.scan.size
        if self.reading is not self.plain and self.reading.marks.base is None:
            held += self.reading.size
        return 3_600 + held + sum(map(getsizeof, texts))


def unfold_all(folded: Sequence[Arrival]) -> None:
    """Make copies ready to be compared again."""
    plain = [found.plain for found in folded]
    reading.unfold_all([*plain, *(found.reading for found in folded if found.reading is not found.plain)])


class Cache:
    """Copies by id with their readings, folded; the least used of them forgotten beyond `limit` bytes."""

    def __init__(self, limit: int = 24_000_000) -> None:
        self._limit, self._bytes = limit, 0
        self._held: OrderedDict[int, tuple[Arrival, int]] = OrderedDict()  # with its bytes

    def get(self, copy_id: int) -> Arrival | None:
        found = self._held.get(copy_id)
        if found is None:
            return None
        self._held.move_to_end(copy_id)
        return found[0]

    def drop(self, copy_id: int) -> None:
        _, size = self._held.pop(copy_id, (None, 0))
        self._bytes -= size

    def put(self, found: Arrival) -> None:
        found.fold()
        held, before = self._held.pop(found.id, (None, 0))
        size = before if held is found else found.size  # some bytes more, where furniture was found since
        self._bytes += size - before
        self._held[found.id] = found, size
        while self._bytes > self._limit and len(self._held) > 1:
            _, (_, gone) = self._held.popitem(last=False)
            self._bytes -= gone


@dataclass(slots=True)
class Pair:
    """The verdict on two copies; `sides[0]` is the arriving one."""

    copy_id: int
    score: float = 0.0
    method: str = "text"
    sides: Sides | None = None  # None where the two share next to nothing
    features: Features | None = None  # none there
    hits: int = 0  # shingles that they share

    def seen_from(self, copy_id: int, other_id: int) -> Pair:
        """The same with that copy as the arriving one."""
        if self.copy_id == other_id:
            return self
        sides = self.sides[::-1] if self.sides else None
        return Pair(other_id, self.score, self.method, sides, self.features)

    @property
    def inner(self) -> Side | None:
        """The side of the text that the other holds more of."""
        return max(self.sides, key=lambda side: side.share) if self.sides else None


@dataclass(slots=True)
class Trial:
    """The verdict on a copy and a story."""

    story: int
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


Meeting = tuple[Arrival, Arrival, bool, float]  # a copy, another, under one URL?, how rare is what they share


def judge_all(meetings: Sequence[Meeting], rules: Rules) -> list[Pair]:
    """Compare copies two by two."""
    return [
        pair
        for first in range(0, len(meetings), TOGETHER)
        for pair in _judged(meetings[first : first + TOGETHER], rules)
    ]


def _judged(meetings: Sequence[Meeting], rules: Rules) -> list[Pair]:
    texts = [(one.reading, other.reading) for one, other, _, _ in meetings]
    shown, hits = compare_all(texts, [same_url for _, _, same_url, _ in meetings])
    kept = [at for at, sides in enumerate(shown) if sides]
    looked_at = features(
        [texts[at] for at in kept], [sides for sides in shown if sides], [meetings[at][3] for at in kept]
    )
    pairs = [
        Pair(other.id, sides=sides, hits=shared)
        for (_, other, _, _), sides, shared in zip(meetings, shown, hits, strict=True)
    ]
    for at, found in zip(kept, looked_at, strict=True):
        pairs[at].features = found
    decide_all(meetings, pairs, rules)
    return pairs


def decide_all(meetings: Sequence[Meeting], pairs: Sequence[Pair], rules: Rules) -> None:
    judged = [(at, pair.features) for at, pair in enumerate(pairs) if pair.features]
    verdicts = _verdicts([found for _, found in judged], rules)
    for (at, found), verdict in zip(judged, verdicts, strict=True):
        _decide(pairs[at], found, meetings[at], verdict, rules)


def _decide(pair: Pair, found: Features, meeting: Meeting, verdict: float, rules: Rules) -> None:
    one, other, same_url, _ = meeting
    a, b = one.reading, other.reading
    exact = a.exact == b.exact and a.count > 0
    near = same_url and _is_near(found, rules)
    if abs(one.at - other.at) <= (rules.exact_window if exact else rules.window):
        words = min(a.count, b.count)
        pair.method, pair.score = _score(found, words, exact, near, verdict, rules)
    elif near:
        pair.method = "url"


def _score(
    found: Features, words: int, exact: bool, near: bool, verdict: float, rules: Rules
) -> tuple[str, float]:
    if near:
        return "url", max(0.95, verdict)
    if exact and (words >= rules.short_words or found.title >= 0.8):
        return "text", 1.0
    if words >= rules.short_words:
        return "text", verdict
    return "text", 0.9 if _short_agree(found, words) else 0.0


def _is_near(found: Features, rules: Rules) -> bool:
    """Whether a page that is printed under the URL of another is likely to be that."""
    return found.title >= 0.5 or found.inner >= rules.min_unquoted


def _short_agree(found: Features, words: int) -> bool:
    """Whether a title and a line agree: the line begins the other text, and is long or titled alike."""
    least = 16 if found.title < 0.3 else 6 if found.title < 0.6 else 4
    whole = min(found.inner, found.lead_outer) >= 0.85
    return whole and words >= least and found.numbers == found.names == 1.0


def _verdicts(rows: Sequence[Features], rules: Rules) -> list[float]:
    """The forest's scores; 0 where too little is shared, whatever else speaks for it."""
    passing = [
        at
        for at, row in enumerate(rows)
        if passes_floors(row.inner, row.unquoted, rules)
        and not _only_mentions(row, rules)
        and not _filled_anew(row, rules)
    ]
    found = [0.0] * len(rows)
    for at, score in zip(passing, rules.forest.scores([rows[at] for at in passing]), strict=True):
        found[at] = score
    return found


def _only_mentions(found: Features, rules: Rules) -> bool:
    """Whether a page begins with something else, under another title, and prints the beginning of the other text
    in what is left: so do round-ups, of which only one story is known yet.
    """
    elsewhere = found.lead < 0.3 and found.lead_outer >= 0.75 and found.title < 0.5
    return elsewhere and found.inner < rules.min_page


def _filled_anew(found: Features, rules: Rules) -> bool:
    """Whether two texts say the same of others, or with other numbers: market reports, draws, lists of results."""
    numbers, names = found.numbers_best, found.names_best
    if (
        found.strange > rules.max_strange
        or names < rules.min_names
        or (numbers < rules.few_numbers and names < rules.few_names)
    ):
        return True
    if found.inner < rules.barely and found.names < rules.either_names:
        return True
    return numbers < rules.min_numbers and found.figures >= log1p(rules.some_numbers)


def passes_floors(inner: float, unquoted: float, rules: Rules) -> bool:
    return inner >= rules.min_containment and unquoted >= rules.min_unquoted


def disjoint(one: Side, two: Side) -> bool:
    """Whether the covered words are different parts of a text."""
    shared = 0.3 * min(one.count, two.count)
    if one.count + two.count - len(one.covered) >= shared:  # there is no room for both
        return False
    return bool(np.count_nonzero(one.covered & two.covered) < shared)


def titled_alike(pair: Pair) -> bool:
    return pair.features is not None and pair.features.title >= 0.5


def mostly(covered: Flags) -> bool:
    """Whether a page prints little else: it is a copy with a paragraph inserted, and no round-up."""
    return bool(np.count_nonzero(covered) >= 0.6 * len(covered))


def carries(page: Side, other: Side) -> bool:
    """Whether a page prints the beginning of another text, and some of what follows."""
    return other.lead >= 0.75 and page.count >= 20


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    return sorted(trials, key=lambda trial: (-trial.score, -trial.inner, trial.story))


def related(found: Trial, rules: Rules) -> bool:
    """Whether a story that the copy did not join is about the same event: it shares quotes or a good part."""
    inner = found.best.inner
    quoted = inner is not None and inner.share >= 0.2 and inner.unquoted < 0.7 * inner.share
    return found.score >= rules.event_threshold or quoted
