"""RSS and JSON Feed say the same of a story under the same id; publishers are found by their entry points."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from importlib.metadata import EntryPoint

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.errors import ConfigurationError
from aggregator.model import Enclosure, Facts, Person, Story
from aggregator.publish import Publisher, load_publishers, publisher
from aggregator.publish.atom import AtomPublisher
from aggregator.publish.jsonfeed import JsonFeedPublisher
from aggregator.publish.rss import RssPublisher

from .stories import META, NOON, a_copy, a_story, a_view

EVERY: list[Publisher] = [AtomPublisher(), RssPublisher(), JsonFeedPublisher()]
RICH = a_copy(
    categories=("World",),
    enclosures=(
        Enclosure("https://cdn.example/untyped"),
        Enclosure("https://cdn.example/a.mp3", "audio/mpeg", 9, "Hear"),
    ),
    facts=Facts(agency="Reuters", place="Cairo", reporting=("A. Hassan",)),
)


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.name)
def test_the_built_in_publishers_are_found_by_their_entry_points(each: Publisher) -> None:
    found = load_publishers()[each.name]
    assert (type(found), found.name) == (type(each), each.name)


def test_a_publisher_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("scroll", "nobody.has.this:Scroll", publisher.GROUP)
    monkeypatch.setattr(publisher, "entry_points", lambda group: [broken])
    with pytest.raises(ConfigurationError, match=r"“scroll”.*nobody.has.this:Scroll"):
        load_publishers()


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.name)
def test_every_format_is_deterministic_and_says_when_it_changed(each: Publisher) -> None:
    views = [a_view(1, a_copy(2), lead=RICH), a_view(9)]
    first, second = each.render(META, views), each.render(META, views)
    assert first == second
    assert first.updated.replace(microsecond=0) == NOON + timedelta(minutes=9)
    assert first.problems == ()


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.name)
def test_a_reader_sees_one_entry_a_story_under_its_id_in_every_format(each: Publisher) -> None:
    body = each.render(META, [a_view(1, a_copy(2)), a_view(2)]).body
    if each.name == "jsonfeed":
        ids = [item["id"] for item in json.loads(body)["items"]]
    else:
        read = feedparser.parse(body)
        assert not read.bozo
        ids = [entry.id for entry in read.entries]
    assert ids == [a_story(1).public_id, a_story(2).public_id]


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.name)
def test_one_bad_story_is_left_out_of_every_format_and_named(each: Publisher) -> None:
    document = each.render(META, [a_view(1), a_view(2, published=datetime(2026, 1, 1))])
    assert a_story(1).public_id.encode() in document.body
    assert a_story(2).public_id.encode() not in document.body
    assert len(document.problems) == 1


def test_an_rss_item_has_what_rss_can_hold() -> None:
    root = etree.fromstring(RssPublisher().render(META, [a_view(1, a_copy(2), lead=RICH)]).body)
    item = root.find("channel/item")
    assert item is not None
    guid, enclosure, source = item.find("guid"), item.find("enclosure"), item.find("source")
    assert guid is not None
    assert enclosure is not None
    assert source is not None
    assert guid.get("isPermaLink") == "false"
    assert dict(enclosure.items()) == {
        "url": "https://cdn.example/a.mp3",
        "length": "9",
        "type": "audio/mpeg",
    }
    assert (source.get("url"), source.text) == ("https://outlet1.example/feed", "Outlet 1")
    assert item.findtext("pubDate") == "Sun, 22 Nov 2026 12:00:00 +0000"
    assert item.findtext("{http://purl.org/dc/elements/1.1/}creator") == "A. Hassan"
    assert item.findtext("link") == "https://outlet1.example/article"
    assert root.findtext("channel/lastBuildDate") == "Sun, 22 Nov 2026 12:01:00 +0000"


def test_a_json_feed_names_every_copy_and_tells_which_stories_joined() -> None:
    merged: list[tuple[Story, Story]] = [(a_story(3), a_story(1))]
    lead = a_copy(authors=(Person("Desk", email="desk@example.org"),), enclosures=RICH.enclosures)
    feed = json.loads(JsonFeedPublisher().render(META, [a_view(1, a_copy(2), lead=lead)], merged).body)
    [item] = feed["items"]
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://news.example.org/feed.json"
    assert feed["_aggregator"]["merged"] == {a_story(3).public_id: a_story(1).public_id}
    assert item["authors"] == [{"name": "Desk", "url": "mailto:desk@example.org"}]
    assert item["attachments"] == [
        {"url": "https://cdn.example/a.mp3", "mime_type": "audio/mpeg", "title": "Hear", "size_in_bytes": 9}
    ]
    assert [copy["outlet"] for copy in item["_aggregator"]["copies"]] == ["Outlet 2"]


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_no_text_breaks_rss_or_json(one: str, other: str) -> None:
    view = a_view(title=one, html=other, text=other, lead=a_copy(outlet=one, rights=other, categories=(one,)))
    rss, feed = RssPublisher().render(META, [view]), JsonFeedPublisher().render(META, [view])
    assert rss.problems == feed.problems == ()
    assert len(etree.fromstring(rss.body).findall("channel/item")) == 1
    assert len(json.loads(feed.body)["items"]) == 1
