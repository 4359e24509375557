"""The stories as RSS 2.0, for readers that know nothing else: the same ids, the same text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem

from ..model import FeedMeta, Story, StoryView
from .item import Item
from .publisher import Document, address, items, newest, problem
from .words import language, plain, spelt

_PLAYABLE = re.compile(r"https?://(?:[a-z0-9-]+\.)+[a-z0-9][a-z0-9-]*(?::\d+)?/", re.IGNORECASE)


class RssPublisher:
    """One item a story; the guid is the story's id and no address (isPermaLink="false")."""

    name = "rss"
    filename = "feed.rss"
    media_type = "application/rss+xml"
    archives = False

    def render(
        self, meta: FeedMeta, stories: Sequence[StoryView], merged: Sequence[tuple[Story, Story]] = ()
    ) -> Document:
        """The stories in the order given. RSS has no word for withdrawn items, so `merged` is not shown."""
        problems: list[str] = []
        feed = FeedGenerator()
        feed.load_extension("dc", atom=False, rss=True)
        feed.register_extension("hubs", HubsExtension, None, atom=False, rss=True)
        feed.hubs.named = meta.hubs
        shown: list[Item] = []
        for each in items(meta, stories, problems):
            try:
                entry = _item(each)
                feed.add_entry(entry, order="append")
                shown.append(each)
            except Exception as error:  # what XML will not hold must not take the other stories with it
                problems.append(problem(each.id, error))
        _channel(feed, meta, address(meta, self), self.media_type)
        feed.lastBuildDate(newest(shown))
        return Document(spelt(feed.rss_str(pretty=True)), newest(shown), tuple(problems))


class HubsExtension(BaseExtension):  # type: ignore[misc]
    """The hubs (WebSub section 4): of a channel's Atom links feedgen writes rel="self" alone."""

    named: Sequence[str] = ()

    def extend_rss(self, feed: Any) -> Any:
        for hub in self.named:
            xml_elem("{http://www.w3.org/2005/Atom}link", feed[0], rel="hub", href=hub)
        return feed


def _channel(feed: FeedGenerator, meta: FeedMeta, address: str, media_type: str) -> None:
    feed.title(plain(meta.title))
    feed.description(plain(meta.subtitle) or plain(meta.title))
    feed.link(
        [
            {"href": address, "rel": "self", "type": media_type},
            {"href": meta.base_url, "rel": "alternate"},
        ]
    )
    feed.generator("aggregator")
    feed.docs("https://www.rssboard.org/rss-specification")
    if tag := language(meta.language):
        feed.language(tag)


def _item(item: Item) -> FeedEntry:
    entry = FeedEntry()
    entry.load_extension("dc", atom=False, rss=True)
    entry.guid(item.id, permalink=False)
    entry.title(item.title)
    entry.link(href=item.url)
    entry.pubDate(item.published or item.updated)
    entry.description(item.html)
    entry.category([{"term": name} for name in item.categories])
    entry.dc.dc_creator([one.name for one in item.authors])
    if item.origin.feed_url:
        entry.source(url=item.origin.feed_url, title=item.origin.title)
    # RSS holds one, with its type, on the web under a full name
    playable = next((each for each in item.enclosures if each.type and _PLAYABLE.match(each.url)), None)
    if playable:
        entry.enclosure(playable.url, str(playable.length or 0), playable.type)
    entry.rss_entry()  # raises now, alone, what it would raise in the middle of the feed
    return entry
