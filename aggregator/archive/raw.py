"""The bytes of documents: each kept once, as the difference to an earlier document of its source.

A feed changes by an entry or two while the rest stays, so that the difference to the last whole one takes a
few hundred bytes. It is always one step: `base_id` names a body that stands alone. When the difference grows
beyond half of what the base takes, the document stands alone itself, and is the base of those that follow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, select, update

from ..errors import ArchiveError
from ..model import Collected
from ..text import clean
from . import dialect, frames, rows
from .schema import Body, Fetch, Response, Source
from .values import Document

PAGE = 200  # log lines read at a time


def keep(conn: Connection, answers: Sequence[tuple[int, Collected]]) -> None:
    """Store what sources answered with, by the numbers of the fetches, where the collector brought the bytes home."""
    told = [
        (fetch_id, hashlib.sha256(each.body).hexdigest(), each) for fetch_id, each in answers if each.body
    ]
    if not told:
        return
    bodies = _bodies(conn, {digest: each for _, digest, each in reversed(told)})
    said = [
        {
            "fetch_id": fetch_id,
            "source_id": each.source.id,
            "body_id": bodies[digest],
            "content_type": clean(each.content_type),
            "etag": clean(each.source.etag),
            "last_modified": clean(each.source.last_modified),
            "renamed": rows.cleaned(each.renamed),
        }
        for fetch_id, digest, each in told
    ]
    dialect.insert_all(conn, Response, rows.for_driver(Response, said, dialect.plain(conn)))


def _bodies(conn: Connection, told: Mapping[str, Collected]) -> dict[str, int]:
    """The numbers of these bodies, by their digests; those that are not there are stored."""
    held = _held(conn, told)
    missing = {digest: each for digest, each in told.items() if digest not in held or held[digest][1]}
    bases = _bases(conn, [each.source.id for each in missing.values()]) if missing else {}
    new: list[dict[str, Any]] = []
    for digest, each in missing.items():
        number, _ = held.get(digest, (0, True))
        base_id, base = bases.get(each.source.id, (0, None))
        frame, on = _framed(each.body, base_id, base if base_id != number else None)
        if number:  # dropped by a policy, and it came again
            conn.execute(update(Body).where(Body.id == number).values(frame=frame, base_id=on))
        else:
            new.append({"sha256": digest, "size": len(each.body), "base_id": on, "frame": frame})
    if new:
        conn.execute(dialect.add_new(conn, Body), new)  # another process may be storing it as well
        held |= _held(conn, [each["sha256"] for each in new])
    return {digest: held[digest][0] for digest in told}


def _held(conn: Connection, digests: Iterable[str]) -> dict[str, tuple[int, bool]]:
    """Of those that are there, the number, and whether a policy dropped its bytes."""
    query = "SELECT sha256, id, frame IS NULL FROM body WHERE sha256 IN THESE"
    return {
        digest: (number, bool(dropped)) for digest, number, dropped in dialect.of_these(conn, query, digests)
    }


def _bases(conn: Connection, source_ids: Iterable[int]) -> dict[int, tuple[int, bytes | None]]:
    """Of each source, the body that its last document stood on, with its frame."""
    found = dialect.of_these(conn, _LAST_STOOD_ON, source_ids)
    return {source_id: (number, frame) for source_id, number, frame in found}


_LAST_STOOD_ON = """
SELECT source.id, base.id, base.frame FROM source
JOIN response ON response.fetch_id = (SELECT max(fetch_id) FROM response WHERE source_id = source.id)
JOIN body ON body.id = response.body_id JOIN body AS base ON base.id = coalesce(body.base_id, body.id)
WHERE source.id IN THESE
"""


def _framed(content: bytes, base_id: int, base: bytes | None) -> tuple[bytes, int | None]:
    """(frame, base): against that base, if it pays."""
    if base is not None:
        frame = frames.fold(content, frames.unpack(base))
        if len(frame) <= len(base) // 2:
            return frame, base_id
    return frames.pack(content), None


def read(conn: Connection, body_id: int) -> bytes | None:
    """The bytes; None where a policy dropped them. Raises ValueError where they are damaged."""
    row = conn.execute(select(Body.sha256, Body.base_id, Body.frame).where(Body.id == body_id)).one()
    if row.frame is None:
        return None
    if row.base_id is None:
        content = frames.unpack(row.frame)
    else:
        base = conn.scalar(select(Body.frame).where(Body.id == row.base_id))
        if base is None:
            raise ValueError(f"the body {row.base_id} that it stands on is missing")
        content = frames.unfold(row.frame, frames.unpack(base))
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise ValueError("its hash is another one")
    return content


class Connect(Protocol):
    def __call__(self) -> AbstractContextManager[Connection]: ...


def documents(
    connect: Connect, source_ids: Sequence[int] | None, since: datetime | None, newest_first: bool
) -> Iterator[Document]:
    """Every document that was kept, with its bytes, in the order of the log or the other way round.

    No transaction stays open while the caller works. Raises ArchiveError where one is damaged.
    """
    last: int | None = None
    while True:
        with connect() as conn:
            page = _page(conn, source_ids, since, newest_first, last)
        for document, body_id in page:
            with connect() as conn:
                yield document.holding(_bytes(conn, document, body_id))
        if len(page) < PAGE:
            return
        last = page[-1][0].fetch_id


def _bytes(conn: Connection, document: Document, body_id: int) -> bytes | None:
    try:
        return read(conn, body_id)
    except ValueError as error:
        raise ArchiveError(
            f"the document of {document.source} of {document.at:%Y-%m-%d %H:%M} is damaged ({error}): "
            "run `aggregator verify`",
            code="damaged",
        ) from error


def _page(
    conn: Connection,
    source_ids: Sequence[int] | None,
    since: datetime | None,
    newest_first: bool,
    last: int | None,
) -> list[tuple[Document, int]]:
    query = (
        select(Response, Fetch.at, Fetch.url, Fetch.status, Source.name, Body.sha256)
        .join(Fetch, Fetch.id == Response.fetch_id)
        .join(Source, Source.id == Response.source_id)
        .join(Body, Body.id == Response.body_id)
    )
    if source_ids is not None:
        query = query.where(Response.source_id.in_(source_ids))
    if since is not None:
        query = query.where(Fetch.at >= since)
    if last is not None:
        query = query.where(Response.fetch_id < last if newest_first else Response.fetch_id > last)
    order = Response.fetch_id.desc() if newest_first else Response.fetch_id
    return [
        (
            Document(
                fetch_id=row.fetch_id,
                source_id=row.source_id,
                source=row.name,
                at=row.at,
                url=row.url,
                status=row.status,
                content_type=row.content_type,
                etag=row.etag,
                last_modified=row.last_modified,
                sha256=row.sha256,
                renamed=row.renamed,
            ),
            row.body_id,
        )
        for row in conn.execute(query.order_by(order).limit(PAGE))
    ]


def faults(conn: Connection) -> Iterator[str]:
    """Bodies that cannot be read, or are not those that were kept."""
    for body_id in conn.scalars(select(Body.id).order_by(Body.base_id, Body.id)).all():
        try:
            content = read(conn, body_id)
        except ValueError as error:
            yield f"document {body_id} cannot be read: {error}"
            continue
        if content is not None and len(content) != conn.scalar(select(Body.size).where(Body.id == body_id)):
            yield f"document {body_id} is of another size than it says"
