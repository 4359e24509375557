"""What collectors brought home goes in: log lines, copies, revisions, the new state of each source.

Several documents go in together, which takes half the time: most of what a statement costs is what surrounds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from .. import url
from ..errors import ArchiveBusy
from ..model import Collected, Entry, Ingested, Source
from ..model import Fetch as Attempt
from ..packing import unpacked
from ..text import as_id, clean
from . import checksums, dialect, dictionaries, frames, named, raw, repeats, rows, search, sources, wanted
from .schema import Copy, Fetch, Revision

CHARACTERS = 2_000_000  # of texts that are made ready to be written at once
# What came, and those of its entries that may be new or changed, sanitised.
Arrival = tuple[Collected, Sequence[Entry]]


def known(conn: Connection, asked: Mapping[int, Iterable[str]]) -> dict[int, dict[str, str]]:
    """Of each source, guid -> fingerprint of the current revision, for those asked for that the archive has."""
    stored = {source_id: {guid: as_id(guid) for guid in guids} for source_id, guids in asked.items()}
    held = held_copies(conn, {source_id: guids.values() for source_id, guids in stored.items()})
    return {
        source_id: {
            guid: held[source_id][as_kept].fingerprint
            for guid, as_kept in guids.items()
            if as_kept in held[source_id]
        }
        for source_id, guids in stored.items()
    }


@dataclass(frozen=True, slots=True)
class Held:
    """A copy that the archive has, with the fingerprint of its current revision."""

    id: int
    fingerprint: str


def held_copies(conn: Connection, asked: Mapping[int, Iterable[str]]) -> dict[int, dict[str, Held]]:
    """Of each source, by guid. By point look-ups: a scan of the source's copies would grow with its history."""
    held: dict[int, dict[str, Held]] = {source_id: {} for source_id in asked}
    for source_id, guid, number, fingerprint in named.held(conn, asked):
        held[source_id][guid] = Held(number, fingerprint)
    return held


@dataclass(frozen=True, slots=True)
class News:
    """What one visit brought that the archive does not have; `revised` by the numbers of the copies."""

    source_id: int
    new: Sequence[Entry]
    revised: Sequence[tuple[int, Entry]]


def record(conn: Connection, arrivals: Sequence[Arrival], now: datetime) -> list[Ingested | ArchiveBusy]:
    """Store attempts at several sources, one at each; of one whose lease is lost nothing is stored.

    A source that was claimed (its lease token is not 0) gets its new state; one that was merely read, as for
    an import, keeps its schedule.
    """
    visits = [(each.source, now + each.rest if each.rest else None) for each, _ in arrivals]
    ours = sources.finish(conn, visits)
    stay = [arrival for arrival in arrivals if arrival[0].source.id in ours]
    done = _record(conn, stay, now) if stay else {}
    return [done.get(each.source.id) or _lost(each.source) for each, _ in arrivals]


def _lost(source: Source) -> ArchiveBusy:
    return ArchiveBusy(f"the lease of {source.name} has passed to another process", code="lost-lease")


def _record(conn: Connection, arrivals: Sequence[Arrival], now: datetime) -> dict[int, Ingested]:
    told = {
        each.source.id: first_of_each(each.feed.entries if each.feed else (), entries)
        for each, entries in arrivals
    }
    held = held_copies(conn, told)
    news = [_news(source_id, told[source_id], held[source_id]) for source_id in told]
    full_text = {each.source.id: each.source.spec.full_text for each, _ in arrivals}
    listed = {each.source.id: _guids(each, told[each.source.id]) for each, _ in arrivals}
    seen = named.see_again(conn, listed, now)
    done = {
        each.source_id: Ingested(len(each.new), len(each.revised), seen[each.source_id] - len(each.revised))
        for each in news
    }
    _check_pages(conn, [each for each in news if full_text[each.source_id]])
    collected = [each for each, _ in arrivals]
    fetches = log(conn, [_attempt(each, done[each.source.id]) for each in collected])
    raw.keep(conn, list(zip(fetches, map(raw.of_visit, collected), strict=True)))
    added = store(conn, list(zip(fetches, news, strict=True)), now)
    for each in collected:
        _want(conn, each, added.get(each.source.id, {}), now)
    if added:
        dialect.tell(conn, "copies")
    return done


def _guids(collected: Collected, told: Iterable[str]) -> set[str]:
    listed = collected.feed.entries if collected.feed else ()
    return {*told, *(as_id(entry.guid) for entry in listed)}


def _news(source_id: int, told: Mapping[str, Entry], held: Mapping[str, Held]) -> News:
    new = [entry for guid, entry in told.items() if guid not in held]
    again = [(held[guid], entry) for guid, entry in told.items() if guid in held]
    return News(
        source_id, new, [(copy.id, entry) for copy, entry in again if copy.fingerprint != entry.fingerprint]
    )


def _check_pages(conn: Connection, news: Iterable[News]) -> None:
    """Raises ArchiveBusy (code "revised") where a web page came that an entry was not put together with."""
    bare = [copy_id for each in news for copy_id, entry in each.revised if not entry.page]
    if bare:
        query = select(Revision.details).join(Copy, Copy.revision_id == Revision.id)
        if any("page" in said for said in conn.scalars(query.where(dialect.within(conn, Copy.id, bare)))):
            raise ArchiveBusy("the page of an entry came just now", code="revised")


def _attempt(collected: Collected, done: Ingested) -> Attempt:
    return replace(collected.fetch, source_id=collected.source.id, new=done.new, revised=done.revised)


def _want(conn: Connection, collected: Collected, added: Mapping[int, str], now: datetime) -> None:
    """Note what is to be fetched besides."""
    if collected.source.spec.full_text and added:
        wanted.add_pages(conn, collected.source.id, added, now)
    if collected.older:
        wanted.add_older(conn, collected.source.id, collected.older, now)


def log(conn: Connection, attempts: Sequence[Attempt]) -> list[int]:
    """Write down attempts; their numbers."""
    numbers, plain = dialect.next_ids(conn, Fetch, len(attempts)), dialect.plain(conn)
    said = [{"id": number, **rows.fetch_values(each)} for number, each in zip(numbers, attempts, strict=True)]
    dialect.insert_all(conn, Fetch, rows.for_driver(Fetch, said, plain))
    return numbers


def first_of_each(listed: Iterable[Entry], entries: Iterable[Entry]) -> dict[str, Entry]:
    """Entries by clean guid. Where a document uses one guid twice, the first counts, each time it is read."""
    leads: dict[str, str] = {}
    for entry in listed:
        leads.setdefault(as_id(entry.guid), entry.fingerprint)
    told: dict[str, Entry] = {}
    for entry in entries:
        guid = as_id(entry.guid)
        if leads.get(guid, entry.fingerprint) == entry.fingerprint:
            if guid != entry.guid or not entry.fingerprint:
                entry = replace(entry, guid=guid, fingerprint=entry.fingerprint or _fingerprint(entry))
            told.setdefault(guid, entry)
    return told


def _fingerprint(entry: Entry) -> str:
    """For an entry that was made by hand and has none."""
    said = repr([(field.name, getattr(entry, field.name)) for field in fields(entry)])
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def store(conn: Connection, told: Sequence[tuple[int, News]], now: datetime) -> dict[int, dict[int, str]]:
    """New copies, and new revisions of copies that are there, by the numbers of the fetches that brought them.

    Of each source that has any, the URLs of the new copies by their ids.
    """
    told = [(fetch_id, news) for fetch_id, news in told if news.new or news.revised]
    if not told:
        return {}
    new, revised = _numbered(conn, told)
    plain, dictionary = dialect.plain(conn), dictionaries.current(conn)
    dialect.insert_all(conn, Copy, rows.for_driver(Copy, [_new_copy(each, now) for each in new], plain))
    numbered = sorted((*new, *revised), key=attrgetter("number"))
    revising = {each.number for each in revised}
    for said in _portions(_said(each, now) for each in numbered):
        for row in said:
            row["sum"] = checksums.of_revision(row)
            row["at"] = now if row["id"] in revising else None
            row["url"] = None if row["url"] == row["guid"] else row["url"]
            row["text"] = frames.encoded(row["text"])
        repeats.pack(conn, said, dictionary.number, revising)
        dialect.insert_all(conn, Revision, rows.for_driver(Revision, said, plain))
    dictionaries.train_if_due(conn, dictionary, numbered[0].number, numbered[-1].number)
    search.expect(conn, [each.copy_id for each in new], [each.copy_id for each in revised])
    if revised:
        conn.execute(_REVISED, [_revision_of_copy(each) for each in revised])
    added: dict[int, dict[int, str]] = {news.source_id: {} for _, news in told}
    for each in new:
        added[each.source_id][each.copy_id] = each.entry.url
    return added


class _Numbered(NamedTuple):
    """An entry that becomes the revision of this number."""

    number: int
    copy_id: int
    source_id: int
    fetch_id: int
    entry: Entry


def _numbered(conn: Connection, told: Sequence[tuple[int, News]]) -> tuple[list[_Numbered], list[_Numbered]]:
    """The new and the revised, source by source, with their numbers.

    Oldest first: a feed names its newest first, and copies are placed in the order of their numbers.
    """
    copies = iter(dialect.next_ids(conn, Copy, sum(len(news.new) for _, news in told)))
    numbers = iter(
        dialect.next_ids(conn, Revision, sum(len(news.new) + len(news.revised) for _, news in told))
    )
    new: list[_Numbered] = []
    revised: list[_Numbered] = []
    for fetch_id, news in told:
        of = news.source_id, fetch_id
        new += [_Numbered(next(numbers), next(copies), *of, entry) for entry in reversed(news.new)]
        revised += [_Numbered(next(numbers), copy_id, *of, entry) for copy_id, entry in news.revised]
    return new, revised


def _said(each: _Numbered, now: datetime) -> dict[str, Any]:
    which = {"id": each.number, "copy_id": each.copy_id, "fetch_id": each.fetch_id, "at": now}
    return rows.revision_values(unpacked(each.entry)) | which


def _portions(said: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The rows as they come, as many at once as may be in memory."""
    portion: list[dict[str, Any]] = []
    characters = 0
    for row in said:
        portion.append(row)
        characters += len(row["text"])
        if characters >= CHARACTERS:
            yield portion
            portion, characters = [], 0
    if portion:
        yield portion


def _says(entry: Entry) -> dict[str, Any]:
    """What a copy repeats of its current revision."""
    return {"url_hash": url.key(clean(entry.canonical_url), clean(entry.url)) or None}


def _new_copy(each: _Numbered, now: datetime) -> dict[str, Any]:
    return {
        **_says(each.entry),
        "id": each.copy_id,
        "source_id": each.source_id,
        "guid": each.entry.guid,
        "first_seen": now,
        "last_seen": now,
        "revisions": 1,
        "revision_id": each.number,
        "judged_revision_id": None,
        "waiting": True,
        "story_id": None,
        "agency": "",
        "place": "",
        "language": clean(each.entry.language),
        "furniture": "",
        "facts": {},
    }


def _revision_of_copy(each: _Numbered) -> dict[str, Any]:
    return {**_says(each.entry), "revision_id": each.number, "of": each.copy_id}


_REVISED = (
    update(Copy).where(Copy.id == bindparam("of")).values(revisions=Copy.revisions + 1, waiting=True)
)  # and the columns that each revision names
