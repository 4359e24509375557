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
from .footer import footer

MOST_COPIES = 25  # named in one item; the page of the story names all
MOST_HTML = 100_000  # bytes of one entry; a longer text is shown by its beginning
SUMMARY_LENGTH = 600  # characters of that
TITLE_LENGTH = 90  # characters of a title made from the text
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")  # RFC 4287 appendix B, atomLanguageTag
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")  # RFC 6838 section 4.2
_IRI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+"
)  # RFC 3987, loosely: what RFC 4287 wants of an id
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


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
    published: datetime
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
    published = _moment(story.published)
    return Item(
        id=_required(one_line(story.public_id)),
        url=web(lead.url) or page,
        page=page,
        title=one_line(story.title or lead.title)
        or title_from(view.text)
        or f"Untitled, from {outlet(lead)}",
        html=_content(view, web(lead.url) or page)
        + footer(lead.facts, own.name, [(each.name, each.url) for each in shown], more, page),
        published=published,
        # RFC 4287 leaves the order open, but a change before the appearance confuses readers that sort
        updated=max(_moment(story.updated), published),
        authors=_authors(lead),
        origin=_origin(meta, lead),
        others=shown,
        more=more,
        categories=_distinct(one_line(name) for name in lead.categories),
        enclosures=tuple(_enclosures(lead.enclosures)),
        language=language(lead.language or lead.facts.language),
        rights=clean(lead.rights).strip(),
    )


def web(address: str) -> str:
    """The address where it is on the web, else ""."""
    return absolute("", clean(address))


def language(tag: str) -> str:
    """The language tag where it has the form of one, else ""."""
    return tag if _LANGUAGE.fullmatch(tag) else ""


def outlet(copy: Copy) -> str:
    """The outlet's name for people, else the source's."""
    return one_line(copy.outlet) or one_line(copy.source)


def title_from(text: str) -> str:
    """A title from the first paragraph, cut between words; "" where there is no text."""
    return _cut(next(iter(paragraphs(text)), ""), TITLE_LENGTH)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + "…"


def _content(view: StoryView, url: str) -> str:
    """The HTML; of a text that would crowd out all others, its summary and where the whole is."""
    html = clean(view.html)
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
            name = f"{name} ({one_line(copy.guid).rpartition('/')[2]})"
        if (name, url) not in seen:
            seen.add((name, url))
            yield Printing(
                name, url or f"{page}#copy-{copy.id}", one_line(copy.title), language(copy.language)
            )


def _authors(lead: Copy) -> tuple[Person, ...]:
    """Who reported it; else whom the feed names; else the outlet: Atom wants one (RFC 4287 section 4.1.2)."""
    people: Sequence[Person] = [Person(name) for name in lead.facts.reporting] or lead.authors
    named = [
        Person(
            name=one_line(person.name) or one_line(person.email) or one_line(person.url),
            url=web(person.url),
            email=one_line(person.email) if _EMAIL.fullmatch(one_line(person.email)) else "",
        )
        for person in people
    ]
    return tuple(person for person in named if person.name) or (Person(outlet(lead), web(lead.site_url)),)


def _origin(meta: FeedMeta, lead: Copy) -> Origin:
    """What an aggregator before us said of the origin (RFC 4287 section 4.2.11); else the feed we read."""
    via, said = web(lead.source_url), lead.origin
    # a feed that is a folder has no address of its own; a tag (RFC 4151) outlives every change of ours
    here = f"{meta.id.removesuffix(':feed')}:source/{quote(one_line(lead.source), safe='')}"
    feed_url = web(said.url) if said else via
    named = one_line(said.id) if said else ""
    return Origin(
        id=(named if _IRI.fullmatch(named) else "") or feed_url or via or here,
        title=(one_line(said.title) if said else "") or outlet(lead),
        # the feed's own `updated` moves with every other entry of it; the copy's does not
        updated=_moment(_dated(lead)),
        feed_url=feed_url,
        site_url="" if said else web(lead.site_url),
        rights=clean(lead.rights).strip(),
        via=via,
    )


def _dated(copy: Copy) -> datetime:
    """The copy's own date; when we met it where it has none, or one that is still to come."""
    said = copy.updated or copy.published or copy.first_seen
    return copy.first_seen if said > copy.last_seen else said


def _enclosures(enclosures: Iterable[Enclosure]) -> Iterable[Enclosure]:
    seen = set()
    for each in enclosures:
        url = web(each.url)
        if url and url not in seen:
            seen.add(url)
            type_ = each.type if _MEDIA_TYPE.fullmatch(each.type) else ""
            length = each.length if each.length and each.length > 0 else None
            yield Enclosure(url, type_, length, one_line(each.title))


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
