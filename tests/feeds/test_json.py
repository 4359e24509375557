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
    authors=(Person("Ann", "https://ann.example/", "ann@example.com"), Person("Bob", "", "bob@example.com")),
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


def test_a_title_is_plain_text_not_html() -> None:
    for title in ("a <b> & c", "Use <b> tags & x<y", "AT&amp;T"):
        item = {"id": "1", "title": title, "content_text": "x", "authors": [{"name": title}]}
        entry = feeds.entry_from_json(item)
        assert (entry.title, entry.authors) == (title, (Person(title),))
        feed = feeds.parse(json.dumps({**json.loads(document(item)), "title": title}).encode())
        assert (feed.title, feed.entries[0].title) == (title, title)


def test_one_of_several_may_stand_without_brackets() -> None:
    [entry] = feeds.parse(
        document({"id": "1", "authors": {"name": "Ann"}, "attachments": {"url": "/a.mp3"}}), "", BASE
    ).entries
    assert entry.authors == (Person("Ann"),)
    assert entry.enclosures == (Enclosure("https://example.com/a.mp3"),)


@pytest.mark.parametrize("id", [True, [], {}, ["1"]])
def test_an_id_of_another_kind_than_text_or_number_is_called_that(id: object) -> None:
    with pytest.raises(InputError, match="`id` is neither text nor a number"):
        feeds.entry_from_json({"id": id, "title": "x"})


def test_an_item_that_says_nothing_is_refused_and_one_that_says_anything_is_not() -> None:
    with pytest.raises(InputError, match="neither a title nor any content"):
        feeds.entry_from_json({"id": "1", "url": "https://a.example/", "title": " ", "content_text": ""})
    sound = {"attachments": [{"url": "https://a.example/a.mp3", "mime_type": "audio/mpeg"}]}
    for said in (
        {"title": "x"},
        {"content_html": "<p>x</p>"},
        {"content_text": "x"},
        {"summary": "x"},
        sound,
    ):
        assert feeds.entry_from_json({"id": "1", **said}).guid == "1"


def test_of_an_item_as_served_what_an_entry_has_no_word_for_is_known() -> None:
    own = {"external_url": "https://b.example/", "_mine": {"a": [1]}, "_truth": "t"}
    raw = json.dumps({"id": "1", "title": "x", "_source": "a", "_story": "b", "_aggregator": {}, **own})
    assert feeds.unspoken(raw) == own
    assert feeds.unspoken('{"_x": NaN}') == {"_x": None}
    for no_json in ("", "<item/>", "{broken", "[1]"):
        assert feeds.unspoken(no_json) == {}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": "\xff"}', "not UTF-8"),
        (b"{oops", "not JSON at column 2: expecting property name enclosed in double quotes"),
        (b'{"a\n', "not JSON at column 4: invalid control character"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON: a number in it is too long"),
        (b"[" * 100_000, "not JSON: it nests too deep"),
        (b"[1]", "not a JSON object"),
    ],
)
def test_a_line_that_is_no_item_says_why_in_a_few_plain_words(line: bytes, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        feeds.item_from_line(line)
    assert str(caught.value) == reason


RSS = b"""<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title>
<link>https://example.com/</link><copyright>R</copyright><ttl>90</ttl><lastBuildDate>Fri, 02 Jan 2026 03:04:05 GMT</lastBuildDate>
<skipHours><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays>
<atom:link rel="self" href="https://example.com/feed"/><atom:link rel="hub" href="https://hub.example/"/>
<atom:link rel="prev-archive" href="https://example.com/feed?1"/></channel></rss>"""


def test_all_that_a_feed_says_of_itself_is_written() -> None:
    written = feeds.feed_to_json(feeds.parse(RSS))
    assert written["feed_url"] == "https://example.com/feed"
    assert written["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    assert written["_aggregator"] == {
        "rights": "R",
        "date_modified": "2026-01-02T03:04:05Z",
        "ttl": 5400,
        "skip_hours": [3],
        "skip_days": ["Sunday"],
        "links": {"prev-archive": "https://example.com/feed?1"},
    }


def test_an_item_without_a_page_of_its_own_leads_to_what_it_is_about() -> None:
    [entry] = feeds.parse(
        b'{"version": "https://jsonfeed.org/version/1.1", "items": '
        b'[{"id": "1", "external_url": "https://example.org/x", "content_text": "See there"}]}'
    ).entries
    assert entry.url == "https://example.org/x"
