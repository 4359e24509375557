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
from .segments import Parts, sums
from .words import Words

Flags = NDArray[np.bool_]
Numbers = NDArray[np.int32]
Span = tuple[int, int, str]

_KIND, _KIND_BYTE = np.uint64(fold.KIND), np.uint8(fold.KIND)
_NOTHING = np.empty(0, np.uint64)
_ROOM, _SENTENCE = 9, 20  # bytes in the arrays for each word, and for each sentence
_MINIMAL = 4  # words: shorter sentences are not remembered as units, unless they are a line


@dataclass(slots=True)
class Scan:
    """Parallel arrays over the words of a text, and over its sentences."""

    marks: Marks
    quoted: Flags  # between quotation marks
    sizes: NDArray[np.intp]  # words of each sentence
    lines: Numbers  # which line of the text each sentence is in, from 0, rising
    units: Marks  # one hash a sentence, 0 for a scrap that says nothing

    @property
    def size(self) -> int:
        """Bytes that its arrays take, about."""
        return _ROOM * len(self.marks) + _SENTENCE * len(self.sizes)


@dataclass(slots=True, eq=False, weakref_slot=True)
class Reading:
    """Parallel arrays over the words that count, and over their sentences. Shared with the scan where all count."""

    title: Marks  # the words of the title, rising, each once, without their kinds
    marks: Marks
    quoted: Flags
    sizes: NDArray[np.intp]  # words of each sentence
    lines: Numbers
    runs: Marks  # the shingle that begins at each word; what stands at the last three says nothing; none if folded
    count: int  # words
    exact: int  # one number for the whole text
    quotes: int  # words that are quoted

    @property
    def size(self) -> int:
        """Bytes that its arrays take while it is folded, about, if it shares none with the scan."""
        return _ROOM * self.count + _SENTENCE * len(self.sizes)

    def fold(self) -> None:
        """Let the runs go, which are as large as the words and quickly made of them."""
        self.runs = _NOTHING

    @property
    def shingles(self) -> Marks:
        return self.runs[: max(0, len(self.runs) - sketch.WIDTH + 1)]


def scan(text: str, spans: Sequence[Span], words: Words) -> Scan:
    """Read a text; `spans` are the [start, end) offsets of what is furniture."""
    return scan_all([(text, spans)], words)[0]


def scan_all(texts: Sequence[tuple[str, Sequence[Span]]], words: Words) -> list[Scan]:
    """Read texts, each as `scan` does. Each has arrays of its own: one that is kept keeps no other in memory."""
    marked, sizes = words.read([blanked(text, spans) for text, spans in texts])
    texts_in = Parts(sizes)
    kinds = marked.astype(np.uint8) & _KIND_BYTE
    plain = kinds < fold.SENTENCE
    before = sums(plain)
    kept, count = marked[plain], int(before[-1])
    parts = Parts(before[texts_in.ends] - before[texts_in.starts])
    breaks = (~plain).nonzero()[0]
    what, at = kinds[breaks], before[breaks]  # words that stand before each
    ends = what == fold.LINE
    sentences = between(at[what != fold.QUOTE], count)
    sentences = sentences[sentences > 0]
    unit = numbered(sentences)
    lines = numbered(between(at[ends], count))[sentences.cumsum() - 1]
    units = memorable(sketch.units(kept, unit, sentences), sentences, lines)
    quoted = _quoted(what == fold.QUOTE, ends, at, count)
    edges = np.append(unit, len(sentences))[np.append(parts.starts, count)]
    lines -= sums(kinds == fold.LINE)[texts_in.starts].repeat(np.diff(edges))
    cuts = edges.tolist()
    return [
        Scan(
            marks=kept[a:b].copy(),
            quoted=quoted[a:b].copy(),
            sizes=sentences[c:d].copy(),
            lines=lines[c:d].copy(),
            units=units[c:d].copy(),
        )
        for a, b, c, d in zip(parts.starts.tolist(), parts.ends.tolist(), cuts, cuts[1:], strict=False)
    ]


def _quoted(quotes: Flags, ends: Flags, at: Numbers, count: int) -> Flags:
    """The words between quotation marks, of which an end of a line closes every one."""
    found = np.zeros(count, bool)
    met = quotes.cumsum()
    if len(met) and met[-1]:
        opened = met - np.maximum.accumulate(met * ends)
        found[at[0] :] = np.repeat((opened & 1).astype(bool), between(at[1:], count, int(at[0])))
    return found


def between(cuts: NDArray[np.intp] | Numbers, count: int, first: int = 0) -> NDArray[np.intp]:
    """The lengths of the parts of first..count that rising cuts make."""
    edges = np.empty(len(cuts) + 2, np.intp)
    edges[0], edges[1:-1], edges[-1] = first, cuts, count
    return edges[1:] - edges[:-1]


def numbered(sizes: NDArray[np.intp]) -> Numbers:
    """For each word the number of the part that it is in."""
    return np.arange(len(sizes), dtype=np.int32).repeat(sizes)


def memorable(units: Marks, sizes: NDArray[np.intp], lines: Numbers) -> Marks:
    """The sentences with those of a word or three inside a longer line as 0: they are "Mr" and "he said"."""
    if not len(units):
        return units
    alone = np.bincount(lines)[lines] == 1
    kept: Marks = units * ((sizes >= _MINIMAL) | alone)
    return kept


def reading(title: Marks, found: Scan, furniture: Flags | None = None) -> Reading:
    """What counts of a scan; `furniture` has a flag for each of its sentences."""
    return read_all([title], [found if furniture is None else thinned(found, furniture)[0]])[0]


def thinned(found: Scan, furniture: Flags) -> tuple[Scan, slice | None]:
    """A scan less the flagged sentences; which words it has, if these stand together (most furniture is at the end).
    Then it has no arrays of its own.
    """
    kept = ~furniture
    at = kept.nonzero()[0]
    if len(at) and at[-1] - at[0] < len(at):
        units, ends = slice(int(at[0]), int(at[-1]) + 1), found.sizes.cumsum()
        words = slice(int(ends[at[0]] - found.sizes[at[0]]), int(ends[at[-1]]))
        return _parts(found, words, units), words
    return _parts(found, kept.repeat(found.sizes), kept), None


def _parts(found: Scan, words: slice | Flags, units: slice | Flags) -> Scan:
    return Scan(
        found.marks[words], found.quoted[words], found.sizes[units], found.lines[units], found.units[units]
    )


def read_all(
    titles: Sequence[Marks], scans: Sequence[Scan], runs: Sequence[Marks | None] = ()
) -> list[Reading]:
    """What counts of texts: all of the scans. `runs`: those of each text, where they are known."""
    parts = Parts([len(found.marks) for found in scans])
    words = np.concatenate([found.marks for found in scans]) & ~_KIND
    cuts = list(zip(parts.starts.tolist(), parts.ends.tolist(), strict=True))
    if runs:
        told = zip(runs, cuts, strict=True)
        shingled = [sketch.runs(words[a:b]) if known is None else known for known, (a, b) in told]
    else:
        together = sketch.runs(words)
        shingled = [together[a:b].copy() for a, b in cuts]
    return [
        Reading(
            title=title,
            marks=found.marks,
            quoted=found.quoted,
            sizes=found.sizes,
            lines=found.lines,
            runs=shingle,
            count=len(found.marks),
            exact=exact,
            quotes=int(np.count_nonzero(found.quoted)),
        )
        for title, found, shingle, exact in zip(
            titles, scans, shingled, sketch.wholes(words, parts), strict=True
        )
    ]


def unfold_all(folded: Sequence[Reading]) -> None:
    """Make the runs of readings anew."""
    parts = Parts([found.count for found in folded])
    runs = sketch.runs(np.concatenate([_NOTHING, *(found.marks for found in folded)]) & ~_KIND)
    for found, start, end in zip(folded, parts.starts.tolist(), parts.ends.tolist(), strict=True):
        found.runs = runs[start:end]


@dataclass(slots=True)
class Title:
    once: Marks  # its words without their kinds, rising, each once
    key: Marks  # its first shingle; none where it has fewer words


def title_all(titles: Sequence[str], words: Words) -> list[Title]:
    marked, sizes = words.read(titles)
    owner = np.arange(len(titles)).repeat(sizes)
    plain = (marked.astype(np.uint8) & _KIND_BYTE) < fold.SENTENCE
    marked, owner = marked[plain] & ~_KIND, owner[plain]
    parts = Parts(np.bincount(owner, minlength=len(titles)))
    runs = sketch.runs(marked)
    order = np.lexsort((marked, owner))
    rising, owner = marked[order], owner[order]
    fresh = np.ones(len(rising), bool)
    fresh[1:] = (rising[1:] != rising[:-1]) | (owner[1:] != owner[:-1])
    once = Parts(np.bincount(owner[fresh], minlength=len(titles)))
    rising = rising[fresh]
    return [
        Title(rising[start:end].copy(), runs[first : first + int(size >= sketch.WIDTH)].copy())
        for start, end, first, size in zip(
            *(column.tolist() for column in (once.starts, once.ends, parts.starts, parts.sizes)), strict=True
        )
    ]


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
