"""What publishers changed or took back without saying so: headlines, cuts, withdrawals.

A headline changed, or a text lost a good part of its words, from one revision to the next. A copy was withdrawn
when its feed no longer names it while it still names the next older ones: a feed lets its oldest go first, but for
what is pinned to it. Where several vanish out of turn at a time the feed is sorted by something else, and nothing is
concluded.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, islice

from sqlalchemy import Connection, func, or_, select

from ..text import one_line
from .schema import Copy, Fetch, Revision, Source, Story
from .types import AnyRow
from .values import Correction

CUT_SHARE, CUT_WORDS = 0.7, 40  # of the words before that are left at most; words that are gone at least
RECENT = 500  # copies of a feed that are looked at: more than a page holds
OLDER_LEFT, OF_NEXT = 3, 4  # copies that the feed must still name, of so many that are the next older
DOCUMENTS = 2  # in a row that must be without it
AT_ONCE = 2  # that may vanish out of turn from one document
_PLAIN = str.maketrans(
    dict.fromkeys("‘’‚‛′ʼ", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—―−", "-")
)


def latest(conn: Connection, limit: int) -> list[Correction]:
    """The newest first."""
    found = [*islice(_revised(conn), limit), *_withdrawn(conn)]
    return sorted(found, key=lambda each: (each.at, each.copy_id), reverse=True)[:limit]


# ---------------------------------------------------------------- between two revisions


def _revised(conn: Connection) -> Iterator[Correction]:
    pairs = (
        select(
            Revision.id,
            Revision.copy_id,
            Revision.at,
            Revision.title,
            Revision.words,
            func.lag(Revision.title)
            .over(partition_by=Revision.copy_id, order_by=Revision.id)
            .label("title_before"),
            func.lag(Revision.words)
            .over(partition_by=Revision.copy_id, order_by=Revision.id)
            .label("words_before"),
        )
        .where(Revision.copy_id.in_(select(Copy.id).where(Copy.revisions > 1)))
        .subquery()
    )
    cut = (pairs.c.words < CUT_SHARE * pairs.c.words_before) & (
        pairs.c.words <= pairs.c.words_before - CUT_WORDS
    )
    query = (
        select(pairs, Source.name, Story.ulid, Revision.url)
        .join(Copy, Copy.id == pairs.c.copy_id)
        .join(Revision, Revision.id == Copy.revision_id)
        .join(Source, Source.id == Copy.source_id)
        .outerjoin(Story, Story.id == Copy.story_id)
        .where(pairs.c.title_before.is_not(None), or_(pairs.c.title != pairs.c.title_before, cut))
        .order_by(pairs.c.id.desc())
        .execution_options(yield_per=100)  # how many say no more than another sort of quotes is not known
    )
    for row in conn.execute(query):
        if _folded(row.title) != _folded(row.title_before):
            yield _correction("headline", row, row.at, row.title_before, row.title)
        if row.words < CUT_SHARE * row.words_before and row.words <= row.words_before - CUT_WORDS:
            yield _correction("cut", row, row.at, f"{row.words_before} words", f"{row.words} words")


def _folded(title: str) -> str:
    """Without what a change of typesetting changes."""
    return one_line(unicodedata.normalize("NFKC", title).translate(_PLAIN)).casefold()


def _correction(kind: str, row: AnyRow, at: datetime, before: str, after: str) -> Correction:
    return Correction(kind, at, row.ulid or "", row.copy_id, row.name, row.title, row.url, before, after)


# ---------------------------------------------------------------- gone from its feed


def _withdrawn(conn: Connection) -> Iterator[Correction]:
    feeds = conn.scalars(select(Source.id).where(Source.kind == "feed", Source.active, Source.failures == 0))
    for source_id in feeds.all():
        page = _recent(conn, source_id)
        gone = [copy for copy in page if _left_out_of_turn(copy, page)]
        for _, together in groupby(
            sorted(gone, key=lambda copy: copy.last_seen), lambda copy: copy.last_seen
        ):
            some = list(together)
            if len(some) <= AT_ONCE and _documents_since(conn, source_id, some[0].last_seen) >= DOCUMENTS:
                yield from (_correction("withdrawn", copy, copy.last_seen, copy.title, "") for copy in some)


def _recent(conn: Connection, source_id: int) -> list[AnyRow]:
    """The youngest copies of a feed, the oldest of them first."""
    printed = func.coalesce(Revision.published, Copy.first_seen)
    query = (
        select(
            Copy.id.label("copy_id"),
            Copy.first_seen,
            Copy.last_seen,
            Revision.url,
            Revision.title,
            Source.name,
            Story.ulid,
            printed.label("printed"),
        )
        .join(Revision, Revision.id == Copy.revision_id)
        .join(Source, Source.id == Copy.source_id)
        .outerjoin(Story, Story.id == Copy.story_id)
        .where(Copy.source_id == source_id)
        .order_by(Copy.id.desc())
        .limit(RECENT)
    )
    return sorted(conn.execute(query).all(), key=lambda row: (row.printed, row.copy_id))


def _left_out_of_turn(copy: AnyRow, page: list[AnyRow]) -> bool:
    """The next older ones that stood beside it were named after it was last.

    An older document of the feed, which came later than that, did not; and what vanished with it says nothing.
    """
    older = (other for other in reversed(page) if other.printed < copy.printed)
    beside = (
        other for other in older if other.first_seen <= copy.last_seen and other.last_seen != copy.last_seen
    )
    return len([other for other in islice(beside, OF_NEXT) if other.last_seen > copy.last_seen]) >= OLDER_LEFT


def _documents_since(conn: Connection, source_id: int, moment: datetime) -> int:
    changed = (Fetch.source_id == source_id, Fetch.outcome == "changed", Fetch.at > moment)
    return conn.scalar(select(func.count()).select_from(Fetch).where(*changed)) or 0
