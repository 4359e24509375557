"""The stories as an Atom feed (RFC 4287), through feedgen.

feedgen 1.0 drops `rel`, `type` and `title` of an entry's links and knows atom:source by title and link alone:
both are written by an extension of its own kind, as is at:deleted-entry (RFC 6721). It puts the clock into
`updated` and new entries first; both are always said here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem

from ..model import FeedMeta, Story, StoryView
from ..text import one_line
from .item import Item, Origin
from .publisher import Document, address, items, newest, problem
from .words import language, person, plain, spelt

HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class AtomPublisher:
    """The subscription document that names everything: copies, source feed, credits."""

    name = "atom"
    filename = "feed.atom"
    media_type = "application/atom+xml"
    archives = True

    def render(
        self, meta: FeedMeta, stories: Sequence[StoryView], merged: Sequence[tuple[Story, Story]] = ()
    ) -> Document:
        """The stories in the order given. `merged` become tombstones under the ids that are gone."""
        problems: list[str] = []
        entries: list[FeedEntry] = []
        shown: list[Item] = []
        for each in items(meta, stories, problems):
            try:
                entries.append(_entry(each))
                shown.append(each)
            except Exception as error:  # what XML will not hold must not take the other stories with it
                problems.append(problem(each.id, error))
        feed = _feed(meta, address(meta, self), self.media_type, newest(shown))
        feed.tombstones.merged = merged
        feed.tombstones.pages = f"{meta.base_url}stories/"
        for entry in entries:
            feed.add_entry(entry, order="append")
        return Document(spelt(feed.atom_str(pretty=True)), newest(shown), tuple(problems))


def _feed(meta: FeedMeta, address: str, media_type: str, updated: datetime) -> FeedGenerator:
    feed = FeedGenerator()
    feed.register_extension("tombstones", TombstonesExtension, None, atom=True, rss=False)
    feed.register_extension("history", HistoryExtension, None, atom=True, rss=False)
    feed.history.archived = meta.archived
    feed.id(one_line(meta.id))
    feed.title(plain(meta.title))
    feed.updated(updated)
    feed.author({"name": person(meta.author) or person(meta.title)})
    feed.link(
        [
            {"href": address, "rel": "self", "type": media_type},
            {"href": meta.base_url, "rel": "alternate", "type": "text/html"},
            *({"href": hub, "rel": "hub"} for hub in meta.hubs),
            *({"href": href, "rel": rel} for rel, href in meta.links),
        ]
    )
    feed.generator("aggregator")
    feed.subtitle(plain(meta.subtitle) or None)
    if tag := language(meta.language):
        feed.language(tag)
    return feed


def _entry(item: Item) -> FeedEntry:
    entry = FeedEntry()
    entry.register_extension("story", StoryExtension, atom=True, rss=False)
    entry.story.item = item
    entry.id(item.id)
    entry.title(item.title)
    if item.published:
        entry.published(item.published)
    entry.updated(item.updated)
    entry.author([{"name": one.name, "uri": one.url, "email": one.email} for one in item.authors])
    entry.category([{"term": name} for name in item.categories])
    entry.rights(item.rights or None)
    entry.content(item.html, type="html")
    entry.atom_entry()  # raises now, alone, what it would raise in the middle of the feed
    return entry


class StoryExtension(BaseEntryExtension):  # type: ignore[misc]
    """Writes what feedgen cannot: links with all their attributes, the whole atom:source, the language."""

    item: Item

    def extend_atom(self, entry: Any) -> Any:
        if self.item.language:
            entry.set(LANG, self.item.language)
        for attributes in _links(self.item):
            xml_elem("link", entry, **attributes)
        _source(xml_elem("source", entry), self.item.origin, self.item.authors[0].name)
        return entry


def _links(item: Item) -> Iterable[dict[str, str]]:
    """One alternate at most of a type and language (RFC 4287 section 4.1.1); then related, via, enclosure."""
    yield _link("alternate", item.url, type="text/html", hreflang=item.language)
    for other in item.others:
        if other.url:
            title = f"{other.name}: {other.title}" if other.title else other.name
            yield _link("related", other.url, type="text/html", title=title, hreflang=other.language)
    if item.page != item.url:
        yield _link("related", item.page, type="text/html", title="Every copy, and why they are one story")
    if item.origin.via:
        yield _link("via", item.origin.via, title=item.origin.title)
    for each in item.enclosures:
        length = str(each.length) if each.length else ""
        yield _link("enclosure", each.url, type=each.type, title=each.title, length=length)


def _link(rel: str, href: str, **attributes: str) -> dict[str, str]:
    return {"rel": rel, "href": href} | {name: value for name, value in attributes.items() if value}


def _source(source: Any, origin: Origin, author: str) -> None:
    xml_elem("id", source).text = origin.id
    xml_elem("title", source).text = origin.title
    xml_elem("updated", source).text = origin.updated.isoformat()
    xml_elem("name", xml_elem("author", source)).text = origin.title or author
    xml_elem("link", source, rel="self", href=origin.self_url)
    if origin.site_url:
        xml_elem("link", source, rel="alternate", type="text/html", href=origin.site_url)
    if origin.rights:
        xml_elem("rights", source).text = origin.rights


class HistoryExtension(BaseExtension):  # type: ignore[misc]
    """fh:archive: this document is one of many, and never changes (RFC 5005 section 4)."""

    archived = False

    def extend_ns(self) -> dict[str, str]:
        return {"fh": HISTORY} if self.archived else {}

    def extend_atom(self, feed: Any) -> Any:
        if self.archived:
            xml_elem(f"{{{HISTORY}}}archive", feed)
        return feed


class TombstonesExtension(BaseExtension):  # type: ignore[misc]
    """at:deleted-entry for a story that joined an older one after it was published (RFC 6721 section 3)."""

    merged: Sequence[tuple[Story, Story]] = ()
    pages = ""  # what the address of a story's page begins with

    def extend_ns(self) -> dict[str, str]:
        return {"at": TOMBSTONES} if self.merged else {}

    def extend_atom(self, feed: Any) -> Any:
        for gone, survivor in self.merged:
            when = gone.updated.replace(microsecond=0).isoformat()
            grave = xml_elem(f"{{{TOMBSTONES}}}deleted-entry", feed, ref=one_line(gone.public_id), when=when)
            xml_elem(f"{{{TOMBSTONES}}}comment", grave).text = f"merged into {one_line(survivor.public_id)}"
            xml_elem("link", grave, rel="related", type="text/html", href=f"{self.pages}{survivor.ulid}")
        return feed
