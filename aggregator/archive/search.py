"""Full-text search: the same query finds the same stories on either database, in the same order.

Words go to the index already split (see `textindex`). The index holds no text; snippets are cut from the archived
one. Indexing is the dearest step an article takes, so it works off a queue, apart from ingest.

A common word is in half of a large archive, and the databases weigh words each in its own way. So stories are taken a
hundred at a time, those whose title answers first, then by the age of the copy, and `ranking` orders each hundred by
one measure. That costs the same however many answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, LargeBinary, delete, exists, select, type_coerce

from ..errors import ArchiveError
from ..query import Query
from . import asking, dialect, ranking, textindex
from .asking import Asked
from .fts import Text
from .schema import Copy, Revision, Source, Story, TextQueue
from .types import AnyRow, AnySelect
from .values import Hit
from .words import of_frame, words

SAMPLE = 500  # copies that are looked for to see whether they are found
OWN_WORDS = 12  # by which each is looked for, at most
AT_ONCE = 200  # copies that are taken out of the queue together
FEW = 10  # texts that are read at once: each may have two million characters
WORDS = 2_000_000  # about as many are indexed in one transaction, at most: 120 MB
BLOCK = 100  # stories that are put in order together
COPIES = 4  # looked at for each story, to begin with
DEEPEST = 2_000  # stories of one answer; a person narrows the query long before


# ---------------------------------------------------------------- indexing


def expect(conn: Connection, new: Sequence[int], revising: Sequence[int]) -> None:
    """Queue copies that come, and those that are about to get another revision."""
    dialect.insert_all(conn, TextQueue, [(id, None) for id in new])
    if revising:
        held = select(Copy.id, Copy.revision_id).where(dialect.within(conn, Copy.id, revising))
        # What waits already keeps what it says. Its lock makes who indexes it wait for the revision that is to come.
        added = dialect.put(conn, TextQueue, keep=True)
        conn.execute(added, [{"copy_id": id, "revision_id": held} for id, held in conn.execute(held)])


def index(conn: Connection, limit: int) -> int:
    """Index up to `limit` waiting copies, or a batch; how many. One process at a time, others find nothing to do."""
    if not dialect.hold(conn, "text index", wait=False):
        return 0
    batch = min(limit, textindex.of(conn).BATCH)
    queue = list(conn.scalars(select(TextQueue.copy_id).order_by(TextQueue.copy_id).limit(batch)))
    told: list[Text] = []
    taken, room = 0, WORDS
    while taken < len(queue) and room > 0:
        some, left = _taken(conn, queue[taken : taken + AT_ONCE], room)
        told += some
        taken = min(taken + AT_ONCE, len(queue)) - left
        room -= sum(map(_length, some))
    textindex.of(conn).add(conn, told)
    return taken


def _taken(conn: Connection, copy_ids: Sequence[int], room: int) -> tuple[list[Text], int]:
    """What the index is to hold of these copies, which are out of the queue, and out of the index, from here on; of
    how many there was no room, which are queued anew.
    """
    # First: a revision that comes in from here on queues its copy anew, and is not lost.
    taken = delete(TextQueue).where(dialect.within(conn, TextQueue.copy_id, copy_ids))
    forget(conn, [held for held in conn.scalars(taken.returning(TextQueue.revision_id)) if held])
    current = _texts().join(Copy, Copy.revision_id == Revision.id)
    query = current.where(dialect.within(conn, Copy.id, copy_ids)).order_by(Copy.id)
    told: list[Text] = []
    with conn.execute(query.execution_options(yield_per=FEW)) as rows:
        for row in rows:
            told.append((row.copy_id, words(row.title), words(row.text)))
            room -= _length(told[-1])
            if room <= 0:
                break
    left = [id for id in copy_ids if room <= 0 and id > told[-1][0]]
    if left:
        conn.execute(dialect.put(conn, TextQueue), [{"copy_id": id, "revision_id": None} for id in left])
    return told, len(left)


def _length(text: Text) -> int:
    return len(text[1]) + len(text[2])


def forget(conn: Connection, revision_ids: Sequence[int]) -> None:
    """Take out of the index what it holds of these revisions, while their texts are there."""
    if revision_ids:
        held = conn.execute(_texts().where(dialect.within(conn, Revision.id, revision_ids))).all()
        textindex.of(conn).remove(conn, [(row.copy_id, words(row.title), words(row.text)) for row in held])


def let_go(conn: Connection, revision_ids: Sequence[int]) -> None:
    """Forget these revisions, which are about to lose their texts, and queue the copies that were found by one."""
    waits = select(TextQueue.copy_id, TextQueue.revision_id)
    waits = waits.where(dialect.within(conn, TextQueue.revision_id, revision_ids))
    found = select(Copy.id, Copy.revision_id).join(Revision, Revision.id == Copy.revision_id)
    found = found.where(dialect.within(conn, Revision.id, revision_ids), _indexed())
    held = [(id, revision or 0) for id, revision in conn.execute(waits.union_all(found))]
    forget(conn, [revision for _, revision in held])
    if held:
        conn.execute(dialect.put(conn, TextQueue), [{"copy_id": id, "revision_id": None} for id, _ in held])


def _texts() -> Any:
    return select(Revision.copy_id, Revision.id, Revision.title, Revision.text)


def _indexed() -> Any:
    """Whether the index holds the current text of a copy."""
    return ~exists().where(TextQueue.copy_id == Copy.id)


def strangers(conn: Connection) -> Iterable[str]:
    """Where the index and the copies differ."""
    waiting = select(TextQueue.copy_id).where(TextQueue.revision_id.is_(None))
    due = set(conn.scalars(select(Copy.id))) - set(conn.scalars(waiting))
    held = textindex.of(conn).held(conn)
    yield from (f"copy {id} cannot be searched for" for id in sorted(due - held))
    yield from (f"copy {id} is in the index, though it should not be" for id in sorted(held - due))
    yield from textindex.of(conn).faults(conn)


def unfindable(conn: Connection) -> Iterable[str]:
    """Copies that the index does not find by their own words: of SAMPLE, evenly spread, and of as many revised ones."""
    every = list(conn.scalars(select(Copy.id).where(_indexed()).order_by(Copy.id)))
    revised = list(conn.scalars(select(Copy.id).where(_indexed(), Copy.revisions > 1).order_by(Copy.id)))
    some = {id for ids in (every, revised) for id in ids[:: len(ids) // SAMPLE + 1]}
    frame = type_coerce(Revision.text, LargeBinary).label("frame")
    query = select(Copy.id, Revision.title, frame).join(Revision, Revision.id == Copy.revision_id)
    for row in conn.execute(query.where(dialect.within(conn, Copy.id, some)).order_by(Copy.id)).all():
        own = list(dict.fromkeys(words(row.title) + of_frame(row.frame)))
        step = len(own) // OWN_WORDS + 1
        try:
            if own and not textindex.of(conn).finds(conn, row.id, own[::step]):
                yield f"copy {row.id} is not found by its own words"
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
    """The copies that stand for the next BLOCK of stories; looks at more copies only where those are of few stories.

    However many are looked at, the stories are the first of one and the same order, or pages would not fit together.
    """
    most, end = COPIES * (start + BLOCK), start + BLOCK
    while True:
        most = min(most, asking.MOST)
        found = asking.found(conn, asked, most).subquery("found")
        query = select(Copy.id, Copy.story_id, found.c.score).join(found, found.c.id == Copy.id)
        copies = conn.execute(query.order_by(found.c.score.desc(), Copy.id.desc())).all()
        best = dict[int | None, int]()
        for id, story, _ in copies:
            best.setdefault(story, id)
        # Where more titles answer than were looked at, their stories come before those of the other texts.
        titled = [story for _, story, score in copies if score]
        sure = len(set(titled)) if len(titled) >= most else len(best)
        if sure >= end or len(copies) < most or most == asking.MOST:
            return list(best.values())[start:end]
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
