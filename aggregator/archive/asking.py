"""A `Query` as conditions in SQL: what must hold of a copy, and what its words must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, literal, not_, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, aliased

from ..query import Clause, Query, Term
from . import dialect, textindex
from .fts import Also, Holds
from .schema import Copy, Revision, Source, Story, StoryLink
from .types import AnySelect
from .words import Words, holds, words

MOST = 20_000  # copies that an answer is chosen from: the newest that match
WINDOW = 100_000  # copies of a time that is asked for: up to so many are looked up by it
Condition = ColumnElement[bool]
_LANGUAGE = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, folded. What stands in `clauses` drives the search and is ranked; `rest` only narrows it."""

    clauses: tuple[tuple[Words, ...], ...]
    rest: tuple[Clause, ...]

    def __bool__(self) -> bool:
        return bool(self.clauses or self.rest)

    def words(self) -> Iterator[Words]:
        """Everything that is looked for in the text."""
        for clause in self.clauses:
            yield from clause
        for term in (term for clause in self.rest for term in clause):
            if not term.negative and (wanted := _wanted(term)):
                yield wanted


def asked(query: Query) -> Asked:
    """What is left of the query once its words are folded; signs alone ask for nothing, beside an OR, too."""
    driving: list[tuple[Words, ...]] = []
    rest: list[Clause] = []
    for said in query.clauses:
        clause = tuple(term for term in said if term.field not in {"", "title"} or words(term.text))
        if not clause:
            continue
        found = [_wanted(term) for term in clause if not term.negative]
        whole = [each for each in found if each]
        if len(whole) == len(clause):
            driving.append(tuple(whole))
        else:
            rest.append(clause)
    return Asked(tuple(driving), tuple(rest))


def _wanted(term: Term) -> Words | None:
    return Words(tuple(words(term.text)), bool(term.field)) if term.field in {"", "title"} else None


def found(conn: Connection, asked: Asked, most: int = MOST) -> AnySelect:
    """SELECT of (id, score) of about the newest `most` copies that answer; the score is 1 where the title does."""
    narrow = [[_narrow(conn, term) for term in clause] for clause in asked.rest]

    def narrowed(these: Sequence[int] | None = None) -> list[Condition]:
        found = [or_(*(each(Copy.__table__.c.id, these) for each in clause)) for clause in narrow]
        return [Copy.story_id.is_not(None), *found]

    def holds(id: Condition, these: Sequence[int] | None) -> Condition:
        return exists().where(Copy.id == id, *narrowed(these)).correlate_except(Copy)

    window = _window(conn, asked.rest)
    if asked.clauses:
        return textindex.scored(conn, asked.clauses, most, Also(holds, window))
    query = select(Copy.id.label("id"), literal(0).label("score"))
    if window and (near := window()) is not None:
        query = query.where(dialect.within(conn, Copy.id, near))
    return query.where(*narrowed()).order_by(Copy.id.desc()).limit(most)


def _window(conn: Connection, rest: Iterable[Clause]) -> Callable[[], Sequence[int] | None] | None:
    """Copies that say a time that is meant, or none, in any revision; None where no time is asked for."""
    dates = [clause[0] for clause in rest if len(clause) == 1 and clause[0].field in {"after", "before"}]
    asked = [_side(Revision.__table__.c.published, term) for term in dates if not term.negative]
    if not asked:
        return None
    undated = select(Revision.copy_id).where(Revision.published.is_(None))
    found = select(Revision.copy_id).where(*asked).union_all(undated)

    @cache
    def window() -> Sequence[int] | None:
        ids = conn.scalars(found.limit(WINDOW + 1)).all()
        return ids if len(ids) <= WINDOW else None

    return window


def _side(moment: ColumnElement[Any], term: Term) -> Condition:
    return moment >= term.moment if term.field == "after" else moment < term.moment


def _narrow(conn: Connection, term: Term) -> Holds:
    if term.field in {"", "title"}:
        wanted = _wanted(term)
        holds = textindex.holding(conn, wanted) if wanted else lambda id, these: false()
    else:
        condition = _positive(conn, term)
        holds = lambda id, these: condition  # noqa: E731
    return (lambda id, these: not_(holds(id, these))) if term.negative else holds


def _positive(conn: Connection, term: Term) -> Condition:
    match term.field:
        case "source" | "tag":
            return Copy.source_id.in_(_sources(conn, term))
        case "agency" | "place":
            return _fact(conn, term)
        case "language":
            return _language(term.text)
        case "after" | "before":
            return _side(_printed(), term)
        case "copies":
            return exists().where(Story.id == Copy.story_id, Story.copies >= term.number)
        case "is":
            return _of_an_event()
    return false()


def _printed() -> ColumnElement[Any]:
    said = select(Revision.published).where(Revision.id == Copy.revision_id)
    return func.coalesce(said.correlate(Copy).scalar_subquery(), Copy.first_seen)


def _language(said: str) -> Condition:
    wanted = said.lower().replace("_", "-")
    if not _LANGUAGE.fullmatch(wanted):
        return false()
    held = func.lower(Copy.language)
    return or_(held == wanted, held.like(f"{wanted}-%"))


def _sources(conn: Connection, term: Term) -> list[int]:
    """The sources meant: of this very name; else whose title holds the words. A tag must be the whole of one."""
    rows = conn.execute(select(Source.id, Source.name, Source.title, Source.outlet, Source.tags)).all()
    wanted = words(term.text)
    if term.field == "tag":
        return [row.id for row in rows if any(words(tag) == wanted for tag in row.tags)]
    named = [row.id for row in rows if row.name.casefold() == term.text.casefold()]
    return named or [
        row.id for row in rows if wanted and holds(words(f"{row.name} . {row.title} . {row.outlet}"), wanted)
    ]


def _fact(conn: Connection, term: Term) -> Condition:
    """Those of the values that occur in the archive that hold the words asked for."""
    column = {"agency": Copy.agency, "place": Copy.place}[term.field]
    wanted = words(term.text)
    values = [value for value in _distinct(conn, column) if wanted and holds(words(value), wanted)]
    return and_(dialect.within(conn, column, values), column != "")


def _distinct(conn: Connection, column: InstrumentedAttribute[str]) -> list[str]:
    """The values of a text column of which few differ, "" left out: one look into its index for each."""
    table, name = column.class_.__tablename__, column.key
    least = f"SELECT min({name}) FROM {table} WHERE {name} <> ''"
    query = (
        f"WITH RECURSIVE each(value) AS ({least} UNION ALL SELECT ({least} AND {name} > each.value) "
        "FROM each WHERE each.value IS NOT NULL) SELECT value FROM each WHERE value IS NOT NULL"
    )
    return [value for (value,) in conn.exec_driver_sql(query)]


def _of_an_event() -> Condition:
    """Linked with a story that lives on elsewhere: either end of a link may have been merged since."""
    one, other = aliased(Story), aliased(Story)
    homes = [func.coalesce(end.merged_into, end.id) for end in (one, other)]

    def ends(home: ColumnElement[Any]) -> AnySelect:
        linked = select(home).join_from(StoryLink, one, one.id == StoryLink.story_id)
        return linked.join(other, other.id == StoryLink.other_story_id).where(homes[0] != homes[1])

    return Copy.story_id.in_(union(*map(ends, homes)))
