"""The web pages of entries: which copies have one, and the bytes of those that were kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from ..model import Entry
from ..text import as_id
from . import dialect, raw, rows
from .schema import Copy, Revision
from .subscriptions import Transaction
from .values import Document


def held(conn: Connection, source_id: int, guids: Iterable[str]) -> dict[str, Entry]:
    """guid -> what the archive has, for those copies whose web page was read."""
    query = (
        rows.select_revisions()
        .join(Copy, Copy.revision_id == Revision.id)
        .where(Copy.source_id == source_id, dialect.named(conn, Copy.guid, map(as_id, guids)))
    )
    return {row.guid: rows.revision_of(row).entry for row in conn.execute(query) if "page" in row.details}


def entry_of(conn: Connection, copy_id: int) -> Entry | None:
    """What the archive has of a copy now, with the fingerprint of what its feed said last."""
    query = rows.select_revisions().join(Copy, Copy.revision_id == Revision.id)
    row = conn.execute(query.where(Copy.id == copy_id)).one_or_none()
    return rows.revision_of(row).entry if row else None


def newest(conn: Connection, source_id: int, guids: Iterable[str]) -> dict[str, Document]:
    """guid -> the newest page that was kept, without its bytes."""
    named = dialect.named(conn, Copy.guid, map(as_id, guids))
    copy_ids = conn.scalars(select(Copy.id).where(Copy.source_id == source_id, named)).all()
    return {page.guid: page for page in raw.newest_pages(conn, copy_ids)}


class Pages:
    """Every call is one transaction."""

    def __init__(self, read: Transaction) -> None:
        self._read = read

    def held(self, source_id: int, guids: Iterable[str]) -> dict[str, Entry]:
        """guid -> what the archive has, for those copies whose web page was read."""
        with self._read() as conn:
            return held(conn, source_id, guids)

    def entry(self, copy_id: int) -> Entry | None:
        """What the archive has of a copy now."""
        with self._read() as conn:
            return entry_of(conn, copy_id)

    def newest(self, source_id: int, guids: Iterable[str]) -> dict[str, Document]:
        """guid -> the newest page of the copy that was kept, without its bytes."""
        with self._read() as conn:
            return newest(conn, source_id, guids)

    def listed(self, source_id: int, since: datetime | None) -> Iterator[Document]:
        """Every page of a source that was kept, without its bytes, the newest first; streaming."""
        return raw.listed(self._read, raw.Asked([source_id], since, "page", newest_first=True))

    def content(self, page: Document) -> bytes | None:
        """Its bytes; None where a policy dropped them."""
        with self._read() as conn:
            return raw.content(conn, page)
