"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), read and written.

Titles and names are plain text there: a `<` in one is a less-than sign.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from aggregator import text
from aggregator.errors import InputError
from aggregator.feeds import making
from aggregator.feeds.addresses import absolute
from aggregator.feeds.markup import from_text, tag
from aggregator.feeds.notes import Notes
from aggregator.feeds.text_of_html import text_of
from aggregator.model import Enclosure, Entry, EntryOrigin, ParsedFeed, Person

_WHOLE = 2_000_000  # characters; of a longer document the items are read one by one
_ITEMS = re.compile(r'"items"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_OWN = "_aggregator"  # what JSON Feed has no key for
_DECODER = json.JSONDecoder(strict=False)
_SPOKEN = frozenset(
    "id url title content_html content_text summary image date_published date_modified author authors tags "
    "language attachments _aggregator _source _story".split()
)  # keys that an Entry has a word for, and those that an export writes itself


def read(document: str, notes: Notes, max_entries: int) -> ParsedFeed:
    """A JSON Feed; of a broken one the items before the break. `format` is "" for any other JSON."""
    said, items = _document(document, notes)
    version = _string(said.get("version"))
    if "jsonfeed.org" not in version and not (items is not None and "title" in said):
        notes.flaw("not-a-feed", "The document is JSON, but not a JSON Feed.")
        return ParsedFeed()
    notes.found_at(*(absolute("", _string(said.get(name))) for name in ("feed_url", "home_page_url")))
    found = list(islice(items or (), max_entries + 1))
    notes.language = tag(_string(said.get("language")))
    feed = _feed(said, version, notes)
    return replace(feed, entries=tuple(_entries(notes.first(found, max_entries), feed, notes)))


def _document(document: str, notes: Notes) -> tuple[Mapping[str, Any], Iterator[Any] | None]:
    """The feed's own keys, and its items."""
    if len(document) <= _WHOLE:
        try:
            whole = _DECODER.decode(document.lstrip("\ufeff"))
        except (ValueError, RecursionError) as error:
            notes.flaw("not-well-formed", f"The JSON is not well-formed: {error}.")
        else:
            items = whole.get("items") if isinstance(whole, dict) else None
            return whole if isinstance(whole, dict) else {}, iter(items) if isinstance(items, list) else None
    start = _ITEMS.search(document)
    if start is None:
        return {}, None
    return _head(document[: start.end()]), _one_by_one(document, start.end())


def _head(document: str) -> Mapping[str, Any]:
    try:
        head = _DECODER.decode(document.lstrip("\ufeff") + "]}")
    except (ValueError, RecursionError):
        return {}
    return head if isinstance(head, dict) else {}


def _one_by_one(document: str, position: int) -> Iterator[Any]:
    while True:
        between = _BETWEEN.match(document, position)
        position = between.end() if between else position
        if document[position : position + 1] != "{":
            return
        try:
            item, position = _DECODER.raw_decode(document, position)
        except (ValueError, RecursionError):
            return
        yield item


def _feed(said: Mapping[str, Any], version: str, notes: Notes) -> ParsedFeed:
    base = notes.base_url
    hubs = [hub for hub in _list(said.get("hubs")) if isinstance(hub, dict) and _is_websub(hub)]
    following = absolute(base, _string(said.get("next_url")))
    return ParsedFeed(
        format="json1.0" if version.rstrip("/").endswith("/1") else "json1.1",
        title=text.one_line(_string(said.get("title"))),
        id=_string(said.get("feed_url")),
        url=absolute(base, _string(said.get("home_page_url"))),
        self_url=absolute(base, _string(said.get("feed_url"))),
        description=text.one_line(_string(said.get("description"))),
        language=notes.language,
        authors=making.persons(_authors(said))[: making.MOST_INHERITED],
        icon=absolute(base, _string(said.get("icon")) or _string(said.get("favicon"))),
        hubs=tuple(found for hub in hubs if (found := absolute(base, _string(hub.get("url"))))),
        links={"next": following} if following else {},
    )


def _is_websub(hub: Mapping[str, Any]) -> bool:
    """Others speak another language, as rssCloud does."""
    return _string(hub.get("type")).lower() in ("", "websub", "pubsubhubbub")


def _entries(items: Sequence[Any], feed: ParsedFeed, notes: Notes) -> Iterator[Entry]:
    for number, item in enumerate(items):
        try:
            entry = _entry(item, notes)
        except InputError as error:
            notes.flaw("bad-item", str(error), f"items[{number}]")
        else:
            yield replace(entry, authors=entry.authors or feed.authors)


def item_from_line(line: bytes) -> dict[str, Any]:
    """One line of JSON Lines. Raises InputError with the reason."""
    item = loaded(line)
    if not isinstance(item, dict):
        raise InputError("not a JSON object", code="bad-json")
    return item


def loaded(body: bytes) -> Any:
    """What a JSON text says. Raises InputError with the reason in a few words."""
    try:
        return json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        reason = "not UTF-8"
    except RecursionError:
        reason = "not JSON: it nests too deep"
    except json.JSONDecodeError as error:
        row = f"line {error.lineno}, " if error.lineno > 1 else ""
        reason = f"not JSON at {row}column {error.colno}: {error.msg.removesuffix(' at').lower()}"
    except ValueError:
        reason = "not JSON: a number in it is too long"
    raise InputError(reason, code="bad-json")


def entry_from_json(item: Mapping[str, Any], base_url: str = "") -> Entry:
    """One item of a JSON Feed. Raises InputError with the reason: no id, nothing said, values of a wrong type."""
    if isinstance(item, Mapping) and not _string(item.get("id")):
        if item.get("id") in (None, "") or isinstance(item["id"], str):
            raise InputError("The item has no `id`; add one that is unique within its source.", code="no-id")
        raise InputError("The item's `id` is neither text nor a number.", code="bad-item")
    entry = _entry(item, Notes(base_url))
    if not (entry.title or entry.html or entry.enclosures):
        raise InputError("The item has neither a title nor any content; add one of them.", code="no-content")
    return entry


def _entry(item: Any, notes: Notes) -> Entry:
    if not isinstance(item, Mapping):
        raise InputError("The item is not a JSON object; write it in braces.", code="bad-item")
    for name in (
        "id",
        "url",
        "title",
        "content_html",
        "content_text",
        "summary",
        "date_published",
        "date_modified",
    ):
        if isinstance(item.get(name), dict | list):
            raise InputError(f"The item's {name} is not text; write it in quotes.", code="bad-item")
    html = _string(item.get("content_html")) or from_text(_string(item.get("content_text")))
    said_id = item.get("id")  # kept to the letter: an id is not prose
    guid = text.storable(said_id) if isinstance(said_id, str) else _string(said_id)
    address = absolute(notes.base_url, _string(item.get("url")) or _string(item.get("external_url")))
    said, changed = _string(item.get("date_published")), _string(item.get("date_modified"))
    published, updated = notes.date(said, guid), notes.date(changed, guid)
    return making.finished(
        guid=guid,
        url=address,
        title=text.one_line(_string(item.get("title"))),
        html=html or from_text(_string(item.get("summary"))),
        summary=text_of(_string(item.get("summary"))) if html else "",
        authors=making.persons(_authors(item)),
        categories=making.categories(map(_string, _list(item.get("tags")))),
        enclosures=making.enclosures(_attachments(item, notes.base_url)),
        published=published,
        updated=updated,
        language=tag(_string(item.get("language"))) or notes.language,
        image=absolute(notes.base_url, _string(item.get("image")) or _string(item.get("banner_image"))),
        raw=text.clean(json.dumps(item, ensure_ascii=False, default=str)),
        base=address or notes.base_url,
        **_own(item.get(_OWN), "" if published or updated else said or changed),
    )


def _own(own: Any, date_said: str) -> dict[str, Any]:
    """What this program wrote under its own key."""
    own = own if isinstance(own, dict) else {}
    origin = own.get("origin")
    parts = [_string(origin.get(name)) for name in ("title", "id", "url")] if isinstance(origin, dict) else []
    return {
        "date_said": _string(own.get("date_said")) or date_said,
        "rights": text.one_line(_string(own.get("rights"))),
        "comments_url": absolute("", _string(own.get("comments_url"))),
        "canonical_url": absolute("", _string(own.get("canonical_url"))),
        "origin": EntryOrigin(*parts) if parts else None,
    }


def _authors(said: Mapping[str, Any]) -> Iterator[Person]:
    for author in [*_list(said.get("authors")), said.get("author")]:
        if isinstance(author, dict):
            address = _string(author.get("url"))
            email = address.removeprefix("mailto:") if address.startswith("mailto:") else ""
            name, apart = text.one_line(_string(author.get("name"))), _string(author.get("_email"))
            yield Person(name, "" if email else address, email or apart)
        elif isinstance(author, str):
            yield Person(text.one_line(author))


def _attachments(item: Mapping[str, Any], base: str) -> Iterator[Enclosure]:
    for file in _list(item.get("attachments")):
        address = absolute(base, _string(file.get("url"))) if isinstance(file, dict) else ""
        if address:
            size = making.number(_string(file.get("size_in_bytes")))
            yield Enclosure(
                address, _string(file.get("mime_type")), size, text.one_line(_string(file.get("title")))
            )


def _string(said: Any) -> str:
    """Text as it is; a number as its digits; "" for anything else."""
    if isinstance(said, str):
        return text.storable(said).strip()
    return str(said) if isinstance(said, int | float) and not isinstance(said, bool) else ""


def _list(said: Any) -> list[Any]:
    """What is said of several; of one, some leave the brackets out."""
    if isinstance(said, dict):
        return [said]
    return said if isinstance(said, list) else []


# ---------------------------------------------------------------- written


def feed_to_json(feed: ParsedFeed) -> dict[str, Any]:
    """A JSON Feed 1.1 document, with `_aggregator` for what has no key there; `_flaws` lists what was wrong."""
    own = {
        "id": feed.id,
        "rights": feed.rights,
        "date_modified": _written(feed.updated),
        "ttl": int(feed.ttl.total_seconds()) if feed.ttl else None,
        "skip_hours": sorted(feed.skip_hours),
        "skip_days": sorted(feed.skip_days),
        "links": dict(feed.links),
    }
    return _filled(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "home_page_url": feed.url,
            "feed_url": feed.self_url,
            "description": feed.description,
            "icon": feed.icon,
            "language": feed.language,
            "authors": [_author(person) for person in feed.authors],
            "hubs": [{"type": "WebSub", "url": hub} for hub in feed.hubs],
            "next_url": feed.links.get("next", ""),
            _OWN: _filled(own),
            "_flaws": [
                _filled({"code": flaw.code, "message": flaw.message, "where": flaw.where})
                for flaw in feed.flaws
            ],
        }
    ) | {"items": [entry_to_json(entry) for entry in feed.entries]}


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """A JSON Feed 1.1 item, with `_aggregator` for what has no key there. `entry_from_json` reads it back."""
    origin = entry.origin
    own = _filled(
        {
            "date_said": entry.date_said,
            "rights": entry.rights,
            "comments_url": entry.comments_url,
            "canonical_url": entry.canonical_url,
            "origin": _filled({"title": origin.title, "id": origin.id, "url": origin.url}) if origin else {},
        }
    )
    item = {
        "id": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "content_text": entry.text,
        "summary": entry.summary,
        "image": entry.image,
        "date_published": _written(entry.published),
        "date_modified": _written(entry.updated),
        "authors": [_author(person) for person in entry.authors],
        "tags": list(entry.categories),
        "language": entry.language,
        "attachments": [_attachment(file) for file in entry.enclosures],
        _OWN: own,
    }
    return _filled(item) if entry.html or entry.text else _filled(item) | {"content_text": ""}


def unspoken(raw: str) -> dict[str, Any]:
    """Of an item as served, the keys that an Entry has no word for (`external_url`, `_any`); none if not JSON."""
    try:
        item = json.loads(raw, parse_constant=lambda _: None) if raw.startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return {name: value for name, value in item.items() if name not in _SPOKEN}


def _author(person: Person) -> dict[str, Any]:
    """An address stands as the URL; beside a URL, which JSON Feed has room for only once, under our own key."""
    apart = person.email if person.url else ""
    return _filled(
        {
            "name": person.name,
            "url": person.url or (person.email and f"mailto:{person.email}"),
            "_email": apart,
        }
    )


def _attachment(file: Enclosure) -> dict[str, Any]:
    mime = file.type or "application/octet-stream"
    return _filled({"url": file.url, "mime_type": mime, "title": file.title, "size_in_bytes": file.length})


def _written(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else ""


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None, [], {})}
