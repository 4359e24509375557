"""A text as the canonicaliser reads it: arrays over its words, and where each stands.

A `Scan` is the whole text less what is furniture by rule; a `Reading` is a scan less the sentences that are
learned to be furniture, and is what texts are compared by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import fold, sketch
from .fold import Marks

Flags = NDArray[np.bool_]
Numbers = NDArray[np.int32]
Kinds = NDArray[np.uint8]
Span = tuple[int, int, str]

_KIND, _KIND_BYTE = np.uint64(fold.KIND), np.uint8(fold.KIND)
_MINIMAL = 4  # words: shorter sentences are not remembered as units, unless they are a line


@dataclass(slots=True)
class Scan:
    """Parallel arrays over the words of a text."""

    words: Marks
    unit: Numbers  # which sentence, from 0
    line: Numbers  # which line of the text, from 0, rising
    quoted: Flags  # between quotation marks
    sizes: NDArray[np.intp]  # words of each sentence
    units: Marks  # one hash a sentence, 0 for a scrap that says nothing


def each_once(numbers: Marks) -> Marks:
    """The numbers rising, each once."""
    rising = numbers.copy()
    rising.sort()
    new = np.ones(len(rising), bool)
    np.not_equal(rising[1:], rising[:-1], out=new[1:])
    return rising[new]


@dataclass(slots=True, eq=False)
class Reading:
    """Parallel arrays over the words that count."""

    title: Marks  # the words of the title, rising, each once
    words: Marks  # without their kinds
    kinds: Kinds  # NUMBER, NAME or 0
    unit: Numbers
    line: Numbers
    quoted: Flags
    sizes: NDArray[np.intp]  # words of each sentence
    runs: Marks  # the shingle that begins at each word; 0 at the last three
    exact: int  # one number for the whole text
    quotes: int  # words that are quoted

    @property
    def count(self) -> int:
        return len(self.words)

    @property
    def size(self) -> int:
        """Bytes held, about."""
        return 1500 + 30 * len(self.words)

    @property
    def shingles(self) -> Marks:
        return self.runs[: max(0, len(self.runs) - sketch.WIDTH + 1)]


def scan(text: str, spans: Sequence[Span], words: fold.Words) -> Scan:
    """Read a text; `spans` are the [start, end) offsets of what is furniture."""
    marked = fold.marks(blanked(text, spans), words)
    kinds = marked.astype(np.uint8) & _KIND_BYTE
    kept = marked[kinds < fold.SENTENCE]
    count = len(kept)
    breaks = (kinds >= fold.SENTENCE).nonzero()[0]
    what, at = kinds[breaks], breaks - np.arange(len(breaks))  # words that stand before each
    ends = what == fold.LINE
    line = numbered(between(at[ends], count))
    sizes = between(at[what != fold.QUOTE], count)
    sizes = sizes[sizes > 0]
    unit = numbered(sizes)
    quotes = (what == fold.QUOTE).cumsum()
    opened = quotes - np.maximum.accumulate(quotes * ends)  # a line end closes every quotation
    quoted = np.zeros(count, bool)
    if len(quotes) and quotes[-1]:
        quoted[at[0] :] = np.repeat((opened & 1).astype(bool), between(at[1:], count, int(at[0])))
    return Scan(kept, unit, line, quoted, sizes, memorable(sketch.units(kept, unit, sizes), sizes, line))


def between(cuts: NDArray[np.intp], count: int, first: int = 0) -> NDArray[np.intp]:
    """The lengths of the parts of first..count that rising cuts make."""
    edges = np.empty(len(cuts) + 2, np.intp)
    edges[0], edges[1:-1], edges[-1] = first, cuts, count
    return edges[1:] - edges[:-1]


def numbered(sizes: NDArray[np.intp]) -> Numbers:
    """For each word the number of the part that it is in."""
    return np.arange(len(sizes), dtype=np.int32).repeat(sizes)


def memorable(units: Marks, sizes: NDArray[np.intp], line: Numbers) -> Marks:
    """The sentences with those of a word or three inside a longer line as 0: they are "Mr" and "he said"."""
    if not len(units):
        return units
    lines = line[sizes.cumsum() - 1]
    alone = np.bincount(lines)[lines] == 1
    kept: Marks = units * ((sizes >= _MINIMAL) | alone)
    return kept


def reading(title: Marks, found: Scan, furniture: Flags | None = None) -> Reading:
    """What counts of a scan; `furniture` has a flag for each of its sentences."""
    words, unit, line, quoted, sizes = found.words, found.unit, found.line, found.quoted, found.sizes
    if furniture is not None and furniture.any():
        live = ~furniture[unit]
        words, line, quoted, sizes = words[live], line[live], quoted[live], sizes[~furniture]
        unit = numbered(sizes)
    plain = words & ~_KIND
    return Reading(
        title=title,
        words=plain,
        kinds=words.astype(np.uint8) & _KIND_BYTE,
        unit=unit,
        line=line,
        quoted=quoted,
        sizes=sizes,
        runs=sketch.runs(plain),
        exact=sketch.whole(plain),
        quotes=int(np.count_nonzero(quoted)),
    )


def title_words(title: str, words: fold.Words) -> Marks:
    """The plain hashes of a title's words in their order."""
    marked = fold.marks(title, words)
    return marked[(marked.astype(np.uint8) & _KIND_BYTE) < fold.SENTENCE] & ~_KIND


def blanked(text: str, spans: Sequence[Span]) -> str:
    """The text without the spans, but for their line ends: its lines stay."""
    parts, at = [], 0
    for start, end, _ in sorted(spans):
        if end > at:
            start = max(start, at)
            gone = text[start:end]
            parts += [text[at:start], "\n" * gone.count("\n") or " "]
            at = end
    return "".join([*parts, text[at:]])
