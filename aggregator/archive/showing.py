"""Does what readers are shown follow from what is archived? Ids, titles and dates of stories, their places in the feed.

Nothing of it has a checksum, as it moves on; but each value was taken from something that stays: an id from the copy
that founded the story, a title from a revision, a date from a copy or from when something was decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection, and_, exists, func, literal, or_, select, update
from sqlalchemy.orm import aliased
from ulid import ULID

from ..text import clean
from . import dialect, stories
from .schema import (
    Closed,
    Copy,
    Decision,
    Namespace,
    Occasion,
    Publication,
    Revision,
    Ruling,
    Setting,
    Source,
    Story,
)
from .types import AnyRow, AnySelect

STEP = 1_000  # stories at a time
MOMENT = timedelta(milliseconds=2)  # an id has the time in milliseconds
NEVER = 2**31 - 1  # the number of no archive document


@dataclass(slots=True)
class Known:
    """What the copies say that were ever in a story, and when something was decided on them or on it."""

    founders: set[tuple[str, str]] = field(default_factory=set)  # (source, guid)
    decided: set[datetime] = field(default_factory=set)  # when something was, on the story itself
    moments: set[datetime] = field(default_factory=set)
    titles: dict[int | None, set[str]] = field(default_factory=dict)  # of each copy
    went: set[int] = field(
        default_factory=set
    )  # stories that it joined, or that copies of it were in as well

    def shown(self, copy_id: int | None) -> set[str]:
        """The titles that a story with this lead may have: those of another copy where the lead had none."""
        own = self.titles.get(copy_id, {""})
        return own.union(*self.titles.values()) if "" in own else own


# ---------------------------------------------------------------- ids and faces


def strange(conn: Connection) -> Iterator[tuple[str, int, str]]:
    """(check, story, what is wrong) of ids that nothing gives, titles that no copy has, dates of nothing."""
    for story, known in _told(conn):
        if not (_of_time(story) or _of_founder(story, known)):
            yield (
                "public-id",
                story.id,
                f"story {story.id} has the id {story.ulid}, which neither a copy of it gives nor its time",
            )
        if not (_of_time(story) or story.created_at in known.decided):
            yield (
                "age",
                story.id,
                f"story {story.id} is said to begin at a time when nothing was decided on it",
            )
        if story.merged_into is not None:
            if story.merged_into not in known.went and not _led(conn, story.id, story.merged_into):
                yield (
                    "merge",
                    story.id,
                    f"story {story.id} lives on in {story.merged_into}, where none of it ever went",
                )
            continue
        if not story.copies:
            continue
        if story.title not in known.shown(story.lead_copy_id):
            yield "face", story.id, f"story {story.id} has a title that the copy which it shows never had"
        for name in ("published_at", "updated_at"):
            if getattr(story, name) not in known.moments | {story.created_at}:
                yield (
                    "face",
                    story.id,
                    f"{name} of story {story.id} is a time when none of its copies was printed or judged",
                )


def _of_time(story: AnyRow) -> bool:
    """Stories that a person split off have the time in their ids, and so had all until ids were of founders."""
    try:
        return bool(abs(ULID.from_str(story.ulid).datetime - story.created_at) < MOMENT)
    except ValueError:
        return False


def _of_founder(story: AnyRow, known: Known) -> bool:
    authority = story.prefix.removeprefix("tag:").removesuffix(":story/")
    return any(stories.is_id_of(story.ulid, authority, *founder) for founder in known.founders)


def _told(conn: Connection) -> Iterator[tuple[AnyRow, Known]]:
    query = select(Story.__table__, Namespace.prefix).join(Namespace, Namespace.id == Story.namespace_id)
    last = 0
    while page := conn.execute(query.where(Story.id > last).order_by(Story.id).limit(STEP)).all():
        known = _known(conn, [story.id for story in page])
        yield from ((story, known[story.id]) for story in page)
        last = page[-1].id


def _known(conn: Connection, story_ids: Iterable[int]) -> dict[int, Known]:
    found: dict[int, Known] = defaultdict(Known)
    ids = list(story_ids)
    for own in (Decision.story_id, Decision.other_story_id):
        query = select(own, Decision.story_id, Occasion.at).join(
            Occasion, Occasion.id == Decision.occasion_id
        )
        for story, into, at in conn.execute(query.where(dialect.within(conn, own, ids)).distinct()):
            found[story or 0].decided.add(at)
            found[story or 0].moments.add(at)
            found[story or 0].went.add(into)
    within = dialect.within(conn, Decision.story_id, ids), Decision.copy_id.is_not(None)
    ever = select(Decision.story_id, Decision.copy_id).where(*within).distinct().subquery()
    copies = select(ever.c.story_id, Source.name, Copy.guid, Copy.first_seen)
    copies = copies.join(Copy, Copy.id == ever.c.copy_id).join(Source, Source.id == Copy.source_id)
    for story, name, guid, seen in conn.execute(copies):
        found[story].founders.add((name, guid))
        found[story].moments.add(seen)
    said = select(ever.c.story_id, Revision.copy_id, Revision.title, Revision.published)
    for story, copy, title, published in conn.execute(
        said.join(Revision, Revision.copy_id == ever.c.copy_id)
    ):
        found[story].titles.setdefault(copy, set()).add(clean(title))
        found[story].moments.update({published} - {None})
    other = aliased(Decision)
    judged = select(ever.c.story_id, other.story_id, Occasion.at).join(other, other.copy_id == ever.c.copy_id)
    for story, into, at in conn.execute(judged.join(Occasion, Occasion.id == other.occasion_id).distinct()):
        found[story].moments.add(at)
        found[story].went.add(into)
    return found


def _led(conn: Connection, story_id: int, survivor: int) -> bool:
    """Whether decisions lead from the story to the other, in however many steps."""
    seen, ahead = {story_id}, {story_id}
    while ahead and survivor not in seen:
        known = _known(conn, ahead)
        ahead = {into for each in known.values() for into in each.went} - seen
        seen |= ahead
    return survivor in seen


def authority(conn: Connection) -> Iterator[str]:
    """New stories get ids that begin as those of the latest one do."""
    held, last = _authorities(conn)
    if last and held != last:
        yield f"new ids would begin with the authority {held!r}, those of the latest story begin with {last!r}"


def _authorities(conn: Connection) -> tuple[str | None, str | None]:
    """As set, and as the latest story says."""
    query = select(Namespace.prefix).join(Story, Story.namespace_id == Namespace.id)
    sound = Namespace.prefix.like("tag:%:story/")
    prefix = conn.scalar(query.where(sound).order_by(Story.id.desc()).limit(1))
    held = conn.scalar(select(Setting.value).where(Setting.key == stories.AUTHORITY))
    return held, prefix and prefix.removeprefix("tag:").removesuffix(":story/")


def unruled() -> AnySelect:
    """A person's word on two copies is that of a decision of a person's, on stories in which both were."""
    word = aliased(Decision)
    query = select(Ruling.copy_id, Ruling.other_copy_id).join(word, word.id == Ruling.decision_id)
    query = query.join(Occasion, Occasion.id == word.occasion_id)
    sides = word.story_id, word.other_story_id
    strangers = (
        ~exists().where(Decision.copy_id == copy, Decision.story_id.in_(sides))
        for copy in (Ruling.copy_id, Ruling.other_copy_id)
    )
    otherwise = or_(
        and_(word.method == "merge", ~Ruling.together), and_(word.method == "apart", Ruling.together)
    )
    return query.where(or_(Occasion.by == "rules", otherwise, *strangers))


# ---------------------------------------------------------------- the feed


def out_of_place() -> AnySelect:
    """What stands in an archive document comes before what stands in a later one, or in none."""
    document = func.coalesce(Publication.document, literal(NEVER))
    before = func.lag(document).over(order_by=Publication.number).label("before")
    each = select(Publication.story_id, Publication.number, document.label("document"), before)
    placed = each.where(Publication.number.is_not(None)).subquery()
    return select(placed.c.story_id, placed.c.number).where(placed.c.before > placed.c.document)


def misdated() -> AnySelect:
    """What was published of a story that did not change since is as the story is: of its date, or withdrawn."""
    withdrawn = Publication.gone != Story.merged_into.is_not(None)
    told = and_(~Publication.gone, Publication.updated != Story.updated_at)
    query = select(Publication.story_id).join(Story, Story.id == Publication.story_id)
    placed = Story.changed == 0, Publication.number.is_not(None), Publication.problem == ""
    return query.where(*placed, or_(withdrawn, told))


def strange_documents(conn: Connection) -> Iterator[str]:
    """Archive documents that lack a story whose place is said to be there."""
    query = select(Publication.story_id, Publication.document)
    query = query.where(Publication.document.is_not(None), ~Publication.gone, Publication.problem == "")
    query = query.order_by(Publication.document, Publication.story_id).execution_options(yield_per=STEP)
    for number, placed in groupby(conn.execute(query), attrgetter("document")):
        bases = conn.scalar(select(Closed.bases).where(Closed.number == number)) or []
        shown = {base[1] for base in bases if isinstance(base, list)}
        lacking = [story for story, _ in placed if story not in shown]
        if shown and lacking:
            yield f"archive document {number} of the feed lacks story {lacking[0]}, whose place is there"


# ---------------------------------------------------------------- mending


def reface(conn: Connection, now: datetime) -> None:
    """Titles and dates by the copies that are there, for stories whose own are of nothing."""
    wrong = sorted({story for check, story, _ in strange(conn) if check == "face"})
    for id in wrong:
        known = _known(conn, [id])[id]
        story = conn.execute(select(Story.__table__).where(Story.id == id)).one()
        printed, title = _printed(conn, id), _title(conn, story.lead_copy_id)
        told = conn.scalar(select(Publication.updated).where(Publication.story_id == id))
        said = {
            "title": story.title if story.title in known.shown(story.lead_copy_id) else title,
            "published_at": story.published_at if story.published_at in known.moments else printed,
            "updated_at": next((at for at in (story.updated_at, told) if at in known.moments), printed),
        }
        conn.execute(update(Story).where(Story.id == id).values(**said, changed=Story.changed + 1))


def _printed(conn: Connection, story_id: int) -> datetime | None:
    """The earliest printing."""
    query = select(Revision.published, Copy.first_seen).join(Copy, Copy.judged_revision_id == Revision.id)
    found = conn.execute(query.where(Copy.story_id == story_id)).all()
    return min((at for row in found for at in row if at), default=None)


def _title(conn: Connection, copy_id: int | None) -> str:
    query = select(Revision.title).join(Copy, Copy.judged_revision_id == Revision.id)
    return clean(conn.scalar(query.where(Copy.id == copy_id)) or "")


def restore_authority(conn: Connection, now: datetime) -> None:
    _, last = _authorities(conn)
    if last:
        conn.execute(dialect.put(conn, Setting), {"key": stories.AUTHORITY, "value": last})


def publish_again(conn: Connection, now: datetime) -> None:
    """Have the feed say again what these stories say."""
    ids = conn.scalars(misdated()).all()
    said = select(Story.updated_at).where(Story.id == Publication.story_id).scalar_subquery()
    which = dialect.within(conn, Publication.story_id, ids)
    conn.execute(update(Publication).where(which, ~Publication.gone).values(updated=said))
    conn.execute(update(Story).where(dialect.within(conn, Story.id, ids)).values(changed=Story.changed + 1))
