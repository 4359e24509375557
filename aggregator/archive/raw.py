"""The bytes of documents: each kept once, as the difference to an earlier document of its source.

A feed changes by an entry or two while the rest stays, so that the difference to the last whole one takes a
few hundred bytes. It is always one step: `base_id` names a body that stands alone. When the difference grows
beyond half of what the base takes, the document stands alone itself, and is the base of those that follow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, bindparam, insert, select, update

from ..errors import ArchiveError
from ..model import Collected
from ..text import clean
from . import dialect, frames, rows
from .schema import Body, Fetch, Response, Source
from .values import Document

PAGE = 200  # log lines read at a time


def keep(conn: Connection, fetch_id: int, collected: Collected) -> None:
    """Store what a source answered with, if the collector brought the bytes home."""
    if not collected.body:
        return
    source = collected.source
    said = {
        "fetch_id": fetch_id,
        "source_id": source.id,
        "body_id": _body(conn, source.id, collected.body),
        "content_type": clean(collected.content_type),
        "etag": clean(source.etag),
        "last_modified": clean(source.last_modified),
        "renamed": rows.cleaned(collected.renamed),
    }
    conn.execute(_NEW_RESPONSE, said)


def _body(conn: Connection, source_id: int, content: bytes) -> int:
    digest = hashlib.sha256(content).hexdigest()
    held = conn.execute(_HELD, {"sha256": digest}).one_or_none()
    if held and not held[1]:
        return int(held[0])
    frame, base_id = _framed(conn, source_id, content, held[0] if held else 0)
    if held:  # dropped by a policy, and it came again
        conn.execute(update(Body).where(Body.id == held[0]).values(frame=frame, base_id=base_id))
        return int(held[0])
    values = {"sha256": digest, "size": len(content), "base_id": base_id, "frame": frame}
    conn.execute(dialect.add_new(conn, Body), values)  # another process may be storing it as well
    return int(conn.execute(_HELD, {"sha256": digest}).one()[0])


def _framed(conn: Connection, source_id: int, content: bytes, itself: int) -> tuple[bytes, int | None]:
    """(frame, base): against the body that the source's last document stood on, if that pays."""
    if row := conn.execute(_LAST, {"source_id": source_id}).one_or_none():
        base_id = row.base_id or row.id
        base = conn.scalar(_FRAME, {"id": base_id}) if base_id != itself else None
        if base is not None:
            frame = frames.fold(content, frames.unpack(base))
            if len(frame) <= len(base) // 2:
                return frame, base_id
    return frames.pack(content), None


# Made once: making a statement takes longer than running it does.
_NEW_RESPONSE = insert(dialect.table(Response))
_HELD = select(Body.id, Body.frame.is_(None)).where(Body.sha256 == bindparam("sha256"))
_FRAME = select(Body.frame).where(Body.id == bindparam("id"))
_LAST = (
    select(Body.id, Body.base_id)
    .join(Response, Response.body_id == Body.id)
    .where(Response.source_id == bindparam("source_id"))
    .order_by(Response.fetch_id.desc())
    .limit(1)
)


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
            read(conn, body_id)
        except ValueError as error:
            yield f"document {body_id} cannot be read: {error}"
