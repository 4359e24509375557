"""Which placed copies may print the same article: those that share rare keys, by story.

For all of a batch at once, as arrays: a common phrase brings thousands of holders, of whom few are worth a look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .index import Numbers
from .segments import fresh, nth, rising

FEW = 24  # keys of a short text: one that it shares is worth a look; of a longer one that is mere chance


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rising: the stories that copies of a batch may be of, and the copies of these to compare them with."""

    stories: list[int]
    copies: list[int]


class Postings:
    """Which placed copies hold which key: parallel columns, by key, then story, then copy, each pair once."""

    def __init__(self, rows: Numbers) -> None:
        """`rows`: (key, copy, story), in any order; some may come twice."""
        rows = rows[np.lexsort((rows[:, 1], rows[:, 2], rows[:, 0]))]
        rows = rows[fresh(rows[:, 0], rows[:, 1])]
        self.keys, self.copies, self.stories = rows[:, 0], rows[:, 1], rows[:, 2]

    def telling(self, asked: Sequence[Numbers], cap: int) -> list[list[int]]:
        """The keys (rising, each once) of copies to be placed one after another, but those that `cap` copies hold by
        then.
        """
        owner, keys = _end_to_end(asked)
        order = keys.argsort(kind="stable")
        ordered = keys[order]
        held = self.keys.searchsorted(ordered, "right") - self.keys.searchsorted(ordered, "left")
        kept = np.empty(len(keys), bool)
        kept[order] = held + nth(ordered, owner[order]) < cap
        rows = keys[kept].tolist()
        ends = np.bincount(owner[kept], minlength=len(asked)).cumsum().tolist()
        return [rows[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def candidates(
        self, asked: Sequence[Numbers], ids: Sequence[int], cap: int, most: int, per_story: int
    ) -> Candidates:
        """For copies with these keys and ids: of each the `most` stories that it shares the weightiest keys with.

        The keys of a copy rise, each once. A key counts the less the more stories hold it, and nothing if `cap`
        stories do. Of each story those copies (up to `per_story`) that share most, but for the copy itself.
        """
        at, owner, weight, first, keys = self._met(asked, cap)
        story, copy = self.stories[at], self.copies[at]
        pair = _codes(owner, story)
        total = np.bincount(pair, weight * first)
        told = np.bincount(pair, first)
        few = keys < FEW
        others = copy != np.array(ids, np.int64)[owner]
        near = ((told[pair] > 1) | few[owner]) & others
        owner, story, copy, pair, weight = owner[near], story[near], copy[near], pair[near], weight[near]
        kept = _best(owner, story, total[pair], most)
        holder = _codes(pair[kept], copy[kept])
        shared = np.bincount(holder, weight[kept])[holder]
        best = _best(pair[kept], copy[kept], shared, per_story)
        return Candidates(_rising(story[kept]), _rising(copy[kept][best]))

    def _met(
        self, asked: Sequence[Numbers], cap: int
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64], NDArray[np.bool_], NDArray[np.intp]]:
        """Parallel arrays, a place for each key of a copy and each holder of it: the row, the number of the copy,
        the weight of the key, whether the row is the first of its story for the key. And how many keys each has.
        """
        owner, wanted = _end_to_end(asked)
        keys = np.bincount(owner, minlength=len(asked))
        start = self.keys.searchsorted(wanted, "left")
        count = self.keys.searchsorted(wanted, "right") - start
        at = np.arange(int(count.sum())) + (start - (count.cumsum() - count)).repeat(count)
        first = fresh(self.keys, self.stories)
        run = fresh(self.keys).cumsum() - 1
        stories = np.bincount(run, first)[run] if len(run) else np.empty(0)
        common = stories[at] >= cap
        at, owner = at[~common], owner.repeat(count)[~common]
        return at, owner, 1 / stories[at], first[at], keys


def _end_to_end(asked: Sequence[Numbers]) -> tuple[NDArray[np.intp], Numbers]:
    """Parallel arrays: the number of the copy, and its keys."""
    return np.arange(len(asked)).repeat([len(keys) for keys in asked]), np.concatenate(asked)


def _codes(one: NDArray[np.int64] | NDArray[np.intp], other: Numbers) -> NDArray[np.intp]:
    """A number for each pair, the same for equal ones, from 0."""
    order = np.lexsort((other, one))
    found = np.empty(len(order), np.intp)
    found[order] = fresh(one[order], other[order]).cumsum() - 1
    return found


def _best(group: NDArray[np.intp], member: Numbers, weight: NDArray[Any], most: int) -> NDArray[np.bool_]:
    """Which rows are of one of the `most` weightiest members of their group; a member may have several rows."""
    order = np.lexsort((member, -weight, group))
    ranked = nth(group[order], member[order])
    found = np.empty(len(order), bool)
    found[order] = ranked < most
    return found


def _rising(numbers: Numbers) -> list[int]:
    found: list[int] = rising(numbers).tolist()
    return found
