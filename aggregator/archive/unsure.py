"""What the rules were least sure of: the decisions that a person may want to look at."""

from __future__ import annotations

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from .schema import Copy, Decision, Occasion, Revision, Story
from .values import Unsure

BY_RULES = "rules"


def nearest(conn: Connection, margin: float, limit: int) -> list[Unsure]:
    """The latest decision on each copy whose score is within `margin` (0 to 1) of the threshold, nearest first.

    A copy that a person has spoken on is settled and does not show.
    """
    latest = select(func.max(Decision.id)).where(Decision.copy_id.is_not(None)).group_by(Decision.copy_id)
    other, said = aliased(Copy), aliased(Revision)
    distance = func.abs(Decision.score - Occasion.threshold)
    query = (
        select(Story.ulid, Decision.copy_id, Decision.matched_copy_id, Decision.method, Decision.score)
        .add_columns(Occasion.threshold, Revision.title, said.title.label("other_title"))
        .join(Occasion, Occasion.id == Decision.occasion_id)
        .join(Copy, Copy.id == Decision.copy_id)
        .join(Revision, Revision.id == Copy.revision_id)
        .join(Story, Story.id == Copy.story_id)
        .outerjoin(other, other.id == Decision.matched_copy_id)
        .outerjoin(said, said.id == other.revision_id)
        .where(
            Decision.id.in_(latest), Occasion.by == BY_RULES, Decision.score.is_not(None), distance <= margin
        )
        .order_by(distance, Decision.id)
        .limit(limit)
    )
    return [
        Unsure(
            story=row.ulid,
            copy_id=row.copy_id,
            other_copy_id=row.matched_copy_id,
            joined=row.score >= row.threshold,
            score=row.score,
            threshold=row.threshold,
            title=row.title,
            other_title=row.other_title or "",
        )
        for row in conn.execute(query)
    ]
