"""Furniture learned by counting: a sentence printed in several stories belongs to the site, not to the story.

Stories are counted, not copies: a sentence of a syndicated article is printed by many, but in one story.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, count
from operator import add
from typing import NamedTuple

import numpy as np

from aggregator.model import Facts

from .fold import Marks
from .index import Numbers
from .reading import Flags, Scan, Span
from .rules import Rules
from .segments import Parts, fresh

LEARNED = "learned"
_LARGEST = np.iinfo(np.int64).max


class Stood(NamedTuple):
    """The sentences of a copy, its source, and what counts as its story."""

    units: Marks
    source_id: int
    story: int


@dataclass(slots=True)
class Printed:
    """Where a sentence is printed. `by_source`: the stories of each source that prints it."""

    stories: set[int]
    by_source: dict[int, set[int]]


class Printings:
    """Which copies of which sources are known to print a sentence: parallel columns, by sentence."""

    def __init__(self, rules: Rules, rows: Numbers) -> None:
        """`rows`: (unit, copy, source, story; 0 for a copy that is in none), in any order, each once."""
        self._rules = rules
        rows = rows[rows[:, 0] != 0]
        self._rows = rows[rows[:, 0].argsort(kind="stable")]
        self.units, self.copies = self._rows[:, 0], self._rows[:, 1]

    def common(self, texts: Mapping[int, int]) -> dict[int, Printed]:
        """The sentences that so many stories print that they may be furniture to somebody.

        `texts`: copy -> what counts as its story, where that is another than the one that it is in.
        """
        least = min(self._rules.furniture_source_stories, self._rules.furniture_stories)
        sources, stories = self._rows[:, 2], self._named(texts)
        run = fresh(self.units).cumsum() - 1
        order = np.lexsort((stories, run))
        distinct = np.bincount(run, fresh(run, stories[order]))
        found: dict[int, Printed] = {}
        for at in (distinct[run] >= least).nonzero()[0].tolist():
            unit, source, story = int(self.units[at]), int(sources[at]), int(stories[at])
            printed = found.setdefault(unit, Printed(set(), defaultdict(set)))
            printed.stories.add(story)
            printed.by_source[source].add(story)
        return found

    def _named(self, texts: Mapping[int, int]) -> Numbers:
        """The story of each row."""
        if not texts:
            return self._rows[:, 3]
        copies = np.array(sorted(texts), np.int64)
        names = np.array([texts[copy] for copy in copies.tolist()], np.int64)
        at = copies.searchsorted(self.copies)
        at[at == len(copies)] = 0
        return np.where(copies[at] == self.copies, names[at], self._rows[:, 3])

    def flags(self, copies: Sequence[Stood], common: Mapping[int, Printed]) -> list[Flags | None]:
        """Which of the sentences of each copy are furniture to it; None for none. `common` is what `common` said."""
        parts = Parts([len(copy.units) for copy in copies])
        units = np.concatenate([copy.units for copy in copies]).view(np.int64)
        known = np.array([*sorted(common), _LARGEST])
        met = (known[known.searchsorted(units)] == units).nonzero()[0]
        found = np.zeros(len(units), bool)
        owner = parts.ends.searchsorted(met, "right")
        for at, unit, of in zip(met.tolist(), units[met].tolist(), owner.tolist(), strict=True):
            _, source_id, story = copies[of]
            found[at] = unit in common and self._is_furniture(common[unit], source_id, story)
        rows = zip(parts.starts.tolist(), parts.ends.tolist(), parts.counted(found).tolist(), strict=True)
        return [found[start:end].copy() if count else None for start, end, count in rows]

    def _is_furniture(self, printed: Printed, source_id: int, story: int) -> bool:
        here = printed.by_source.get(source_id, ())
        if len(here) - (story in here) >= self._rules.furniture_source_stories:
            return True
        return len(printed.stories) - (story in printed.stories) >= self._rules.furniture_stories

    def crowded(self) -> dict[int, set[int]]:
        """The sentences that so many copies print that they may be furniture, with the stories of those copies."""
        begins = fresh(self.units).nonzero()[0]
        sizes = np.diff(np.append(begins, len(self.units)))
        many = sizes >= self._rules.furniture_stories
        found: dict[int, set[int]] = {}
        for start, size in zip(begins[many].tolist(), sizes[many].tolist(), strict=True):
            found[int(self.units[start])] = set(self._rows[start : start + size, 3].tolist()) - {0}
        return found


def spans(text: str, scan: Scan, furniture: Flags, taken: Iterable[Span]) -> list[Span]:
    """Offsets of the lines of which every sentence is furniture, less those a rule took already."""
    sentences, dead = np.bincount(scan.lines), np.bincount(scan.lines, furniture)
    gone = ((sentences > 0) & (sentences == dead)).nonzero()[0].tolist()
    if not gone:
        return []
    starts, by_rule = line_starts(text), list(taken)
    found = [(starts[line], starts[line + 1] - 1, LEARNED) for line in gone]
    return [
        (start, end, why)
        for start, end, why in found
        if not any(first < end and last > start for first, last, _ in by_rule)
    ]


def known(text: str, scan: Scan, facts: Facts) -> Flags | None:
    """The sentences of the lines that were learned to be furniture when the copy was last placed; None for none."""
    starts = [start for start, _, why in facts.furniture if why == LEARNED]
    if not starts or not len(scan.sizes):
        return None
    dead = {text.count("\n", 0, start) for start in starts}
    return np.array([line in dead for line in scan.lines.tolist()])


def by_rule(facts: Facts) -> list[Span]:
    """The furniture of a copy that its own text tells."""
    return [span for span in facts.furniture if span[2] != LEARNED]


def line_starts(text: str) -> list[int]:
    """The offset of each line, and one past the end."""
    return [0, *map(add, accumulate(map(len, text.split("\n"))), count(1))]
