"""The archive documents of the published feed, byte for byte, each as what it adds to what it shows.

`bases` are [revision, story] of its entries. The story's ULID, the title, the address and the escaped HTML of the
revision, each on a line, one entry after the other, are what the frame is folded on; none, and it is a frame alone.
Until schema 0014 they were revisions, of which the HTML alone was taken. Where a policy lets the text of one go, the
document stands alone from then on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from . import dialect, frames, texts
from .schema import Closed, Copy, Revision, Story
from .types import AnyRow

Base = int | list[int]


def shown(conn: Connection, story_ids: Iterable[int]) -> list[Base]:
    """The revisions that these stories show now."""
    query = select(Copy.revision_id, Story.id).join(Story, Story.lead_copy_id == Copy.id)
    found = conn.execute(query.where(dialect.within(conn, Story.id, story_ids)).order_by(Copy.revision_id))
    return [[revision, story] for revision, story in found]


def fold(conn: Connection, body: bytes, bases: Sequence[Base]) -> bytes:
    return frames.fold(body, _base(conn, bases)) if bases else frames.pack(body)


def unfold(conn: Connection, row: Any) -> bytes:
    """Of a row with `body` and `bases`. Raises ValueError for damage."""
    return frames.unfold(row.body, _base(conn, row.bases)) if row.bases else frames.unpack(row.body)


def _base(conn: Connection, bases: Sequence[Base]) -> bytes:
    query = select(Revision.id, Revision.text, Revision.html, Revision.url, Revision.title)
    told = {
        row.id: row for row in conn.execute(query.where(dialect.within(conn, Revision.id, _texts(bases))))
    }
    stories = [each[1] for each in bases if isinstance(each, list)]
    known = dialect.within(conn, Story.id, stories)
    ulids = dict(conn.execute(select(Story.id, Story.ulid).where(known)).all()) if stories else {}
    return frames.encoded("\n".join(_entry(each, told, ulids) for each in bases))


def _entry(base: Base, told: Mapping[int, AnyRow], ulids: Mapping[int, str]) -> str:
    """Raises ValueError where the revision or the story is missing."""
    revision, story = base if isinstance(base, list) else (base, 0)
    if revision not in told or (story and story not in ulids):
        raise ValueError("what it was folded on is missing")
    row = told[revision]
    html = texts.escaped(texts.unfold_html(row.html, row.text))
    return f"{ulids[story]}\n{row.title}\n{row.url}\n{html}" if story else html


def _texts(bases: Iterable[Base]) -> list[int]:
    return [each[0] if isinstance(each, list) else each for each in bases]


def let_stand_alone(conn: Connection, revision_ids: Collection[int]) -> None:
    """Fold no document on one of these revisions any longer."""
    if not (gone := set(revision_ids)):
        return
    for number, bases in conn.execute(select(Closed.number, Closed.bases)).all():
        if not gone.isdisjoint(_texts(bases)):
            row = conn.execute(select(Closed.body, Closed.bases).where(Closed.number == number)).one()
            alone = {"body": frames.pack(unfold(conn, row)), "bases": []}
            conn.execute(update(Closed).where(Closed.number == number).values(alone))


def faults(conn: Connection) -> Iterator[str]:
    """Documents that cannot be read: a frame knows its own checksum."""
    for number in conn.scalars(select(Closed.number).order_by(Closed.number)).all():
        row = conn.execute(select(Closed.body, Closed.bases).where(Closed.number == number)).one()
        try:
            unfold(conn, row)
        except ValueError as error:
            yield f"archive document {number} of the feed cannot be read: {error}"
