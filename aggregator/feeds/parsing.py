"""One document of any format to a ParsedFeed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from lxml import etree
from xxhash import xxh3_64_hexdigest

from aggregator.feeds import atom, bounds, fallback, jsonfeed, rss, sitemap
from aggregator.feeds.decoding import decode
from aggregator.feeds.names import key
from aggregator.feeds.notes import Known, Notes
from aggregator.feeds.sanitising import sanitise
from aggregator.feeds.trees import tree
from aggregator.model import Entry, ParsedFeed

_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?>.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FEED_ROOT = re.compile(r"<(?:rss|rdf:rdf|feed)[\s>]", re.IGNORECASE)
_READERS = {
    "rss": rss.read,
    "rdf:rdf": rss.read,
    "rdf": rss.read,
    "channel": rss.read,
    "atom:feed": atom.read,
    "feed": atom.read,
    "atom:entry": atom.read,
    "entry": atom.read,
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
        feed = _told_apart(read(body, content_type, notes, max_entries), notes)
        if sanitised:
            feed = replace(feed, entries=tuple(map(sanitise, feed.entries)))
    except Exception as error:  # the promise of this function: a collector of strangers' bytes must go on
        notes.flaw("unreadable", f"The document could not be read ({type(error).__name__}).")
        feed = ParsedFeed()
    return replace(feed, flaws=(*feed.flaws, *notes.flaws))


def _told_apart(feed: ParsedFeed, notes: Notes) -> ParsedFeed:
    """Articles that share an id get one each, or all but the first would be lost.

    They are articles of their own where both address and title differ. One that was read before has the id that it got
    then, and says nothing else; the others of its id are read at each reading, to be told apart again.
    """
    times = Counter(entry.guid for entry in feed.entries)
    if len(times) == len(feed.entries):
        return feed
    shared: dict[str, list[Entry]] = {}
    for entry in feed.entries:
        if times[entry.guid] > 1:
            shared.setdefault(entry.guid, []).append(entry)
    apart = {guid for guid, several in shared.items() if _are_apart(several)}
    if not apart:
        return feed
    notes.flaw("shared-guid", "Several articles have one id; each gets one of its own.", min(apart))
    return replace(
        feed, entries=tuple(_by_address(one) if one.guid in apart else one for one in feed.entries)
    )


def _are_apart(several: Sequence[Entry]) -> bool:
    read = [entry for entry in several if not entry.unread]
    if len(read) < len(several):
        return any(entry.url for entry in read)
    return all(len(set(said)) > 1 for said in zip(*((one.url, one.title) for one in several), strict=True))


def _by_address(entry: Entry) -> Entry:
    if entry.unread or not entry.url:
        return entry
    return replace(
        entry,
        guid=f"{entry.guid}~{xxh3_64_hexdigest(entry.url.encode('utf-8', 'surrogatepass'))[:8]}",
        item="",
    )


def read(body: bytes, content_type: str, notes: Notes, max_entries: int) -> ParsedFeed:
    """`parse` before sanitising and without its promise."""
    text = decode(body, content_type, notes)
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if not start:
        notes.flaw("empty", "The document is empty.")
        return ParsedFeed()
    if start in "{[":
        return jsonfeed.read(text, notes, max_entries)
    if _PAGE.match(text) and not _FEED_ROOT.search(_COMMENT.sub("", text[:4096])):
        notes.flaw("html", "This is a web page, not a feed.")
        return ParsedFeed()
    return _xml(text, notes, max_entries)


def _xml(text: str, notes: Notes, max_entries: int) -> ParsedFeed:
    notes.room_for(len(text))
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
