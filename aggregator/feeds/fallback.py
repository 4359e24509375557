"""The last resort: feedparser, for documents that are no XML of any kind we know, and small enough for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from aggregator.feeds import making
from aggregator.feeds.addresses import absolute
from aggregator.feeds.markup import plain, tag
from aggregator.feeds.notes import Notes
from aggregator.model import Enclosure, Entry, ParsedFeed, Person


def read(text: str, notes: Notes) -> ParsedFeed:
    """What feedparser makes of a document; `format` is "" where it names none or finds nothing."""
    import feedparser  # late: few documents come this far

    try:
        # The comment keeps a text that looks like a URL or a file's name from being opened as one.
        said = feedparser.parse(
            b"<!-- -->" + text.encode("utf-8", "ignore"), sanitize_html=False, resolve_relative_uris=False
        )
    except Exception:  # it trips over a reference to half a character, and who knows what else
        return ParsedFeed()
    feed: Mapping[str, Any] = said.feed
    if not said.version or not (said.entries or feed.get("title")):
        return ParsedFeed()
    return ParsedFeed(
        format=said.version,
        entries=tuple(_entry(entry, notes) for entry in said.entries),
        title=plain(_string(feed, "title")),
        id=_string(feed, "id"),
        url=absolute(notes.base_url, _string(feed, "link")),
        description=plain(_string(feed, "subtitle")),
        language=tag(_string(feed, "language")),
        rights=plain(_string(feed, "rights")),
        updated=_time(feed.get("updated_parsed")),
    )


def _entry(said: Mapping[str, Any], notes: Notes) -> Entry:
    contents = [content.get("value", "") for content in said.get("content", ())]
    address = absolute(notes.base_url, _string(said, "link"))
    return making.finished(
        guid=_string(said, "id"),
        url=address,
        title=plain(_string(said, "title")),
        html=next(filter(None, contents), _string(said, "summary")),
        authors=making.persons(_people(said)),
        categories=making.categories(str(found.get("term") or "") for found in said.get("tags", ())),
        enclosures=making.enclosures(_files(said, notes.base_url)),
        published=_time(said.get("published_parsed")),
        updated=_time(said.get("updated_parsed")),
        date_said=_string(said, "published") if not said.get("published_parsed") else "",
        base=address or notes.base_url,
    )


def _string(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    return found if isinstance(found, str) else ""


def _people(said: Mapping[str, Any]) -> Iterator[Person]:
    for author in said.get("authors", ()):
        yield Person(plain(_string(author, "name")), _string(author, "href"), _string(author, "email"))


def _files(said: Mapping[str, Any], base: str) -> Iterator[Enclosure]:
    for file in said.get("enclosures", ()):
        address = absolute(base, _string(file, "href"))
        if address:
            yield Enclosure(address, _string(file, "type"), making.number(_string(file, "length")))


def _time(parts: Any) -> datetime | None:
    try:
        return datetime(*parts[:6]).replace(tzinfo=UTC) if parts else None
    except (TypeError, ValueError):
        return None
