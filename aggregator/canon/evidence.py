"""What a person is shown of a verdict: passages that both hold, and figures and names that one lacks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import fold
from .compare import Side
from .reading import Reading
from .segments import held
from .trial import Arrival, Pair

_KIND = np.uint64(fold.KIND)
PASSAGES, CHARACTERS, DIFFERENCES = 3, 240, 6
_mark = lru_cache(maxsize=8192)(fold.mark)
_line_words = lru_cache(maxsize=1024)(fold.line_words)  # the copies of a story bring the same lines again


def gather(one: Arrival, other: Arrival, pair: Pair) -> dict[str, Any]:
    """`passages`: quoted from the arriving copy; `only_here`, `only_there`: words inside what they share."""
    if pair.sides is None:
        return {}
    mine, theirs = pair.sides
    lines = one.copy.text.split("\n")
    found = {
        "passages": passages(lines, one.reading, mine),
        "only_here": missing(lines, one.reading, mine, other.reading),
        "only_there": missing(other.copy.text.split("\n"), other.reading, theirs, one.reading),
    }
    return {name: value for name, value in found.items() if value}


def passages(lines: Sequence[str], reading: Reading, side: Side) -> list[str]:
    """The lines with most shared words, in the order of the text."""
    hits = np.bincount(reading.lines, _held_in(reading, side)) if len(reading.lines) else np.empty(0)
    best = np.argsort(-hits, kind="stable")[:PASSAGES]
    return [_cut(lines[at].strip()) for at in sorted(best.tolist()) if hits[at]]


def _held_in(reading: Reading, side: Side) -> NDArray[np.intp]:
    """How many words of each sentence the other text has."""
    found: NDArray[np.intp] = np.add.reduceat(
        side.covered, reading.sizes.cumsum() - reading.sizes, dtype=np.intp
    )
    return found


def missing(lines: Sequence[str], reading: Reading, side: Side, other: Reading) -> list[str]:
    """Figures and names in shared sentences that the other text has nowhere, as they are written."""
    if not side.count:
        return []
    wanted = ((reading.marks & _KIND != 0) & ~side.covered).nonzero()[0]
    if not len(wanted):
        return []
    shared = _held_in(reading, side) > 0
    wanted = wanted[shared[reading.sizes.cumsum().searchsorted(wanted, "right")]]
    wanted = wanted[~held(reading.words[wanted], other.words)]
    return list(dict.fromkeys(written(lines, reading, wanted)))


def written(lines: Sequence[str], reading: Reading, wanted: NDArray[np.intp]) -> list[str]:
    """The wanted words as the text writes them (the first `DIFFERENCES` of them)."""
    found, read = [], dict[int, list[str]]()
    ends, words = reading.sizes.cumsum(), reading.words
    for at in wanted[:DIFFERENCES].tolist():
        line = int(reading.lines[ends.searchsorted(at, "right")])
        if line not in read:
            read[line] = _line_words(lines[line])
        first = int(reading.lines.searchsorted(line))
        nth = at - int(ends[first] - reading.sizes[first])
        word = read[line][nth] if nth < len(read[line]) else ""
        if word and _mark(word) & ~fold.KIND == int(words[at]):  # furniture may shift the count
            found.append(word)
    return found


def _cut(passage: str) -> str:
    return passage if len(passage) <= CHARACTERS else passage[:CHARACTERS].rsplit(" ", 1)[0] + " …"
