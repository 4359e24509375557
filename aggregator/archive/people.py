"""What a person decides outranks the rules: it is kept as decisions, and as rulings on pairs of copies.

The latest word on a pair counts. A merge says of the copies of both stories that they belong together (one
chain of pairs), a split and `apart` say of every pair across the line that they do not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import pairwise, product

from sqlalchemy import Connection, delete, select, update

from ..errors import InputError
from ..model import Decision
from . import dialect, stories
from .schema import Copy, Ruling, Story
from .schema import Decision as DecisionRow

Pair = tuple[int, int]


def merge(conn: Connection, one: int, other: int, by: str, now: datetime) -> int:
    """The two stories are one article: the older id survives. Returns it. Raises InputError."""
    survivor, absorbed = _by_age(conn, *_two(conn, one, other, "they are one story already"))
    sides = stories.members(conn, [survivor, absorbed])
    together = sorted(sides.get(survivor, ()) + sides.get(absorbed, ()))
    decision = Decision("merge", survivor, other_story_id=absorbed, by=by, at=now)
    stories.absorb(conn, decision, now)
    _forget(conn, product(sides.get(survivor, ()), sides.get(absorbed, ())))
    _rule(conn, pairwise(together), True, _latest(conn, survivor))
    stories.reface(conn, [survivor], now)
    dialect.tell(conn, "stories")
    return survivor


def split(conn: Connection, story_id: int, copy_ids: Collection[int], by: str, now: datetime) -> int:
    """These copies are another article: they get a story of their own, and stay apart from the rest.

    Returns the new story. Raises InputError unless the copies are some but not all of the story's.
    """
    story_id = stories.final(conn, [story_id])[0]
    held = set(stories.members(conn, [story_id]).get(story_id, ()))
    out, stay = sorted(set(copy_ids)), sorted(held - set(copy_ids))
    if strangers := set(out) - held:
        raise InputError(f"copy {min(strangers)} is not in story {story_id}")
    if not out or not stay:
        raise InputError(f"name some but not all of the copies of story {story_id} to split it")
    new = dialect.next_ids(conn, Story, 1)[0]
    stories.mint(conn, [new], {}, now)
    made = [Decision("split", new, copy_id=copy, other_story_id=story_id, by=by, at=now) for copy in out]
    decision = stories.decide(conn, made, now)[0]
    conn.execute(update(Copy).where(dialect.within(conn, Copy.id, out)).values(story_id=new))
    stories.count(conn, [story_id, new])
    for part in _torn(conn, out, stay):
        _rule(conn, pairwise(part), True, decision)
    _rule(conn, pairwise(out), True, decision)
    _rule(conn, product(out, stay), False, decision)
    stories.reface(conn, [story_id, new], now)
    dialect.tell(conn, "stories")
    return new


def apart(conn: Connection, one: int, other: int, by: str, now: datetime) -> None:
    """The two stories are different articles, and are never to be merged. Raises InputError."""
    one, other = _two(conn, one, other, "they are one story: split it")
    sides = stories.members(conn, [one, other])
    decision = stories.decide(conn, [Decision("apart", one, other_story_id=other, by=by, at=now)], now)[0]
    _rule(conn, product(sides.get(one, ()), sides.get(other, ())), False, decision)


def _two(conn: Connection, one: int, other: int, otherwise: str) -> tuple[int, int]:
    known = set(conn.scalars(select(Story.id).where(Story.id.in_([one, other]))))
    if missing := {one, other} - known:
        raise InputError(f"there is no story {min(missing)}")
    one, other = stories.final(conn, [one, other])
    if one == other:
        raise InputError(f"story {one}: {otherwise}")
    return one, other


def _by_age(conn: Connection, *story_ids: int) -> list[int]:
    """The older story first: its id is the longer known."""
    query = select(Story.id).where(Story.id.in_(story_ids)).order_by(Story.created_at, Story.id)
    return list(conn.scalars(query))


def _latest(conn: Connection, story_id: int) -> int:
    query = (
        select(DecisionRow.id)
        .where(DecisionRow.story_id == story_id)
        .order_by(DecisionRow.id.desc())
        .limit(1)
    )
    return conn.scalars(query).one()


# ---------------------------------------------------------------- rulings


def _ordered(pairs: Iterable[Pair]) -> set[Pair]:
    return {(min(pair), max(pair)) for pair in pairs}


def _rule(conn: Connection, pairs: Iterable[Pair], together: bool, decision: int) -> None:
    ruled = [
        {"copy_id": one, "other_copy_id": other, "together": together, "decision_id": decision}
        for one, other in sorted(_ordered(pairs))
    ]
    if ruled:
        conn.execute(dialect.put(conn, Ruling), ruled)


def _forget(conn: Connection, pairs: Iterable[Pair]) -> None:
    for one, other in sorted(_ordered(pairs)):
        conn.execute(delete(Ruling).where(Ruling.copy_id == one, Ruling.other_copy_id == other))


def _torn(conn: Connection, out: Sequence[int], stay: Sequence[int]) -> list[tuple[int, ...]]:
    """What was ruled to belong together within the story falls in two: the groups that remain on either side.

    The rulings across the line are about to be overruled, and with them the chains that ran over it.
    """
    copies = [*out, *stay]
    query = select(Ruling.copy_id, Ruling.other_copy_id).where(
        Ruling.together,
        dialect.within(conn, Ruling.copy_id, copies),
        dialect.within(conn, Ruling.other_copy_id, copies),
    )
    group = {copy: {copy} for copy in copies}
    for one, other in conn.execute(query):
        joined = group[one] | group[other]
        group.update(dict.fromkeys(joined, joined))
    parts = {tuple(sorted(each & side)) for each in group.values() for side in (set(out), set(stay))}
    return sorted(part for part in parts if len(part) > 1)
