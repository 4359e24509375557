"""Numbers and what holds them, as sorted arrays that are written once: a run. Pure arithmetic on arrays.

A run is stored as pages of PAGE numbers. `firsts` (the first number of each page) says which page could hold
a number, and `sieve` (a Bloom filter of BITS bits a number and four probes) that it probably does: of those
that are not there, 1 in 42 passes. So a look-up reads few pages but those that answer it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bits = NDArray[np.uint8]

PAGE = 128  # of 4 or 5 bytes with what holds them: a dozen to a page of either database
KEPT = 36  # bits of a number
BITS = 8
_PLACE_BITS = np.uint64(64 - KEPT)  # the rest of 64: of more holders than a run can have
_PLACE = np.uint32(2 ** (64 - KEPT) - 1)
_STORED = np.dtype("<i8")
_PROBES = tuple(
    map(np.uint64, (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93))
)
_HALF = np.uint64(32)
_WIDEST = 57  # bits of a value that is read with the 64 from the octet on that it begins in
_TOGETHER = 1 << 16  # numbers that are packed or unpacked at a time: 4 MB; eights, so that octets end there


@dataclass(frozen=True, slots=True)
class Held:
    """Numbers, rising, and what holds each, of equal length. What several hold comes several times."""

    numbers: Ints
    holders: Ints


class Whole(NamedTuple):
    """All of a run: its numbers, and for each the place of what holds it among the holders."""

    numbers: Ints  # of KEPT bits
    places: NDArray[np.uint32]
    holders: Ints  # that there are, rising

    @classmethod
    def of(cls, held: Held) -> Whole:
        holders = rising(held.holders)
        return cls(held.numbers, holders.searchsorted(held.holders).astype(np.uint32), holders)

    @property
    def held(self) -> Held:
        return Held(self.numbers, self.holders[self.places])

    def find(self, asked: Ints) -> Held:
        found = where(self.numbers, asked)
        return Held(self.numbers[found], self.holders[self.places[found]])


def ordered(numbers: Ints, holders: Ints) -> Held:
    """By number; a pair that comes twice running is kept once."""
    order = np.argsort(numbers, kind="stable")
    return _once(numbers[order], holders[order])


def merged(parts: Iterable[Whole], holders: Ints, size: int) -> Whole:
    """All of them as one, each pair once: so many numbers, and whatever holds them, rising. A number and the place of
    its holder are put in order as one number of 64 bits, which takes a third of what two columns do.
    """
    pairs, first = np.empty(size, np.uint64), 0
    for part in parts:
        places = holders.searchsorted(part.holders).astype(np.uint64)
        own = pairs[first : first + len(part.numbers)]
        np.left_shift(part.numbers.view(np.uint64), _PLACE_BITS, out=own)
        own |= places[part.places]
        first += len(own)
    pairs = pairs[:first]
    pairs.sort()
    fresh = np.ones(first, bool)
    fresh[1:] = pairs[1:] != pairs[:-1]
    if not fresh.all():
        pairs = pairs[fresh]
    of_all = pairs.astype(np.uint32) & _PLACE
    pairs >>= _PLACE_BITS
    return Whole(pairs.view(np.int64), of_all, holders)


def _once(numbers: Ints, holders: Ints) -> Held:
    again = np.zeros(len(numbers), bool)
    again[1:] = (numbers[1:] == numbers[:-1]) & (holders[1:] == holders[:-1])
    return Held(numbers[~again], holders[~again]) if again.any() else Held(numbers, holders)


def distinct(held: Held) -> Held:
    """By number and holder, each pair once."""
    order = np.lexsort((held.holders, held.numbers))
    return ordered(held.numbers[order], held.holders[order])


def stored(whole: Whole) -> Iterator[list[tuple[bytes, bytes]]]:
    """The pages of a run, numbers and places, some hundreds at a time."""
    for first in range(0, len(whole.numbers), _TOGETHER):
        numbers, places = whole.numbers[first : first + _TOGETHER], whole.places[first : first + _TOGETHER]
        yield list(zip(paged(gaps(numbers)), paged(places.astype(np.int64)), strict=True))


def rising(numbers: Ints) -> Ints:
    """Each once: what `numpy.unique` says, which hashes them and takes four times as long."""
    ordered = np.sort(numbers)
    fresh = np.ones(len(ordered), bool)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return ordered[fresh]


def joined(parts: Sequence[Held]) -> Held:
    if not parts:
        return Held(np.zeros(0, np.int64), np.zeros(0, np.int64))
    return Held(np.concatenate([part.numbers for part in parts]), np.concatenate([p.holders for p in parts]))


def find(held: Held, asked: Ints) -> Held:
    """The pairs whose number is one of `asked` (rising, each once)."""
    found = where(held.numbers, asked)
    return Held(held.numbers[found], held.holders[found])


def where(numbers: Ints, asked: Ints) -> Ints:
    """The places of those of the numbers (rising) that are one of `asked` (rising, each once)."""
    start = numbers.searchsorted(asked, "left")
    there = (start < len(numbers)).nonzero()[0]
    there = there[numbers[start[there]] == asked[there]]  # few are; the end is sought of these only
    start = start[there]
    count = numbers.searchsorted(asked[there], "right") - start
    return np.repeat(start - (np.cumsum(count) - count), count) + np.arange(int(count.sum()))


def short(numbers: Ints) -> Ints:
    """Numbers of 64 bits as well spread ones of 36: of 100 million, one in 700 is taken for another."""
    mixed: Ints = ((numbers.view(np.uint64) * _PROBES[0]) >> np.uint64(64 - KEPT)).view(np.int64)
    return mixed


def named(held: Held, asked: Ints) -> Held:
    """The same under the numbers of 64 bits that were asked for, each pair once; those kept alike share all."""
    kept = short(asked)
    order = np.argsort(kept, kind="stable")
    kept, asked = kept[order], asked[order]
    start = np.searchsorted(kept, held.numbers, "left")
    count = np.searchsorted(kept, held.numbers, "right") - start
    places = np.repeat(start - (np.cumsum(count) - count), count) + np.arange(int(count.sum()))
    return distinct(Held(asked[places], np.repeat(held.holders, count)))


def beside(held: Held, told: Ints, columns: Sequence[int]) -> Ints:
    """Rows of number, holder and these columns of `told`, whose first column is holders, rising; what it does not
    tell of is left out.
    """
    if not len(told):
        return np.empty((0, 2 + len(columns)), np.int64)
    at = told[:, 0].searchsorted(held.holders)
    at[at == len(told)] = 0
    known = told[at, 0] == held.holders
    more = [told[at[known], column] for column in columns]
    return np.column_stack((held.numbers[known], held.holders[known], *more))


# ---------------------------------------------------------------- pages


def pack(values: Ints) -> bytes:
    """How many bits the largest takes, then each in so many, the lowest first. Raises ValueError for those below 0,
    and above what can be read.
    """
    width = int(values.max(initial=0)).bit_length()
    if width > _WIDEST or values.min(initial=0) < 0:
        raise ValueError(f"a number to be kept is not of {_WIDEST} bits")
    pieces = (values[first : first + _TOGETHER] for first in range(0, len(values), _TOGETHER))
    return bytes([width]) + b"".join(_bits(piece[None], width)[0].tobytes() for piece in pieces)


def paged(values: Ints) -> list[bytes]:
    """Each PAGE of them for itself: as `pack` does, those of one width at once."""
    whole = len(values) // PAGE * PAGE
    rows = values[:whole].reshape(-1, PAGE)
    widths = np.frexp(rows.max(1, initial=0).astype(np.float64))[1]  # one too many does not matter
    found, step = [b""] * len(rows), max(1, _TOGETHER // PAGE)
    for width in np.unique(widths).tolist():
        places = (widths == width).nonzero()[0]
        for first in range(0, len(places), step):
            some = places[first : first + step]
            for at, packed in zip(some.tolist(), _bits(rows[some], width), strict=True):
                found[at] = bytes([width]) + packed.tobytes()
    return found + ([pack(values[whole:])] if whole < len(values) else [])


def _bits(rows: Ints, width: int) -> Bits:
    """The values of each row in so many bits each."""
    octets = rows.astype(_STORED).reshape(-1).view(np.uint8).reshape(-1, 8)
    bits = np.unpackbits(octets, axis=1, bitorder="little")[:, :width].reshape(len(rows), -1)
    return np.packbits(bits, axis=1, bitorder="little")


def unpack(pages: Sequence[bytes], sizes: Ints) -> Ints:
    """The values of some pages, of which there are so many on each. Raises ValueError where one is cut short."""
    kinds = np.array([page[0] if page else 255 for page in pages], np.int64) << 32 | sizes
    found, kind_of = np.empty(int(sizes.sum()), np.int64), np.repeat(kinds, sizes)
    for kind in np.unique(kinds).tolist():
        alike = [page[1:] for page, own in zip(pages, kinds == kind, strict=True) if own]
        found[kind_of == kind] = _values(alike, kind & 0xFFFFFFFF, kind >> 32)
    return found


def _values(pages: Sequence[bytes], size: int, width: int) -> Ints:
    """Of pages that hold so many values of so many bits each."""
    length = (size * width + 7) // 8
    if width > _WIDEST or any(len(page) != length for page in pages):
        raise ValueError(f"a page is not {size} numbers of {width} bits")
    values = np.zeros((len(pages), size), np.int64)
    first_bit = np.arange(size) * width
    octet, shift = first_bit >> 3, (first_bit & 7).astype(np.uint64)
    mask = np.uint64((1 << width) - 1)
    step = max(1, _TOGETHER // max(1, size))
    for first in range(0, len(pages) if width else 0, step):
        stored = b"".join((*pages[first : first + step], bytes(8)))
        eights = np.ndarray((len(stored) - 7,), np.dtype("<u8"), stored, strides=(1,))
        starts = np.arange(len(pages[first : first + step])) * length
        values[first : first + step] = (eights[starts[:, None] + octet] >> shift) & mask
    return values.reshape(-1)


def gaps(numbers: Ints) -> Ints:
    """How much each number is above the one before it in its page; 0 for the first."""
    found = np.zeros(len(numbers), np.int64)
    found[1:] = numbers[1:] - numbers[:-1]
    found[::PAGE] = 0
    return found


def filled(firsts: Ints, sizes: Ints, gaps: Ints) -> Ints:
    """The numbers of some pages again, from the first and the size of each, and all their gaps."""
    starts = np.cumsum(sizes) - sizes
    risen = np.cumsum(gaps)
    return risen + np.repeat(firsts - risen[starts], sizes) if len(gaps) else risen


def pages(firsts: Ints, asked: Ints) -> Ints:
    """Which pages could hold the numbers; one that many hold may fill several."""
    marks = np.zeros(len(firsts) + 1, np.int64)
    np.add.at(marks, np.maximum(np.searchsorted(firsts, asked, "left") - 1, 0), 1)
    np.add.at(marks, np.searchsorted(firsts, asked, "right"), -1)
    return np.flatnonzero(np.cumsum(marks[:-1]) > 0)


# ---------------------------------------------------------------- the sieve


def sieve(numbers: Ints) -> Bits:
    size = -(-BITS * len(numbers) // 8) * 8
    flags = np.zeros(size, bool)
    for first in range(0, len(numbers), _TOGETHER):
        some = numbers[first : first + _TOGETHER]
        for probe in _PROBES:
            flags[_places(some, probe, size)] = True
    return np.packbits(flags, bitorder="little")


def sifted(sieve: Bits, asked: Ints) -> Ints:
    """Those of `asked` that may well be in; whatever is in passes."""
    for probe in _PROBES:
        places = _places(asked, probe, 8 * len(sieve))
        bits = sieve[places >> 3] >> (places & 7).astype(np.uint8)
        asked = asked[(bits & 1).astype(bool)]
    return asked


def _places(numbers: Ints, probe: np.uint64, size: int) -> Ints:
    """For each number one of `size` places (below 2**32), from all of its bits."""
    mixed = (numbers.view(np.uint64) * probe) >> _HALF
    return ((mixed * np.uint64(size)) >> _HALF).astype(np.int64)
