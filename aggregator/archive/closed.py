"""The archive documents of the published feed, byte for byte, each as what it adds to the texts that it shows.

`bases` are the revisions whose HTML, escaped as in a feed and one after the other, is what the frame is folded on;
none, and it is a frame alone. Where a policy lets the text of one go, the document stands alone from then on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from . import dialect, frames, texts
from .schema import Closed, Copy, Revision, Story


def shown(conn: Connection, story_ids: Iterable[int]) -> list[int]:
    """The revisions that these stories show now."""
    query = select(Copy.revision_id).join(Story, Story.lead_copy_id == Copy.id)
    return sorted(set(conn.scalars(query.where(dialect.within(conn, Story.id, story_ids)))))


def fold(conn: Connection, body: bytes, bases: Sequence[int]) -> bytes:
    return frames.fold(body, _base(conn, bases)) if bases else frames.pack(body)


def unfold(conn: Connection, row: Any) -> bytes:
    """Of a row with `body` and `bases`. Raises ValueError for damage."""
    return frames.unfold(row.body, _base(conn, row.bases)) if row.bases else frames.unpack(row.body)


def _base(conn: Connection, revisions: Sequence[int]) -> bytes:
    query = select(Revision.text, Revision.html).where(dialect.within(conn, Revision.id, revisions))
    htmls = (texts.unfold_html(row.html, row.text) for row in conn.execute(query.order_by(Revision.id)))
    return frames.encoded("\n".join(map(texts.escaped, htmls)))


def let_stand_alone(conn: Connection, revision_ids: Collection[int]) -> None:
    """Fold no document on one of these revisions any longer."""
    if not (gone := set(revision_ids)):
        return
    for number, bases in conn.execute(select(Closed.number, Closed.bases)).all():
        if not gone.isdisjoint(bases):
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
