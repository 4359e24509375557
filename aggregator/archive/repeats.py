"""Which earlier text a new one repeats: the one of those that came of late that has the most sentences in common.

A third of all copies print what another copy printed a few days before, and a revision repeats the one before it, so
their texts are kept as the difference to that: a quarter of what they take alone. It is always one step:
`base_id` names a revision that stands alone. Whether two texts are one article is not asked here; two pages of one site
with the same furniture serve as well.
"""

from __future__ import annotations

import re
import zlib
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from . import dialect, dictionaries, frames
from .schema import Copy, Revision

SHORTEST = 200  # bytes of a text; a shorter one takes no less as a difference
SENTENCE = 50  # bytes of a sentence that is looked at
SENTENCES = 16  # that a text is known by: those with the lowest numbers, so that two texts choose alike
ALIKE = 2  # of these that two texts must have in common
WORTH = 4  # a difference takes at most this part of the text
_ENDS = re.compile(rb"[.!?\n]\s|\xe3\x80\x82")  # the last one is the stop of Chinese and Japanese
_SLOTS = 1 << 18  # for 16,000 texts: half a week of 4,000 copies a day, in 2 MB
_TAG = 20  # bits of a sentence's number that are kept beside the revision's


class Latest:
    """The sentences of the texts that this process stored of late: for each, the revision to stand on.

    A table of fixed size, in which new ones take the place of old ones. It may be wrong, after a rollback: whoever
    asks looks at the text.
    """

    def __init__(self) -> None:
        self._held = array("q", bytes(8 * _SLOTS))

    def likeliest(self, marks: Iterable[int]) -> int:
        """The revision that most of the sentences point to; 0 for none."""
        held = [(mark, self._held[mark % _SLOTS]) for mark in marks]
        found = [
            each >> _TAG for mark, each in held if each and each & ((1 << _TAG) - 1) == mark >> (32 - _TAG)
        ]
        if len(found) < ALIKE:
            return 0
        [(revision, count)] = Counter(found).most_common(1)
        return revision if count >= ALIKE else 0

    def learn(self, marks: Iterable[int], revision: int) -> None:
        for mark in marks:
            self._held[mark % _SLOTS] = revision << _TAG | mark >> (32 - _TAG)


def marks(body: bytes) -> list[int]:
    """What a text is known by."""
    if len(body) < SHORTEST:
        return []
    return sorted({zlib.crc32(each) for each in _ENDS.split(body) if len(each) >= SENTENCE})[:SENTENCES]


def pack(
    conn: Connection, rows: Sequence[dict[str, Any]], dictionary: int, revising: Collection[int] = ()
) -> None:
    """Make frames of the `text` of rows of `revision`, oldest first; one may stand on another of them.

    `revising`: the revisions whose copy has an earlier one.
    """
    latest: Latest = conn.get_execution_options()["latest"]
    known = [marks(row["text"]) for row in rows]
    before = _before(conn, [row["copy_id"] for row in rows if row["id"] in revising])
    likely = [before.get(row["copy_id"]) or latest.likeliest(of) for row, of in zip(rows, known, strict=True)]
    bases = _bases(conn, set(likely) - {0})
    for row, about, guess in zip(rows, known, likely, strict=True):
        base = guess or latest.likeliest(about)  # one of these rows may have been learned meanwhile
        frame = _difference(row["text"], bases.get(base))
        if frame is None:
            base, bases[row["id"]] = row["id"], row["text"]
            frame = frames.pack(row["text"], dictionary)
        latest.learn(about, base)
        row["text"], row["base_id"] = frame, base if base != row["id"] else None


def _difference(body: bytes, base: bytes | None) -> bytes | None:
    """None where it does not pay."""
    if not base or len(body) < SHORTEST:
        return None
    frame = frames.fold(body, base)
    return frame if len(frame) * WORTH <= len(body) else None


def _before(conn: Connection, copy_ids: Sequence[int]) -> dict[int, int]:
    """Of each copy, the revision that its current one stands on, or that one."""
    if not copy_ids:
        return {}
    query = select(Copy.id, Revision.base_id, Revision.id).join(Revision, Revision.id == Copy.revision_id)
    found = conn.execute(query.where(dialect.within(conn, Copy.id, copy_ids)))
    return {copy_id: base or own for copy_id, base, own in found}


def _bases(conn: Connection, revision_ids: Iterable[int]) -> dict[int, bytes]:
    """The texts of those that stand alone. One that is damaged is nobody's base."""
    if not (ids := list(revision_ids)):
        return {}
    query = select(Revision.id, Revision.frame).where(dialect.within(conn, Revision.id, ids))
    bases = {}
    for id, frame in conn.execute(query.where(Revision.base_id.is_(None))):
        try:
            bases[id] = frames.unpack(frame)
        except ValueError:
            continue
    return bases


def let_stand_alone(conn: Connection, revision_ids: Collection[int]) -> None:
    """Keep no text as the difference to one of these any longer."""
    gone, dictionary = set(revision_ids), dictionaries.current(conn).number
    standing = select(Revision.id).where(dialect.within(conn, Revision.base_id, gone))
    for id in sorted(set(conn.scalars(standing)) - gone):
        text = conn.scalar(select(Revision.text).where(Revision.id == id)) or ""
        alone = {"frame": frames.pack(frames.encoded(text), dictionary), "base_id": None}
        conn.execute(update(Revision).where(Revision.id == id).values(alone))
