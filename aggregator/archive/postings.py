"""Which copies hold which words, packed: what PostgreSQL keeps of the full-text index. Pure arithmetic on arrays.

A batch of texts becomes pages, and the hash of a word says on which one it is. A page is a zstd frame of its words, of
how many copies hold each, and of how much the number of each copy is above that of the one before it. Numbers lie octet
by octet, all lowest ones first: those of common words are small, so that zstd has little to do with the others.
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
    words = frames.encoded("\n".join(page.words))
    head = _HEAD.pack(len(words), len(page.words))
    return frames.pack(head + words + _octets(page.counts) + _octets(steps))


def unpack(frame: bytes, first: int) -> Postings:
    """Raises ValueError where the page is damaged."""
    body = frames.unpack(frame)
    try:
        length, count = _HEAD.unpack_from(body)
        at = _HEAD.size + length
        words = frames.decoded(body[_HEAD.size : at]).split("\n")
        counts, steps = _numbers(body[at : at + 4 * count]), _numbers(body[at + 4 * count :])
    except struct.error as error:
        raise ValueError(str(error)) from error
    if len(words) != count or counts.sum() != len(steps) or not counts.all():
        raise ValueError("a page of the full-text index does not add up")
    risen, starts = np.cumsum(steps), np.cumsum(counts) - counts
    return Postings(words, counts, risen - np.repeat(risen[starts] - steps[starts] - first, counts))


def pack_numbers(rising: Ints, first: int) -> bytes:
    return frames.pack(_octets(np.diff(rising, prepend=first)))


def unpack_numbers(frame: bytes, first: int) -> Ints:
    return _numbers(frames.unpack(frame)).cumsum() + first


def _octets(numbers: Ints) -> bytes:
    return numbers.astype(_NUMBER).view(np.uint8).reshape(-1, 4).T.tobytes()


def _numbers(octets: bytes) -> Ints:
    parts = np.frombuffer(octets, np.uint8).reshape(4, -1)
    return np.ascontiguousarray(parts.T).view(_NUMBER).reshape(-1).astype(np.int64)
