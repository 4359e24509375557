"""Does reading the kept documents again, by the same parser, change nothing? One JSON row.

    python -m bench.rereading [FOLDER] [--seeds 200] [--first 1]

FOLDER: documents as they are in the wild; ../shared/corpora/feeds by default. Each seed is an archive of a few sources
that go through several versions of one of the documents, damaged or reordered at random, as a collector takes them,
with older documents and with made web pages; then `reprocess` runs twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from aggregator import stages
from aggregator.archive import Archive
from aggregator.collect import Context, extractor, open_context, run_errand
from aggregator.collect.feed import take
from aggregator.collect.http import Answer
from aggregator.errand import Page
from aggregator.model import SourceSpec
from bench.orders import fresh

CORPUS = Path(__file__).parents[2] / "shared" / "corpora" / "feeds"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TYPES = ("application/rss+xml", "text/xml; charset=utf-8", "text/xml", "", "application/json", "text/html")
MOST, MOST_ERRANDS = 500, 20
PAST = "https://past.example/"
_ITEM = re.compile(rb"<(item|entry)\b.*?</\1>", re.DOTALL | re.IGNORECASE)


def versions(body: bytes, chance: random.Random) -> Iterator[bytes]:
    """A document as it goes on: entries come, go and are changed; a byte is damaged."""
    for _ in range(chance.randint(1, 5)):
        yield body
        items = [match.span() for match in _ITEM.finditer(body)]
        kind = chance.choice(("drop", "twice", "title", "byte", "swap", "base", "keep"))
        if kind == "byte" and body:
            at = chance.randrange(len(body))
            body = body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
        elif kind == "title":
            body = re.sub(rb"<title>(?=[^<])", b"<title>Again: ", body, count=chance.randint(1, 4))
        elif kind == "base":
            body = re.sub(rb"https?://", b"https://other.", body, count=1)
        elif len(items) > 1:
            (a, b), (c, d) = sorted(chance.sample(items, 2))
            if kind == "drop":
                body = body[:a] + body[b:]
            elif kind == "twice":
                body = body[:b] + body[c:d] + body[b:]
            elif kind == "swap":
                body = body[:a] + body[c:d] + body[b:c] + body[a:b] + body[d:]


class Web:
    """Answers with a page for the article of any address, and with some version of the document for its history."""

    def __init__(self, document: bytes, chance: random.Random) -> None:
        self._past = list(versions(document, chance))
        self._chance = chance

    async def get(self, url: str, **_: object) -> Answer:
        if url.endswith("/robots.txt"):
            return Answer(url, 404)
        kind, body = "text/html", self._page(url)
        if url.startswith(PAST):
            kind, body = "text/xml", self._chance.choice(self._past)
        return Answer(url, 200, httpx.Headers({"content-type": kind, "etag": '"1"'}), body, len(body))

    def _page(self, url: str) -> bytes:
        """An article, often longer than what the feed has of it, at times none, or damaged."""
        chance = random.Random(url)
        words = [f"{chance.getrandbits(20):x}" for _ in range(chance.choice((0, 20, 100, 400)))]
        said = "".join(f"<p>{' '.join(words[at : at + 40])}.</p>" for at in range(0, len(words), 40))
        head = chance.choice(
            ("", "<link rel=canonical href=/a>", "<meta name=author content='A; B'>", "<html lang=de>")
        )
        body = f"<head>{head}<title>Outlet</title></head><nav>Home</nav><article>{said}</article>".encode()
        at = chance.randrange(len(body))
        return body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :] if chance.random() < 0.3 else body


class InProcess:
    """Finds the articles of pages here: a process of its own takes half a second to begin."""

    async def read(self, *page: Any) -> Page:
        return read_page(*page)

    async def close(self) -> None:
        pass


@cache
def read_page(body: bytes, content_type: str, url: str) -> Page:
    return extractor.read(body, content_type, url)


async def collect(archive: Archive, documents: Sequence[bytes], chance: random.Random) -> None:
    async with open_context("aggregator/0 (+https://x.example/)", Path()) as context:
        for number, document in enumerate(documents):
            name, full_text = f"feed-{number}", chance.random() < 0.5
            archive.add_source(
                SourceSpec(name, location=f"https://{name}.example/feed", full_text=full_text), NOON
            )
            kind = chance.choice(TYPES)
            web: Any = Web(document, chance)
            reading: Any = InProcess()
            offline = replace(context, http=web, extractor=reading)
            for version, body in enumerate(versions(document, chance)):
                now = NOON + timedelta(hours=version)
                source = archive.source(name)
                claimed = archive.claim(now, 1, timedelta(minutes=5), [name], force=True)
                source = claimed[0] if claimed else source
                answer = Answer(source.url, 200, httpx.Headers({"content-type": kind}), body, len(body))
                older = f"{PAST}{name}/{version}" if chance.random() < 0.3 else ""
                stages.ingest(archive, replace(await take(source, answer, context), older=older), now)
                if chance.random() < 0.7:
                    await run_errands(archive, offline, name, now)


async def run_errands(archive: Archive, context: Context, name: str, now: datetime) -> None:
    for minute in range(1, MOST_ERRANDS):
        at = now + timedelta(minutes=minute)
        for errand in archive.errands.claim(at, 9, timedelta(minutes=5), [name]):
            brought = await run_errand(errand, replace(context, clock=lambda at=at: at), archive.errands)
            stages.finish(archive, brought, at)


def once(url: str, seed: int, documents: Sequence[Path]) -> Counter[str]:
    chance, did = random.Random(seed), Counter[str]()
    with Archive.open(url) as archive:
        archive.authority("rereading.example", NOON)
        asyncio.run(collect(archive, [each.read_bytes() for each in chance.sample(documents, 4)], chance))
        before = list(archive.whole())
        did.update(each.kind for each in archive.documents())
        for again in ("first", "second"):
            for source in archive.sources(active_only=False):
                done = stages.reprocess(archive, source, None, NOON + timedelta(days=1), MOST, read_page)
                did.update(
                    {f"{again}_new": done.new, f"{again}_revised": done.revised, "read": done.unchanged}
                )
                if again == "second":
                    assert (done.new, done.revised) == (0, 0), f"{done} in {source.name}"
                elif done.new or done.revised:
                    print(f"seed {seed} {source.name}: {done}", file=sys.stderr)
        if not did["first_new"] and not did["first_revised"]:
            assert list(archive.whole()) == before
        assert archive.verify() == []
    return did


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=CORPUS)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    asked = parser.parse_args(arguments)
    documents = sorted(path for path in asked.folder.rglob("*") if path.suffix in (".xml", ".json"))
    if len(documents) < 4:
        sys.exit(f"No documents in {asked.folder}.")
    did, failed = Counter[str](), list[int]()
    with tempfile.TemporaryDirectory(prefix="rereading-") as folder:
        urls = fresh("sqlite", Path(folder), asked.seeds)
        for seed in range(asked.first, asked.first + asked.seeds):
            try:
                did += once(next(urls), seed, documents)
            except Exception:
                failed.append(seed)
                print(f"seed {seed}:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
    print(json.dumps({"bench": "rereading", "archives": asked.seeds, **did, "failed": failed}))


if __name__ == "__main__":
    main()
