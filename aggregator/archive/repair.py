"""What can be computed again, computed again: projections, counts, faces, the queue of the full-text index.

Decisions, revisions and texts are the truth; nothing here touches them, and nothing here invents any. What was
damaged of the truth itself stays a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from .. import url
from . import dialect, showing, stories, textindex
from .schema import Copy, Decision, Revision, Story, TextQueue
from .values import Finding
from .verify import leads


def repair(conn: Connection, findings: Iterable[Finding], now: datetime) -> list[str]:
    """Mend what the findings are about, as far as it can be derived; the checks that were worked on.

    It waits for whoever places or indexes.
    """
    for stage in ("placing", "text index"):
        dialect.hold(conn, stage, wait=True)
    found = {finding.check for finding in findings}
    done = []
    for checks, mend in _MENDS:
        if found & checks:
            mend(conn, now)
            done += sorted(found & checks)
    return done


def _revisions(conn: Connection, now: datetime) -> None:
    """A copy shows its latest revision, counts them, and waits unless that one was judged."""
    own = Revision.copy_id == Copy.id
    last = select(func.max(Revision.id)).where(own).scalar_subquery()
    count = select(func.count()).where(own).scalar_subquery()
    judged = exists().where(Revision.id == Copy.judged_revision_id, own)
    has_one = exists().where(own)
    said = select(Decision.revision_id).where(Decision.copy_id == Copy.id, Decision.revision_id.is_not(None))
    by_decision = said.order_by(Decision.id.desc()).limit(1).scalar_subquery()
    conn.execute(update(Copy).where(~judged).values(judged_revision_id=by_decision))
    conn.execute(update(Copy).where(has_one).values(revision_id=last, revisions=count))
    conn.execute(update(Copy).values(waiting=Copy.judged_revision_id.is_distinct_from(Copy.revision_id)))


def _places(conn: Connection, now: datetime) -> None:
    """A copy is where its latest decision put it; stories follow from where the copies are."""
    own = select(Decision.story_id).where(Decision.copy_id == Copy.id)
    decided = own.order_by(Decision.id.desc()).limit(1).scalar_subquery()
    conn.execute(update(Copy).values(story_id=decided))
    _merges(conn)
    stories.count(conn, conn.scalars(select(Story.id)).all())
    stories.reface(conn, conn.scalars(leads()).all(), now)


def _merges(conn: Connection) -> None:
    """A story that holds copies was not merged; another names where they live on, in one step."""
    query = select(Decision.other_story_id, Decision.story_id).where(
        Decision.method == "merge", Decision.other_story_id.is_not(None)
    )
    held = dict(conn.execute(select(Story.id, Story.merged_into)).all())
    went = {story: survivor for story, survivor in held.items() if survivor}
    went |= {old: new for old, new in conn.execute(query.order_by(Decision.id)) if old}
    alive = set(conn.scalars(select(Copy.story_id).distinct()))
    for story_id, survivor in held.items():
        aim = None if story_id in alive else _end(story_id, went, alive)
        if aim != survivor:
            conn.execute(update(Story).where(Story.id == story_id).values(merged_into=aim))


def _end(story_id: int, went: dict[int, int], alive: set[int | None]) -> int | None:
    """The story where the way ends; None where it leads nowhere or back."""
    seen: set[int] = set()
    at = story_id
    while at not in alive:
        if at in seen or at not in went:
            return None
        seen.add(at)
        at = went[at]
    return at


def _text_index(conn: Connection, now: datetime) -> None:
    """All of it again, from the queue."""
    textindex.of(conn).clear(conn)
    conn.execute(delete(TextQueue))
    conn.execute(insert(TextQueue).from_select(["copy_id"], select(Copy.id)))


def _addresses(conn: Connection, now: datetime) -> None:
    """A copy is looked up by the address that its current revision gives."""
    query = select(Copy.id, Copy.url_hash, Revision.canonical_url, Revision.url)
    for id, held, *said in conn.execute(query.join(Revision, Revision.id == Copy.revision_id)).all():
        if (held or 0) != (key := url.key(*said)):
            conn.execute(update(Copy).where(Copy.id == id).values(url_hash=key or None))


Mend = Callable[[Connection, datetime], None]
_MENDS: tuple[tuple[set[str], Mend], ...] = (
    ({"current-revision", "revisions", "waiting", "judged-revision"}, _revisions),
    ({"projection", "left-behind", "merged-twice", "counts", "lead"}, _places),
    ({"text-index"}, _text_index),
    ({"address"}, _addresses),
    ({"face"}, showing.reface),
    ({"authority"}, showing.restore_authority),
    ({"published"}, showing.publish_again),
)
