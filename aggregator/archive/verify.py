"""Does the archive contradict itself? Each check is one query that finds nothing in a sound archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.orm import aliased

from . import dialect, search
from .schema import Copy, Decision, Revision, Story
from .types import AnySelect
from .values import Finding

SHOWN = 20  # of each kind


def verify(conn: Connection) -> list[Finding]:
    """What is wrong, at most SHOWN of a kind and one line that counts the rest; empty for a sound archive."""
    found = [Finding("storage", sentence) for sentence in dialect.damage(conn)[:SHOWN]]
    for name, (query, sentence) in _CHECKS.items():
        found += _some(name, [sentence.format(*row) for row in conn.execute(query())])
    found += _some("text-index", [f"copy {id} cannot be searched for" for id in search.unindexed(conn)])
    return found


def _some(name: str, sentences: list[str]) -> Iterator[Finding]:
    yield from (Finding(name, sentence) for sentence in sentences[:SHOWN])
    if len(sentences) > SHOWN:
        yield Finding(name, f"and {len(sentences) - SHOWN} more of this kind")


def _projection() -> AnySelect:
    """copy.story_id is what the latest decision about the copy says."""
    every = aliased(Decision)
    latest = select(func.max(every.id)).where(every.copy_id == Copy.id).scalar_subquery()
    query = select(Copy.id, Copy.story_id, Decision.story_id).outerjoin(Decision, Decision.id == latest)
    return query.where(Copy.story_id.is_distinct_from(Decision.story_id))


def _left_behind() -> AnySelect:
    return (
        select(Copy.id, Story.id, Story.merged_into)
        .join(Story, Story.id == Copy.story_id)
        .where(Story.merged_into.is_not(None))
    )


def _merged_twice() -> AnySelect:
    """merged_into names a story that was not merged itself: so there is no circle either."""
    survivor = aliased(Story)
    return (
        select(Story.id, survivor.id)
        .join(survivor, survivor.id == Story.merged_into)
        .where(survivor.merged_into.is_not(None))
    )


def _counts() -> AnySelect:
    held = select(func.count()).where(Copy.story_id == Story.id).scalar_subquery()
    return select(Story.id, Story.copies, held).where(Story.copies != held)


def _leads() -> AnySelect:
    lead = aliased(Copy)
    query = select(Story.id, Story.lead_copy_id).outerjoin(lead, lead.id == Story.lead_copy_id)
    return query.where(
        Story.merged_into.is_(None), Story.copies > 0, lead.story_id.is_distinct_from(Story.id)
    )


def _current() -> AnySelect:
    """The current revision exists, belongs to the copy, and has its fingerprint."""
    query = select(Copy.id, Copy.revision_id).outerjoin(Revision, Revision.id == Copy.revision_id)
    differs = or_(
        Revision.copy_id.is_distinct_from(Copy.id),
        Revision.fingerprint != Copy.fingerprint,
        Copy.fingerprint == "",
    )
    return query.where(differs)


def _revisions() -> AnySelect:
    held = select(func.count()).where(Revision.copy_id == Copy.id).scalar_subquery()
    return select(Copy.id, Copy.revisions, held).where(Copy.revisions != held)


def _waiting() -> AnySelect:
    """A copy waits exactly as long as its current revision was not judged."""
    judged = Copy.revision_id.is_not_distinct_from(Copy.judged_revision_id)
    return select(Copy.id).where(Copy.waiting == judged)


_CHECKS: dict[str, tuple[Callable[[], AnySelect], str]] = {
    "projection": (_projection, "copy {0} is in story {1}, its latest decision says {2}"),
    "left-behind": (_left_behind, "copy {0} is in story {1}, which was merged into {2}"),
    "merged-twice": (_merged_twice, "story {0} was merged into {1}, which was merged itself"),
    "counts": (_counts, "story {0} counts {1} copies and holds {2}"),
    "lead": (_leads, "story {0} shows copy {1}, which is not in it"),
    "current-revision": (_current, "copy {0} has no sound current revision ({1})"),
    "revisions": (_revisions, "copy {0} counts {1} revisions and has {2}"),
    "waiting": (_waiting, "copy {0} waits although it was judged, or the other way round"),
}
