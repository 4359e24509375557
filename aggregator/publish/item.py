"""A story as one item of a feed, whatever the format: strings cleaned, addresses on the web or absent.

This is the border. Behind it the formats only have to write down what they are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from ..model import Copy, Enclosure, FeedMeta, Person, StoryView
from ..text import clean, one_line, paragraphs
from ..url import absolute
from . import words
from .footer import footer
from .words import EARLIEST, email, language, markup, person, plain, tick

MOST_COPIES = 25  # named in one item; the page of the story names all
MOST_HTML = 100_000  # bytes of one entry; a longer text is shown by its beginning
SUMMARY_LENGTH = 600  # characters of that
TITLE_LENGTH = 90  # characters of a title made from the text
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")  # RFC 6838 section 4.2


@dataclass(frozen=True, slots=True)
class Printing:
    """A copy of the story: who printed it, and where: on our own page of the story where it is not on the web."""

    name: str
    url: str
    title: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """The feed that the shown copy came in: what atom:source says."""

    id: str
    title: str
    updated: datetime
    self_url: str  # that feed; where it has no address, what we tell of it
    feed_url: str = ""
    site_url: str = ""
    rights: str = ""
    via: str = ""  # the feed where we saw it, if it is on the web


@dataclass(frozen=True, slots=True)
class Item:
    """One story, ready to be written down. `url` is the shown copy, else `page`; both are never empty."""

    id: str
    url: str
    page: str  # every copy, and why they are one story
    title: str
    html: str  # with the footer
    published: datetime | None  # None where it is older than a reader believes
    updated: datetime
    authors: tuple[Person, ...]
    origin: Origin
    others: tuple[Printing, ...] = ()
    more: int = 0  # copies beyond `others`
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    language: str = ""
    rights: str = ""


def item(meta: FeedMeta, view: StoryView) -> Item:
    """The story as an item. Raises ValueError for a story without an id or with a time that has no zone."""
    story, lead = view.story, view.lead
    page = f"{meta.base_url}stories/{story.ulid}"
    own, *others = _printings(lead, view.others, page)
    shown, more = tuple(others[:MOST_COPIES]), len(others[MOST_COPIES:])
    identity = _required(one_line(story.public_id))
    apart = tick(identity)
    url, published = web(lead.url) or page, _moment(story.published)
    title = (
        plain(story.title or lead.title) or plain(title_from(view.text)) or f"Untitled, from {outlet(lead)}"
    )
    said = footer(lead.facts, own.name, [(each.name, each.url) for each in shown], more, page)
    # RFC 4287 leaves the order open, but a change before the appearance confuses readers that sort
    updated = max(_moment(story.updated), published)
    return Item(
        id=identity,
        url=url,
        page=page,
        title=title,
        html=markup(_content(view, url) + said) or f'<p><a href="{escape(url)}">{escape(title)}</a></p>',
        published=published + apart if published >= EARLIEST else None,
        updated=(updated if updated >= EARLIEST else _moment(lead.first_seen)) + apart,
        authors=_authors(lead),
        origin=_origin(meta, lead),
        others=shown,
        more=more,
        categories=_distinct(map(plain, lead.categories)),
        enclosures=tuple(_enclosures(lead.enclosures)),
        language=language(lead.language or lead.facts.language),
        rights=plain(lead.rights),
    )


def web(address: str) -> str:
    """The address where it is on the web, else "".

    Brackets are legal around the number of a host alone (RFC 3986 section 3.2.2), and most readers know no such hosts.
    """
    found = absolute("", clean(address))
    if "[" not in found and "]" not in found:
        return found
    scheme, _, rest = found.partition("://")
    return "" if rest.startswith("[") else f"{scheme}://{rest.replace('[', '%5B').replace(']', '%5D')}"


def outlet(copy: Copy) -> str:
    """The outlet's name for people, else the source's."""
    return person(copy.outlet) or person(copy.source)


def title_from(text: str) -> str:
    """A title from the first paragraph, cut between words; "" where there is no text."""
    return _cut(next(iter(paragraphs(text)), ""), TITLE_LENGTH)


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return (text[:most].rsplit(" ", 1)[0].rstrip(" ,;:–—-") or text[:most]) + "…"


def _content(view: StoryView, url: str) -> str:
    """The HTML; of a text that would crowd out all others, its summary and where the whole is."""
    html = view.html
    if len(html.encode()) <= MOST_HTML:
        return html
    said = _cut(
        one_line(view.lead.summary) or " ".join(paragraphs(view.text[: 4 * SUMMARY_LENGTH])), SUMMARY_LENGTH
    )
    return f'<p>{escape(said)}</p><p><a href="{escape(url)}">The whole text</a></p>'


def _printings(lead: Copy, others: Iterable[Copy], page: str) -> Iterable[Printing]:
    """The lead, then the other copies, earliest first. Two files of one outlet are told apart by their names."""
    ordered = [lead, *sorted(others, key=lambda copy: (copy.published or copy.first_seen, copy.id))]
    names = [outlet(copy) for copy in ordered]
    seen = set()
    for copy in ordered:
        name, url = outlet(copy), web(copy.url)
        if not url and names.count(name) > 1:
            name = f"{name} ({plain(copy.guid).rpartition('/')[2]})"
        if (name, url) not in seen:
            seen.add((name, url))
            yield Printing(name, url or f"{page}#copy-{copy.id}", plain(copy.title), language(copy.language))


def _authors(lead: Copy) -> tuple[Person, ...]:
    """Who reported it; else whom the feed names; else the outlet: Atom wants one (RFC 4287 section 4.1.2)."""
    people: Sequence[Person] = [Person(name) for name in lead.facts.reporting] or lead.authors
    named = [
        Person(
            name=person(one.name) or person(one.email) or plain(one.url),
            url=web(one.url),
            email=email(one.email),
        )
        for one in people
    ]
    return tuple(one for one in named if one.name) or (Person(outlet(lead), web(lead.site_url)),)


def _origin(meta: FeedMeta, lead: Copy) -> Origin:
    """What an aggregator before us said of the origin (RFC 4287 section 4.2.11); else the feed we read."""
    via, said = web(lead.source_url), lead.origin
    # a feed that is a folder has no address of its own; a tag (RFC 4151) outlives every change of ours
    here = f"{meta.id.removesuffix(':feed')}:source/{quote(one_line(lead.source), safe='')}"
    feed_url = web(said.url) if said else via
    named = one_line(said.id) if said else ""
    return Origin(
        id=words.identity(named, feed_url, via, here),
        title=(person(said.title) if said else "") or outlet(lead),
        # the feed's own `updated` moves with every other entry of it; the copy's does not
        updated=_moment(_dated(lead)),
        feed_url=feed_url,
        self_url=feed_url or f"{meta.base_url}sources#{quote(one_line(lead.source), safe='')}",
        site_url="" if said else web(lead.site_url),
        rights=plain(lead.rights),
        via=via,
    )


def _dated(copy: Copy) -> datetime:
    """The copy's own date; when we met it where it has none, or one that is still to come."""
    said = copy.updated or copy.published or copy.first_seen
    return said if EARLIEST <= said <= copy.last_seen else copy.first_seen


def _enclosures(enclosures: Iterable[Enclosure]) -> Iterable[Enclosure]:
    seen = set()
    for each in enclosures:
        url = web(each.url)
        if url and url not in seen:
            seen.add(url)
            type_ = each.type if _MEDIA_TYPE.fullmatch(each.type) else ""
            length = each.length if each.length and each.length > 0 else None
            yield Enclosure(url, type_, length, plain(each.title))


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _moment(at: datetime) -> datetime:
    """The moment in UTC and whole seconds, which is what readers can parse without surprises."""
    if at.tzinfo is None:
        raise ValueError(f"the time {at.isoformat()} has no zone")
    return at.astimezone(UTC).replace(microsecond=0)


def _required(identity: str) -> str:
    if not identity:
        raise ValueError("it has no id")
    return identity
