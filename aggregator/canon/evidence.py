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
    hits = np.bincount(reading.line[side.covered])
    best = np.argsort(-hits, kind="stable")[:PASSAGES]
    return [_cut(lines[at].strip()) for at in sorted(best.tolist()) if hits[at]]


def missing(lines: Sequence[str], reading: Reading, side: Side, other: Reading) -> list[str]:
    """Figures and names in shared sentences that the other text has nowhere, as they are written."""
    if not side.count:
        return []
    wanted = ((reading.kinds > 0) & ~side.covered).nonzero()[0]
    if not len(wanted):
        return []
    ends = reading.sizes.cumsum()
    shared = np.logical_or.reduceat(side.covered, ends - reading.sizes)
    wanted = wanted[shared[ends.searchsorted(wanted, "right")]]
    wanted = wanted[~held(reading.words[wanted], other.words)]
    return list(dict.fromkeys(written(lines, reading, wanted)))


def written(lines: Sequence[str], reading: Reading, wanted: NDArray[np.intp]) -> list[str]:
    """The wanted words as the text writes them (the first `DIFFERENCES` of them)."""
    found, read = [], dict[int, list[str]]()
    for at in wanted[:DIFFERENCES].tolist():
        line = int(reading.line[at])
        if line not in read:
            read[line] = _line_words(lines[line])
        nth = at - int(reading.line.searchsorted(reading.line[at]))
        word = read[line][nth] if nth < len(read[line]) else ""
        if word and _mark(word) & ~fold.KIND == int(reading.words[at]):  # furniture may shift the count
            found.append(word)
    return found


def _cut(passage: str) -> str:
    return passage if len(passage) <= CHARACTERS else passage[:CHARACTERS].rsplit(" ", 1)[0] + " …"
