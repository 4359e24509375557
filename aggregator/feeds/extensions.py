"""What Media RSS, iTunes and Google Play add to an item that an article has a word for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from lxml import etree

from aggregator.feeds import making
from aggregator.feeds.addresses import absolute
from aggregator.feeds.markup import html_of, markup, plain, plain_of
from aggregator.feeds.names import Fields, each, fields, first, value
from aggregator.model import Enclosure

_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}  # hours
LONGEST = timedelta(days=31)  # a feed that asks to be left alone for longer has a typing error
_NOTHING: Fields = {}
_OURS = frozenset(
    "media:group media:content media:peerlink media:title media:description media:thumbnail media:credit "
    "media:category media:keywords itunes:image itunes:link itunes:category itunes:keywords googleplay:image "
    "googleplay:category image".split()
)


@dataclass(frozen=True, slots=True)
class Media:
    """The media part of one item: files, a picture for it, and words that serve where the item has none."""

    enclosures: tuple[Enclosure, ...] = ()
    image: str = ""
    title: str = ""
    html: str = ""
    credits: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


_NONE = Media()


def media(item: Fields, base: str) -> Media:
    """Media RSS of an item (rssboard.org/media-rss) with its groups opened, and the pictures of podcasts."""
    if _OURS.isdisjoint(item):
        return _NONE
    groups = [item, *map(fields, item.get("media:group", ()))]
    contents = [content for group in groups for content in group.get("media:content", ())]
    peers = [peer for group in groups for peer in group.get("media:peerlink", ())]
    scopes = [*groups, *(fields(content) for content in contents if len(content))]
    return Media(
        enclosures=tuple(_file(content, base) for content in (*contents, *peers)),
        image=_image(scopes, contents, base),
        title=next((plain_of(found) for scope in scopes for found in each(scope, "media:title")), ""),
        html=_description(scopes),
        credits=tuple(
            value(found)
            for scope in scopes
            for found in each(scope, "media:credit")
            if (found.get("role") or "author").lower() in ("author", "creator", "owner", "writer")
        ),
        categories=tuple(_categories(item, scopes)),
    )


def _file(content: etree._Element, base: str) -> Enclosure:
    inside = fields(content) if len(content) else _NOTHING
    kind, medium = content.get("type") or "", content.get("medium") or ""
    return Enclosure(
        url=absolute(base, content.get("url") or content.get("href")),
        type=(kind or medium).strip(),
        length=making.number(content.get("fileSize")),
        title=plain(first(inside, "media:title", "media:description")),
    )


def _image(scopes: list[Fields], contents: list[etree._Element], base: str) -> str:
    said = [found.get("url") or value(found) for scope in scopes for found in each(scope, "media:thumbnail")]
    item = scopes[0]
    said += [
        found.get("href") or found.get("url") or value(found)
        for found in each(item, "itunes:image", "googleplay:image")
    ]
    said += [found.get("href") or "" for found in each(item, "itunes:link") if found.get("rel") == "image"]
    said += [_rss_image(found) for found in each(item, "image")]
    said += [content.get("url") or "" for content in contents if _is_image(content)]
    return next((address for one in said if (address := absolute(base, one))), "")


def _rss_image(found: etree._Element) -> str:
    return (
        first(fields(found), "url") if len(found) else found.get("href") or found.get("url") or value(found)
    )


def _is_image(content: etree._Element) -> bool:
    return content.get("medium") == "image" or (content.get("type") or "").startswith("image/")


def _description(scopes: list[Fields]) -> str:
    for scope in scopes:
        for found in each(scope, "media:description"):
            said = value(found)
            if said:
                return markup(said)
    return ""


def period(found: Fields) -> timedelta | None:
    """How long a feed wants to be left alone, as the syndication module has it."""
    hours = _PERIODS.get(first(found, "sy:updateperiod").lower())
    if not hours:
        return None
    often = making.number(first(found, "sy:updatefrequency")) or 1
    return min(timedelta(seconds=hours * 3600 // often), LONGEST)


def words(item: Fields) -> str:
    """HTML of what modules say of an item that says nothing in the words of its format."""
    keys = (
        "dc:description",
        "googleplay:description",
        "itunes:summary",
        "itunes:subtitle",
        "dcterms:abstract",
    )
    return next((html for found in each(item, *keys) if (html := html_of(found))), "")


def _categories(item: Fields, scopes: list[Fields]) -> Iterator[str]:
    for scope in scopes:
        for found in each(scope, "media:category"):
            yield found.get("label") or value(found)
    yield from itunes_categories(item)


def itunes_categories(found: Fields) -> Iterator[str]:
    """Categories, which nest, and key words, which commas part."""
    for element in each(found, "itunes:category", "googleplay:category"):
        yield from (inner.get("text") or "" for inner in element.iter(element.tag))
    for element in each(found, "itunes:keywords", "media:keywords"):
        yield from value(element).split(",")
