"""Which copies hold which words, packed: what PostgreSQL keeps of the full-text index. Pure arithmetic on arrays.

A batch of texts becomes pages, and the hash of a word says on which one it is. A page is a zstd frame of its words, of
how many copies hold each, and of how much the number of each copy is above that of the one before it: a step. Steps are
in Rice's code: of each as many low bits as the word's steps have on average, and how often that goes into it, in ones
after so many noughts; zstd finds nothing in them. Other numbers lie octet by octet, all lowest ones first, and so did
the steps of pages that were written before.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from . import frames

Ints = NDArray[np.int64]

PAGE = 1_024  # numbers of copies on a page, at most twice as many on average: 1 to 2 KB, several to one of the server
_HEAD = struct.Struct("<II")  # octets of all words, words
_CODED = 1 << 31  # beside the latter: the steps are in Rice's code, and before the words stands
_REACH = struct.Struct("<Q")  # from how many numbers those of the copies are
_NUMBER = np.dtype("<u4")


@dataclass(frozen=True, slots=True)
class Postings:
    """Words, each once, by their keys, and the copies that hold them: of the first word, rising, then of the next."""

    words: Sequence[str]
    counts: Ints  # of copies, for each word
    copies: Ints

    def holding(self, word: str) -> Ints:
        try:
            at = self.words.index(word)
        except ValueError:
            return np.zeros(0, np.int64)
        first = int(self.counts[:at].sum())
        return self.copies[first : first + int(self.counts[at])]


def of_texts(texts: Iterable[tuple[int, Iterable[str]]]) -> Postings:
    """Of copies with the words of each; a word may come more than once."""
    places: dict[str, int] = {}
    told = [(id, {places.setdefault(word, len(places)) for word in words}) for id, words in texts]
    lengths = [len(held) for _, held in told]
    words = np.fromiter(chain.from_iterable(held for _, held in told), np.int64, sum(lengths))
    return _ordered(list(places), words, np.repeat(np.array([id for id, _ in told], np.int64), lengths))


def joined(parts: Sequence[tuple[Postings, Ints]]) -> Postings:
    """One of several; each comes with the copies that it is to hold no more."""
    places: dict[str, int] = {}
    words, copies = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for part, gone in parts:
        own = np.array([places.setdefault(word, len(places)) for word in part.words], np.int64)
        stays = ~np.isin(part.copies, gone)
        words.append(np.repeat(own, part.counts)[stays])
        copies.append(part.copies[stays])
    return _ordered(list(places), np.concatenate(words), np.concatenate(copies))


def _ordered(names: Sequence[str], words: Ints, copies: Ints) -> Postings:
    """From pairs of a word, as its place among the names, and a copy. A word that no copy holds is left out."""
    counts = np.bincount(words, minlength=len(names))
    by_key = np.argsort(np.array(list(map(key, names)), np.int64), kind="stable")
    rank = np.empty(len(names), np.int64)
    rank[by_key] = np.arange(len(names))
    held = by_key[counts[by_key] > 0]
    return Postings(
        [names[at] for at in held.tolist()], counts[held], copies[np.lexsort((copies, rank[words]))]
    )


# ---------------------------------------------------------------- pages


def key(word: str) -> int:
    """32 bits that say where a word stands among others."""
    return zlib.crc32(frames.encoded(word))


def pages_for(copies: int) -> int:
    """How many pages a run has that holds so many numbers of copies: a power of two."""
    return 1 << max(0, (copies // PAGE).bit_length() - 1)


def page_of(key: int, pages: int) -> int:
    return key * pages >> 32


def paged(postings: Postings, pages: int) -> Iterator[tuple[int, Postings]]:
    """(number of a page, what is on it) of those of so many pages that anything is on."""
    homes = np.array([page_of(key(word), pages) for word in postings.words], np.int64)
    starts = np.flatnonzero(np.diff(homes, prepend=-1))
    ends = np.append(0, np.cumsum(postings.counts))
    for start, end in pairwise([*starts.tolist(), len(homes)]):
        copies = postings.copies[ends[start] : ends[end]]
        yield int(homes[start]), Postings(postings.words[start:end], postings.counts[start:end], copies)


def pack(page: Postings, first: int) -> bytes:
    """`first`: of the copies of the run."""
    steps = np.diff(page.copies, prepend=0)
    starts = np.cumsum(page.counts) - page.counts
    steps[starts] = page.copies[starts] - first
    words, reach = frames.encoded("\n".join(page.words)), int(page.copies.max(initial=first)) - first + 1
    head = _HEAD.pack(len(words), len(page.words) | _CODED) + _REACH.pack(reach)
    return frames.pack(head + words + _octets(page.counts) + _coded(steps, _widths(page.counts, reach)))


def unpack(frame: bytes, first: int) -> Postings:
    """Raises ValueError where the page is damaged."""
    body = frames.unpack(frame)
    try:
        length, count = _HEAD.unpack_from(body)
        coded, count = bool(count & _CODED), count & ~_CODED
        [reach] = _REACH.unpack_from(body, _HEAD.size) if coded else [0]
        at = _HEAD.size + _REACH.size * coded + length
        words = frames.decoded(body[at - length : at]).split("\n")
        counts, rest = _numbers(body[at : at + 4 * count]), body[at + 4 * count :]
    except struct.error as error:
        raise ValueError(str(error)) from error
    if len(words) != count or not counts.all():
        raise ValueError("a page of the full-text index does not add up")
    steps = _steps(rest, _widths(counts, reach)) if coded else _numbers(rest)
    if counts.sum() != len(steps):
        raise ValueError("a page of the full-text index does not add up")
    risen, starts = np.cumsum(steps), np.cumsum(counts) - counts
    return Postings(words, counts, risen - np.repeat(risen[starts] - steps[starts] - first, counts))


def _widths(counts: Ints, reach: int) -> Ints:
    """For each step how many of its bits are kept as they are: about as many as ln 2 times the average has."""
    return np.repeat(np.maximum(0, np.frexp(0.69 * reach / counts)[1].astype(np.int64) - 1), counts)


def _coded(steps: Ints, widths: Ints) -> bytes:
    ends = np.cumsum((steps >> widths) + 1)
    high = np.zeros(int(ends[-1]) if len(ends) else 0, bool)
    high[ends - 1] = True
    starts = np.cumsum(widths) - widths
    places = np.arange(int(widths.sum())) - np.repeat(starts, widths)
    low = (np.repeat(steps, widths) >> places) & 1
    return b"".join(np.packbits(bits, bitorder="little").tobytes() for bits in (high, low.astype(bool)))


def _steps(coded: bytes, widths: Ints) -> Ints:
    cut = len(coded) - (int(widths.sum()) + 7) // 8
    if cut < 0:
        raise ValueError("a page of the full-text index is cut short")
    ends = np.flatnonzero(np.unpackbits(np.frombuffer(coded[:cut], np.uint8), bitorder="little"))
    if len(ends) != len(widths):
        raise ValueError("a page of the full-text index does not add up")
    starts = np.cumsum(widths) - widths
    stored = coded[cut:] + bytes(8)
    eights = np.ndarray((len(stored) - 7,), np.dtype("<u8"), stored, strides=(1,))
    bits = eights[starts >> 3] >> (starts & 7).astype(np.uint64)
    low = bits.view(np.int64) & ((1 << widths) - 1)
    steps: Ints = (np.diff(ends, prepend=-1) - 1 << widths) | low
    return steps


def pack_numbers(rising: Ints, first: int) -> bytes:
    return frames.pack(_octets(np.diff(rising, prepend=first)))


def unpack_numbers(frame: bytes, first: int) -> Ints:
    return _numbers(frames.unpack(frame)).cumsum() + first


def _octets(numbers: Ints) -> bytes:
    return numbers.astype(_NUMBER).view(np.uint8).reshape(-1, 4).T.tobytes()


def _numbers(octets: bytes) -> Ints:
    parts = np.frombuffer(octets, np.uint8).reshape(4, -1)
    return np.ascontiguousarray(parts.T).view(_NUMBER).reshape(-1).astype(np.int64)
