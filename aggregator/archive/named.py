"""Copies by the guids that their sources give them, of many sources in one statement: a part of `dialect`.

By point look-ups: a scan of the copies of a source would grow with its history.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from .dialect import DIGEST, is_sqlite, plain

Guids = Mapping[int, Iterable[str]]  # by source


def held(conn: Connection, asked: Guids) -> Sequence[Any]:
    """(source, guid, id, fingerprint of the current revision) of those that are there."""
    found, values = _found(conn, asked)
    joined = f"{found} JOIN revision ON revision.id = copy.revision_id"
    query = f"SELECT copy.source_id, copy.guid, copy.id, fingerprint FROM {joined}"
    return conn.exec_driver_sql(query, values).all()


def see_again(conn: Connection, asked: Guids, now: datetime) -> Counter[int]:
    """Those that are there are in the document of their source as of now; how many there are of each source.

    One statement: a driver that is told of each copy hands the interpreter over for each.
    """
    found, values = _found(conn, asked)
    seen = f"SELECT copy.id FROM {found}"
    if is_sqlite(conn):
        query = f"UPDATE copy SET last_seen = ?2 WHERE id IN ({seen}) RETURNING source_id"
    else:  # in the order in which placing takes them, or each would wait for the other
        query = (
            f"WITH seen AS ({seen} ORDER BY copy.id FOR UPDATE OF copy) "
            "UPDATE copy SET last_seen = %s FROM seen WHERE copy.id = seen.id RETURNING source_id"
        )
    told = conn.exec_driver_sql(query, (*values, plain(conn).moment(now)))
    return Counter(told.scalars())


def _found(conn: Connection, asked: Guids) -> tuple[str, tuple[Any, ...]]:
    """What stands behind FROM, and its values."""
    if is_sqlite(conn):
        values = json.dumps({source_id: list(guids) for source_id, guids in asked.items()})
        return (
            "json_each(?1) AS source CROSS JOIN json_each(source.value) AS named CROSS JOIN copy ON "
            "copy.source_id = CAST(source.key AS INTEGER) AND copy.guid = named.value",
            (values,),
        )
    pairs = [(source_id, guid) for source_id, guids in asked.items() for guid in guids]
    alike = f"{DIGEST.format('copy.guid')} = {DIGEST.format('named.guid')}"
    return (
        "unnest(%s::bigint[], %s::text[]) AS named(source_id, guid) "
        f"JOIN copy ON copy.source_id = named.source_id AND {alike} AND copy.guid = named.guid",
        ([source_id for source_id, _ in pairs], [guid for _, guid in pairs]),
    )
