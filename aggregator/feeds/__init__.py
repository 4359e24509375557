"""Feeds: bytes to entries. Pure: no network, no disk, no clock, no log.

`parse` reads RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed and news sitemaps, and never refuses: what is
wrong with a document is data beside what was read. `sanitise` makes the HTML of an entry safe, and is called
only for entries that changed. Strict XML first (lxml); then the text mended; then its structure; feedparser
last. What a document may cost is bounded before any slow reader sees it (`bounds`).

Import rule: this room imports model, errors, url and text, and no other room; lxml, feedparser and nh3 are
imported nowhere else.
"""

from aggregator.feeds import html, opml
from aggregator.feeds.discovery import discover
from aggregator.feeds.files import read_file
from aggregator.feeds.jsonfeed import (
    entry_from_json,
    entry_to_json,
    feed_to_json,
    item_from_line,
    loaded,
    unspoken,
)
from aggregator.feeds.notes import Known
from aggregator.feeds.page import keeping_page, page, with_page, with_page_anew
from aggregator.feeds.parsing import parse
from aggregator.feeds.sanitising import sanitise

__all__ = [
    "Known",
    "discover",
    "entry_from_json",
    "entry_to_json",
    "feed_to_json",
    "html",
    "item_from_line",
    "keeping_page",
    "loaded",
    "opml",
    "page",
    "parse",
    "read_file",
    "sanitise",
    "unspoken",
    "with_page",
    "with_page_anew",
]
