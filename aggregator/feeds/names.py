"""Element names: one short key for every spelling of a namespace that feeds use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from lxml import etree

from aggregator.feeds.bounds import MAX_ATTRIBUTES

XML = "{http://www.w3.org/XML/1998/namespace}"

# Key prefix -> namespace URIs as `_plain` has them.
_SPELLINGS = {
    "": """
        http://purl.org/rss/1.0 http://my.netscape.com/rdf/simple/0.9 http://channel.netscape.com/rdf/simple/0.9
        http://purl.org/net/rss1.1 http://backend.userland.com/rss http://backend.userland.com/rss2
        http://backend.userland.com/rss091 http://blogs.law.harvard.edu/tech/rss http://cyber.law.harvard.edu/rss
        http://purl.org/rss/2.0 http://www.rssboard.org/rss-specification http://my.netscape.com/rss
        http://purl.oclc.org/net/rss_2.0/enc
        http://my.netscape.com/publish/formats/rss-0.91.dtd http://www.w3.org/2005/rss
    """,
    "atom:": """
        http://www.w3.org/2005/atom http://purl.org/atom/ns http://www.w3.org/2005/atom10 http://purl.org/atom
    """,
    "rdf:": "http://www.w3.org/1999/02/22-rdf-syntax-ns",
    "dc:": "http://purl.org/dc/elements/1.1 http://purl.org/dc/elements/1.0 http://purl.org/dc",
    "dcterms:": "http://purl.org/dc/terms",
    "content:": "http://purl.org/rss/1.0/modules/content",
    "sy:": "http://purl.org/rss/1.0/modules/syndication http://purl.org/net/rss1.1/modules/syndication",
    "xhtml:": "http://www.w3.org/1999/xhtml http://www.w3.org/tr/xhtml1",
    "media:": """
        http://search.yahoo.com/mrss http://video.search.yahoo.com/mrss http://tools.search.yahoo.com/mrss
        http://www.rssboard.org/media-rss
    """,
    "itunes:": "http://www.itunes.com/dtds/podcast-1.0.dtd http://example.com/dtds/podcast-1.0.dtd",
    "googleplay:": "http://www.google.com/schemas/play-podcasts/1.0",
    "feedburner:": "http://rssnamespace.org/feedburner/ext/1.0",
    "sitemap:": """
        http://www.sitemaps.org/schemas/sitemap/0.9
        http://www.google.com/schemas/sitemap/0.84 http://www.google.com/schemas/sitemap/0.9
    """,
    "news:": "http://www.google.com/schemas/sitemap-news/0.9",
    "image:": "http://www.google.com/schemas/sitemap-image/1.1",
    "prism:": """
        http://prismstandard.org/namespaces/basic/2.0 http://prismstandard.org/namespaces/2.0/basic
        http://prismstandard.org/namespaces/basic/1.2 http://prismstandard.org/namespaces/1.2/basic
        http://prismstandard.org/namespaces/basic/2.1 http://purl.org/rss/1.0/modules/prism
    """,
}
_PREFIX = {uri: prefix for prefix, uris in _SPELLINGS.items() for uri in uris.split()}

# What a prefix means where the document forgot to say so.
USUAL = {
    "atom": "http://www.w3.org/2005/Atom",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "media": "http://search.yahoo.com/mrss/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "googleplay": "http://www.google.com/schemas/play-podcasts/1.0",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
}

Fields = dict[str, list[etree._Element]]


def attributes(element: etree._Element) -> list[tuple[str, str]]:
    """Names and contents; of a tag with more than anybody writes the first: each costs all that stand before it."""
    every = element.attrib
    if len(every) <= MAX_ATTRIBUTES:
        return cast("list[tuple[str, str]]", every.items())
    return [(str(name), str(every[name])) for name in islice(every, MAX_ATTRIBUTES)]


@lru_cache(maxsize=4096)
def key(tag: str) -> str:
    """The key of an lxml tag: "pubdate", "dc:creator", "atom:link"; "?:name" of an unknown namespace."""
    if not tag.startswith("{"):
        return tag.lower()
    uri, _, local = tag[1:].partition("}")
    return _PREFIX.get(_plain(uri), "?:") + local.lower()


def is_known(uri: str) -> bool:
    return _plain(uri) in _PREFIX


def _plain(uri: str) -> str:
    """In lower case, without a last "/" or "#", and http: people write namespaces as they write links."""
    uri = uri.lower().rstrip("/#")
    return "http" + uri[5:] if uri.startswith("https:") else uri


def fields(*elements: etree._Element) -> Fields:
    """The children of elements by key, in document order."""
    found: Fields = {}
    for element in elements:
        for child in element:
            tag: Any = child.tag
            if isinstance(tag, str):
                found.setdefault(key(tag), []).append(child)
    return found


def each(found: Fields, *keys: str) -> Sequence[etree._Element]:
    """The elements under any of the keys, key by key."""
    return [element for name in keys if name in found for element in found[name]]


def anywhere(root: etree._Element, keys: Collection[str]) -> list[etree._Element]:
    """The elements under any of the keys, however deep."""
    return [element for element in root.iter() if key(element.tag) in keys]


def value(element: etree._Element) -> str:
    """All text inside an element, without the white space around."""
    if len(element):
        return "".join(map(str, element.itertext())).strip()
    return (element.text or "").strip()


def first(found: Fields, *keys: str) -> str:
    """The text of the first element under the keys that has any; "" without one."""
    for name in keys:
        if name in found:
            for element in found[name]:
                text = value(element)
                if text:
                    return text
    return ""
