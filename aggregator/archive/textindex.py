"""The full-text tables of the two databases: FTS5 without content, or a tsvector under GIN.

Here a text is (copy id, words of the title, words of the body), folded already; see `words`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, cast, func, literal_column, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY

from .dialect import is_sqlite
from .types import AnySelect, Number

AnyColumn: TypeAlias = ColumnElement[Any]

Text = tuple[int, list[str], list[str]]
TITLE_WEIGHT = 4.0
_GAP = 10  # between title and body, so that no phrase runs from one into the other
_MOST_POSITION = 16_383

_TABLE = table("copy_text")
_DOCUMENT: AnyColumn = literal_column("copy_text.document")

_ADD = {
    True: "INSERT INTO copy_text (rowid, title, body) VALUES (:id, :title, :body)",
    False: "INSERT INTO copy_text (copy_id, document) VALUES (:id, cast(:document AS tsvector))",
}
# FTS5 keeps no content, so it must be told again what it is to forget.
_REMOVE = {
    True: "INSERT INTO copy_text (copy_text, rowid, title, body) VALUES ('delete', :id, :title, :body)",
    False: "DELETE FROM copy_text WHERE copy_id = :id",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Words that must stand side by side, anywhere or in the title."""

    words: tuple[str, ...]
    in_title: bool = False


def add(conn: Connection, texts: Iterable[Text]) -> None:
    _each(conn, _ADD[is_sqlite(conn)], texts)


def remove(conn: Connection, texts: Iterable[Text]) -> None:
    """Take out texts exactly as they went in."""
    _each(conn, _REMOVE[is_sqlite(conn)], texts)


def _each(conn: Connection, statement: str, texts: Iterable[Text]) -> None:
    if is_sqlite(conn):
        told = [{"id": id, "title": " ".join(title), "body": " ".join(body)} for id, title, body in texts]
    else:
        told = [{"id": id, "document": _tsvector(title, body)} for id, title, body in texts]
    if told:
        conn.execute(text(statement), told)


def holding(conn: Connection, wanted: Words) -> AnySelect:
    """The ids of the copies that hold the words."""
    return select(_id(conn)).select_from(_TABLE).where(_matches(conn, [[wanted]]))


def scored(
    conn: Connection, clauses: Sequence[Sequence[Words]], most: int, also: Callable[[AnyColumn], AnyColumn]
) -> AnySelect:
    """(id, score) of the newest copies that hold one of each clause, and of whose id `also` is true."""
    id, matches = _id(conn), _matches(conn, clauses)
    if is_sqlite(conn):
        score: AnyColumn = -func.bm25(literal_column("copy_text"), TITLE_WEIGHT, 1.0)
    else:
        query = cast(_match(conn, clauses), TSQUERY)
        score = func.ts_rank_cd(text("'{0.1, 0.1, 0.25, 1.0}'"), _DOCUMENT, query, 1)
    found = select(id.label("id"), score.label("score")).select_from(_TABLE)
    return found.where(matches, also(id)).order_by(id.desc()).limit(most)


def _id(conn: Connection) -> AnyColumn:
    return literal_column("copy_text.rowid" if is_sqlite(conn) else "copy_text.copy_id", Number)


def _matches(conn: Connection, clauses: Sequence[Sequence[Words]]) -> AnyColumn:
    match = _match(conn, clauses)
    if is_sqlite(conn):
        return literal_column("copy_text").op("MATCH", is_comparison=True)(match)
    return _DOCUMENT.op("@@", is_comparison=True)(cast(match, TSQUERY))


def _match(conn: Connection, clauses: Sequence[Sequence[Words]]) -> str:
    """The clauses in the language of the index. Words hold letters, digits and marks only, so none is a sign of it."""
    if is_sqlite(conn):
        said = {True: 'title : "{}"', False: '"{}"'}, " ", " OR ", " AND "
    else:
        said = {True: "({})", False: "({})"}, " <-> ", " | ", " & "
    frame, side_by_side, either, both = said

    def one(wanted: Words) -> str:
        quoted = wanted.words
        if not is_sqlite(conn):
            quoted = tuple(f"'{word}'" + ":A" * wanted.in_title for word in quoted)
        return frame[wanted.in_title].format(side_by_side.join(quoted))

    return both.join("(" + either.join(map(one, clause)) + ")" for clause in clauses)


def held(conn: Connection) -> set[int]:
    """The copies that are in the index."""
    listed = "SELECT id FROM copy_text_docsize" if is_sqlite(conn) else "SELECT copy_id FROM copy_text"
    return set(conn.scalars(text(listed)))


def clear(conn: Connection) -> None:
    """Forget everything."""
    everything = "INSERT INTO copy_text (copy_text) VALUES ('delete-all')"
    conn.execute(text(everything if is_sqlite(conn) else "TRUNCATE copy_text"))


def _tsvector(title: Sequence[str], body: Sequence[str]) -> str:
    """The words with their positions, those of the title weigh A. No word holds a quote or backslash."""
    places: dict[str, list[str]] = {}
    for at, word in enumerate(title, 1):
        places.setdefault(word, []).append(f"{min(at, _MOST_POSITION)}A")
    for at, word in enumerate(body, len(title) + _GAP):
        places.setdefault(word, []).append(str(min(at, _MOST_POSITION)))
    return " ".join(f"'{word}':{','.join(found[:255])}" for word, found in places.items())
