"""RSS 0.90 to 2.0, RSS 1.0 and other RDF: one reader, because feeds mix them freely."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from html import unescape

from lxml import etree

from aggregator.feeds import extensions, making
from aggregator.feeds.addresses import absolute
from aggregator.feeds.constructs import html_in, line_of, origin_in
from aggregator.feeds.links import WEB_LINKS, Links
from aggregator.feeds.markup import based, html_of, language, plain, plain_of, tag
from aggregator.feeds.names import Fields, anywhere, attributes, each, fields, first, key, value
from aggregator.feeds.notes import Notes
from aggregator.feeds.people import author, person
from aggregator.feeds.text_of_html import text_of
from aggregator.model import Enclosure, Entry, EntryOrigin, ParsedFeed, Person

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DAYS = frozenset("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
_MUCH = 300  # characters that a teaser is not longer than its article
_PUBLISHED = (
    "pubdate", "dc:date", "dcterms:issued", "dcterms:created", "atom:published", "atom:issued", "atom:created",
    "prism:publicationdate", "published", "date",
)  # fmt: skip
_UPDATED = (
    "dcterms:modified", "atom:updated", "atom:modified", "dc:modified", "lastbuilddate", "updated",
    "prism:modificationdate",
)  # fmt: skip
_BUILT = ("lastbuilddate", "pubdate", "dc:date", "dcterms:modified", "atom:updated", "atom:modified")
_ITEMS = frozenset(("item", "entry", "atom:entry"))
_HREF = re.compile(r"""\shref\s*=\s*(["'])([^"'<>]*)\1""")
_CONSTRUCTS = frozenset(("atom:content", "atom:summary"))


def read(root: etree._Element, notes: Notes, max_entries: int) -> ParsedFeed:
    """An rss or rdf:RDF document."""
    channels = [child for child in root if key(child.tag) in ("channel", "rdf:channel")]
    channel = fields(*channels)
    for name, found in fields(
        root
    ).items():  # RSS 0.90 and 1.0 put items, image and textinput beside the channel
        channel.setdefault(name, []).extend(found)
    site = _plain_link(channel, "")
    notes.found_at(_links(channel, "").self, site)
    notes.written_at(site)
    base = based(root, notes.base_url)
    base = based(channels[0], base) if channels else base
    inherited = language(channels[0], language(root)) if channels else language(root)
    spoken = tag(first(channel, "language", "dc:language")) or inherited
    notes.language = spoken
    notes.inherited(base, spoken)
    # RSS 1.1 lists them; some nest channels, or have entries instead
    items = notes.first(channel.get("item") or anywhere(root, _ITEMS), max_entries)
    return _channel(channel, root, base, spoken, notes, [_item(item, base, spoken, notes) for item in items])


def _channel(
    found: Fields, root: etree._Element, base: str, spoken: str, notes: Notes, entries: list[Entry]
) -> ParsedFeed:
    links = _links(found, base)
    return ParsedFeed(
        format=_version(root),
        entries=tuple(entries),
        title=_title(found),
        id=first(found, "atom:id", "dc:identifier"),
        url=_plain_link(found, base) or links.alternate,
        self_url=links.self,
        description=plain(first(found, "description", "dc:description", "itunes:subtitle"))
        or line_of(found, "atom:subtitle", "atom:tagline")
        or plain(first(found, "itunes:summary", "googleplay:description", "abstract")),
        language=spoken,
        rights=plain(first(found, "copyright", "dc:rights", "dcterms:rights"))
        or line_of(found, "atom:rights"),
        authors=making.persons(_channel_authors(found, base)),
        icon=_icon(found, base),
        updated=_date(found, notes, _BUILT),
        ttl=_ttl(found),
        skip_hours=frozenset(_hours(found)),
        skip_days=frozenset(_skip_days(found)),
        hubs=links.hubs,
        links=links.archive,
    )


def _version(root: etree._Element) -> str:
    if key(root.tag) == "rdf:rdf":
        spelled = " ".join(uri for uri in root.nsmap.values() if uri)
        return "rss0.90" if "/0.9/" in spelled and "purl.org/rss/1.0/" not in spelled else "rss1.0"
    version = (root.get("version") or "").strip()
    return "rss2.0" if version.startswith("2") else f"rss{version[:8]}"


def _title(found: Fields) -> str:
    said = next((text for title in each(found, "title", "dc:title") if (text := plain_of(title))), "")
    return said or line_of(found, "atom:title") or plain(first(found, "itunes:title"))


def _plain_link(found: Fields, base: str) -> str:
    """RSS's own link, absolute; "" without one."""
    for element in each(found, "link"):
        said = _linked(element)
        if said.startswith("www."):
            said = "//" + said
        if address := absolute(based(element, base), said):
            return address
    return ""


def _linked(element: etree._Element) -> str:
    """What a link says: an address, or markup with one in it; words are none."""
    said = value(element)
    if len(element) or said.startswith("<"):
        return next((unescape(match[2]) for match in _HREF.finditer(html_of(element))), "")
    return said if " " not in said or "://" in said else ""


def _links(found: Fields, base: str) -> Links:
    """Atom's links; some forget to say that a link is Atom's."""
    bare = [link for link in each(found, "link") if link.get("href")]
    return Links([*each(found, *WEB_LINKS), *bare], base)


def _icon(found: Fields, base: str) -> str:
    said = [
        first(fields(image), "url") or image.get(f"{_RDF}resource") or "" for image in each(found, "image")
    ]
    said += [
        image.get("href") or image.get("url") or value(image)
        for image in each(found, "itunes:image", "googleplay:image")
    ]
    said += [link.get("href") or "" for link in each(found, "itunes:link") if link.get("rel") == "image"]
    said += map(value, each(found, "atom:icon", "atom:logo"))
    return next((address for one in said if (address := absolute(base, one))), "")


def _channel_authors(found: Fields, base: str) -> Iterator[Person]:
    names = (
        "managingeditor", "author", "dc:creator", "dc:author", "atom:author", "itunes:author", "googleplay:author"
    )  # fmt: skip
    yield from (author(element, base) for element in each(found, *names))
    for owner in each(found, "itunes:owner"):
        inside = fields(owner)
        yield Person(name=plain(first(inside, "itunes:name")), email=first(inside, "itunes:email"))


# ---------------------------------------------------------------- when to come back


def _ttl(found: Fields) -> timedelta | None:
    """The longest of ttl (minutes) and the syndication module's period over its frequency."""
    minutes = min(making.number(first(found, "ttl")) or 0, 100_000)
    waits = [wait for wait in (timedelta(minutes=minutes), extensions.period(found)) if wait]
    return min(max(waits), extensions.LONGEST) if waits else None


def _hours(found: Fields) -> Iterator[int]:
    for block in each(found, "skiphours"):
        for element in each(fields(block), "hour"):
            hour = making.number(value(element))
            if hour is not None and hour <= 24:
                yield hour % 24


def _skip_days(found: Fields) -> Iterator[str]:
    for block in each(found, "skipdays"):
        for element in each(fields(block), "day"):
            day = value(element).capitalize()
            if day in _DAYS:
                yield day


# ---------------------------------------------------------------- items


def _item(element: etree._Element, base: str, spoken: str, notes: Notes) -> Entry:
    raw, flawed = making.raw(element, notes), notes.flawed
    if (known := notes.item(raw)) in notes.known:
        return making.unread(known, *notes.known[known])
    base = based(element, base)
    item = fields(element)
    links = _links(item, base)
    permalink, guid = _guid(element, item, base)
    address = _plain_link(item, base) or links.alternate or permalink
    where = guid or address
    published = _date(item, notes, _PUBLISHED, where)
    media = extensions.media(item, base)
    spoken = tag(first(item, "dc:language", "language")) or language(element, spoken)
    html, summary, within, spoken = _content(item, base, spoken, media)
    return making.finished(
        guid=where or first(item, "dc:identifier"),
        url=address,
        title=_title(item) or media.title,
        html=html,
        summary=summary,
        authors=making.persons(_authors(item, media, base)),
        categories=making.categories(_categories(item, media)),
        enclosures=making.enclosures(_enclosures(item, links, media, base)),
        published=published,
        updated=_date(item, notes, _UPDATED, where),
        date_said="" if published else first(item, *_PUBLISHED),
        language=spoken,
        rights=plain(first(item, "copyright", "dc:rights", "dcterms:rights", "media:copyright"))
        or line_of(item, "atom:rights"),
        image=media.image,
        comments_url=_comments(item, base) or links.replies,
        canonical_url=absolute(base, first(item, "feedburner:origlink")) or links.canonical,
        origin=_origin(item, base),
        raw=raw,
        item=known if notes.flawed == flawed else "",  # flaws are said at each reading
        base=within if within != notes.base_url else address or within,  # such HTML was written for its page
    )


def _guid(element: etree._Element, item: Fields, base: str) -> tuple[str, str]:
    """(the guid as a page's address, where it is one; the guid)"""
    for found in each(item, "guid", "atom:id"):
        said = value(found)
        if said:
            is_page = (found.get("isPermaLink") or "true").strip().lower()
            place = base if said.startswith("/") and is_page == "true" else ""
            return (absolute(place, said) if is_page != "false" else ""), said
    about = (element.get(f"{_RDF}about") or element.get("about") or "").strip()
    return absolute("", about), about


def _comments(item: Fields, base: str) -> str:
    """The page of the comments; some say how many there are, or that there are none."""
    said = first(item, "comments")
    return absolute(base, said) if "/" in said and " " not in said else ""


def _date(found: Fields, notes: Notes, keys: Sequence[str], where: str = "") -> datetime | None:
    return notes.first_date((first(found, name) for name in keys if name in found), where)


def _content(item: Fields, base: str, spoken: str, media: extensions.Media) -> tuple[str, str, str, str]:
    """(HTML, plain summary where it is apart from it, the base and the language in force for the HTML)

    Some feeds have content and description in each other's place; the much longer is the article.
    """
    content, description = (
        next(((html, found) for found in several if (html := _html(found, base))), None)
        for several in (_contents(item), each(item, "description", "atom:summary", "summary"))
    )
    if content and description and len(description[0]) > len(content[0]) + _MUCH:
        content, description = description, content
    chosen = content or description
    if chosen is None:
        return media.html or extensions.words(item), "", base, spoken
    summary = text_of(description[0]) if content and description and description[0] != content[0] else ""
    return chosen[0], summary, based(chosen[1], base), language(chosen[1], spoken)


def _contents(item: Fields) -> Iterator[etree._Element]:
    yield from each(item, "content:encoded", "xhtml:body", "xhtml:div", "body", "fullitem", "atom:content")
    for bag in item.get("content:items", ()):  # the older form of content:encoded, in RDF
        yield from bag.iter(f"{_RDF}value")


def _html(element: etree._Element, base: str) -> str:
    return html_in(element, base) if key(element.tag) in _CONSTRUCTS else html_of(element, base)


def _authors(item: Fields, media: extensions.Media, base: str) -> Iterator[Person]:
    found = [
        author(element, base) for element in each(item, "author", "dc:creator", "dc:author", "atom:author")
    ]
    yield from found
    if not found:
        yield from (person(value(element)) for element in each(item, "itunes:author", "googleplay:author"))
        yield from (person(credit) for credit in media.credits)


def _categories(item: Fields, media: extensions.Media) -> Iterator[str]:
    for element in each(item, "category", "dc:subject", "atom:category"):
        yield plain(value(element) or (element.get("label") or "").strip() or element.get("term") or "")
    yield from media.categories


def _enclosures(item: Fields, links: Links, media: extensions.Media, base: str) -> Iterator[Enclosure]:
    original = first(item, "feedburner:origenclosurelink")  # what it puts its own counter before
    for element in each(item, "enclosure"):
        said = {key(name).rpartition(":")[2]: content for name, content in attributes(element)}
        given = original or said.get("url") or said.get("href") or said.get("resource")
        if address := absolute(base, given):
            yield Enclosure(address, said.get("type", "").strip(), making.number(said.get("length")))
    yield from links.enclosures
    yield from (file for file in media.enclosures if file.url)


def _origin(item: Fields, base: str) -> EntryOrigin | None:
    for element in each(item, "source"):
        origin = EntryOrigin(title=plain_of(element), url=absolute(base, element.get("url") or ""))
        if origin.title or origin.url:
            return origin
    return next((origin_in(source, base) for source in each(item, "atom:source")), None)
