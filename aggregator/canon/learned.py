"""Furniture learned by counting: a sentence printed in several stories belongs to the site, not to the story.

Stories are counted, not copies: a sentence of a syndicated article is printed by many, but in one story.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set

import numpy as np

from .reading import Flags, Scan, Span
from .rules import Rules

_NOWHERE: frozenset[tuple[int, int]] = frozenset()


class Printings:
    """Where the sentences of a batch were printed: what the index answered, and what the batch has added."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._where: dict[int, set[tuple[int, int]]] = defaultdict(set)

    def add(self, units: Iterable[int], source_id: int, story_id: int) -> None:
        where = (source_id, story_id)
        for unit in units:
            self._where[unit].add(where)

    def flags(
        self, units: tuple[int, ...], source_id: int, story: int | None, alias: Mapping[int, int]
    ) -> Flags | None:
        """Which of the sentences are furniture to a copy of that source in that story; None for none."""
        least, known = self._rules.furniture_source_stories, self._where.get
        found = [
            len(where := known(unit, _NOWHERE)) >= least
            and self._is_furniture(where, source_id, story, alias)
            for unit in units
        ]
        return np.array(found) if True in found else None

    def _is_furniture(
        self, where: Set[tuple[int, int]], source_id: int, story: int | None, alias: Mapping[int, int]
    ) -> bool:
        rows = {(source, alias.get(printed, printed)) for source, printed in where}
        here = {printed for source, printed in rows if source == source_id and printed != story}
        if len(here) >= self._rules.furniture_source_stories:
            return True
        return len({printed for _, printed in rows if printed != story}) >= self._rules.furniture_stories

    def telling(self, units: Iterable[int]) -> list[int]:
        """Those of the sentences that so few stories are known to print that one more says something."""
        cap, known = self._rules.furniture_stories, self._where.get
        return [
            unit
            for unit in units
            if unit
            and (len(where := known(unit, _NOWHERE)) < cap or len({story for _, story in where}) < cap)
        ]


def spans(text: str, scan: Scan, furniture: Flags, taken: Iterable[Span]) -> list[Span]:
    """Offsets of the lines of which every sentence is furniture, less those a rule took already."""
    dead = furniture[scan.unit]
    lines = int(scan.line[-1]) + 1
    gone = (np.bincount(scan.line[dead], minlength=lines) > 0) & (
        np.bincount(scan.line[~dead], minlength=lines) == 0
    )
    starts, by_rule = line_starts(text), list(taken)
    found = [(starts[line], starts[line + 1] - 1, "learned") for line in np.flatnonzero(gone).tolist()]
    return [
        (start, end, why)
        for start, end, why in found
        if not any(first < end and last > start for first, last, _ in by_rule)
    ]


def line_starts(text: str) -> list[int]:
    """The offset of each line, and one past the end."""
    found, at = [0], text.find("\n")
    while at >= 0:
        found.append(at + 1)
        at = text.find("\n", at + 1)
    return [*found, len(text) + 1]
