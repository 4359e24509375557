"""Full-text search: the same query finds the same stories on either database, in the same order.

Words go to the index already split: FTS5 gets them with blanks between, PostgreSQL as a tsvector that we
write out. The index holds no text; snippets are cut from the archived one. Indexing is the dearest step an
article takes, so it works off a queue, apart from ingest.

A common word is in half of a large archive, and the databases weigh words each in its own way. So stories are taken a
hundred at a time, those whose title answers first, then by the age of the copy, and `ranking` orders each hundred by
one measure. That costs the same however many answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, LargeBinary, delete, func, select, type_coerce

from ..errors import ArchiveError
from ..query import Query
from . import asking, dialect, ranking, schema, textindex
from .asking import Asked
from .schema import Copy, Revision, Source, Story, TextIndexed, TextQueue
from .types import AnyRow, AnySelect
from .values import Hit
from .words import of_frame, words

BATCH = 200  # copies indexed in one transaction
SAMPLE, OWN_WORDS = (
    500,
    12,
)  # copies that are looked for to see whether they are found, and by how many words at most
BLOCK = 100  # stories that are put in order together
COPIES = 4  # looked at for each story, to begin with
DEEPEST = 2_000  # stories of one answer; a person narrows the query long before


# ---------------------------------------------------------------- indexing


def index(conn: Connection, limit: int) -> int:
    """Index up to `limit` waiting copies; how many. One process at a time, the others find nothing to do."""
    if not dialect.hold(conn, "text index", wait=False):
        return 0
    queue = list(conn.scalars(select(TextQueue.copy_id).order_by(TextQueue.copy_id).limit(limit)))
    if not queue:
        return 0
    # First: a revision that comes in from here on queues its copy anew, and is not lost.
    conn.execute(delete(TextQueue).where(dialect.within(conn, TextQueue.copy_id, queue)))
    forget(conn, queue)
    current = conn.execute(
        _texts().join(Copy, Copy.revision_id == Revision.id).where(dialect.within(conn, Copy.id, queue))
    ).all()
    textindex.add(conn, [(row.copy_id, words(row.title), words(row.text)) for row in current])
    held = [{"copy_id": row.copy_id, "revision_id": row.id} for row in current]
    if held:
        conn.execute(dialect.put(conn, TextIndexed), held)
    return len(queue)


def forget(conn: Connection, copy_ids: Sequence[int]) -> None:
    """Take copies out of the index, while the texts that it holds of them are there."""
    held = _indexed(conn, copy_ids)
    textindex.remove(conn, [(row.copy_id, words(row.title), words(row.text)) for row in held])


def _texts() -> Any:
    return select(Revision.copy_id, Revision.id, Revision.title, Revision.text)


def _indexed(conn: Connection, copy_ids: Sequence[int]) -> Iterable[AnyRow]:
    """The texts that the index holds of these copies."""
    query = _texts().join(TextIndexed, TextIndexed.revision_id == Revision.id)
    return conn.execute(query.where(dialect.within(conn, TextIndexed.copy_id, copy_ids))).all()


def unindexed(conn: Connection) -> list[int]:
    """Copies whose current text is neither in the index nor on the way there."""
    held = select(TextIndexed.copy_id).where(
        TextIndexed.copy_id == Copy.id, TextIndexed.revision_id == Copy.revision_id
    )
    queued = select(schema.TextQueue.copy_id).where(TextQueue.copy_id == Copy.id)
    return list(conn.scalars(select(Copy.id).where(~held.exists(), ~queued.exists()).order_by(Copy.id)))


def strangers(conn: Connection) -> Iterable[str]:
    """Where the index and the list of what is in it differ."""
    listed = set(conn.scalars(select(TextIndexed.copy_id)))
    held = textindex.held(conn)
    yield from (f"copy {id} is not in the index, though it is listed" for id in sorted(listed - held))
    yield from (f"copy {id} is in the index, though it is not listed" for id in sorted(held - listed))


def unfindable(conn: Connection) -> Iterable[str]:
    """Copies that the index does not find by their own words: of SAMPLE, evenly spread."""
    every = conn.scalars(select(TextIndexed.copy_id).order_by(TextIndexed.copy_id)).all()
    some = every[:: len(every) // SAMPLE + 1]
    frame = type_coerce(Revision.text, LargeBinary).label("frame")
    query = select(Revision.copy_id, Revision.title, frame)
    query = query.join(TextIndexed, TextIndexed.revision_id == Revision.id)
    for row in conn.execute(query.where(dialect.within(conn, TextIndexed.copy_id, some))).all():
        own = list(dict.fromkeys(words(row.title) + of_frame(row.frame)))
        step = len(own) // OWN_WORDS + 1
        try:
            if own and not textindex.finds(conn, row.copy_id, own[::step]):
                yield f"copy {row.copy_id} is not found by its own words"
        except ArchiveError as error:
            yield f"it cannot be read: {error}"
            return


# ---------------------------------------------------------------- answering


def search(conn: Connection, query: Query, limit: int, offset: int = 0) -> list[Hit]:
    """Stories of which a copy answers, the best first, each by its best copy; a query for nothing finds nothing."""
    asked, last = asking.asked(query), min(offset + limit, DEEPEST)
    if not asked or offset >= last:
        return []
    chosen: list[tuple[float, AnyRow]] = []
    for start in range(offset // BLOCK * BLOCK, last, BLOCK):
        block = _block(conn, asked, start)
        chosen += block[max(0, offset - start) : last - start]
        if len(block) < BLOCK:
            break
    return [_hit(row, score, asked) for score, row in chosen]


def stories(conn: Connection, query: Query) -> AnySelect | None:
    """SELECT of the ids of the stories that answer; None where the query asks for nothing."""
    asked = asking.asked(query)
    if not asked:
        return None
    found = asking.found(conn, asked).subquery("found")
    return select(Copy.story_id).where(Copy.id.in_(select(found.c.id)))


def _block(conn: Connection, asked: Asked, start: int) -> list[tuple[float, AnyRow]]:
    """The stories from this place on, in our order."""
    ids = _chosen(conn, asked, start)
    rows = {row.id: row for row in conn.execute(_shown().where(dialect.within(conn, Copy.id, ids)))}
    if not asked.clauses:
        return [(0.0, rows[id]) for id in ids]
    scored = [(ranking.score(words(row.title), words(row.text), asked.clauses), row) for row in rows.values()]
    return sorted(scored, key=lambda one: (one[0], one[1].updated_at, one[1].story_id), reverse=True)


def _chosen(conn: Connection, asked: Asked, start: int) -> list[int]:
    """The copies that stand for the next BLOCK of stories; looks at more copies only where those are of few stories."""
    most, ids = COPIES * (start + BLOCK), list[int]()
    while True:
        most = min(most, asking.MOST)
        found = asking.found(conn, asked, most).cte("found")
        best = (found.c.score.desc(), Copy.id.desc())
        place = func.row_number().over(partition_by=Copy.story_id, order_by=best)
        each = (
            select(Copy.id, found.c.score, place.label("place")).join(found, found.c.id == Copy.id).subquery()
        )
        first = select(each.c.id).where(each.c.place == 1).order_by(each.c.score.desc(), each.c.id.desc())
        ids = list(conn.scalars(first.limit(BLOCK).offset(start)))
        if len(ids) == BLOCK or most == asking.MOST:
            return ids
        most *= 8


def _shown() -> AnySelect:
    return (
        select(
            Copy.id,
            Copy.story_id,
            Story.ulid,
            Story.updated_at,
            Revision.title,
            Revision.text,
            Revision.published,
            Source.name,
        )
        .join(Story, Story.id == Copy.story_id)
        .join(Revision, Revision.id == Copy.revision_id)
        .join(Source, Source.id == Copy.source_id)
    )


def _hit(row: AnyRow, score: float, asked: Asked) -> Hit:
    snippet, marks = ranking.snippet(row.text, list(asked.words()))
    return Hit(
        story=row.ulid,
        story_id=row.story_id,
        copy_id=row.id,
        source=row.name,
        title=row.title,
        published=row.published,
        snippet=snippet,
        marks=marks,
        score=round(score, 4),
    )
