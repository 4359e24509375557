"""A process that reads one huge document and ends: `python -m aggregator.collect.reader`.

Standard input: a pickle of (body, content type, base URL); standard output: a pickle of the ParsedFeed. The
system ends it when it takes more than its share.
"""

from __future__ import annotations

import pickle
import resource
import sys

from .. import feeds

CPU = 15  # seconds
MEMORY = 2**30  # bytes of address space


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    body, content_type, base_url = pickle.load(sys.stdin.buffer)
    pickle.dump(feeds.parse(body, content_type, base_url, sanitised=False), sys.stdout.buffer)


if __name__ == "__main__":
    main()
