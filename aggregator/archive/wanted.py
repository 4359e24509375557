"""What is wanted to be fetched once for a source; `errands` hands it out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from .. import url
from ..text import MOST_KEY, clean
from . import dialect
from .queue import Errand as E

MOST_OLDER = 500  # older documents of one source


def add_pages(conn: Connection, source_id: int, entries: Mapping[int, str], now: datetime) -> None:
    """The pages of these copies (id -> URL) are wanted; one that was wanted before is not wanted again."""
    wanted = {page: copy_id for copy_id, page in entries.items() if _can_be(page)}
    _add(conn, source_id, "page", wanted, now)


def add_older(conn: Connection, source_id: int, document: str, now: datetime) -> None:
    """An older document is wanted, unless it was before or there are too many: feeds go round in circles."""
    if not _can_be(document):
        return
    asked = conn.scalar(
        select(func.count()).select_from(E).where(E.source_id == source_id, E.kind == "older")
    )
    if (asked or 0) < MOST_OLDER:
        _add(conn, source_id, "older", {document: None}, now)


def _can_be(address: str) -> bool:
    return bool(url.host(address)) and len(address.encode()) <= MOST_KEY


def _add(
    conn: Connection, source_id: int, kind: str, wanted: Mapping[str, int | None], now: datetime
) -> None:
    told = [
        {
            "source_id": source_id,
            "kind": kind,
            "url": clean(address),
            "host": url.host(address),
            "copy_id": copy_id,
            "due_at": now,
            "tries": 0,
            "error": "",
            "token": 0,
        }
        for address, copy_id in wanted.items()
    ]
    if told:
        conn.execute(dialect.add_new(conn, E), told)
