"""The feeds that a web page names."""

from __future__ import annotations

import re
from collections.abc import Iterator

import lxml.html
from lxml import etree

from aggregator import url
from aggregator.feeds.bounds import is_costly
from aggregator.feeds.decoding import decode
from aggregator.feeds.notes import Notes

_MOST_BYTES = 1_000_000
_MOST_FOUND = 20
_TYPES = frozenset(
    """
    application/rss+xml application/atom+xml application/rdf+xml application/feed+json application/json
    text/xml application/xml application/x.atom+xml application/x-rss+xml text/rss text/rss+xml text/atom+xml
    """.split()
)
_LIKELY = re.compile(
    r"(?:^|[/._-])(?:rss|atom|feeds?|rdf)(?:[/._?=-]|$)|\.(?:rss|rdf|atom)$|[?&](?:feed|format)=(?:rss|atom)",
    re.I,
)


def discover(body: bytes, content_type: str, base_url: str) -> list[str]:
    """Absolute URLs of feeds, each once: those that `<link>` declares, then anchors that look like feeds."""
    text = decode(body[:_MOST_BYTES], content_type, Notes())
    if not text.strip() or is_costly(text):
        return []
    try:
        root = lxml.html.document_fromstring(
            text.encode("utf-8"), parser=lxml.html.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, etree.XMLSyntaxError):
        return []
    declared = root.find(".//base[@href]")
    base = url.absolute(base_url, declared.get("href") or "") if declared is not None else ""
    found = (url.absolute(base or base_url, said) for said in (*_links(root), *_anchors(root)))
    return list(dict.fromkeys(address for address in found if address))[:_MOST_FOUND]


def _links(root: etree._Element) -> Iterator[str]:
    """The HTML standard, section 4.6.7.1: rel=alternate with a feed's type; `rel=feed` besides."""
    for link in root.iter("link"):
        relations = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").lower().partition(";")[0].strip()
        if "feed" in relations or (
            "alternate" in relations and "stylesheet" not in relations and kind in _TYPES
        ):
            yield link.get("href") or ""


def _anchors(root: etree._Element) -> Iterator[str]:
    for anchor in root.iter("a"):
        said = anchor.get("href") or ""
        kind = (anchor.get("type") or "").lower()
        if kind in _TYPES or _LIKELY.search(said.partition("#")[0].rstrip("/") if len(said) < 2000 else ""):
            yield said
