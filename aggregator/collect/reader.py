"""A process that reads one huge document and ends: `python -m aggregator.collect.reader`.

Standard input: a pickle of (content type, base URL, entries at most, items known), and the body; standard output:
pickles, each behind its length in `LENGTH` bytes, one of the ParsedFeed without its entries and their number, then of
the entries, their texts packed, some at a time; a length of 0 is the end. The system ends the process when it takes
more than its share.
"""

from __future__ import annotations

import pickle
import resource
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace

from .. import feeds
from ..model import Entry
from ..packing import pack

CPU = 15  # seconds
MEMORY = 2**30  # bytes of address space
SOME = 500_000  # bytes of entries, about
LENGTH = 8  # bytes


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    content_type, base_url, most, known = pickle.load(sys.stdin.buffer)
    feed = feeds.parse(sys.stdin.buffer.read(), content_type, base_url, sanitised=False, known=known)
    _tell(pickle.dumps((replace(feed, entries=()), len(feed.entries))))
    for some in _parts(feed.entries[:most]):
        _tell(pickle.dumps(some))
    _tell(b"")


def _parts(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    size = 0
    for entry in map(pack, entries):
        part.append(entry)
        size += 1000 + len(entry.packed)
        if size > SOME:
            yield part
            part, size = [], 0
    yield part


def _tell(said: bytes) -> None:
    sys.stdout.buffer.write(len(said).to_bytes(LENGTH, "big"))
    sys.stdout.buffer.write(said)


if __name__ == "__main__":
    main()
