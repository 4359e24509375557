"""Sketches: the few shingles by which copies find each other (FracMinHash of word 4-shingles).

A shingle is four words in a row as one unsigned 64-bit number. A key is such a number as a signed one, so
that every database can hold it. The lowest shingles are taken: 1 in 8 of a text, at least 24, at most
`limit`; and the lowest six of its beginning and the first four, since copies are cut from the end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .fold import KIND, NUMBER, Marks
from .segments import Parts

WIDTH = 4  # words a shingle
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_SQUARE = np.uint64(0x9E3779B97F4A7C15**2 % 2**64)
_WORDS = ~np.uint64(KIND)
_SHIFT = np.uint64(32)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_MASKED = np.uint64(7)
_LEAST, _RATE, _LEAD, _LEAD_KEYS, _FIRST = 24, 8, 60, 6, 4
_PLACES = np.arange(100_000, dtype=np.uint64) * _SPREAD


def mix(numbers: Marks) -> Marks:
    """Well spread numbers of the same length (the xmxmx mixer, half of it: words are spread already)."""
    mixed = numbers >> _SHIFT
    mixed ^= numbers
    mixed *= _MIX
    mixed ^= mixed >> _SHIFT
    return mixed


def shingles(words: Marks) -> Marks:
    """One number for each four words in a row; texts of fewer words have none."""
    if len(words) < WIDTH:
        return words[:0]
    rolled = pairs(words & _WORDS)
    return mix(rolled[:-2] * _SQUARE + rolled[2:])


def runs(plain: Marks) -> Marks:
    """The shingle that begins at each word; 0 at the last three."""
    found = np.zeros(len(plain), np.uint64)
    found[: max(0, len(plain) - WIDTH + 1)] = shingles(plain)
    return found


def pairs(plain: Marks) -> Marks:
    """One number for each two words in a row."""
    return plain[:-1] * _SPREAD + plain[1:]


def wholes(plain: Marks, parts: Parts) -> list[int]:
    """One number for all the words of each part in their order; 0 for none."""
    found = np.zeros(len(parts.sizes), np.uint64)
    filled = parts.sizes.nonzero()[0]
    if len(filled):
        starts = parts.starts[filled]
        placed = places(len(plain))
        here = placed - placed[starts].repeat(parts.sizes[filled])
        found[filled] = np.add.reduceat(mix(plain + here), starts)
    return found.tolist()


def places(count: int) -> Marks:
    return _PLACES[:count] if count <= len(_PLACES) else np.arange(count, dtype=np.uint64) * _SPREAD


def lowest(shingled: Marks, limit: int) -> Marks:
    """The sketch of a text from its shingles."""
    count = min(limit - _LEAD_KEYS - _FIRST, max(_LEAST, len(shingled) // _RATE))
    if len(shingled) <= count:
        return shingled
    lead = np.partition(shingled[:_LEAD], _LEAD_KEYS)[:_LEAD_KEYS]
    return np.concatenate((np.partition(shingled, count)[:count], lead, shingled[:_FIRST]))


def signed(numbers: Marks) -> tuple[int, ...]:
    """The same 64 bits as SQL stores them."""
    return tuple(numbers.view(np.int64).tolist())


def units(words: Marks, unit: NDArray[np.int32], sizes: NDArray[np.intp]) -> Marks:
    """One number for each sentence; `unit` says which sentence a word is in, `sizes` how many words each has.

    A single figure in a sentence is masked ("3 minutes to read"); several are its substance.
    """
    if not len(words):
        return words
    first = sizes.cumsum() - sizes
    plain = words & _WORDS
    figures = (words.astype(np.uint8) & KIND == NUMBER).nonzero()[0]
    inside = unit[figures]
    plain[figures[np.bincount(inside, minlength=len(sizes))[inside] == 1]] = _MASKED
    placed = places(len(words))
    plain += placed
    plain -= placed[first].repeat(sizes)
    return np.add.reduceat(mix(plain), first)
