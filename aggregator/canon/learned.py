"""Furniture learned by counting: a sentence printed in several stories belongs to the site, not to the story.

Stories are counted, not copies: a sentence of a syndicated article is printed by many, but in one story.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aggregator.model import Facts

from .reading import Flags, Scan, Span
from .rules import Rules

LEARNED = "learned"


@dataclass(slots=True)
class Printed:
    """Where a sentence is printed. `by_source`: the stories of each source that prints it."""

    stories: set[int]
    by_source: dict[int, set[int]]


class Printings:
    """Which copies of which sources are known to print a sentence."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._where: dict[int, set[tuple[int, int]]] = defaultdict(set)  # unit -> (source, copy)

    def add(self, units: Iterable[int], source_id: int, copy_id: int) -> None:
        where = (source_id, copy_id)
        for unit in units:
            if unit:
                self._where[unit].add(where)

    def flags(
        self, units: Sequence[int], source_id: int, story: int, common: Mapping[int, Printed]
    ) -> Flags | None:
        """Which of the sentences are furniture to a copy of that source in that story; None for none.

        `common` is what `common` said.
        """
        if common.keys().isdisjoint(units):
            return None
        found = [unit in common and self._is_furniture(common[unit], source_id, story) for unit in units]
        return np.array(found) if True in found else None

    def _is_furniture(self, printed: Printed, source_id: int, story: int) -> bool:
        here = printed.by_source.get(source_id, ())
        if len(here) - (story in here) >= self._rules.furniture_source_stories:
            return True
        return len(printed.stories) - (story in printed.stories) >= self._rules.furniture_stories

    def common(self, story_of: Callable[[int], int]) -> dict[int, Printed]:
        """The sentences that so many stories print that they may be furniture to somebody."""
        least = min(self._rules.furniture_source_stories, self._rules.furniture_stories)
        found = {}
        for unit, where in self._where.items():
            if len(where) < least:
                continue
            stories = {story_of(copy) for _, copy in where}
            if len(stories) >= least:
                by_source: dict[int, set[int]] = defaultdict(set)
                for source, copy in where:
                    by_source[source].add(story_of(copy))
                found[unit] = Printed(stories, by_source)
        return found

    def stories(self, unit: int, story_of: Callable[[int], int | None]) -> set[int]:
        """The stories, of those that `story_of` knows, that print a sentence."""
        found = (story_of(copy) for _, copy in self._where.get(unit, ()))
        return {story for story in found if story is not None}


def spans(text: str, scan: Scan, furniture: Flags, taken: Iterable[Span]) -> list[Span]:
    """Offsets of the lines of which every sentence is furniture, less those a rule took already."""
    dead = furniture[scan.unit]
    lines = int(scan.line[-1]) + 1
    gone = (np.bincount(scan.line[dead], minlength=lines) > 0) & (
        np.bincount(scan.line[~dead], minlength=lines) == 0
    )
    starts, by_rule = line_starts(text), list(taken)
    found = [(starts[line], starts[line + 1] - 1, LEARNED) for line in np.flatnonzero(gone).tolist()]
    return [
        (start, end, why)
        for start, end, why in found
        if not any(first < end and last > start for first, last, _ in by_rule)
    ]


def known(text: str, scan: Scan, facts: Facts) -> Flags | None:
    """The sentences of the lines that were learned to be furniture when the copy was last placed; None for none."""
    starts = [start for start, _, why in facts.furniture if why == LEARNED]
    if not starts or not len(scan.unit):
        return None
    edges = line_starts(text)
    dead = np.isin(scan.line, [bisect_right(edges, start) - 1 for start in starts])
    flags = np.zeros(len(scan.sizes), bool)
    flags[scan.unit[dead]] = True
    return flags


def by_rule(facts: Facts) -> list[Span]:
    """The furniture of a copy that its own text tells."""
    return [span for span in facts.furniture if span[2] != LEARNED]


def line_starts(text: str) -> list[int]:
    """The offset of each line, and one past the end."""
    found, at = [0], text.find("\n")
    while at >= 0:
        found.append(at + 1)
        at = text.find("\n", at + 1)
    return [*found, len(text) + 1]
