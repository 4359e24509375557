"""Stories as the archive keeps them: minted, given a face, moved into one another."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, func, select, update
from ulid import ULID

from ..errors import ArchiveError
from ..model import Decision, Face
from ..text import clean
from . import checksums, dialect, evidence, rows
from .schema import Copy, Namespace, Occasion, Revision, Setting, Source
from .schema import Decision as DecisionRow
from .schema import Story as StoryRow

AUTHORITY = "authority"


def minted(conn: Connection, authority: str) -> str:
    """What the ids of stories begin with; this, unless another process has minted one just now."""
    conn.execute(dialect.add_new(conn, Setting), {"key": AUTHORITY, "value": authority})
    return conn.scalars(select(Setting.value).where(Setting.key == AUTHORITY)).one()


def mint(
    conn: Connection,
    numbers: Sequence[int],
    faces: Mapping[int, Face],
    now: datetime,
    founders: Mapping[int, int] | None = None,
    copies: Mapping[int, int] = MappingProxyType({}),
) -> None:
    """New stories under these numbers, each with an id for life. Their faces and copies may follow later.

    `founders`: the copy that founds each, of which its id is made. `copies`: how many each is about to have.
    """
    if not numbers:
        return
    authority = conn.scalar(select(Setting.value).where(Setting.key == AUTHORITY))
    if authority is None:
        raise ArchiveError("the archive has no authority yet, which the ids of stories begin with")
    plain, made, namespace = dialect.plain(conn), [], _namespace(conn, f"tag:{authority}:story/")
    ids = _ids(conn, authority, founders or {})
    for number in numbers:
        ulid, face = ids.get(number) or str(ULID.from_datetime(now)), faces.get(number)
        printed = plain.moment(min(face.published, now) if face else now)
        title, lead = (clean(face.title), face.lead_copy_id) if face else ("", None)
        times = plain.moment(now), title, printed, printed
        made.append((number, ulid, namespace, *times, lead, copies.get(number, 0), None, 1))
    dialect.insert_all(conn, StoryRow, made)


def _namespace(conn: Connection, prefix: str) -> int:
    """The number of what public ids begin with from here on."""
    known = select(Namespace.id).where(Namespace.prefix == prefix)
    if conn.scalar(known) is None:
        added = dialect.add_new(conn, Namespace)
        conn.execute(added, {"id": dialect.next_ids(conn, Namespace, 1)[0], "prefix": prefix})
    return int(conn.scalars(known).one())


def _ids(conn: Connection, authority: str, founders: Mapping[int, int]) -> dict[int, str]:
    """For each story an id made of the source and the guid of the copy that founds it.

    An archive that is restored from a backup meets the same articles again and gives them the same ids, so that no
    reader sees them twice; and the same documents give the same archive. A copy that founds a second story
    (its text became another) gives it the next id.
    """
    query = select(Copy.id, Source.name, Copy.guid).join(Source, Source.id == Copy.source_id)
    found = conn.execute(query.where(dialect.within(conn, Copy.id, set(founders.values())))).all()
    seeds = {id: _seed(authority, name, guid) for id, name, guid in found}
    made = {story: _id(seeds[copy], 0) for story, copy in founders.items() if copy in seeds}
    taken = set(conn.scalars(select(StoryRow.ulid).where(dialect.within(conn, StoryRow.ulid, made.values()))))
    for story in sorted(made):
        again = 0
        while made[story] in taken:
            again += 1
            made[story] = _id(seeds[founders[story]], again)
            taken.update(conn.scalars(select(StoryRow.ulid).where(StoryRow.ulid == made[story])))
        taken.add(made[story])
    return made


def is_id_of(ulid: str, authority: str, source: str, guid: str, most: int = 20) -> bool:
    """Whether it is one of the first ids that this copy gives to stories that it founds."""
    return any(ulid == _id(_seed(authority, source, guid), again) for again in range(most))


def _seed(authority: str, source: str, guid: str) -> str:
    return f"{authority}\0{source}\0{guid}"


def _id(seed: str, again: int) -> str:
    """16 bytes, spelt as a ULID is."""
    digest = hashlib.blake2b(f"{seed}\0{again}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return str(ULID.from_bytes(digest))


_SHOW = (
    "title = {title}, lead_copy_id = {lead_copy_id}, published_at = {published_at}, "
    "updated_at = CASE WHEN story.updated_at < {updated_at} THEN {updated_at} ELSE story.updated_at END, "
    "changed = story.changed + 1"
)


def show(conn: Connection, faces: Iterable[Face], now: datetime) -> None:
    """Give stories their faces; `updated` moves to `now` for a significant change only."""
    plain, shown = dialect.plain(conn), []
    for face in faces:
        printed = min(face.published, now)
        updated = now if face.significant else printed
        times = plain.moment(printed), plain.moment(updated)
        shown.append((face.story_id, clean(face.title), face.lead_copy_id, *times))
    columns = ("title", "lead_copy_id", "published_at", "updated_at")
    dialect.update_all(conn, StoryRow, columns, _SHOW, shown)


def reface(conn: Connection, story_ids: Iterable[int], now: datetime) -> None:
    """The plain face, for stories whose copies changed by hand: the preferred copy, else the first."""
    printed = func.coalesce(Revision.published, Copy.first_seen)
    query = (
        select(
            Copy.id,
            func.coalesce(Copy.story_id, 0).label("story_id"),
            Revision.title,
            printed.label("printed"),
        )
        .join(Revision, Revision.id == Copy.revision_id)
        .join(Source, Source.id == Copy.source_id)
        .where(dialect.within(conn, Copy.story_id, story_ids))
        .order_by(Copy.story_id, Source.prefer.desc(), Source.paywalled, printed, Copy.id)
    )
    faces: dict[int, Face] = {}
    for row in conn.execute(query):
        face = faces.setdefault(row.story_id, Face(row.story_id, row.id, row.title, row.printed))
        faces[row.story_id] = replace(face, published=min(face.published, row.printed))
    show(conn, faces.values(), now)


def count(conn: Connection, story_ids: Iterable[int]) -> None:
    """Bring the number of copies of these stories up to date."""
    held = select(func.count()).where(Copy.story_id == StoryRow.id).scalar_subquery()
    which = dialect.within(conn, StoryRow.id, sorted(story_ids))
    conn.execute(update(StoryRow).where(which).values(copies=held, changed=StoryRow.changed + 1))


def members(conn: Connection, story_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Copy ids of each story that has any, lowest first."""
    query = select(Copy.story_id, Copy.id).where(dialect.within(conn, Copy.story_id, story_ids))
    found: dict[int, list[int]] = {}
    for story_id, copy_id in conn.execute(query):
        found.setdefault(story_id or 0, []).append(copy_id)
    return {story_id: tuple(sorted(copies)) for story_id, copies in found.items()}


def absorb(conn: Connection, decision: Decision, now: datetime) -> tuple[int, int] | None:
    """Carry out a merge: `other_story_id` goes into `story_id`, with its copies and what went into it before.

    Returns (survivor, absorbed) as they were found, or None where the two are one already.
    """
    survivor, absorbed = final(conn, [decision.story_id, decision.other_story_id or decision.story_id])
    if survivor == absorbed:
        return None
    decision = replace(decision, story_id=survivor, other_story_id=absorbed)
    moved = members(conn, [absorbed]).get(absorbed, ())
    brief = replace(decision, features={}, evidence={}, revision_id=None, runner_up_story_id=None)
    decide(
        conn, [decision, *(replace(brief, copy_id=copy) for copy in moved if copy != decision.copy_id)], now
    )
    conn.execute(update(Copy).where(Copy.story_id == absorbed).values(story_id=survivor))
    redirect(conn, absorbed, survivor)
    count(conn, [survivor, absorbed])
    return survivor, absorbed


def redirect(conn: Connection, story_id: int, survivor: int) -> None:
    """The story lives on in the survivor, and so do those that lived on in it: never more than one step."""
    old = (StoryRow.id == story_id) | (StoryRow.merged_into == story_id)
    conn.execute(update(StoryRow).where(old).values(merged_into=survivor, changed=StoryRow.changed + 1))


def final(conn: Connection, story_ids: Sequence[int]) -> list[int]:
    """Where the stories live now."""
    query = select(StoryRow.id, StoryRow.merged_into).where(
        dialect.within(conn, StoryRow.id, story_ids), StoryRow.merged_into.is_not(None)
    )
    moved = dict(conn.execute(query).all())
    return [moved.get(story_id) or story_id for story_id in story_ids]


def decide(
    conn: Connection,
    decisions: Iterable[Decision],
    now: datetime,
    texts: Mapping[int, str] = MappingProxyType({}),
) -> list[int]:
    """Append decisions; their numbers rise in the order given. `texts` of revisions that are known already."""
    made = list(decisions)
    if not made:
        return []
    plain, numbers = dialect.plain(conn), dialect.next_ids(conn, DecisionRow, len(made))
    together = defaultdict[rows.Occasion, list[tuple[Any, ...]]](list)
    for one, kept, id in zip(made, evidence.shortened(conn, made, texts), numbers, strict=True):
        together[rows.occasion_of(one, now)].append(rows.decision_values(one, kept, id))
    occasions, told = [], []
    for (when, alike), id in zip(
        together.items(), dialect.next_ids(conn, Occasion, len(together)), strict=True
    ):
        at, *rest = when
        occasions.append((id, plain.moment(at), *rest, checksums.of_occasion(when, alike)))
        told += [(first, id, *mid, *map(plain.document, last)) for first, mid, last in map(_cut, alike)]
    dialect.insert_all(conn, Occasion, occasions)
    dialect.insert_all(conn, DecisionRow, told)
    return numbers


def _cut(row: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """The number of a decision, what is plain, and its two documents."""
    return row[0], row[1:-2], row[-2:]
