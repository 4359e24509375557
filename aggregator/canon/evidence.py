"""What a person is shown of a verdict: passages that both hold, and figures and names that one lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import fold, sketch
from .fold import Marks
from .reading import Flags, Reading
from .segments import TOGETHER, Parts, Places, held, sums
from .trial import Arrival, Pair

_KIND = np.uint64(fold.KIND)
PASSAGES, CHARACTERS, DIFFERENCES = 3, 240, 6
_mark = lru_cache(maxsize=8192)(fold.mark)
_line_words = lru_cache(maxsize=1024)(fold.line_words)  # the copies of a story bring the same lines again


Shown = tuple[Arrival, Arrival, Pair]  # the arriving copy, the other, what was found of the two


def gather(one: Arrival, other: Arrival, pair: Pair) -> dict[str, Any]:
    """What is shown of two copies."""
    return gather_all([(one, other, pair)])[0]


def gather_all(rows: Sequence[Shown]) -> list[dict[str, Any]]:
    """What is shown of each two copies, nothing where they share next to nothing. `passages`: quoted from the
    arriving one; `only_here`, `only_there`: words inside what they share.
    """
    found: list[dict[str, Any]] = [{} for _ in rows]
    shown = [at for at, (_, _, pair) in enumerate(rows) if pair.sides]
    for first in range(0, len(shown), TOGETHER):
        part = shown[first : first + TOGETHER]
        for at, kept in zip(part, _gathered([rows[at] for at in part]), strict=True):
            found[at] = kept
    return found


def _gathered(rows: Sequence[Shown]) -> Iterator[dict[str, Any]]:
    texts = [copy.reading for one, other, _ in rows for copy in (one, other)]
    covered = np.concatenate([side.covered for *_, pair in rows for side in pair.sides or ()])
    parts, sentences = Parts([text.count for text in texts]), Parts([len(text.sizes) for text in texts])
    units = Parts(np.concatenate([text.sizes for text in texts]))
    hits = sums(covered)
    inside = hits[units.ends] - hits[units.starts]
    marks = np.concatenate([text.marks for text in texts])
    lost = _nowhere(marks, ~covered & (inside > 0).repeat(units.sizes), parts)
    cuts = [*lost.searchsorted(parts.starts).tolist(), len(lost)]
    for at, (one, other, _) in enumerate(rows):
        here, there, end = cuts[2 * at : 2 * at + 3]
        lines = one.text.split("\n")
        found = {
            "passages": passages(
                lines, one.reading, inside[sentences.starts[2 * at] : sentences.ends[2 * at]]
            ),
            "only_here": written(lines, one.reading, lost[here:there] - parts.starts[2 * at]),
            "only_there": written(
                other.text.split("\n") if there < end else (),
                other.reading,
                lost[there:end] - parts.starts[2 * at + 1],
            ),
        }
        yield {name: value for name, value in found.items() if value}


def _nowhere(marks: Marks, live: Flags, parts: Parts) -> Places:
    """Where live figures and names stand that the text beside theirs has nowhere."""
    first = (np.arange(len(parts.sizes)) % 2 == 0).repeat(parts.sizes)
    pair = np.arange(1, len(parts.sizes) // 2 + 1, dtype=np.uint64).repeat(2)
    words = (marks & ~_KIND) ^ sketch.mix(pair).repeat(parts.sizes)
    wanted = live & (marks & _KIND != 0)
    for ours in (first, ~first):
        sought = (wanted & ours).nonzero()[0]
        wanted[sought] = ~held(words[sought], words[~ours])
    found: Places = wanted.nonzero()[0]
    return found


def passages(lines: Sequence[str], reading: Reading, inside: NDArray[np.int32]) -> list[str]:
    """The lines with most shared words, in the order of the text; `inside`: how many each sentence has."""
    hits = np.bincount(reading.lines, inside) if len(reading.lines) else np.empty(0)
    best = np.argsort(-hits, kind="stable")[:PASSAGES]
    return [_cut(lines[at].strip()) for at in sorted(best.tolist()) if hits[at]]


def written(lines: Sequence[str], reading: Reading, wanted: Places) -> list[str]:
    """The wanted words as the text writes them, each once (of the first `DIFFERENCES` of them)."""
    if not len(wanted):
        return []
    found, read, ends = dict[str, None](), dict[int, list[str]](), reading.sizes.cumsum()
    for at in wanted[:DIFFERENCES].tolist():
        line = int(reading.lines[ends.searchsorted(at, "right")])
        if line not in read:
            read[line] = _line_words(lines[line])
        first = int(reading.lines.searchsorted(line))
        nth = at - int(ends[first] - reading.sizes[first])
        word = read[line][nth] if nth < len(read[line]) else ""
        # furniture in the middle of a line shifts the count
        if word and _mark(word) & ~fold.KIND == int(reading.marks[at] & ~_KIND):
            found[word] = None
    return list(found)


def _cut(passage: str) -> str:
    return passage if len(passage) <= CHARACTERS else passage[:CHARACTERS].rsplit(" ", 1)[0] + " …"
