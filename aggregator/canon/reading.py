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

_KIND = np.uint64(fold.KIND)
_MINIMAL = 4  # words: shorter sentences are not remembered as units, unless they are a line


@dataclass(slots=True)
class Scan:
    """Parallel arrays over the words of a text."""

    words: Marks
    unit: Numbers  # which sentence, from 0
    line: Numbers  # which line of the text, from 0, rising
    quoted: Flags  # between quotation marks
    units: Marks  # one hash a sentence, 0 for a scrap that says nothing


@dataclass(slots=True)
class Grams:
    """Runs of so many words of a text: what they are, rising and each once, and where they stand."""

    width: int
    once: Marks
    place: NDArray[np.intp]  # of the run that begins at each word, in `once`

    def flags(self, held: Flags, words: int) -> Flags:
        """The words inside the runs that are held (a flag for each of `once`)."""
        starts = held[self.place]
        covered = np.zeros(words, bool)
        for shift in range(self.width if len(starts) else 0):
            covered[shift : shift + len(starts)] |= starts
        return covered


def grams(width: int, numbers: Marks) -> Grams:
    once, place = np.unique(numbers, return_inverse=True)
    return Grams(width, once, place)


@dataclass(slots=True)
class Reading:
    """Parallel arrays over the words that count, and the sorted sets that others are looked up in."""

    title: Marks  # the words of the title, rising, each once
    words: Marks  # without their kinds
    kinds: Kinds  # NUMBER, NAME or 0
    unit: Numbers
    line: Numbers
    quoted: Flags
    sizes: NDArray[np.intp]  # words of each sentence
    shingles: Marks  # one for each word but the last three
    exact: int  # one number for the whole text
    _fours: Grams | None = None
    _twos: Grams | None = None

    @property
    def count(self) -> int:
        return len(self.words)

    @property
    def size(self) -> int:
        """Bytes held, about."""
        return 1500 + 75 * len(self.words)

    @property
    def fours(self) -> Grams:
        """The shingles, sorted when first asked for."""
        if self._fours is None:
            self._fours = grams(sketch.WIDTH, self.shingles)
        return self._fours

    @property
    def twos(self) -> Grams:
        """The pairs of words, sorted when first asked for."""
        if self._twos is None:
            self._twos = grams(2, sketch.pairs(self.words))
        return self._twos


def scan(text: str, spans: Sequence[Span], words: fold.Words) -> Scan:
    """Read a text; `spans` are the [start, end) offsets of what is furniture."""
    marked = fold.marks(blanked(text, spans), words)
    kinds = (marked & _KIND).astype(np.uint8)
    lines = kinds == fold.LINE
    quotes = np.cumsum(kinds == fold.QUOTE)
    opened = quotes - np.maximum.accumulate(np.where(lines, quotes, 0))  # a line end closes every quotation
    real = kinds < fold.SENTENCE
    kept, line = marked[real], np.cumsum(lines)[real].astype(np.int32)
    unit = _from_zero(np.cumsum(lines | (kinds == fold.SENTENCE))[real])
    units = memorable(sketch.units(kept, unit), unit, line)
    return Scan(kept, unit, line, (opened[real] & 1).astype(bool), units)


def _from_zero(rising: NDArray[np.intp]) -> Numbers:
    """The same steps, each of one."""
    steps = np.zeros(len(rising), np.int32)
    np.not_equal(rising[1:], rising[:-1], out=steps[1:], casting="unsafe")
    return np.cumsum(steps, dtype=np.int32)


def memorable(units: Marks, unit: Numbers, line: Numbers) -> Marks:
    """The sentences with those of a word or three inside a longer line as 0: they are "Mr" and "he said"."""
    if not len(units):
        return units
    lines = line[sketch.starts(unit)]
    alone = np.bincount(lines)[lines] == 1
    return np.where((np.bincount(unit) >= _MINIMAL) | alone, units, np.uint64(0))


def reading(title: Marks, found: Scan, furniture: Flags | None = None) -> Reading:
    """What counts of a scan; `furniture` has a flag for each of its sentences."""
    words, unit, line, quoted = found.words, found.unit, found.line, found.quoted
    if furniture is not None and furniture.any():
        live = ~furniture[unit]
        words, line, quoted = words[live], line[live], quoted[live]
        unit = _from_zero(unit[live].astype(np.intp))
    plain = words & ~_KIND
    return Reading(
        title=title,
        words=plain,
        kinds=(words & _KIND).astype(np.uint8),
        unit=unit,
        line=line,
        quoted=quoted,
        sizes=np.bincount(unit),
        shingles=sketch.shingles(words),
        exact=sketch.whole(plain),
    )


def title_words(title: str, words: fold.Words) -> Marks:
    """The plain hashes of a title's words in their order."""
    marked = fold.marks(title, words)
    return marked[(marked & _KIND) < fold.SENTENCE] & ~_KIND


def blanked(text: str, spans: Sequence[Span]) -> str:
    """The text with the spans as spaces, so that offsets and lines stay."""
    parts, at = [], 0
    for start, end, _ in sorted(spans):
        if end > at:
            start = max(start, at)
            gone = text[start:end]
            parts += [
                text[at:start],
                "".join("\n" if sign == "\n" else " " for sign in gone) if "\n" in gone else " " * len(gone),
            ]
            at = end
    return "".join([*parts, text[at:]])
