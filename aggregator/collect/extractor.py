"""A process that reads web pages for `extraction`: `python -m aggregator.collect.extractor`.

On either pipe a pickle after its length in eight bytes: in comes (body, content type, URL), out goes a Page. The
system ends the process when one page takes more than its share; the next page gets a new one.
"""

from __future__ import annotations

import pickle
import resource
import sys
from typing import BinaryIO

import trafilatura

from .. import feeds
from ..errand import Page

CPU = 10  # seconds a page
MEMORY = 2**30  # bytes of address space


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    pages, answers = sys.stdin.buffer, sys.stdout.buffer
    while request := receive(pages):
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + 1 + CPU
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        send(answers, pickle.dumps(read(*pickle.loads(request))))


def receive(pipe: BinaryIO) -> bytes:
    """The next message; empty at the end."""
    return pipe.read(int.from_bytes(pipe.read(8), "big"))


def send(pipe: BinaryIO, message: bytes) -> None:
    pipe.write(len(message).to_bytes(8, "big") + message)
    pipe.flush()


def read(body: bytes, content_type: str, url: str) -> Page:
    text, facts = feeds.page(body, content_type, url)
    if not text:
        return Page(facts=facts)
    html = trafilatura.extract(
        text,
        url=url,
        output_format="html",
        include_comments=False,
        include_formatting=True,
        include_links=True,
        include_images=True,
    )
    return Page(html or "", facts)


if __name__ == "__main__":
    main()
