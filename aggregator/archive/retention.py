"""What a person's policy lets go: bytes of documents and pages, and texts of revisions, never ids, decisions or hashes.

A document or page goes when every source that answered with it lets it go. One that others stand on leaves them its
place first. The text of a revision goes with its HTML and its item; its title, dates, fingerprint and number of
words stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection, func, or_, select, update

from . import closed, dialect, frames, raw, repeats, search
from .schema import Body, Copy, Fetch, Response, Revision

BATCH = 500  # rows of a transaction's step


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one source: what came before these moments may go; None keeps it."""

    documents: datetime | None = None
    pages: datetime | None = None
    texts: datetime | None = None

    def of(self, kind: str) -> datetime | None:
        """Of what was answered."""
        return self.pages if kind == "page" else self.documents


@dataclass(frozen=True, slots=True)
class Dropped:
    """What goes, or went, of one source: documents, pages, texts, and the bytes that they take in the archive."""

    documents: int = 0
    pages: int = 0
    texts: int = 0
    bytes: int = 0


def apply(conn: Connection, limits: Mapping[int, Limits], *, really: bool) -> dict[int, Dropped]:
    """Let go what is older than its source's limits, or only say what would go; of each source that has any."""
    if really:
        dialect.hold(conn, "text index", wait=True)
    documents, pages = _bodies(conn, limits)
    texts = _texts(conn, limits)
    told = {
        source: _told(conn, *(each.get(source, []) for each in (documents, pages, texts)))
        for source in sorted({*documents, *pages, *texts})
    }
    if really:
        _drop_bodies(conn, sorted([*_all(documents), *_all(pages)]))
        going = _all(texts)
        closed.let_stand_alone(conn, going)
        repeats.let_stand_alone(conn, going)
        for start in range(0, len(going), BATCH):
            _drop_texts(conn, going[start : start + BATCH])
    return told


def _all(found: Mapping[int, list[int]]) -> list[int]:
    return sorted(chain.from_iterable(found.values()))


def _told(conn: Connection, documents: list[int], pages: list[int], texts: list[int]) -> Dropped:
    size = _size(conn, [*documents, *pages], texts)
    return Dropped(len(documents), len(pages), len(texts), size)


def _size(conn: Connection, bodies: list[int], texts: list[int]) -> int:
    length = func.coalesce(func.length(Revision.html), 0) + func.coalesce(func.length(Revision.raw), 0)
    size = 0
    for start in range(0, len(bodies), BATCH):
        some = dialect.within(conn, Body.id, bodies[start : start + BATCH])
        size += conn.scalar(select(func.sum(func.length(Body.frame))).where(some)) or 0
    for start in range(0, len(texts), BATCH):
        some = dialect.within(conn, Revision.id, texts[start : start + BATCH])
        size += conn.scalar(select(func.sum(length + func.length(Revision.frame))).where(some)) or 0
    return int(size)


# ---------------------------------------------------------------- documents


def _bodies(
    conn: Connection, limits: Mapping[int, Limits]
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Documents and pages, by the sources that answered with them first."""
    query = (
        select(Response.body_id, Response.source_id, Response.kind, Fetch.at)
        .join(Fetch, Fetch.id == Response.fetch_id)
        .join(Body, Body.id == Response.body_id)
        .where(Body.frame.is_not(None))
        .order_by(Response.fetch_id)
    )
    may_go: dict[int, bool] = {}
    first: dict[int, tuple[int, str]] = {}
    for body_id, source_id, kind, at in conn.execute(query.execution_options(yield_per=BATCH)):
        limit = limits.get(source_id, Limits()).of(kind)
        may_go[body_id] = may_go.get(body_id, True) and limit is not None and at < limit
        first.setdefault(body_id, (source_id, kind))
    documents: dict[int, list[int]] = {}
    pages: dict[int, list[int]] = {}
    for body_id, goes in may_go.items():
        if goes:
            source_id, kind = first[body_id]
            (pages if kind == "page" else documents).setdefault(source_id, []).append(body_id)
    return documents, pages


def _drop_bodies(conn: Connection, bodies: list[int]) -> None:
    gone = set(bodies)
    for body_id in bodies:
        standing = conn.scalars(select(Body.id).where(Body.base_id == body_id).order_by(Body.id)).all()
        _move(conn, [each for each in standing if each not in gone])
    for start in range(0, len(bodies), BATCH):
        some = dialect.within(conn, Body.id, bodies[start : start + BATCH])
        conn.execute(update(Body).where(some).values(frame=None, base_id=None))


def _move(conn: Connection, standing: list[int]) -> None:
    """The newest of those whose base goes stands alone, as it stays for longest, and the others on it."""
    if not standing:
        return
    *others, base_id = standing
    base = raw.read(conn, base_id) or b""
    for body_id in others:
        frame = frames.fold(raw.read(conn, body_id) or b"", base)
        conn.execute(update(Body).where(Body.id == body_id).values(frame=frame, base_id=base_id))
    conn.execute(update(Body).where(Body.id == base_id).values(frame=frames.pack(base), base_id=None))


# ---------------------------------------------------------------- texts


def _texts(conn: Connection, limits: Mapping[int, Limits]) -> dict[int, list[int]]:
    """Revisions that still have a text, or an item, and may go, by their sources."""
    found: dict[int, list[int]] = {}
    full = or_(Revision.html.is_not(None), Revision.raw.is_not(None), Revision.words > 0)
    emptied = func.length(Revision.frame) <= len(frames.pack(b""))
    for source_id, limit in limits.items():
        if limit.texts is not None:
            query = select(Revision.id).join(Copy, Copy.id == Revision.copy_id)
            old = (Copy.source_id == source_id, Revision.at < limit.texts, full)
            gone = emptied & Revision.html.is_(None) & Revision.raw.is_(None)
            if going := list(conn.scalars(query.where(*old, ~gone))):
                found[source_id] = going
    return found


def _drop_texts(conn: Connection, revision_ids: Sequence[int]) -> None:
    search.let_go(conn, revision_ids)
    some = dialect.within(conn, Revision.id, revision_ids)
    conn.execute(
        update(Revision).where(some).values(frame=frames.pack(b""), base_id=None, html=None, raw=None)
    )
