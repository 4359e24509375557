"""A document of the past, read anew by a better parser: only what it says otherwise is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, select
from sqlalchemy.orm import aliased

from ..model import Entry, Ingested
from ..text import as_id
from . import dialect, ingest, rows, sources, texts
from .schema import Copy, Response, Revision
from .types import AnyRow
from .values import Document


def correct(conn: Connection, document: Document, entries: Sequence[Entry], now: datetime) -> Ingested:
    """New revisions, and copies that were overlooked, as of the fetch that brought the document."""
    sources.hold(conn, document.source_id)
    told = ingest.first_of_each(entries, entries)
    held = _current(conn, document.source_id, list(told))
    new = [entry for guid, entry in told.items() if guid not in held]
    revised = [
        (held[guid].copy_id, entry)
        for guid, entry in told.items()
        if guid in held and _may_say(document, entry, held[guid]) and _differs(entry, held[guid])
    ]
    ingest.store(conn, [(document.fetch_id, ingest.News(document.source_id, new, revised))], now)
    return Ingested(len(new), len(revised), len(told) - len(new) - len(revised))


def _may_say(document: Document, entry: Entry, held: AnyRow) -> bool:
    """Whether nothing came since that it does not know of, be it only a moment ago, and the text was not let go."""
    if held.words and not held.text:
        return False
    if document.kind == "page":  # the entry is what the archive had, with the page
        return bool(held.fingerprint == entry.fingerprint)
    if "page" in held.details and not entry.page:
        return False
    told = held.told_by == document.fetch_id
    return bool(told or (document.kind == "document" and held.told_by < document.fetch_id))


_TOLD, _PAGE = aliased(Revision), aliased(Response)
_TOLD_BY = (  # the latest fetch that told of a copy, its page aside
    select(func.max(_TOLD.fetch_id))
    .where(_TOLD.copy_id == Copy.id)
    .where(~exists().where(_PAGE.fetch_id == _TOLD.fetch_id, _PAGE.kind == "page"))
    .scalar_subquery()
    .label("told_by")
)


def _current(conn: Connection, source_id: int, guids: Sequence[str]) -> dict[str, AnyRow]:
    query = (
        rows.select_revisions()
        .add_columns(_TOLD_BY)
        .join(Copy, Copy.revision_id == Revision.id)
        .where(Copy.source_id == source_id, dialect.named(conn, Copy.guid, map(as_id, guids)))
    )
    return {row.guid: row for row in conn.execute(query)}


def _differs(entry: Entry, row: AnyRow) -> bool:
    """Does the entry, as it is understood now, say anything else than the revision that is held?"""
    now, then = rows.revision_values(entry), row._mapping
    plain = (
        "url",
        "canonical_url",
        "title",
        "summary",
        "published",
        "updated",
        "language",
        "text",
        "details",
    )
    return any(_same(now[name]) != _same(then[name]) for name in plain) or _html(now) != _html(then)


def _same(value: Any) -> Any:
    """Tuples are lists in an archive."""
    if isinstance(value, dict):
        return {key: _same(inner) for key, inner in value.items()}
    return [_same(inner) for inner in value] if isinstance(value, list | tuple) else value


def _html(said: Any) -> str:
    return texts.unfold_html(said["html"], said["text"])
