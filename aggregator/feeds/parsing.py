"""One document of any format to a ParsedFeed."""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import etree

from aggregator.feeds import atom, bounds, fallback, jsonfeed, rss, sitemap
from aggregator.feeds.decoding import decode
from aggregator.feeds.names import key
from aggregator.feeds.notes import Known, Notes
from aggregator.feeds.sanitising import sanitise
from aggregator.feeds.trees import tree
from aggregator.model import ParsedFeed

_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?>.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_FEED_ROOT = re.compile(r"<(?:rss|rdf:rdf|feed)[\s>]", re.IGNORECASE)
_READERS = {
    "rss": rss.read,
    "rdf:rdf": rss.read,
    "rdf": rss.read,
    "channel": rss.read,
    "atom:feed": atom.read,
    "feed": atom.read,
    "atom:entry": atom.read,
    "sitemap:urlset": sitemap.read,
    "urlset": sitemap.read,
}


def parse(
    body: bytes,
    content_type: str = "",
    base_url: str = "",
    *,
    sanitised: bool = True,
    max_entries: int = bounds.MAX_ENTRIES,
    known: Known | None = None,
) -> ParsedFeed:
    """Whatever `body` holds of a feed. Never raises: what is wrong with the document is in `flaws`.

    `content_type` is the HTTP header, whole; `base_url` the address that answered. With `sanitised=False` the
    entries are left as served, for `sanitise` to finish those that turn out to have changed. An item that is `known`
    is not looked into: it comes back `unread`.
    """
    notes = Notes(base_url, known)
    try:
        feed = read(body, content_type, notes, max_entries)
        if sanitised:
            feed = replace(feed, entries=tuple(map(sanitise, feed.entries)))
    except Exception as error:  # the promise of this function: a collector of strangers' bytes must go on
        notes.flaw("unreadable", f"The document could not be read ({type(error).__name__}).")
        feed = ParsedFeed()
    return replace(feed, flaws=(*feed.flaws, *notes.flaws))


def read(body: bytes, content_type: str, notes: Notes, max_entries: int) -> ParsedFeed:
    """`parse` before sanitising and without its promise."""
    text = decode(body, content_type, notes)
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if not start:
        notes.flaw("empty", "The document is empty.")
        return ParsedFeed()
    if start in "{[":
        return jsonfeed.read(text, notes, max_entries)
    if _PAGE.match(text) and not _FEED_ROOT.search(text[:4096]):
        notes.flaw("html", "This is a web page, not a feed.")
        return ParsedFeed()
    return _xml(text, notes, max_entries)


def _xml(text: str, notes: Notes, max_entries: int) -> ParsedFeed:
    root = tree(text, notes, max_entries)
    reader = _READERS.get(key(root.tag)) if root is not None else None
    if root is not None and reader is not None:
        return reader(root, notes, max_entries)
    return _last_resort(root, text, notes)


def _last_resort(root: etree._Element | None, text: str, notes: Notes) -> ParsedFeed:
    if bounds.suits_feedparser(text):
        feed = fallback.read(text, notes)
        if feed.format:
            return feed
    if root is not None and key(root.tag) == "sitemap:sitemapindex":
        notes.flaw("sitemap-index", "This is an index of sitemaps; name one of the sitemaps instead.")
    else:
        notes.flaw("not-a-feed", "Nothing of a feed was found in the document.")
    return ParsedFeed()
