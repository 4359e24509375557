"""Atom 1.0 (RFC 4287) and 0.3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from aggregator.feeds import extensions, making
from aggregator.feeds.addresses import absolute
from aggregator.feeds.constructs import html_in, line_of, origin_in
from aggregator.feeds.links import WEB_LINKS, Links
from aggregator.feeds.markup import based, html_of, language, plain, tag
from aggregator.feeds.names import Fields, anywhere, each, fields, first, key, value
from aggregator.feeds.notes import Notes
from aggregator.feeds.people import author, person
from aggregator.feeds.text_of_html import text_of
from aggregator.model import Entry, ParsedFeed, Person

_ENTRIES = ("atom:entry", "entry", "atom:item", "item")
_PUBLISHED = ("atom:published", "atom:issued", "atom:created", "dcterms:issued", "dc:date", "published")
_UPDATED = ("atom:updated", "atom:modified", "dcterms:modified", "updated")


def read(root: etree._Element, notes: Notes, max_entries: int) -> ParsedFeed:
    """A feed document, or an entry document as a feed of one."""
    feed = fields(root)
    own = Links(each(feed, *WEB_LINKS), "")
    notes.found_at(own.self, own.alternate, absolute("", first(feed, "atom:id", "id")))
    base, spoken = based(root, notes.base_url), language(root)
    notes.language = spoken
    notes.inherited(base, spoken)
    if key(root.tag) in ("atom:entry", "entry"):
        return ParsedFeed(format=_version(root), entries=(_entry(root, notes.base_url, "", (), notes),))
    spoken = spoken or tag(first(feed, "dc:language", "language"))
    authors = making.persons(_authors(feed, base))[: making.MOST_INHERITED]
    notes.inherited(base, spoken, authors)
    entries = notes.first(each(feed, *_ENTRIES) or anywhere(root, _ENTRIES), max_entries)
    links = Links(each(feed, *WEB_LINKS, "link"), base)
    return ParsedFeed(
        format=_version(root),
        entries=tuple(_entry(element, base, spoken, authors, notes) for element in entries),
        title=line_of(feed, "atom:title", "title", "dc:title"),
        id=first(feed, "atom:id", "id"),
        url=links.alternate,
        self_url=links.self,
        description=line_of(
            feed, "atom:subtitle", "atom:tagline", "atom:info", "itunes:subtitle", "itunes:summary"
        ),
        language=spoken,
        rights=line_of(feed, "atom:rights", "atom:copyright", "dc:rights"),
        authors=authors,
        icon=absolute(base, first(feed, "atom:icon", "atom:logo")) or links.icon,
        updated=notes.date(first(feed, "atom:updated", "atom:modified", "updated")),
        ttl=extensions.period(feed),
        hubs=links.hubs,
        links=links.archive,
    )


def _version(root: etree._Element) -> str:
    if root.get("version") == "0.3" or "purl.org/atom/ns" in str(root.tag):
        return "atom0.3"
    return "atom1.0"


def _entry(
    element: etree._Element, base: str, spoken: str, inherited: tuple[Person, ...], notes: Notes
) -> Entry:
    raw, flawed = making.raw(element, notes), notes.flawed
    if (known := notes.item(raw)) in notes.known:
        return making.unread(known, *notes.known[known])
    base, spoken = based(element, base), language(element, spoken)
    entry = fields(element)
    links = Links(each(entry, *WEB_LINKS, "link"), base)
    guid = first(entry, "atom:id", "id")
    address = links.alternate or absolute("", guid) or _elsewhere(entry, base)
    media = extensions.media(entry, base)
    content, summary = (
        _construct(entry, base, spoken, "atom:content", "content", "content:encoded"),
        _construct(entry, base, spoken, "atom:summary", "summary"),
    )
    html, within, its_language = content if content[0] else summary
    published, updated, said = _dates(entry, notes, guid)
    source = next(iter(each(entry, "atom:source")), None)
    origin = fields(source) if source is not None else {}
    return making.finished(
        guid=guid or first(entry, "dc:identifier"),
        url=address,
        title=line_of(entry, "atom:title", "title", "dc:title") or media.title,
        html=html or media.html or extensions.words(entry),
        summary=text_of(summary[0]) if content[0] and summary[0] else "",
        authors=making.persons(_authors(entry, base)) or making.persons(_authors(origin, base)) or inherited,
        categories=making.categories(_categories(entry, media)),
        enclosures=making.enclosures((*links.enclosures, *(file for file in media.enclosures if file.url))),
        published=published,
        updated=updated,
        date_said=said,
        language=tag(first(entry, "dc:language")) or its_language,
        rights=line_of(entry, "atom:rights", "atom:copyright", "dc:rights") or line_of(origin, "atom:rights"),
        image=media.image,
        comments_url=links.replies or absolute(base, first(entry, "comments")),
        canonical_url=absolute(base, first(entry, "feedburner:origlink")) or links.canonical,
        origin=origin_in(source, base) if source is not None else None,
        raw=raw,
        item=known if notes.flawed == flawed else "",  # flaws are said at each reading
        base=within or base,
    )


def _elsewhere(entry: Fields, base: str) -> str:
    """Where the content is, if it is not in the document (RFC 4287 section 4.1.3.2)."""
    return next((absolute(based(found, base), found.get("src")) for found in each(entry, "atom:content")), "")


def _dates(entry: Fields, notes: Notes, where: str) -> tuple[datetime | None, datetime | None, str]:
    published, updated = (
        notes.first_date((first(entry, name) for name in names if name in entry), where)
        for names in (_PUBLISHED, _UPDATED)
    )
    return published, updated, "" if published or updated else first(entry, *_PUBLISHED, *_UPDATED)


def _construct(found: Fields, base: str, spoken: str, *keys: str) -> tuple[str, str, str]:
    """(HTML, base, language) of the first element under the keys that holds text of any kind."""
    for element in each(found, *keys):
        within = based(element, base)
        is_html = key(element.tag) == "content:encoded"
        html = html_of(element, within) if is_html else html_in(element, within)
        if html:
            return html, within, language(element, spoken)
    return "", "", spoken


def _authors(found: Fields, base: str) -> Iterator[Person]:
    for element in each(found, "atom:author", "author"):
        yield author(element, base)
    yield from (person(value(element)) for element in each(found, "dc:creator", "dc:author"))
    if not any(name in found for name in ("atom:author", "author", "dc:creator")):
        yield from (person(value(element)) for element in each(found, "itunes:author"))


def _categories(found: Fields, media: extensions.Media) -> Iterator[str]:
    for element in each(found, "atom:category", "category", "dc:subject"):
        if (element.get("scheme") or "").endswith("#kind"):  # Google's, of what an entry is to a program
            continue
        yield plain((element.get("label") or "").strip() or element.get("term") or value(element))
    yield from media.categories
