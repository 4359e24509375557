"""Words met before: from the bytes of a text to the marks of its words without parsing each again.

What stands between two spaces (a chunk) is nearly always one that was met before. So a text is cut at its spaces
as an array of bytes, each chunk is hashed with all the others at once, and its marks are looked up in a table.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from . import fold
from .fold import Marks
from .segments import Places

LONG = 40  # bytes beyond which a chunk is an address, or a line of a script without spaces, and is not remembered
_SINGLE = 50_000  # words of which the mark is remembered
_EIGHT = 8
_SPACE, _LINE_END = 0x20, 0x0A
_SEPARATOR = re.compile(rb"[ \n]")
_PIECE = 1 << 19  # bytes of texts that are read at a time, so that what this takes is bounded
_PADDING = bytes(_EIGHT)
_FIRST_BYTES = np.array([(1 << 8 * count) - 1 for count in range(_EIGHT)] + [2**64 - 1], np.uint64)
_HALF = np.uint64(32)
_COUNT = 32  # bits that say how many marks a chunk has; those above, where they begin


class Words:
    """The marks of chunks, up to two to the power of `bits` in each of two tables; some 25 MB.

    A chunk has one place in each table: a new one takes the first, and what stood there goes to its second, where
    it displaces another. So the common ones stay, and what is held is bounded. Once more than `most` marks are held,
    all begins anew. The hash depends on that of Python, another in each process, so that nobody can write a chunk
    that is taken for another.
    """

    def __init__(self, bits: int = 17, most: int = 500_000) -> None:
        self._shift = np.uint64(64 - bits)
        self._size, self._most = 1 << bits, most
        self._factors = [np.uint64(hash(name) % 2**64 | 1) for name in ("one", "two", "three")]
        self._words: dict[str, bytes] = {}
        self._forget()

    def _forget(self) -> None:
        self._chunks = [np.zeros(self._size, np.uint64) for _ in range(2)]
        self._places = [np.zeros(self._size, np.int64) for _ in range(2)]
        self._marks, self._used = np.zeros(1 << 12, np.uint64), 0

    def read(self, texts: Sequence[str]) -> tuple[Marks, Places]:
        """The marks of texts end to end, each with a line end behind it, and how many there are of each: one mark a
        word, sentence end, line end or quotation mark. No token reaches across a space or a line end, and none needs
        to be known to read another.
        """
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        written = b"\n".join([*encoded, b""])
        last = np.array([len(text) + 1 for text in encoded], np.intp).cumsum() - 1  # the line end behind each
        marks, upto, done = [np.zeros(0, np.uint64)], [np.zeros(1, np.intp)], 0
        for start, end in _pieces(written):
            ends, counts = self._read(marks, written[start:end])
            here = last[(last >= start) & (last < end)] - start
            upto.append(done + counts[ends.searchsorted(here)])
            done += int(counts[-1])
        sizes: Places = np.diff(np.concatenate(upto)).astype(np.intp, copy=False)
        return np.concatenate(marks), sizes

    def _read(self, marks: list[Marks], written: bytes) -> tuple[Places, Places]:
        """Add the marks of a piece; where each of its chunks ends, and how many marks there are up to there."""
        if self._used > self._most or len(self._marks) > 4 * self._most:
            self._forget()
        padded = written + _PADDING
        signs = np.frombuffer(written, np.uint8)
        ends = ((signs == _SPACE) | (signs == _LINE_END)).nonzero()[0]
        starts = np.zeros(len(ends), np.intp)
        starts[1:] = ends[:-1] + 1
        placed = self._placed(padded, starts, ends)
        counts = placed & ((1 << _COUNT) - 1)
        before = counts.cumsum()
        at = np.arange(int(before[-1]))
        at += ((placed >> _COUNT) - (before - counts)).repeat(counts)
        marks.append(self._marks[at])
        return ends, before

    def _placed(self, written: bytes, starts: Places, ends: Places) -> NDArray[np.int64]:
        """For each chunk where its marks begin, and how many it has."""
        sizes = ends - starts + 1  # with the space or line end behind it
        hashed = self._hashed(written, starts, sizes)
        first = (hashed >> self._shift).view(np.int64)
        placed = self._places[0][first]
        missing = (self._chunks[0][first] != hashed).nonzero()[0]
        second = self._second(hashed[missing])
        placed[missing] = self._places[1][second]
        missing = missing[self._chunks[1][second] != hashed[missing]]
        if len(missing):
            placed[missing] = self._meet(written, hashed[missing], starts[missing], ends[missing])
        return placed

    def _hashed(self, written: bytes, starts: Places, sizes: Places) -> Marks:
        """A number for each chunk by its first `LONG` bytes and its length; never 0."""
        eights = np.ndarray((len(written) - _EIGHT + 1,), "<u8", written, strides=(1,))
        found = self._mixed(sizes.astype(np.uint64), eights[starts] & _FIRST_BYTES[np.minimum(sizes, _EIGHT)])
        for at in range(_EIGHT, LONG, _EIGHT):
            more = (sizes > at).nonzero()[0]
            if not len(more):
                break
            taken = _FIRST_BYTES[np.minimum(sizes[more] - at, _EIGHT)]
            found[more] = self._mixed(found[more], eights[starts[more] + at] & taken)
        found |= np.uint64(1)
        return found

    def _mixed(self, found: Marks, more: Marks) -> Marks:
        more += found * self._factors[0]
        more ^= more >> _HALF
        more *= self._factors[1]
        more ^= more >> _HALF
        return more

    def _second(self, hashed: Marks) -> Places:
        return ((hashed * self._factors[2]) >> self._shift).view(np.int64)

    # ------------------------------------------------------------ what was not met before

    def _meet(self, written: bytes, hashed: Marks, starts: Places, ends: Places) -> NDArray[np.int64]:
        """Parse chunks; those that may come again are kept, the marks of the others stand until the next call."""
        short = ends - starts < LONG
        once, first, which = np.unique(hashed[short], return_index=True, return_inverse=True)
        placed = self._parsed(written, starts[short][first], ends[short][first])
        self._remember(once, placed)
        self._used += int((placed & ((1 << _COUNT) - 1)).sum())
        found = np.empty(len(hashed), np.int64)
        found[short] = placed[which]
        found[~short] = self._parsed(written, starts[~short], ends[~short])
        return found

    def _parsed(self, written: bytes, starts: Places, ends: Places) -> NDArray[np.int64]:
        """Put the marks of chunks behind those that are in use; where those of each are."""
        parsed = []
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            chunk = written[start:end].decode("utf-8", "surrogatepass")
            signs = fold.signs_of(chunk)
            parsed.append(b"".join(map(self._mark, signs if written[end] == _SPACE else [*signs, "\n"])))
        sizes = np.array([len(each) // _EIGHT for each in parsed], np.int64)
        new = np.frombuffer(b"".join(parsed), np.uint64)
        while self._used + len(new) > len(self._marks):
            self._marks = np.concatenate((self._marks, np.zeros_like(self._marks)))
        self._marks[self._used : self._used + len(new)] = new
        return (self._used + sizes.cumsum() - sizes) << _COUNT | sizes

    def _remember(self, hashed: Marks, placed: NDArray[np.int64]) -> None:
        first = (hashed >> self._shift).view(np.int64)
        there = self._chunks[0][first]
        held = (there != 0).nonzero()[0]
        second = self._second(there[held])
        self._chunks[1][second], self._places[1][second] = there[held], self._places[0][first[held]]
        self._chunks[0][first], self._places[0][first] = hashed, placed

    def _mark(self, word: str) -> bytes:
        found = self._words.get(word)
        if found is None:
            found = fold.mark(word).to_bytes(_EIGHT, sys.byteorder)
            if len(word) <= LONG:
                if len(self._words) >= _SINGLE:
                    self._words.clear()
                self._words[word] = found
        return found


def _pieces(written: bytes) -> Iterator[tuple[int, int]]:
    """[start, end) of pieces of about `_PIECE` bytes that end with a space or a line end, as the whole does."""
    start = 0
    while start < len(written):
        end = start + _PIECE
        if end < len(written):
            found = _SEPARATOR.search(written, end)
            end = found.end() if found else len(written)
        yield start, min(end, len(written))
        start = end
