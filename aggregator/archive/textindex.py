"""The full-text tables of the two databases: FTS5 without content, or a tsvector under GIN.

Here a text is (copy id, words of the title, words of the body), folded already; see `words`. FTS5 keeps which copies
hold a word and not where: places would take as much room as the texts. What depends on them, a phrase, is looked up
by its words and held against the archived text (`words.words_held`, a function of ours in SQLite).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    cast,
    exists,
    func,
    literal_column,
    select,
    table,
    text,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from .dialect import is_sqlite
from .schema import Copy, Revision
from .types import AnySelect, Number

AnyColumn: TypeAlias = ColumnElement[Any]

Text = tuple[int, list[str], list[str]]
_GAP = 10  # between title and body, so that no phrase runs from one into the other
_MOST_POSITION = 16_383
CHECKED = 10_000  # copies whose text is looked at for a phrase: the newest that hold its words
_DOCUMENT: AnyColumn = literal_column("copy_text.document")

_ADD = {
    True: ("INSERT INTO copy_text (rowid, words) VALUES (:id, :words)",
           "INSERT INTO copy_title (rowid, words) VALUES (:id, :title)"),
    False: ("INSERT INTO copy_text (copy_id, document) VALUES (:id, cast(:document AS tsvector))",),
}  # fmt: skip
# FTS5 keeps no content, so it must be told again what it is to forget.
_REMOVE = {
    True: ("INSERT INTO copy_text (copy_text, rowid, words) VALUES ('delete', :id, :words)",
           "INSERT INTO copy_title (copy_title, rowid, words) VALUES ('delete', :id, :title)"),
    False: ("DELETE FROM copy_text WHERE copy_id = :id",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """Words that must stand side by side, anywhere or in the title."""

    words: tuple[str, ...]
    in_title: bool = False


Clauses = Sequence[Sequence[Words]]


def add(conn: Connection, texts: Iterable[Text]) -> None:
    _each(conn, _ADD[is_sqlite(conn)], texts)


def remove(conn: Connection, texts: Iterable[Text]) -> None:
    """Take out texts exactly as they went in."""
    _each(conn, _REMOVE[is_sqlite(conn)], texts)


def _each(conn: Connection, statements: Iterable[str], texts: Iterable[Text]) -> None:
    if is_sqlite(conn):
        told = [
            {"id": id, "title": " ".join(title), "words": " ".join((*title, *body))}
            for id, title, body in texts
        ]
    else:
        told = [{"id": id, "document": _tsvector(title, body)} for id, title, body in texts]
    if told:
        for statement in statements:
            conn.execute(text(statement), told)


# ---------------------------------------------------------------- asking


def holding(conn: Connection, wanted: Words) -> AnySelect:
    """The ids of the copies that hold the words."""
    return _matching(conn, [[wanted]])


def finds(conn: Connection, copy_id: int, words: Iterable[str]) -> bool:
    """Whether the copy is found by all of these words."""
    matching = _matching(conn, [[Words((word,))] for word in words])
    (id,) = matching.selected_columns
    return conn.execute(matching.where(id == copy_id)).first() is not None


def scored(
    conn: Connection, clauses: Clauses, most: int, also: Callable[[AnyColumn], AnyColumn]
) -> AnySelect:
    """(id, score) of copies that hold one of each clause, and of whose id `also` is true.

    At most the newest `most` that hold all in the title, whose score is 1, and the newest `most` others. How well a
    text answers is not looked at: that takes reading it, and a common word is in half of an archive.
    """
    in_title = [[Words(one.words, in_title=True) for one in clause] for clause in clauses]
    found = [_newest(conn, asked, score, most, also) for asked, score in ((in_title, 1), (clauses, 0))]
    both = found[0].union_all(found[1]).subquery()
    return select(both.c.id, func.max(both.c.score).label("score")).group_by(both.c.id)


def _newest(
    conn: Connection, clauses: Clauses, score: int, most: int, also: Callable[[AnyColumn], AnyColumn]
) -> AnySelect:
    matching = _matching(conn, clauses)
    (id,) = matching.selected_columns
    limited = matching.where(also(id)).order_by(id.desc()).limit(most).subquery()
    return select(limited.c.id, literal_column(str(score)).label("score"))


def _matching(conn: Connection, clauses: Clauses) -> AnySelect:
    """SELECT of the ids of the copies that hold one of each clause."""
    if is_sqlite(conn):
        return _in_fts(clauses)
    id: AnyColumn = literal_column("copy_text.copy_id", Number)
    matches = _DOCUMENT.op("@@", is_comparison=True)(cast(_tsquery(clauses), TSQUERY))
    return select(id.label("id")).select_from(table("copy_text")).where(matches)


def _tsquery(clauses: Clauses) -> str:
    """The clauses in PostgreSQL's language. Words hold letters, digits and marks only, so none is a sign of it."""

    def one(wanted: Words) -> str:
        return "(" + " <-> ".join(f"'{word}'" + ":A" * wanted.in_title for word in wanted.words) + ")"

    return " & ".join("(" + " | ".join(map(one, clause)) + ")" for clause in clauses)


def _in_fts(clauses: Clauses) -> AnySelect:
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


def _is_more(wanted: Words, in_title: bool) -> bool:
    """Than that its words occur."""
    return len(wanted.words) > 1 or wanted.in_title != in_title


def _match(name: str, clauses: Clauses) -> AnyColumn:
    said = " AND ".join(
        "(" + " OR ".join("(" + " AND ".join(f'"{word}"' for word in one.words) + ")" for one in clause) + ")"
        for clause in clauses
    )
    return literal_column(name).op("MATCH", is_comparison=True)(said)


def _holds(clause: Sequence[Words]) -> AnyColumn:
    wanted = json.dumps([[one.words, one.in_title] for one in clause])
    return func.words_held(Revision.title, type_coerce(Revision.text, LargeBinary), wanted)


def held(conn: Connection) -> set[int]:
    """The copies that are in the index."""
    listed = "SELECT id FROM copy_text_docsize" if is_sqlite(conn) else "SELECT copy_id FROM copy_text"
    return set(conn.scalars(text(listed)))


def clear(conn: Connection) -> None:
    """Forget everything."""
    if not is_sqlite(conn):
        conn.execute(text("TRUNCATE copy_text"))
        return
    for name in ("copy_text", "copy_title"):
        conn.execute(text(f"INSERT INTO {name} ({name}) VALUES ('delete-all')"))


def _tsvector(title: Sequence[str], body: Sequence[str]) -> str:
    """The words with their positions, those of the title weigh A. No word holds a quote or backslash."""
    places: dict[str, list[str]] = {}
    for at, word in enumerate(title, 1):
        places.setdefault(word, []).append(f"{min(at, _MOST_POSITION)}A")
    for at, word in enumerate(body, len(title) + _GAP):
        places.setdefault(word, []).append(str(min(at, _MOST_POSITION)))
    return " ".join(f"'{word}':{','.join(found[:255])}" for word, found in places.items())
