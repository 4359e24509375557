"""The full-text tables of the two databases: FTS5 without content, or a tsvector under GIN.

Here a text is (copy id, words of the title, words of the body), folded already; see `search`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from .dialect import is_sqlite

Text = tuple[int, list[str], list[str]]
TITLE_WEIGHT = 4.0
_GAP = 10  # between title and body, so that no phrase runs from one into the other
_MOST_POSITION = 16_383

_ADD = {
    True: "INSERT INTO copy_text (rowid, title, body) VALUES (:id, :title, :body)",
    False: "INSERT INTO copy_text (copy_id, document) VALUES (:id, cast(:document AS tsvector))",
}
# FTS5 keeps no content, so it must be told again what it is to forget.
_REMOVE = {
    True: "INSERT INTO copy_text (copy_text, rowid, title, body) VALUES ('delete', :id, :title, :body)",
    False: "DELETE FROM copy_text WHERE copy_id = :id",
}
_FIND = {
    True: "SELECT rowid, -bm25(copy_text, :weight, 1.0) AS score FROM copy_text "
    "WHERE copy_text MATCH :query ORDER BY score DESC, rowid LIMIT :limit",
    False: "SELECT copy_id, "
    "ts_rank_cd('{0.1, 0.1, 0.25, 1.0}', document, cast(:query AS tsquery), 1) AS score "
    "FROM copy_text WHERE document @@ cast(:query AS tsquery) ORDER BY score DESC, copy_id LIMIT :limit",
}


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


def find(conn: Connection, phrases: Sequence[Sequence[str]], limit: int) -> dict[int, float]:
    """copy id -> score of the best copies that hold every phrase."""
    if is_sqlite(conn):
        query = " AND ".join('"' + " ".join(phrase) + '"' for phrase in phrases)
    else:
        query = " & ".join("(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in phrases)
    told = {"query": query, "limit": limit} | ({"weight": TITLE_WEIGHT} if is_sqlite(conn) else {})
    return {id: float(score) for id, score in conn.execute(text(_FIND[is_sqlite(conn)]), told)}


def _tsvector(title: Sequence[str], body: Sequence[str]) -> str:
    """The words with their positions, those of the title weigh A. No word holds a quote or backslash."""
    places: dict[str, list[str]] = {}
    for at, word in enumerate(title, 1):
        places.setdefault(word, []).append(f"{min(at, _MOST_POSITION)}A")
    for at, word in enumerate(body, len(title) + _GAP):
        places.setdefault(word, []).append(str(min(at, _MOST_POSITION)))
    return " ".join(f"'{word}':{','.join(found[:255])}" for word, found in places.items())
