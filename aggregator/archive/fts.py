"""The full-text index on SQLite: two tables of FTS5 without content, which know which copies hold a word, not where.

What depends on places, a phrase, is looked up by its words and held against the archived text (`words.words_held`, a
function of ours in SQLite).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    exists,
    func,
    literal_column,
    select,
    table,
    text,
    type_coerce,
)

from . import dialect
from .schema import Copy, Revision
from .types import AnySelect, Number
from .words import Clause, Words, wanted

AnyColumn: TypeAlias = ColumnElement[Any]
# Whether a column of ids is of what is meant, where nothing but these can be in it; None: anything can.
Holds: TypeAlias = Callable[[AnyColumn, Sequence[int] | None], AnyColumn]
Text = tuple[int, list[str], list[str]]  # a copy, the words of its title, those of its body

FIRST = (
    8  # times as many as are wanted are looked at before it is asked when those that are meant were printed
)
BATCH = 200  # copies indexed in one transaction, for which all other writers wait
CHECKED = 10_000  # copies whose text is looked at for a phrase: the newest that hold its words
_ADD = (
    "INSERT INTO copy_text (rowid, words) VALUES (:id, :words)",
    "INSERT INTO copy_title (rowid, words) VALUES (:id, :title)",
)
# FTS5 keeps no content, so it must be told again what it is to forget.
_REMOVE = (
    "INSERT INTO copy_text (copy_text, rowid, words) VALUES ('delete', :id, :words)",
    "INSERT INTO copy_title (copy_title, rowid, words) VALUES ('delete', :id, :title)",
)


def add(conn: Connection, texts: Iterable[Text]) -> None:
    _each(conn, _ADD, texts)


def remove(conn: Connection, texts: Iterable[Text]) -> None:
    _each(conn, _REMOVE, texts)


def _each(conn: Connection, statements: Iterable[str], texts: Iterable[Text]) -> None:
    told = [
        {"id": id, "title": " ".join(title), "words": " ".join((*title, *body))} for id, title, body in texts
    ]
    if told:
        for statement in statements:
            conn.execute(text(statement), told)


@dataclass(frozen=True, slots=True)
class Also:
    """What must hold of the copies that are meant, beside their words."""

    holds: Holds
    # Ids, those of all that are meant among them, where they are not many; None where they are.
    window: Callable[[], Sequence[int] | None] | None = None


def newest(conn: Connection, clauses: Sequence[Clause], most: int, also: Also) -> AnySelect:
    query = _matching(conn, clauses)
    (id,) = query.selected_columns
    if also.window:
        first = query.order_by(id.desc()).limit(FIRST * most).subquery()
        fit = select(first.c.id).where(also.holds(first.c.id, None)).order_by(first.c.id.desc()).limit(most)
        if len(found := list(conn.scalars(fit))) == most:
            return select(Copy.id.label("id")).where(dialect.within(conn, Copy.id, found))
        if (window := also.window()) is not None:
            near = func.json_each(json.dumps(window)).table_valued("value")
            query = query.where((id + 0).in_(select(near.c.value)))  # + 0: or FTS5 is asked for each of them
    return query.where(also.holds(id, None)).order_by(id.desc()).limit(most)


def among(conn: Connection, clauses: Sequence[Clause]) -> Holds:
    matching = _matching(conn, clauses)
    return lambda id, _: id.in_(matching)


def _matching(conn: Connection, clauses: Sequence[Clause]) -> AnySelect:
    """Every word must be in the table of titles or of texts; what else is asked is asked of the texts found so."""
    titled = [clause for clause in clauses if all(one.in_title for one in clause)]
    others = [clause for clause in clauses if clause not in titled]
    name, first = ("copy_title", titled) if titled else ("copy_text", others)
    id: AnyColumn = literal_column(f"{name}.rowid", Number)
    query = select(id.label("id")).select_from(table(name)).where(_match(name, first))
    if titled and others:
        rowid: AnyColumn = literal_column("copy_text.rowid", Number)
        query = query.where(
            id.in_(select(rowid).select_from(table("copy_text")).where(_match("copy_text", others)))
        )
    checks = [clause for clause in clauses if any(_is_more(one, clause in titled) for one in clause)]
    if not checks:
        return query
    near = query.order_by(id.desc()).limit(CHECKED).subquery()
    current = (Copy.id == near.c.id, Revision.id == Copy.revision_id)
    return select(near.c.id).where(exists().where(*current, *map(_holds, checks)))


def _is_more(one: Words, in_title: bool) -> bool:
    """Than that its words occur."""
    return len(one.words) > 1 or one.in_title != in_title


def _match(name: str, clauses: Sequence[Clause]) -> AnyColumn:
    said = " AND ".join(
        "(" + " OR ".join("(" + " AND ".join(f'"{word}"' for word in one.words) + ")" for one in clause) + ")"
        for clause in clauses
    )
    return literal_column(name).op("MATCH", is_comparison=True)(said)


def _holds(clause: Clause) -> AnyColumn:
    return func.words_held(Revision.title, type_coerce(Revision.text, LargeBinary), wanted(clause))


def finds(conn: Connection, copy_id: int, words: Iterable[str]) -> bool:
    query = _matching(conn, [[Words((word,))] for word in words])
    (id,) = query.selected_columns
    return conn.execute(query.where(id == copy_id)).first() is not None


def held(conn: Connection) -> set[int]:
    return set(conn.scalars(text("SELECT id FROM copy_text_docsize")))


def faults(conn: Connection) -> Iterator[str]:
    """None of its own: SQLite's check of integrity reads it."""
    return iter(())


def clear(conn: Connection) -> None:
    for name in ("copy_text", "copy_title"):
        conn.execute(text(f"INSERT INTO {name} ({name}) VALUES ('delete-all')"))
