"""yarr's corpus: each document has a file of assertions beside it, read here as Python over our model."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aggregator import feeds
from aggregator.model import Entry, ParsedFeed

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "feeds" / "yarr"
BASE = "http://example.com/"
NOW = "now"  # yarr gives undated items the current time; ours stay undated


def cases() -> list[tuple[str, bytes, str]]:
    found = []
    for path in sorted(CORPUS.glob("*.assert")):
        document = path.with_suffix("").read_bytes()
        found += [
            (path.name, document, line[1:].strip())
            for line in path.read_text().splitlines()
            if line[:1] == "@"
        ]
    for path in sorted(CORPUS.glob("*.jsonc")):
        _, comment, document = re.split(r"/\*|\*/", path.read_text(), maxsplit=2)
        found += [
            (path.name, document.encode(), line[1:].strip())
            for line in comment.splitlines()
            if line[:1] == "@"
        ]
    return found


def as_yarr(feed: ParsedFeed) -> SimpleNamespace:
    seen: set[str] = set()
    items = [_item(entry, seen, feed.format) for entry in feed.entries]
    return SimpleNamespace(Title=feed.title, SiteURL=feed.url, Items=items)


def _item(entry: Entry, seen: set[str], form: str) -> SimpleNamespace:
    at = entry.published or entry.updated
    guid = entry.guid
    if form.startswith("atom") and guid.startswith(
        "http"
    ):  # yarr's own way to tell versions of one entry apart
        guid = f"{guid}::{at.isoformat()[:19] if at else ''}"
    files = {file.url: file for file in entry.enclosures}
    pictures = (
        [SimpleNamespace(url=entry.image, type="image", title="")] if entry.image not in ("", *files) else []
    )
    return SimpleNamespace(
        GUID=guid,
        URL=entry.url,
        Title=entry.title,
        Content=Content(entry.html),
        Date=at or NOW,
        MediaLinks=[
            SimpleNamespace(URL=file.url, Type=file.type.partition("/")[0], Description=file.title)
            for file in (*files.values(), *pictures)
            if file.url not in entry.html
        ],
    )


class Content(str):
    """The wrapping div of XHTML is no part of the content (RFC 4287 section 3.1.1.3)."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, re.sub(r'^<div xmlns="[^"]*">(.*)</div>$', r"\1", str(other)))


def in_python(assertion: str) -> str:
    return (
        assertion.replace("time.Now()", "NOW").replace("time.Date", "date").replace("time.FixedZone", "zone")
    )


def date(year: int, month: int, day: int, hour: int, minute: int, second: int, _: int, at: Any) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=at)


def test_an_assertion_is_read_as_python() -> None:
    assert in_python("feed.Date == time.Now()") == "feed.Date == NOW"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is no part of the project")
def test_every_assertion_of_yarr_holds() -> None:
    names = {"len": len, "date": date, "NOW": NOW, "zone": lambda _, s: timezone(timedelta(seconds=s))}
    names["time"] = SimpleNamespace(UTC=UTC)
    failed = []
    for name, document, assertion in cases():
        parsed = feeds.parse(document, base_url=BASE, sanitised=False)
        if not eval(in_python(assertion), {**names, "feed": as_yarr(parsed)}):
            failed.append(f"{name}: {assertion} {json.dumps(feeds.feed_to_json(parsed))[:1500]}")
    assert len(cases()) > 70
    assert not failed, "\n".join(failed)
