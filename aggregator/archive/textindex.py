"""The full-text index of either database: FTS5 on SQLite (`fts`), packed lists on PostgreSQL (`wordruns`).

Here a text is (copy id, words of the title, words of the body), folded already; see `words`. Both keep which copies
hold a word, in the title or at all, and not where: places would take as much room as the texts. What depends on them,
a phrase, is looked up by its words and held against the archived text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from sqlalchemy import Connection, func, literal_column, select

from . import fts, wordruns
from .dialect import is_sqlite
from .fts import Also, Holds, Text
from .types import AnySelect
from .words import Clause, Words


class _Index(Protocol):
    BATCH: int  # copies to index in one transaction

    def add(self, conn: Connection, texts: Iterable[Text]) -> None:
        """Texts of copies that the index does not hold."""

    def remove(self, conn: Connection, texts: Iterable[Text]) -> None:
        """Take out texts exactly as they went in."""

    def among(self, conn: Connection, clauses: Sequence[Clause]) -> Holds:
        """Whether a column is the id of a copy that holds one of each clause."""

    def newest(self, conn: Connection, clauses: Sequence[Clause], most: int, also: Also) -> AnySelect:
        """SELECT of the newest `most` of them that are meant, too."""

    def finds(self, conn: Connection, copy_id: int, words: Iterable[str]) -> bool:
        """Whether the copy is found by all of these words."""

    def held(self, conn: Connection) -> set[int]:
        """The copies that are in the index."""

    def faults(self, conn: Connection) -> Iterator[str]:
        """What of it cannot be read."""

    def clear(self, conn: Connection) -> None:
        """Forget everything."""


def of(conn: Connection) -> _Index:
    return fts if is_sqlite(conn) else wordruns


def holding(conn: Connection, wanted: Words) -> Holds:
    """Whether a column is the id of a copy that holds the words."""
    return of(conn).among(conn, [[wanted]])


def scored(conn: Connection, clauses: Sequence[Clause], most: int, also: Also) -> AnySelect:
    """(id, score) of copies that hold one of each clause, and are meant.

    At most the newest `most` that hold all in the title, whose score is 1, and the newest `most` others. How well a
    text answers is not looked at: that takes reading it, and a common word is in half of an archive.
    """
    in_title = [[replace(one, in_title=True) for one in clause] for clause in clauses]
    newest = [
        (of(conn).newest(conn, asked, most, also).subquery(), score)
        for asked, score in ((in_title, 1), (clauses, 0))
    ]
    found = [select(each.c.id, literal_column(str(score)).label("score")) for each, score in newest]
    both = found[0].union_all(found[1]).subquery()
    return select(both.c.id, func.max(both.c.score).label("score")).group_by(both.c.id)
