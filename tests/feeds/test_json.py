"""JSON Feed, read and written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator import feeds
from aggregator.errors import InputError
from aggregator.model import Enclosure, Entry, EntryOrigin, Person

BASE = "https://example.com/feed.json"
FULL = Entry(
    guid="1",
    url="https://example.com/1",
    title="T",
    html="<p>a</p>",
    text="a",
    summary="S",
    authors=(Person("Ann", "https://ann.example/"), Person("Bob", "", "bob@example.com")),
    categories=("x", "y"),
    enclosures=(Enclosure("https://example.com/a.mp3", "audio/mpeg", 5, "A"),),
    published=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    updated=datetime(2026, 1, 3, tzinfo=UTC),
    language="en",
    rights="R",
    image="https://example.com/i.png",
    comments_url="https://example.com/c",
    canonical_url="https://example.com/canonical",
    origin=EntryOrigin("O", "urn:o", "https://o.example/"),
)


def document(*items: object, **keys: object) -> bytes:
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "T", **keys, "items": items}
    ).encode()


def same(entry: Entry) -> Entry:
    return replace(entry, raw="", base="", text="", fingerprint="")


def test_an_entry_comes_back_from_the_item_written_of_it() -> None:
    assert same(feeds.entry_from_json(feeds.entry_to_json(FULL))) == same(FULL)


def test_a_feed_comes_back_from_the_document_written_of_it() -> None:
    said = json.dumps(
        feeds.feed_to_json(feeds.parse(document(feeds.entry_to_json(FULL), language="en")))
    ).encode()
    feed = feeds.parse(said)
    assert (feed.format, feed.title, feed.language) == ("json1.1", "T", "en")
    assert same(feed.entries[0]) == replace(same(FULL), sanitised=True)


def test_version_one_has_one_author_and_numbers_for_ids() -> None:
    body = b'{"version":"https://jsonfeed.org/version/1","author":{"name":"Ann"},"items":[{"id":7,"content_text":"a\\n\\nb"}]}'
    feed = feeds.parse(body)
    assert feed.format == "json1.0"
    [entry] = feed.entries
    assert (entry.guid, entry.authors) == ("7", (Person("Ann"),))
    assert entry.html == "<p>a</p>\n<p>b</p>"


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"title": "no id"},
        {"id": "1", "title": ["x"]},
        {"id": "1", "content_html": {}},
        "text",
        None,
        {"id": ""},
    ],
)
def test_an_item_that_cannot_be_used_says_why(item: object) -> None:
    with pytest.raises(InputError, match="item"):
        feeds.entry_from_json(item)  # type: ignore[arg-type]


def test_a_bad_item_in_a_feed_is_a_flaw_and_the_rest_is_read() -> None:
    feed = feeds.parse(document({"id": "1", "title": {}}, 5, {"id": "2", "content_text": "b"}))
    assert [entry.guid for entry in feed.entries] == ["2"]
    assert [flaw.where for flaw in feed.flaws] == ["items[0]", "items[1]"]


def test_of_a_broken_document_the_items_before_the_break_are_read() -> None:
    body = document({"id": "1", "content_text": "a"}, {"id": "2", "content_text": "b"})[:-20]
    feed = feeds.parse(body)
    assert [entry.guid for entry in feed.entries] == ["1"]
    assert feed.title == "T"
    assert [flaw.code for flaw in feed.flaws] == ["not-well-formed"]


def test_text_that_no_database_takes_is_cleaned() -> None:
    [entry] = feeds.parse(document({"id": "1", "title": "a\0b\ud800", "content_text": "c\0"})).entries
    assert entry.title == "ab"
    (entry.raw + entry.html + entry.text + entry.guid).encode()
