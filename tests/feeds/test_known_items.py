"""What was read before is not read again, as long as nothing that decides about it has changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator import feeds
from aggregator.model import Entry, ParsedFeed

RSS = b"""<rss version="2.0"><channel><title>T</title><link>https://a.example/</link><language>en</language>
<item><guid isPermaLink="false">1</guid><title>One</title><pubDate>Thu, 01 Jan 2026 00:00:00 GMT</pubDate></item>
<item><guid isPermaLink="false">2</guid><title>Two</title><description>Words</description></item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>T</title><author><name>Ann</name></author>
<entry><id>urn:1</id><title>One</title><published>2026-01-01T00:00:00Z</published></entry>
<entry><id>urn:2</id><title>Two</title><content>Words</content></entry></feed>"""


def read(body: bytes, known: feeds.Known | None = None, base: str = "https://a.example/feed") -> ParsedFeed:
    return feeds.parse(body, base_url=base, sanitised=False, known=known)


def items(feed: ParsedFeed) -> feeds.Known:
    return {
        entry.item: (entry.guid, entry.fingerprint, entry.published) for entry in feed.entries if entry.item
    }


def who(entry: Entry) -> tuple[object, ...]:
    return entry.guid, entry.fingerprint, entry.published


@pytest.mark.parametrize("body", [RSS, ATOM])
def test_an_item_that_is_known_says_who_it_is_and_nothing_else(body: bytes) -> None:
    first = read(body)
    second = read(body.replace(b"Words", b"Other words"), items(first))
    assert [entry.unread for entry in second.entries] == [True, False]
    assert who(second.entries[0]) == who(first.entries[0])
    assert first.entries[0].published == datetime(2026, 1, 1, tzinfo=UTC)
    assert second.entries[0].title == ""
    assert "Other words" in second.entries[1].html


@pytest.mark.parametrize(
    ("body", "before", "after"),
    [
        (RSS, b"<language>en</language>", b"<language>de</language>"),
        (RSS, b'<rss version="2.0">', b'<rss version="2.0" xml:base="https://b.example/">'),
        (ATOM, b"Ann", b"Bea"),
        (ATOM, b'xml:lang="en"', b'xml:lang="de"'),
    ],
)
def test_an_item_is_read_again_when_what_it_inherits_has_changed(
    body: bytes, before: bytes, after: bytes
) -> None:
    changed = read(body.replace(before, after), items(read(body)))
    assert not any(entry.unread for entry in changed.entries)


def test_an_item_with_a_flaw_is_read_again_so_that_it_is_said_each_time() -> None:
    flawed = RSS.replace(b"Thu, 01 Jan 2026 00:00:00 GMT", b"yesterday, perhaps")
    first = read(flawed)
    second = read(flawed, items(first))
    assert [entry.unread for entry in second.entries] == [False, True]
    assert [flaw.code for flaw in second.flaws] == [flaw.code for flaw in first.flaws] == ["bad-date"]
