"""The last step of every format: values to an Entry, with a guid that is never empty and a fingerprint."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from lxml import etree
from xxhash import xxh3_64_hexdigest

from aggregator import text
from aggregator.feeds.notes import Notes
from aggregator.model import Enclosure, Entry, Person

MOST_INHERITED = 50  # authors of a feed, which each of thousands of entries has
_APART = "\x1f"


def finished(**said: Any) -> Entry:
    """An Entry of its fields, with a guid (its own, its URL, or a hash of what it says) and a fingerprint.

    The fingerprint covers what a reader could see change. `updated` is not in it: many feeds move it on every
    visit, and a change without a difference is none; nor is `base`, which moves with the feed.
    """
    entry = Entry(**said)
    guid = text.as_id(entry.guid) or text.as_id(entry.url) or _invented(entry)
    # The entry is not shared yet: filling two fields here is half the cost of `dataclasses.replace`.
    object.__setattr__(entry, "guid", guid)
    object.__setattr__(entry, "fingerprint", _fingerprint(entry))
    return entry


def unread(item: str, guid: str, fingerprint: str, published: datetime | None) -> Entry:
    """An entry whose very item was read before: who it is, and nothing of what it says."""
    return Entry(guid, published=published, fingerprint=fingerprint, item=item, unread=True, sanitised=True)


def _invented(entry: Entry) -> str:
    said = _APART.join(
        (entry.title, _stamp(entry.published) or entry.date_said, (entry.html or entry.summary)[:500])
    )
    return f"hash:{_hash(said)}"


def _fingerprint(entry: Entry) -> str:
    parts = [
        entry.title, entry.html, entry.summary, entry.url, entry.language, entry.rights, entry.image,
        entry.comments_url,
        entry.canonical_url, _stamp(entry.published) or entry.date_said, *entry.categories,
    ]  # fmt: skip
    parts += [f"{person.name}|{person.url}|{person.email}" for person in entry.authors]
    parts += [f"{file.url}|{file.type}|{file.length}|{file.title}" for file in entry.enclosures]
    if entry.origin:
        parts += [entry.origin.title, entry.origin.id, entry.origin.url]
    return _hash(_APART.join(parts))


def _hash(said: str) -> str:
    return xxh3_64_hexdigest(said.encode("utf-8", "surrogatepass"))


def _stamp(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def raw(element: etree._Element, notes: Notes) -> str:
    """The item as served, with the namespaces it needs to be read alone; "" where repeating those got out of hand."""
    if notes.room <= 0 or notes.is_full_of_names(element.getparent()):
        return ""
    if notes.is_crowded:  # in its place an item is written with all that are declared around it, used or not
        element = deepcopy(element)
    said = etree.tostring(element, encoding="unicode", with_tail=False)
    notes.room -= len(said)
    return said


def persons(found: Iterable[Person]) -> tuple[Person, ...]:
    """Each once; nobody without a name or an address, nor a mere name of somebody who is there with an address."""
    known = tuple(person for person in found if person.name or person.email or person.url)
    if len(known) < 2:
        return known
    reached = {person.name for person in known if person.email or person.url}
    return tuple(dict.fromkeys(one for one in known if one.email or one.url or one.name not in reached))


def categories(found: Iterable[str]) -> tuple[str, ...]:
    """Each once, in order."""
    return tuple(dict.fromkeys(name for name in map(text.one_line, found) if name))


def enclosures(found: Iterable[Enclosure]) -> tuple[Enclosure, ...]:
    """One for each URL; what a later mention knows more is added to the first."""
    files = tuple(found)
    if len(files) < 2:
        return files
    merged: dict[str, Enclosure] = {}
    for file in files:
        known = merged.get(file.url)
        merged[file.url] = file if known is None else _together(known, file)
    return tuple(merged.values())


def _together(one: Enclosure, other: Enclosure) -> Enclosure:
    gaps = {
        name: getattr(other, name) for name in (part.name for part in fields(one)) if not getattr(one, name)
    }
    return replace(one, **gaps)


def number(said: str | None) -> int | None:
    """A count as claimed; None for anything but digits that fit a signed 64-bit integer."""
    said = (said or "").strip().replace(",", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None
