"""The bytes that sources answered with: each kept once, as the difference to an earlier answer of its source and kind.

A feed changes by an entry or two while the rest stays, so that the difference to the last whole one takes a few hundred
bytes; the web pages of a site have all in common but their article. It is always one step: `base_id` names a body that
stands alone. When the difference grows beyond half of what the base takes, the document stands alone itself, and is the
base of those that follow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, exists, select, update

from ..errand import Brought
from ..errors import ArchiveError
from ..model import Collected
from ..text import clean
from . import dialect, frames, rows
from .schema import Body, Copy, Fetch, Response, Source
from .types import AnyRow
from .values import Document

KINDS = ("document", "older", "page")  # of a visit, older documents of a feed, web pages of entries
PAGE = 200  # log lines read at a time


@dataclass(frozen=True, slots=True)
class Answer:
    """What is kept of one response."""

    source_id: int
    kind: str
    body: bytes
    content_type: str
    etag: str
    last_modified: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    copy_id: int | None = None  # whose page it is


def of_visit(came: Collected) -> Answer:
    source = came.source
    said = came.content_type, source.etag, source.last_modified
    return Answer(source.id, "document", came.body, *said, renamed=came.renamed)


def of_errand(came: Brought) -> Answer:
    errand = came.errand
    said = came.content_type, came.etag, came.last_modified
    return Answer(errand.source.id, errand.kind, came.body, *said, copy_id=errand.copy_id)


def keep(conn: Connection, answers: Sequence[tuple[int, Answer]]) -> None:
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
            "source_id": each.source_id,
            "body_id": bodies[digest],
            "content_type": clean(each.content_type),
            "etag": clean(each.etag),
            "last_modified": clean(each.last_modified),
            "renamed": rows.cleaned(each.renamed),
            "kind": each.kind,
            "copy_id": each.copy_id,
        }
        for fetch_id, digest, each in told
    ]
    dialect.insert_all(conn, Response, rows.for_driver(Response, said, dialect.plain(conn)))


def _bodies(conn: Connection, told: Mapping[str, Answer]) -> dict[str, int]:
    """The numbers of these bodies, by their digests; those that are not there are stored."""
    held = _held(conn, told)
    missing = {digest: each for digest, each in told.items() if digest not in held or held[digest][1]}
    bases = _bases(conn, missing.values())
    new: list[dict[str, Any]] = []
    for digest, each in missing.items():
        number, _ = held.get(digest, (0, True))
        base_id, base = bases.get((each.kind, each.source_id), (0, None))
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


def _bases(conn: Connection, answers: Iterable[Answer]) -> dict[tuple[str, int], tuple[int, bytes | None]]:
    """Of each kind and source, the body that its last answer stood on, with its frame."""
    asked: dict[str, list[int]] = {}
    for each in answers:
        asked.setdefault(each.kind, []).append(each.source_id)
    return {
        (kind, source_id): (number, frame)
        for kind, source_ids in asked.items()
        for source_id, number, frame in dialect.of_these(conn, _LAST_STOOD_ON[kind], source_ids)
    }


_LAST_STOOD_ON = {
    kind: f"""
SELECT source.id, base.id, base.frame FROM source JOIN response
ON response.fetch_id = (SELECT max(fetch_id) FROM response WHERE source_id = source.id AND kind = '{kind}')
JOIN body ON body.id = response.body_id JOIN body AS base ON base.id = coalesce(body.base_id, body.id)
WHERE source.id IN THESE
"""
    for kind in KINDS
}


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


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of them, and in which order."""

    source_ids: Sequence[int] | None = None
    since: datetime | None = None
    kind: str = ""
    newest_first: bool = False


def documents(connect: Connect, asked: Asked) -> Iterator[Document]:
    """Those that were kept, with their bytes, in the order of the log or the other way round.

    No transaction stays open while the caller works. Raises ArchiveError where one is damaged.
    """
    for document in listed(connect, asked):
        with connect() as conn:
            body = content(conn, document)
        yield document.holding(body)


def listed(connect: Connect, asked: Asked) -> Iterator[Document]:
    """The same without their bytes."""
    last: int | None = None
    while True:
        with connect() as conn:
            page = _page(conn, asked, last)
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].fetch_id


def content(conn: Connection, document: Document) -> bytes | None:
    """Its bytes; None where a policy dropped them. Raises ArchiveError where they are damaged."""
    body_id = conn.scalars(select(Response.body_id).where(Response.fetch_id == document.fetch_id)).one()
    try:
        return read(conn, body_id)
    except ValueError as error:
        raise ArchiveError(
            f"the document of {document.source} of {document.at:%Y-%m-%d %H:%M} is damaged ({error}): "
            "run `aggregator verify`",
            code="damaged",
        ) from error


def _page(conn: Connection, asked: Asked, last: int | None) -> list[Document]:
    wanted: list[ColumnElement[bool]] = []
    if asked.source_ids is not None:
        wanted.append(Response.source_id.in_(asked.source_ids))
    if asked.since is not None:
        wanted.append(Fetch.at >= asked.since)
    if asked.kind:
        wanted.append(Response.kind == asked.kind)
    if last is not None:
        wanted.append(Response.fetch_id < last if asked.newest_first else Response.fetch_id > last)
    order = Response.fetch_id.desc() if asked.newest_first else Response.fetch_id
    query = _SELECT.where(*wanted).order_by(order).limit(PAGE)
    return [_document(row) for row in conn.execute(query)]


def newest_pages(conn: Connection, copy_ids: Iterable[int]) -> list[Document]:
    """Of these copies, without their bytes."""
    query = _SELECT.where(dialect.within(conn, Response.copy_id, copy_ids)).order_by(Response.fetch_id)
    return list({row.copy_id: _document(row) for row in conn.execute(query)}.values())


_SELECT = (
    select(Response, Fetch.at, Fetch.url, Fetch.status, Source.name, Body.sha256, Copy.guid)
    .join(Fetch, Fetch.id == Response.fetch_id)
    .join(Source, Source.id == Response.source_id)
    .join(Body, Body.id == Response.body_id)
    .outerjoin(Copy, Copy.id == Response.copy_id)
)


def _document(row: AnyRow) -> Document:
    return Document(
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
        kind=row.kind,
        guid=row.guid or "",
        renamed=row.renamed,
    )


def faults(conn: Connection) -> Iterator[str]:
    """Bodies that cannot be read, are not those that were kept, or came with nothing."""
    for body_id in conn.scalars(select(Body.id).where(~exists().where(Response.body_id == Body.id))):
        yield f"document {body_id} came with no fetch"
    for body_id in conn.scalars(select(Body.id).order_by(Body.base_id, Body.id)).all():
        try:
            content = read(conn, body_id)
        except ValueError as error:
            yield f"document {body_id} cannot be read: {error}"
            continue
        if content is not None and len(content) != conn.scalar(select(Body.size).where(Body.id == body_id)):
            yield f"document {body_id} is of another size than it says"
