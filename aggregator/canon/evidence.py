"""What a person is shown of a verdict: passages that both hold, and figures and names that one lacks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import fold
from .compare import Side, held
from .learned import line_starts
from .reading import Reading
from .trial import Arrival, Pair

PASSAGES, CHARACTERS, DIFFERENCES = 3, 240, 6


def gather(one: Arrival, other: Arrival, pair: Pair) -> dict[str, Any]:
    """`passages`: quoted from the arriving copy; `only_here`, `only_there`: words inside what they share."""
    if pair.sides is None:
        return {}
    mine, theirs = pair.sides
    found = {
        "passages": passages(one.copy.text, one.reading, mine),
        "only_here": missing(one.copy.text, one.reading, mine, other.reading),
        "only_there": missing(other.copy.text, other.reading, theirs, one.reading),
    }
    return {name: value for name, value in found.items() if value}


def passages(text: str, reading: Reading, side: Side) -> list[str]:
    """The lines with most shared words, in the order of the text."""
    hits = np.bincount(reading.line[side.covered])
    best = np.argsort(-hits, kind="stable")[:PASSAGES]
    starts = line_starts(text)
    return [_cut(text[starts[at] : starts[at + 1] - 1].strip()) for at in sorted(best.tolist()) if hits[at]]


def missing(text: str, reading: Reading, side: Side, other: Reading) -> list[str]:
    """Figures and names in shared sentences that the other text has nowhere, as they are written."""
    if not side.covered.any():
        return []
    shared = np.bincount(reading.unit[side.covered], minlength=len(reading.sizes)) > 0
    wanted = np.flatnonzero((reading.kinds > 0) & ~side.covered)
    wanted = wanted[shared[reading.unit[wanted]]]
    if len(wanted):
        wanted = wanted[~held(reading.words[wanted], np.sort(other.words))]
    return list(dict.fromkeys(written(text, reading, wanted)))


def written(text: str, reading: Reading, wanted: NDArray[np.intp]) -> list[str]:
    """The wanted words as the text writes them (the first `DIFFERENCES` of them)."""
    found, starts, lines = [], line_starts(text), dict[int, list[str]]()
    for at in wanted[:DIFFERENCES].tolist():
        line = int(reading.line[at])
        if line not in lines:
            lines[line] = fold.line_words(text[starts[line] : starts[line + 1] - 1])
        nth = at - int(np.searchsorted(reading.line, line))
        word = lines[line][nth] if nth < len(lines[line]) else ""
        if word and fold.mark(word) & ~fold.KIND == int(reading.words[at]):  # furniture may shift the count
            found.append(word)
    return found


def _cut(passage: str) -> str:
    return passage if len(passage) <= CHARACTERS else passage[:CHARACTERS].rsplit(" ", 1)[0] + " …"
