"""What the texts of this archive have in common, by which each new one is packed: dictionaries for zstd.

One is trained when an archive has enough texts, and a larger one when it has several times as many; which one a text
was packed by stands in its frame, so none may ever go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import Connection, select

from . import dialect, frames
from .schema import Dictionary, Revision

# Revisions, all of them multiples of the first, and bytes of the dictionary: packed, ten bytes a revision at most, but
# for the first one, without which those that come before the second would take twice as much for good.
SIZES = {100: 32_000, 400: 64_000, 2_000: 160_000, 12_000: 320_000, 60_000: 512_000, 400_000: 512_000}
DUE = tuple(SIZES)
TEXTS, BYTES = 4_000, 12_000_000  # that are looked at, at most; what they take is taken twice for a moment


class Current(NamedTuple):
    """What new texts are packed by."""

    number: int = 0  # 0: by none
    revisions: int = 0  # that there were when it was trained


def catch_up(conn: Connection) -> None:
    """Know every dictionary that the archive has; another process may have trained one."""
    ids = {id for (id,) in conn.exec_driver_sql("SELECT id FROM dictionary")}
    if missing := ids - frames.known():
        for body in conn.scalars(select(Dictionary.body).where(dialect.within(conn, Dictionary.id, missing))):
            with suppress(
                ValueError
            ):  # `verify` names one that is damaged, and the texts that cannot be read
                frames.learn(_read(body))


def _read(body: bytes) -> bytes:
    return body if body[:4] == frames.DICTIONARY else frames.unpack(body)


def faults(conn: Connection) -> Iterator[str]:
    """Dictionaries that cannot be read, or are others than they say."""
    for id, body in conn.execute(select(Dictionary.id, Dictionary.body).order_by(Dictionary.id)).all():
        try:
            if frames.number(_read(body)) != id:
                yield f"dictionary {id} is another one"
        except ValueError as error:
            yield f"dictionary {id} cannot be read: {error}"


def current(conn: Connection) -> Current:
    row = conn.execute(_NEWEST).first()
    return Current(*row) if row else Current()


_NEWEST = select(Dictionary.id, Dictionary.revisions).order_by(Dictionary.revisions.desc()).limit(1)


def train_if_due(conn: Connection, held: Current, first: int, last: int) -> None:
    """To be called by whoever added these revisions. Texts may be too short: it is tried every DUE[0] of them."""
    due = max((number for number in DUE if number <= last), default=0)
    if due <= held.revisions or (first - 1) // DUE[0] == last // DUE[0]:
        return
    query = (
        select(Revision.frame)
        .where(Revision.words > 0, Revision.base_id.is_(None))
        .order_by(Revision.id.desc())
        .limit(min(TEXTS, 2 * due))
    )
    try:
        with conn.execute(query.execution_options(yield_per=100)) as found:
            body = frames.train(_first(map(frames.unpack, found.scalars())), SIZES[due])
    except ValueError:  # texts of a line or two, or damaged ones: pack each for itself
        return
    trained = {"id": frames.learn(body), "revisions": due, "body": frames.pack(body)}
    conn.execute(dialect.put(conn, Dictionary), trained)  # it may come to the same as the one before


def _first(texts: Iterable[bytes]) -> list[bytes]:
    """As many of them as may be in memory."""
    found: list[bytes] = []
    size = 0
    for text in texts:
        found.append(text)
        size += len(text)
        if size >= BYTES:
            break
    return found
