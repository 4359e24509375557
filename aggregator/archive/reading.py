"""What the archive tells: stories, copies, decisions, counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, true

from ..errors import ArchiveError, InputError
from ..model import Copy, Decision, Fetch, Link, Outcome, Story
from ..query import Place
from . import dialect, evidence, opening, queue, rows, schema, stories, texts
from .types import AnySelect
from .values import ArchiveStatus, Revision, SourceStats, Version

_S, _C = schema.Story, schema.Copy
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{1,26}")  # Crockford's base 32
PAGE = 500  # copies read at a time while streaming


def story(conn: Connection, ref: str) -> Story | None:
    """The story meant by a public id, a ULID, an unambiguous beginning of one, or a number; as it lives now.

    Raises InputError for a beginning that several stories share.
    """
    ref, public_id = ref.strip(), rows.PUBLIC_ID
    found = _lookup(conn, and_(_S.ulid == ref[-26:], public_id == ref))
    if not found and ref.isdecimal() and ref.isascii() and len(ref) < 19:
        found = _lookup(conn, _S.id == int(ref))
    if not found and _ULID.fullmatch(ref.upper()):
        found = _lookup(conn, and_(_S.ulid >= ref.upper(), _S.ulid < ref.upper() + "~"))
    lives = {each.merged_into or each.id for each in found}
    if len(lives) > 1:
        raise InputError(f"several stories begin with {ref}: give more of the id")
    if not lives or (id := lives.pop()) == found[0].id:
        return found[0] if found else None
    return _lookup(conn, _S.id == id)[0]


def _lookup(conn: Connection, which: ColumnElement[bool]) -> list[Story]:
    return [rows.story_of(row) for row in conn.execute(select(*rows.STORY).where(which).limit(2))]


def there(conn: Connection, number: int) -> Story:
    """The story of this number, which there must be. Raises ArchiveError."""
    found = story(conn, str(number))
    if found is None:
        raise ArchiveError(f"story {number} is missing")
    return found


def newest(
    conn: Connection,
    limit: int,
    before: datetime | Story | Place | None,
    sources: Sequence[int] | None,
    since: datetime | None,
    chosen: AnySelect | None = None,
) -> list[Story]:
    """Stories by `updated`, the newest first; before a moment, or after a story of an earlier page.

    `chosen`: SELECT of the ids of those that may be among them.
    """
    query = select(*rows.STORY).where(_S.merged_into.is_(None), _S.copies > 0)
    if isinstance(before, Story | Place):
        older = and_(_S.updated_at == before.updated, _S.id < before.id)
        query = query.where(_S.updated_at <= before.updated, or_(_S.updated_at < before.updated, older))
    elif before is not None:
        query = query.where(_S.updated_at < before)
    if since is not None:
        query = query.where(_S.updated_at >= since)
    if chosen is not None:
        query = query.where(_S.id.in_(chosen))
    if sources is not None:
        query = query.where(exists().where(_C.story_id == _S.id, _C.source_id.in_(sources)))
    ordered = query.order_by(_S.updated_at.desc(), _S.id.desc()).limit(limit)
    return [rows.story_of(row) for row in conn.execute(ordered)]


def merged(conn: Connection, limit: int | None) -> list[tuple[Story, Story]]:
    """(story that was, story it lives on in), oldest first; of many, the newest `limit`."""
    query = select(*rows.STORY).where(_S.merged_into.is_not(None)).order_by(_S.id.desc()).limit(limit)
    gone = [rows.story_of(row) for row in conn.execute(query)][::-1]
    survivors = dialect.within(conn, _S.id, {story.merged_into or 0 for story in gone})
    lives = {row.id: rows.story_of(row) for row in conn.execute(_where(survivors))}
    return [(story, lives[story.merged_into]) for story in gone if story.merged_into in lives]


def _where(which: ColumnElement[bool]) -> AnySelect:
    return select(*rows.STORY).where(which).order_by(_S.id)


def copies(conn: Connection, story_ids: Sequence[int]) -> dict[int, list[Copy]]:
    """The copies of each story in copy order."""
    found: dict[int, list[Copy]] = {}
    query = rows.select_copies().where(dialect.within(conn, _C.story_id, story_ids)).order_by(_C.id)
    for row in conn.execute(query):
        found.setdefault(row.story_id, []).append(rows.copy_of(row))
    return found


def copies_after(conn: Connection, copy_id: int) -> list[Copy]:
    """The next page in copy order, each with its item as served."""
    query = rows.select_copies().add_columns(schema.Revision.raw)
    page = conn.execute(query.where(_C.id > copy_id).order_by(_C.id).limit(PAGE))
    copies = ((rows.copy_of(row), row.raw) for row in page)
    return [
        replace(copy, raw=texts.unfold_item(raw, copy.html, copy.text, copy.url, copy.title))
        for copy, raw in copies
    ]


def decisions(conn: Connection, story_id: int) -> list[Decision]:
    """Every decision about the story, about one that went into it, or about a copy it holds; oldest first."""
    table = schema.Decision
    whole = [story_id, *conn.scalars(select(_S.id).where(_S.merged_into == story_id))]
    held = stories.members(conn, [story_id]).get(story_id, ())
    about = or_(
        dialect.within(conn, table.story_id, whole),
        dialect.within(conn, table.other_story_id, whole),
        dialect.within(conn, table.copy_id, held),
    )
    found = conn.execute(rows.select_decisions().where(about).order_by(table.id)).all()
    return evidence.told(conn, [rows.decision_of(row) for row in found])


def links(conn: Connection, story_id: int) -> list[Link]:
    """Related stories, as they live now, the strongest first."""
    table = schema.StoryLink
    whole = [story_id, *conn.scalars(select(_S.id).where(_S.merged_into == story_id))]
    query = select(table.__table__).where(
        or_(dialect.within(conn, table.story_id, whole), dialect.within(conn, table.other_story_id, whole))
    )
    best: dict[tuple[int, str], float] = {}
    for row in conn.execute(query).all():
        other = row.other_story_id if row.story_id in whole else row.story_id
        other = stories.final(conn, [other])[0]
        if other != story_id:
            best[other, row.kind] = max(row.score, best.get((other, row.kind), 0.0))
    found = [Link(story_id, other, score, kind) for (other, kind), score in best.items()]
    return sorted(found, key=lambda link: (-link.score, link.other_story_id))


def revisions(conn: Connection, copy_id: int) -> list[Revision]:
    """Every version of a copy, the first one first."""
    table = schema.Revision
    query = rows.select_revisions().join(_C, _C.id == table.copy_id).where(table.copy_id == copy_id)
    return [rows.revision_of(row) for row in conn.execute(query.order_by(table.id))]


def revision(conn: Connection, revision_id: int) -> Revision | None:
    table = schema.Revision
    query = rows.select_revisions().join(_C, _C.id == table.copy_id).where(table.id == revision_id)
    row = conn.execute(query).one_or_none()
    return rows.revision_of(row) if row else None


def versions(conn: Connection, copy_ids: Sequence[int], limit: int) -> dict[int, list[Version]]:
    """The versions of each copy, the first one first; of all together, the newest `limit`."""
    table = schema.Revision
    query = (
        select(table.id, table.copy_id, table.at, table.title, table.words)
        .where(dialect.within(conn, table.copy_id, copy_ids))
        .order_by(table.id.desc())
        .limit(limit)
    )
    found: dict[int, list[Version]] = {}
    for row in conn.execute(query).all()[::-1]:
        found.setdefault(row.copy_id, []).append(Version(**row._mapping))
    return found


def histories(conn: Connection, source_ids: Sequence[int], limit: int) -> dict[int, list[Fetch]]:
    """The last attempts at each source, the latest first, without their flaws."""
    table = schema.Fetch
    columns = ("source_id", "at", "outcome", "status", "bytes", "elapsed", "error_code", "new", "revised")
    query = select(*(getattr(table, name) for name in columns)).order_by(table.id.desc()).limit(limit)
    return {
        # one by one: each is a look at the end of an index, where one statement for all would read the whole log
        source_id: [
            Fetch(**{**row._mapping, "outcome": Outcome(row.outcome)})
            for row in conn.execute(query.where(table.source_id == source_id))
        ]
        for source_id in source_ids
    }


def fetches(conn: Connection, source_id: int, limit: int) -> list[Fetch]:
    """The log of a source, the latest attempt first."""
    table = schema.Fetch
    query = select(table.__table__).where(table.source_id == source_id).order_by(table.id.desc()).limit(limit)
    return [rows.fetch_of(row) for row in conn.execute(query)]


def stats(conn: Connection, source_ids: Sequence[int]) -> dict[int, SourceStats]:
    """Of these sources, or of all."""
    meant = dialect.within(conn, _C.source_id, source_ids) if source_ids else true()
    query = (
        select(
            _C.source_id, func.count().label("copies"), func.count(_C.story_id.distinct()).label("stories")
        )
        .where(meant)
        .group_by(_C.source_id)
    )
    waits = select(_C.source_id, func.count()).where(_C.waiting, meant).group_by(_C.source_id)
    waiting = dict(conn.execute(waits).all())
    return {
        row.source_id: SourceStats(row.copies, row.stories, waiting.get(row.source_id, 0))
        for row in conn.execute(query)
    }


def status(conn: Connection) -> ArchiveStatus:
    def many(table: type[schema.Base], *which: Any) -> int:
        return conn.scalar(select(func.count()).select_from(table).where(*which)) or 0

    return ArchiveStatus(
        schema=opening.version(conn),
        sources=many(schema.Source, schema.Source.active),
        fetches=many(schema.Fetch),
        copies=many(_C),
        revisions=many(schema.Revision),
        stories=many(_S, _S.merged_into.is_(None)),
        merged=many(_S, _S.merged_into.is_not(None)),
        decisions=many(schema.Decision),
        waiting=many(_C, _C.waiting),
        to_index=many(schema.TextQueue),
        to_fetch=many(queue.Errand, queue.Errand.due_at.is_not(None)),
        not_fetched=many(queue.Errand, queue.Errand.due_at.is_(None), queue.Errand.error != ""),
        bytes=dialect.size(conn),
    )


def export(connect: Any) -> Iterator[Copy]:
    """Every copy, in copy order, a page at a time: no transaction stays open while the caller works."""
    last = 0
    while True:
        with connect() as conn:
            page = copies_after(conn, last)
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].id
