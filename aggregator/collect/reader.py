"""A process that reads one huge document and ends: `python -m aggregator.collect.reader`.

Standard input: a pickle of (content type, base URL, entries at most), and the body; standard output: pickles, one
of the ParsedFeed without its entries and their number, then of the entries, some at a time: whoever reads them
holds Python's lock for as long as one pickle takes. The system ends the process when it takes more than its share.
"""

from __future__ import annotations

import io
import pickle
import resource
import sys
from dataclasses import replace

from .. import feeds
from ..model import Entry, ParsedFeed

CPU = 15  # seconds
MEMORY = 2**30  # bytes of address space
SOME = 50  # entries


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    content_type, base_url, most = pickle.load(sys.stdin.buffer)
    feed = feeds.parse(sys.stdin.buffer.read(), content_type, base_url, sanitised=False)
    pickle.dump((replace(feed, entries=()), len(feed.entries)), sys.stdout.buffer)
    for start in range(0, min(most, len(feed.entries)), SOME):
        pickle.dump(feed.entries[start : min(most, start + SOME)], sys.stdout.buffer)


def read(said: bytes) -> tuple[ParsedFeed, int]:
    """What the process wrote: the feed with as many entries as were wanted, and how many there were."""
    stream = io.BytesIO(said)
    feed, count = pickle.load(stream)
    entries: list[Entry] = []
    while stream.tell() < len(said):
        entries += pickle.load(stream)
    return replace(feed, entries=tuple(entries)), count


if __name__ == "__main__":
    main()
