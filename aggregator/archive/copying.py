"""Who copies whom: for each pair of outlets, how often one printed what the other had first, and how much later.

The first printing of a story is the earliest that an outlet claims, but never later than we saw it. An outlet
counts once a story. A copy is credited where its text names an agency, or its canonical link the first printing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, Connection, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from . import dialect
from .schema import Copy, Revision, Source, Story
from .values import AgencyUse, Copying, OutletShare, Pair

MOST_PAIRS = 400  # of outlets
MOST_AGENCIES = 12


def copying(conn: Connection, since: datetime, until: datetime) -> Copying:
    """Over the stories of several copies whose first printing lies in [since, until)."""
    printed = _printed(since, until)
    ranked = _ranked(printed)
    return Copying(
        since=since,
        until=until,
        stories=conn.scalar(select(func.count(printed.c.story_id.distinct()))) or 0,
        outlets=tuple(_shares(conn, ranked)),
        pairs=tuple(_pairs(conn, ranked)),
        agencies=tuple(_agencies(conn, since, until)),
    )


def _in_period(since: datetime, until: datetime) -> Any:
    return and_(
        Story.merged_into.is_(None),
        Story.updated_at >= since,  # follows from the next, and has an index
        Story.published_at >= since,
        Story.published_at < until,
    )


def _printed(since: datetime, until: datetime) -> CTE:
    """Each copy of those stories: its outlet as people call it, and when it was printed."""
    outlet = case((Source.title != "", Source.title), (Source.outlet != "", Source.outlet), else_=Source.name)
    earlier = Revision.published < Copy.first_seen
    return (
        select(
            Copy.id,
            Copy.story_id,
            Copy.agency,
            Copy.url_hash,
            outlet.label("outlet"),
            case((earlier, Revision.published), else_=Copy.first_seen).label("at"),
        )
        .join(Story, Story.id == Copy.story_id)
        .join(Revision, Revision.id == Copy.revision_id)
        .join(Source, Source.id == Copy.source_id)
        .where(_in_period(since, until), Story.copies > 1)
        .cte("printed")
    )


def _ranked(printed: CTE) -> CTE:
    """Each outlet's earliest printing of each story, beside the first of all."""
    of = printed.c
    story: dict[str, Any] = {"partition_by": of.story_id, "order_by": (of.at, of.id)}
    nth = func.row_number().over(partition_by=(of.story_id, of.outlet), order_by=(of.at, of.id))
    ranked = select(
        of.outlet,
        of.agency,
        of.url_hash,
        of.at,
        nth.label("nth"),
        func.first_value(of.outlet).over(**story).label("first"),
        func.first_value(of.at).over(**story).label("first_at"),
        func.first_value(of.url_hash).over(**story).label("first_url"),
    ).subquery()
    return select(ranked).where(ranked.c.nth == 1).cte("ranked")


def _shares(conn: Connection, ranked: CTE) -> list[OutletShare]:
    """Every outlet, the busiest first."""
    of = ranked.c
    ahead = func.sum(case((of.outlet == of.first, 1), else_=0))
    query = select(of.outlet, func.count().label("stories"), ahead.label("first")).group_by(of.outlet)
    rows = conn.execute(query.order_by(func.count().desc(), of.outlet))
    return [OutletShare(row.outlet, row.stories, int(row.first)) for row in rows]


def _pairs(conn: Connection, ranked: CTE) -> list[Pair]:
    """The most frequent pairs, with the median of the lag (its two middle ones, where there are two)."""
    of = ranked.c
    lag = dialect.seconds(conn, of.first_at, of.at)
    credited = or_(of.agency != "", of.url_hash == of.first_url)
    pair = (of.first, of.outlet)
    each = (
        select(
            *pair,
            case((credited, 1), else_=0).label("credited"),
            lag.label("lag"),
            func.row_number().over(partition_by=pair, order_by=lag).label("place"),
            func.count().over(partition_by=pair).label("many"),
        )
        .where(of.outlet != of.first)
        .subquery()
    )
    of = each.c
    middle = and_(2 * of.place >= of.many, 2 * of.place <= of.many + 2)
    query = (
        select(
            of.first,
            of.outlet,
            func.count().label("stories"),
            func.sum(of.credited).label("credited"),
            func.avg(case((middle, of.lag))).label("lag"),
        )
        .group_by(of.first, of.outlet)
        .order_by(func.count().desc(), of.first, of.outlet)
        .limit(MOST_PAIRS)
    )
    return [
        Pair(row.first, row.outlet, row.stories, int(row.credited), timedelta(seconds=round(row.lag)))
        for row in conn.execute(query)
    ]


def _agencies(conn: Connection, since: datetime, until: datetime) -> list[AgencyUse]:
    """The agencies that the leading copies credit: how often they are printed, and how often named."""
    lead = aliased(Copy)
    query = (
        select(
            lead.agency,
            func.count(Story.id.distinct()).label("stories"),
            func.count(Copy.id).label("copies"),
            func.sum(case((Copy.agency != "", 1), else_=0)).label("credited"),
        )
        .select_from(Story)
        .join(lead, lead.id == Story.lead_copy_id)
        .join(Copy, Copy.story_id == Story.id)
        .where(_in_period(since, until), lead.agency != "")
        .group_by(lead.agency)
        .order_by(func.count(Copy.id).desc(), lead.agency)
        .limit(MOST_AGENCIES)
    )
    return [AgencyUse(row.agency, row.stories, row.copies, int(row.credited)) for row in conn.execute(query)]
