"""Reading feeds: this program against feedparser over the same documents in one run. One JSON row a measure.

    python bench/feeds.py [FOLDER]        FOLDER holds feed documents; ../shared/corpora/feeds/real by default

CPU seconds, the best of three rounds of each reader, taken in turn. feedparser sanitises. Of ours,

    sanitised    every entry as the archive stores a new one, its plain text included
    unsanitised  every entry as it is read to find out whether it changed
    known        documents whose items were all read before, as they are read again when one changes
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import feedparser

from aggregator import feeds

CORPUS = Path(__file__).parents[2] / "shared" / "corpora" / "feeds" / "real"
BASE = "https://feeds.example.org/feed"


def seconds(read: Callable[[bytes], object], documents: list[bytes]) -> float:
    start = time.process_time()
    for document in documents:
        read(document)
    return time.process_time() - start


def _items(body: bytes) -> feeds.Known:
    entries = feeds.parse(body, base_url=BASE, sanitised=False).entries
    return {entry.item: (entry.guid, entry.fingerprint, entry.published) for entry in entries if entry.item}


def main(folder: Path) -> None:
    documents = [path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()]
    if not documents:
        sys.exit(f"No documents in {folder}; name a folder of feeds.")
    known = {body: _items(body) for body in documents}
    readers: dict[str, Callable[[bytes], object]] = {
        "feedparser": feedparser.parse,
        "sanitised": lambda body: feeds.parse(body, base_url=BASE),
        "unsanitised": lambda body: feeds.parse(body, base_url=BASE, sanitised=False),
        "known": lambda body: feeds.parse(body, base_url=BASE, sanitised=False, known=known[body]),
    }
    seconds(readers["sanitised"], documents)  # what is imported late is imported now
    rounds = [{name: seconds(read, documents) for name, read in readers.items()} for _ in range(3)]
    best = {name: min(one[name] for one in rounds) for name in readers}
    megabytes = sum(map(len, documents)) / 1e6
    for name, spent in best.items():
        row = {
            "bench": "feeds",
            "measure": name,
            "documents": len(documents),
            "megabytes": round(megabytes, 2),
            "cpu_seconds": round(spent, 3),
            "megabytes_a_second": round(megabytes / spent, 1),
            "times_feedparser": round(best["feedparser"] / spent, 1),
        }
        print(json.dumps(row))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS)
