"""Many texts in one row of numbers: what numpy does to each text in turn, done to all of them at once.

A call of numpy costs as much as the work on some thousand words. So texts are laid end to end, and what is asked
of each (a sum, its longest stretch, whether another holds its words) is asked once, of the whole row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]
Flags = NDArray[np.bool_]
Hashes = NDArray[np.uint64]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
TOGETHER = 128  # texts or pairs of them in a row: their numbers stay in the processor's cache
_FEW = 8  # numbers that are sought one by one
_ROOM = 8  # slots of a table for each number in it


class Parts:
    """Parts of a row by their sizes: `starts` and `ends` are the places where each begins and ends."""

    def __init__(self, sizes: Places | Sequence[int]) -> None:
        self.sizes: Places = np.array(sizes, np.intp)
        self.ends: Places = self.sizes.cumsum()
        self.starts: Places = self.ends - self.sizes

    def counted(self, flags: Flags) -> Places:
        """How many of the flags are true in each part."""
        found = sums(flags)
        return found[self.ends] - found[self.starts]

    def close(self, values: NDArray[Any], last: int) -> None:
        """Make 0 of the last so many places of each part."""
        for back in range(1, last + 1):
            values[(self.ends - back)[self.sizes >= back]] = 0

    def longest(self, flags: Flags) -> tuple[Places, Places, Places]:
        """Of each part's stretches of true flags the longest and their number; the longest of false ones."""
        filled = self.sizes.nonzero()[0]
        found = tuple(np.zeros(len(self.sizes), np.intp) for _ in range(3))
        if len(filled):
            turns = np.empty(len(flags), bool)
            np.not_equal(flags[1:], flags[:-1], out=turns[1:])
            turns[self.starts[filled]] = True
            begins = turns.nonzero()[0]
            sizes = np.empty(len(begins), np.intp)
            np.subtract(begins[1:], begins[:-1], out=sizes[:-1])
            sizes[-1] = len(flags) - begins[-1]
            shown = flags[begins]
            first = begins.searchsorted(self.starts[filled])
            found[0][filled] = np.maximum.reduceat(sizes * shown, first)
            found[1][filled] = np.add.reduceat(shown, first, dtype=np.intp)
            found[2][filled] = np.maximum.reduceat(sizes * ~shown, first)
        return found[0], found[1], found[2]


def sums(flags: NDArray[np.generic]) -> NDArray[np.int32]:
    """How much lies before each place, and before the end: what lies between two is a difference."""
    found = np.zeros(len(flags) + 1, np.int32)
    np.cumsum(flags, dtype=np.int32, out=found[1:])
    return found


def fresh(*columns: NDArray[Any]) -> Flags:
    """Which places differ from the one before in a column; the first does."""
    found = np.empty(len(columns[0]), bool)
    if len(found):
        found[0] = True
        np.not_equal(columns[0][1:], columns[0][:-1], out=found[1:])
        for column in columns[1:]:
            found[1:] |= column[1:] != column[:-1]
    return found


def rising(numbers: NDArray[Any]) -> NDArray[Any]:
    """Each of the numbers once: what `numpy.unique` says, which hashes them and takes four times as long."""
    ordered = np.sort(numbers)
    return ordered[fresh(ordered)]


def nth(group: NDArray[Any], member: NDArray[Any]) -> Places:
    """For rows ordered by group, and in it by member: which of the members of its group each is of, from 0."""
    if not len(group):
        return np.empty(0, np.intp)
    begins = fresh(group)
    number: Places = fresh(group, member).cumsum()
    found: Places = number - number[begins.nonzero()[0]][begins.cumsum() - 1]
    return found


def held(asked: Hashes, among: Hashes) -> Flags:
    """Which of the numbers are among the others: a hash table, and another one for what had no room in it."""
    if not len(among) or not len(asked):
        return np.zeros(len(asked), bool)
    if len(asked) <= _FEW:
        few: Flags = (asked[:, None] == among).any(1)
        return few
    bits = max(8, (_ROOM * len(among)).bit_length())
    shift = np.uint64(64 - bits)
    slots, wanted = (among >> shift).view(np.int64), (asked >> shift).view(np.int64)
    table = np.zeros(1 << bits, np.uint64)
    table[slots] = among
    found: Flags = table[wanted] == asked
    lost = table[slots] != among
    if lost.any():
        crowded = np.zeros(1 << bits, bool)
        crowded[slots[lost]] = True
        again = (crowded[wanted] & ~found).nonzero()[0]
        found[again] = held(asked[again] * _SPREAD, among[lost] * _SPREAD)
    return found


def apart(numbers: Hashes, parts: Parts) -> Hashes:
    """The numbers changed by the part they stand in: those of one part are equal to none of another."""
    marks = np.arange(1, len(parts.sizes) + 1, dtype=np.uint64) * _SPREAD
    return numbers ^ marks.repeat(parts.sizes)
