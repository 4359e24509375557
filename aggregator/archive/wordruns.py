"""The full-text index on PostgreSQL: lists of the copies that hold a word, packed in runs (see `postings`).

A tsvector under GIN takes three times as much as the texts. So the lists of each batch are kept as a run of pages;
FAN runs of about one size become one, up to MOST copies, as in a log-structured merge tree and in FTS5. Runs never
change but for the copies that are gone from them: those whose text became another, which stand in a later run. One
process at a time writes here; what is asked for is read by one statement, since another may be joining runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

import numpy as np
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    LargeBinary,
    bindparam,
    cast,
    func,
    select,
    text,
    type_coerce,
)
from sqlalchemy.types import NullType

from ..errors import ArchiveError
from . import dialect, postings
from .fts import CHECKED, Also, AnyColumn, Holds, Text
from .postings import Ints, Postings
from .schema import Copy, Revision
from .types import AnyRow, AnySelect
from .words import Clause, Words, wanted, words_held

TITLE = "^"  # before a word that is in the title; no word begins with it
BATCH = 2_000  # copies indexed in one transaction: the larger, the less often a list is written again
_STEP = 2
FAN = 1 << _STEP
MOST = 100_000  # copies in a run that is joined with no other
FEW = 20_000  # copies that are looked up in a list of those that hold a word, and not the other way round
AT_ONCE = 1_000_000  # numbers of copies that are in memory while runs become one
_PAGES = 20  # bits of the number of a page within its run

_FIND = text(
    "SELECT run.id, run.first, run.gone, page.id AS page, page.body FROM copy_text_run run "
    "CROSS JOIN unnest(CAST(:keys AS bigint[])) asked "
    f"JOIN copy_text_page page ON page.id = (run.id << {_PAGES}) + ((asked * run.pages) >> 32) "
    "WHERE CAST(:copy AS bigint) IS NULL OR :copy BETWEEN run.first AND run.last"
)
_PIECE = text(
    "SELECT run.first, run.gone, page.body FROM copy_text_run run JOIN copy_text_page page "
    f"ON page.id >= (run.id << {_PAGES}) + :at * run.pages / :pieces "
    f"AND page.id < (run.id << {_PAGES}) + (:at + 1) * run.pages / :pieces "
    "WHERE run.id = ANY(:ids) ORDER BY page.id"
)
_RUNS = "SELECT id, first, size, postings, pages, copies, gone FROM copy_text_run"
_ADD_RUN = text(
    "INSERT INTO copy_text_run (id, first, last, size, postings, pages, copies) "
    "VALUES (:id, :first, :last, :size, :postings, :pages, :copies)"
)
_ADD_PAGE = text("INSERT INTO copy_text_page (id, body) VALUES (:id, :body)")
_DROP = (
    text("DELETE FROM copy_text_run WHERE id = :id"),
    text("DELETE FROM copy_text_page WHERE id >= :first AND id < :end"),
)


# ---------------------------------------------------------------- writing


def add(conn: Connection, texts: Iterable[Text]) -> None:
    told = [(id, [*title, *body, *(TITLE + word for word in title)]) for id, title, body in texts]
    if told:
        made = postings.of_texts(told)
        copies = np.array(sorted(id for id, _ in told), np.int64)
        _store(conn, copies, postings.pages_for(len(made.copies)), [made])
    while due := _due(conn):
        _join(conn, due)


def remove(conn: Connection, texts: Iterable[Text]) -> None:
    ids = np.array(sorted(id for id, *_ in texts), np.int64)
    if not len(ids):
        return
    near = text(f"{_RUNS} WHERE first <= :last AND last >= :first")
    for run in conn.execute(near, {"first": int(ids[0]), "last": int(ids[-1])}).all():
        gone = np.union1d(_gone(run), np.intersect1d(ids, _copies(run)))
        if len(gone) > len(_gone(run)):
            change = text("UPDATE copy_text_run SET gone = :gone WHERE id = :id")
            conn.execute(change, {"gone": postings.pack_numbers(gone, run.first), "id": run.id})


def _due(conn: Connection) -> Sequence[AnyRow]:
    """Runs of about one size that are to become one."""
    runs: dict[int, list[AnyRow]] = {}
    for run in conn.execute(text(f"{_RUNS} WHERE size < :most"), {"most": MOST}):
        runs.setdefault((int(run.size).bit_length() - 1) // _STEP, []).append(run)
    return next((alike for alike in runs.values() if len(alike) >= FAN), [])


def _join(conn: Connection, runs: Sequence[AnyRow]) -> None:
    """Make one run of several, some of their pages at a time."""
    copies = np.unique(np.concatenate([np.setdiff1d(_copies(run), _gone(run)) for run in runs]))
    if len(copies):
        total = sum(run.postings for run in runs)
        pieces = min(1 << (total // AT_ONCE).bit_length(), *(run.pages for run in runs))
        _store(
            conn, copies, postings.pages_for(total), (_piece(conn, runs, at, pieces) for at in range(pieces))
        )
    for statement in _DROP:
        spans = [{"id": run.id, "first": run.id << _PAGES, "end": (run.id + 1) << _PAGES} for run in runs]
        conn.execute(statement, spans)


def _piece(conn: Connection, runs: Sequence[AnyRow], at: int, pieces: int) -> Postings:
    """What is on one of so many equal parts of their pages."""
    found = conn.execute(_PIECE, {"ids": [run.id for run in runs], "at": at, "pieces": pieces})
    return postings.joined([(postings.unpack(row.body, row.first), _gone(row)) for row in found])


def _store(conn: Connection, copies: Ints, pages: int, parts: Iterable[Postings]) -> None:
    """A run of these copies; what they hold comes in parts, by the keys of the words."""
    id = conn.scalar(text("SELECT nextval(pg_get_serial_sequence('copy_text_run', 'id'))")) or 0
    first, count = int(copies[0]), 0
    for part in parts:
        made = [
            {"id": (id << _PAGES) + number, "body": postings.pack(page, first)}
            for number, page in postings.paged(part, pages)
        ]
        count += len(part.copies)
        if made:
            conn.execute(_ADD_PAGE, made)
    size = {"first": first, "last": int(copies[-1]), "size": len(copies), "postings": count, "pages": pages}
    conn.execute(_ADD_RUN, {"id": id, **size, "copies": postings.pack_numbers(copies, first)})


def _copies(run: AnyRow) -> Ints:
    return postings.unpack_numbers(run.copies, run.first)


def _gone(run: AnyRow) -> Ints:
    return postings.unpack_numbers(run.gone, run.first) if run.gone else np.zeros(0, np.int64)


def clear(conn: Connection) -> None:
    conn.execute(text("TRUNCATE copy_text_run, copy_text_page"))


# ---------------------------------------------------------------- asking


def among(conn: Connection, clauses: Sequence[Clause]) -> Holds:
    found = _matching(conn, clauses)
    if _checks(clauses):
        found = np.array(_told(conn, found[:CHECKED], clauses), np.int64)

    def holds(id: AnyColumn, these: Sequence[int] | None) -> AnyColumn:
        meant = found if these is None else _common(found, np.array(these, np.int64))
        # Not IN, which goes through the whole list for each copy where it is a long one and the server's memory
        # small; nor ==, whose opposite would be true of a copy that is not all of them.
        return id.op("=", is_comparison=True)(func.any(_array(meant)))

    return holds


def newest(conn: Connection, clauses: Sequence[Clause], most: int, also: Also) -> AnySelect:
    found, narrowed, held = list[int](), False, _matching(conn, clauses)
    held = held[:CHECKED] if _checks(clauses) else held
    step = most
    while len(held) and len(found) < most:
        # The newest did not do: those that are meant may be few.
        if step > 4 * most and len(held) > FEW and not narrowed:
            held, narrowed = _meant(conn, held, also), True
        found += _told(conn, _fit(conn, held[:step], also), clauses)
        held, step = held[step:], 4 * step
    return _listed(np.array(found[:most], np.int64))


def _fit(conn: Connection, ids: Ints, also: Also) -> Ints:
    """Those of them that are meant."""
    near = _listed(ids).subquery()
    fit = select(near.c.id).where(also.holds(near.c.id, ids.tolist())).order_by(near.c.id.desc())
    return np.array(conn.scalars(fit).all(), np.int64)


def _meant(conn: Connection, held: Ints, also: Also) -> Ints:
    """Those of `held` that can be meant, if few copies can; else all of them."""
    meant = also.window() if also.window else None
    if meant is None:
        id: AnyColumn = Copy.__table__.alias().c.id
        meant = conn.scalars(select(id).where(also.holds(id, None)).limit(FEW)).all()
        if len(meant) == FEW:
            return held
    return held[np.isin(held, np.array(meant, np.int64))]


def _matching(conn: Connection, clauses: Sequence[Clause]) -> Ints:
    """The copies that hold all words of one of each clause, wherever these stand; the latest first."""
    asked = {word for clause in clauses for one in clause for word in _keys(one)}
    found = [np.zeros(0, np.int64)]
    for held in _found(conn, asked):
        each = [[reduce(_common, map(held.__getitem__, _keys(one))) for one in clause] for clause in clauses]
        found.append(reduce(_common, [reduce(np.union1d, clause) for clause in each]))
    return np.sort(np.concatenate(found))[::-1]


def _common(one: Ints, other: Ints) -> Ints:
    """What two lists have in common that name each number once."""
    return np.intersect1d(one, other, assume_unique=True)


def _keys(one: Words) -> list[str]:
    return [TITLE * one.in_title + word for word in one.words]


def _found(conn: Connection, words: Iterable[str], copy: int | None = None) -> Iterator[dict[str, Ints]]:
    """Of each run the copies that hold each of the words; of those only that may hold this copy."""
    keys = {word: postings.key(word) for word in words}
    runs: dict[int, dict[int, AnyRow]] = {}
    for row in conn.execute(_FIND, {"keys": list(keys.values()), "copy": copy}):
        runs.setdefault(row.id, {})[row.page] = row
    for pages in runs.values():
        held, gone = dict.fromkeys(keys, np.zeros(0, np.int64)), _gone(next(iter(pages.values())))
        for row in pages.values():
            page = _read(row)
            held |= {word: _without(page.holding(word), gone) for word in keys if word in page.words}
        yield held


def _without(copies: Ints, gone: Ints) -> Ints:
    return np.setdiff1d(copies, gone, assume_unique=True) if len(gone) else copies


def _read(row: AnyRow) -> Postings:
    try:
        return postings.unpack(row.body, row.first)
    except ValueError as error:
        raise ArchiveError(
            f"the full-text index is damaged ({error}): run `aggregator verify --repair`"
        ) from error


def _checks(clauses: Sequence[Clause]) -> list[Clause]:
    """Those that ask for more than that words occur."""
    return [clause for clause in clauses if any(len(one.words) > 1 for one in clause)]


def _told(conn: Connection, ids: Ints, clauses: Sequence[Clause]) -> list[int]:
    """Those of the copies whose texts hold what stands side by side."""
    asked = [wanted(clause) for clause in _checks(clauses)]
    if not asked or not len(ids):
        return [int(id) for id in ids]
    frame = type_coerce(Revision.text, LargeBinary).label("frame")
    query = select(Copy.id, Revision.title, frame).join(Revision, Revision.id == Copy.revision_id)
    rows = conn.execute(query.where(dialect.within(conn, Copy.id, ids.tolist())).order_by(Copy.id.desc()))
    return [row.id for row in rows if all(words_held(row.title, row.frame, each) for each in asked)]


def _listed(ids: Ints) -> AnySelect:
    return select(func.unnest(_array(ids)).column_valued("id").label("id"))


def _array(ids: Ints) -> AnyColumn:
    """As text, in a third of the time that a list takes; of no type before the cast, or it would be no constant."""
    return cast(bindparam(None, "{" + ",".join(map(str, ids.tolist())) + "}", NullType()), ARRAY(BigInteger))


# ---------------------------------------------------------------- looking after


def finds(conn: Connection, copy_id: int, words: Iterable[str]) -> bool:
    asked = list(words)
    return any(all(copy_id in held[word] for word in asked) for held in _found(conn, asked, copy_id))


def held(conn: Connection) -> set[int]:
    runs = conn.execute(text(_RUNS)).all()
    return {id for run in runs for id in np.setdiff1d(_copies(run), _gone(run)).tolist()}


def faults(conn: Connection) -> Iterator[str]:
    """Runs whose pages cannot be read, or are not all there."""
    pages = "SELECT run.id, run.first, page.body FROM copy_text_run run "
    pages += f"JOIN copy_text_page page ON page.id >> {_PAGES} = run.id"
    there = {run.id: run.postings for run in conn.execute(text(_RUNS))}
    found = dict.fromkeys(there, 0)
    try:
        for row in conn.execute(text(pages).execution_options(yield_per=100)):
            found[row.id] += len(_read(row).copies)
    except ArchiveError as error:
        yield str(error)
        return
    for id, count in there.items():
        if found[id] != count:
            yield f"pages of the full-text index are missing: of run {id} it has {found[id]} numbers of {count}"
