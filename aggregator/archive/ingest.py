"""What a collector brought home goes in: log line, copies, revisions, the source's new state."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from .. import url
from ..errors import ArchiveBusy
from ..model import Collected, Entry, Ingested
from ..model import Fetch as Attempt
from ..text import clean, storable
from . import checksums, dialect, dictionaries, frames, raw, repeats, rows, search, sources, wanted
from .schema import Copy, Fetch, Revision


def known(conn: Connection, source_id: int, guids: Iterable[str]) -> dict[str, str]:
    """guid -> fingerprint of the current revision, for those that the archive has."""
    asked = {guid: storable(guid) for guid in guids}
    held = {guid: copy.fingerprint for guid, copy in held_copies(conn, source_id, asked.values()).items()}
    return {guid: held[stored] for guid, stored in asked.items() if stored in held}


@dataclass(frozen=True, slots=True)
class _Held:
    id: int
    fingerprint: str


def held_copies(conn: Connection, source_id: int, guids: Iterable[str]) -> dict[str, _Held]:
    """By point look-ups: a scan of the source's copies would grow with its history."""
    found = dialect.copies_named(conn, source_id, guids)
    return {guid: _Held(number, fingerprint) for guid, number, fingerprint in found}


def record(conn: Connection, collected: Collected, entries: Sequence[Entry], now: datetime) -> Ingested:
    """Store one attempt. `entries`: those of the document that may be new or changed, sanitised.

    A source that was claimed (its lease token is not 0) gets its new state; one that was merely read, as for
    an import, keeps its schedule. Raises ArchiveBusy, with nothing stored, if the lease is lost.
    """
    source = collected.source
    if not sources.finish(conn, source, now + collected.rest if collected.rest else None):
        raise ArchiveBusy(f"the lease of {source.name} has passed to another process", code="lost-lease")
    listed = collected.feed.entries if collected.feed else ()
    told = first_of_each(listed, entries)
    guids = {*told, *(storable(entry.guid) for entry in listed)}
    held = held_copies(conn, source.id, guids) if guids else {}
    new = [entry for guid, entry in told.items() if guid not in held]
    revised = [
        entry for guid, entry in told.items() if guid in held and held[guid].fingerprint != entry.fingerprint
    ]
    done = Ingested(len(new), len(revised), len({*told, *held}) - len(new) - len(revised))
    fetch_id = log(conn, replace(collected.fetch, source_id=source.id), done.new, done.revised)
    raw.keep(conn, fetch_id, collected)
    if held:
        dialect.seen_again(conn, (copy.id for copy in held.values()), now)
    added = store(conn, source.id, fetch_id, new, [(held[entry.guid].id, entry) for entry in revised], now)
    if source.spec.full_text and added:
        wanted.add_pages(conn, source.id, added, now)
    if collected.older:
        wanted.add_older(conn, source.id, collected.older, now)
    if new or revised:
        dialect.tell(conn, "copies")
    return done


def log(conn: Connection, fetch: Attempt, new: int, revised: int) -> int:
    """Write down an attempt; its number."""
    values = rows.fetch_values(replace(fetch, new=new, revised=revised))
    return int(conn.execute(_LOGGED, values).scalar_one())


_LOGGED = insert(dialect.table(Fetch)).returning(Fetch.id)


def first_of_each(listed: Iterable[Entry], entries: Iterable[Entry]) -> dict[str, Entry]:
    """Entries by clean guid. Where a document uses one guid twice, the first counts, each time it is read."""
    leads: dict[str, str] = {}
    for entry in listed:
        leads.setdefault(storable(entry.guid), entry.fingerprint)
    told: dict[str, Entry] = {}
    for entry in entries:
        guid = storable(entry.guid)
        if leads.get(guid, entry.fingerprint) == entry.fingerprint:
            if guid != entry.guid or not entry.fingerprint:
                entry = replace(entry, guid=guid, fingerprint=entry.fingerprint or _fingerprint(entry))
            told.setdefault(guid, entry)
    return told


def _fingerprint(entry: Entry) -> str:
    """For an entry that was made by hand and has none."""
    said = repr([(field.name, getattr(entry, field.name)) for field in fields(entry)])
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def store(
    conn: Connection,
    source_id: int,
    fetch_id: int,
    new: Sequence[Entry],
    revised: Sequence[tuple[int, Entry]],
    now: datetime,
) -> dict[int, str]:
    """New copies, and new revisions of copies that are there (id, entry); the URLs of the new ones by their ids."""
    if not new and not revised:
        return {}
    numbers = dialect.next_ids(conn, Revision, len(new) + len(revised))
    # Oldest first: a feed names its newest first, and copies are placed in the order of their numbers.
    fresh = list(zip(dialect.next_ids(conn, Copy, len(new)), reversed(new), strict=True)) if new else []
    placed = [
        (number, copy_id, entry) for number, (copy_id, entry) in zip(numbers, [*fresh, *revised], strict=True)
    ]
    plain = dialect.plain(conn)
    if fresh:
        made = [_new_copy(source_id, *one, now) for one in placed[: len(fresh)]]
        dialect.insert_all(conn, Copy, rows.for_driver(Copy, made, plain))
    dictionary = dictionaries.current(conn)
    told = [
        {**rows.revision_values(entry), "id": number, "copy_id": copy_id, "fetch_id": fetch_id, "at": now}
        for number, copy_id, entry in placed
    ]
    revising = {number for number, *_ in placed[len(fresh) :]}
    for row in told:
        row["sum"] = checksums.of_revision(row)
        row["at"] = now if row["id"] in revising else None
        row["text"] = frames.encoded(row["text"])
    repeats.pack(conn, told, dictionary.number, revising)
    dialect.insert_all(conn, Revision, rows.for_driver(Revision, told, plain))
    dictionaries.train_if_due(conn, dictionary, numbers[0], numbers[-1])
    search.expect(conn, [copy_id for copy_id, _ in fresh], [copy_id for copy_id, _ in revised])
    if revised:
        conn.execute(_REVISED, [_revision_of_copy(*one) for one in placed[len(fresh) :]])
    return {copy_id: entry.url for copy_id, entry in fresh}


def _says(entry: Entry) -> dict[str, Any]:
    """What a copy repeats of its current revision."""
    return {"url_hash": url.key(clean(entry.canonical_url), clean(entry.url)) or None}


def _new_copy(source_id: int, number: int, copy_id: int, entry: Entry, now: datetime) -> dict[str, Any]:
    return {
        **_says(entry),
        "id": copy_id,
        "source_id": source_id,
        "guid": entry.guid,
        "first_seen": now,
        "last_seen": now,
        "revisions": 1,
        "revision_id": number,
        "judged_revision_id": None,
        "waiting": True,
        "story_id": None,
        "agency": "",
        "place": "",
        "language": clean(entry.language),
        "furniture": "",
        "facts": {},
    }


def _revision_of_copy(number: int, copy_id: int, entry: Entry) -> dict[str, Any]:
    return {**_says(entry), "revision_id": number, "of": copy_id}


_REVISED = (
    update(Copy).where(Copy.id == bindparam("of")).values(revisions=Copy.revisions + 1, waiting=True)
)  # and the columns that each revision names
