"""Everything placed once more: in a scratch index first, and then as it came out, in one transaction.

The archive is read as it is; what is found out stands in the scratch index until it is carried out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Engine, delete, func, select

from ..model import Decision, Face, Link, Placement, Placing, Waiting
from . import dialect, dictionaries, frames, placing, rows, schema, stories
from .placing import Desk
from .schema import Copy, Publication, Revision, SecondLook, Setting, Source, Story
from .scratch import Scratch, opened
from .sketches import Sketches

_EVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
STEP = 500  # copies looked at together
REBUILT = "rebuilt"  # the setting that says up to which decision, and by which rules
_FACTS = ("agency", "place", "language", "furniture", "facts")
_TELL = (
    "agency = {agency}, place = {place}, furniture = {furniture}, facts = {facts}, "
    "language = CASE WHEN {language} <> '' THEN {language} ELSE copy.language END"
)


@dataclass(frozen=True, slots=True)
class Glance:
    """A copy in a line."""

    copy_id: int
    outlet: str
    title: str


class Rebuilds:
    """Open one at a time."""

    def __init__(self, engine: Engine, at_desk: Callable[[datetime], AbstractContextManager[Desk]]) -> None:
        self._engine, self._at_desk = engine, at_desk

    @contextmanager
    def begin(self, now: datetime, *, really: bool) -> Iterator[Rebuilding]:
        """Unless `really`, of one moment of the archive, while others go on writing; nothing can be carried out."""
        with self._desk(now, really) as desk, opened() as beside:
            yield Rebuilding(desk, Scratch(desk, beside, _kept(desk)))

    @contextmanager
    def _desk(self, now: datetime, really: bool) -> Iterator[Desk]:
        if really:
            with self._at_desk(now) as desk:
                yield desk
            return
        with dialect.snapshot(self._engine) as conn:
            dictionaries.catch_up(conn)
            sketches = Sketches()
            sketches.catch_up(conn)
            yield Desk(conn, sketches, now)


class Rebuilding:
    """One pass over all copies. The canonicaliser works on `scratch`."""

    def __init__(self, desk: Desk, scratch: Scratch) -> None:
        self.scratch = scratch
        self.former: dict[int, int] = _former(desk)  # copy -> its story in the archive
        self.desk = desk
        self._conn, self._sketches, self._now = desk.inside

    @property
    def waiting(self) -> int:
        """Copies with a revision that was not judged yet."""
        return placing.waiting_count(self._conn)

    def batches(self, limit: int) -> Iterator[list[Waiting]]:
        """Every placed copy in copy order, as if it were new."""
        last = 0
        while batch := self.desk.all_placed(last, limit):
            yield batch
            last = batch[-1].copy_id

    def decided_by(self, rules_version: str) -> bool:
        """Whether all stands where these rules put it: as they decided, or as the last rebuild by them left it."""
        said = self._conn.scalar(select(Setting.value).where(Setting.key == REBUILT))
        upto, _, version = said.partition(" ") if said else ("0", "", rules_version)
        made, when = schema.Decision, schema.Occasion
        others = (
            select(made.id)
            .join(when)
            .where(made.id > int(upto), when.by == "rules", when.rules_version != rules_version)
        )
        return version == rules_version and self._conn.scalar(others.limit(1)) is None

    def unread(self) -> Iterator[tuple[list[int], set[int]]]:
        """Copies whose text there is no more, those together that a person put together, but for what was put with
        one that is compared; with the copies that a person said are others.
        """
        kept = self.scratch.kept
        with_, apart = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
        for one, other, together in self.desk.constraints(sorted(kept)) if kept else ():
            said = with_ if together else apart
            said[one].add(other)
            said[other].add(one)
        left = set(kept)
        for id in sorted(kept):
            if id in left:
                party = _party(id, with_, kept)
                left -= party
                if party <= kept:
                    yield sorted(party), set[int]().union(*(apart[each] for each in party))

    # ------------------------------------------------------------ for people

    def published(self) -> set[int]:
        """The stories that subscribers know."""
        shown = Publication.number.is_not(None), ~Publication.gone
        return set(self._conn.scalars(select(Publication.story_id).where(*shown)))

    def glances(self, copy_ids: Iterable[int]) -> dict[int, Glance]:
        query = (
            select(Copy.id, Source.title, Source.outlet, Source.name, Revision.title.label("said"))
            .join(Source, Source.id == Copy.source_id)
            .join(Revision, Revision.id == Copy.revision_id)
            .where(dialect.within(self._conn, Copy.id, copy_ids))
        )
        found = self._conn.execute(query)
        return {row.id: Glance(row.id, row.title or row.outlet or row.name, row.said) for row in found}

    def titles(self, story_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """(ULID, title) of stories of the archive."""
        query = select(Story.id, Story.ulid, Story.title)
        found = self._conn.execute(query.where(dialect.within(self._conn, Story.id, story_ids)))
        return {id: (ulid, title) for id, ulid, title in found}

    def read_otherwise(self) -> list[int]:
        """Copies of whose text something else is known now: what is furniture, whom it credits."""
        return [id for id, _, _ in self._changed()]

    def _changed(self) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """(copy, revision, facts)"""
        ids = sorted(self.former.keys() - self.scratch.kept)
        for first in range(0, len(ids), STEP):
            some = ids[first : first + STEP]
            told = self.scratch.told(some)
            query = select(
                Copy.id,
                Copy.judged_revision_id,
                Copy.agency,
                Copy.place,
                Copy.language,
                Copy.furniture,
                Copy.facts,
            )
            for row in self._conn.execute(query.where(dialect.within(self._conn, Copy.id, some))):
                if row.id in told and rows.facts_told(row) != _beside(told[row.id][0], row.language):
                    yield row.id, row.judged_revision_id or 0, told[row.id][0]

    # ------------------------------------------------------------ carrying it out

    def carry_out(
        self,
        moved: Mapping[int, int],
        founders: Mapping[int, int],
        absorbed: Sequence[Decision],
        rules_version: str,
    ) -> None:
        """`moved`: copy -> story that it goes to; `founders`: new story -> its first copy; `absorbed`: merges."""
        conn, now = self._conn, self._now
        touched = set(moved.values()) | {self.former[id] for id in moved} | {m.story_id for m in absorbed}
        joined = {merge.other_story_id: merge.story_id for merge in absorbed}
        where = {id: moved.get(id, joined.get(story, story)) for id, story in self.former.items()}
        placements = tuple(self._placements(moved, founders, rules_version, self._names(where)))
        faces = tuple(self._faces(where, touched))
        self.desk.record(Placing(placements, faces))
        stories.reface(conn, founders.keys() - {face.story_id for face in faces}, now)
        for merge in absorbed:
            stories.absorb(conn, merge, now)
        conn.execute(delete(SecondLook))  # all was looked at again
        self._renew_facts()
        self.renew_sketches()
        last = conn.scalar(select(func.max(schema.Decision.id))) or 0
        conn.execute(dialect.put(conn, Setting), {"key": REBUILT, "value": f"{last} {rules_version}"})
        if touched:
            dialect.tell(conn, "stories")

    def _names(self, where: Mapping[int, int]) -> dict[int, int]:
        """What each story of the scratch index is in the archive."""
        scratch = self.scratch
        names = {scratch.story_of[id]: story for id, story in where.items()}
        return names | {gone: names[into] for gone, into in scratch.joined() if into in names}

    def _placements(
        self,
        moved: Mapping[int, int],
        founders: Mapping[int, int],
        rules_version: str,
        names: Mapping[int, int],
    ) -> Iterator[Placement]:
        ids, begins = sorted(moved), set(founders.values())
        for first in range(0, len(ids), STEP):
            some = ids[first : first + STEP]
            told, held = self.scratch.told(some), self.desk.placed(some)
            for id in some:
                (facts, said), was, story = told[id], held[id], moved[id]
                links = {names.get(other, story): score for other, score in said.pop("links")}
                runner_up = names.get(said.pop("runner_up_story_id") or 0)
                decision = Decision(
                    **said | {"method": "rebuild"},
                    story_id=story,
                    copy_id=id,
                    revision_id=was.revision_id,
                    other_story_id=self.former[id],
                    runner_up_story_id=runner_up if runner_up != story else None,
                    rules_version=rules_version,
                    at=self._now,
                )
                yield Placement(
                    copy_id=id,
                    revision_id=was.revision_id,
                    story_id=story,
                    is_new_story=id in begins,
                    decision=decision,
                    facts=was.facts if id in self.scratch.kept else rows.facts_of(facts),
                    at=was.published or was.seen or self._now,
                    links=tuple(
                        Link(story, other, score) for other, score in links.items() if other != story
                    ),
                )

    def _faces(self, where: Mapping[int, int], touched: set[int]) -> Iterator[Face]:
        """What the stories that change will show, as the canonicaliser chose it."""
        scratch = self.scratch
        chosen = {story: scratch.story_of[id] for id, story in where.items() if story in touched}
        for story, beside in sorted(chosen.items()):
            face = scratch.faces.get(beside)
            if face and where.get(face.lead_copy_id) == story:
                yield replace(face, story_id=story, significant=False)

    def _renew_facts(self) -> None:
        plain, changed = dialect.plain(self._conn), list(self._changed())
        kept = [(id, *rows.facts_kept(said)) for id, _, said in changed]
        told = [(*apart, plain.document(rest)) for *apart, rest in kept]
        dialect.update_all(self._conn, Copy, _FACTS, _TELL, told)
        query = select(Copy.story_id).where(dialect.within(self._conn, Copy.id, [id for id, _, _ in changed]))
        stories.count(self._conn, {story or 0 for story in self._conn.scalars(query)})

    def renew_sketches(self) -> bool:
        """Keep the keys and sentences of this pass for those that come; False if they are kept so already."""
        scratch = self.scratch
        return self._sketches.replace(self._conn, scratch.sketches, scratch.conn, scratch.kept)

    # ------------------------------------------------------------ is everything found?

    def without_keys(self) -> list[int]:
        """Placed copies that have a text, and no key in the index."""
        held = self._sketches.holders(self._conn)
        return sorted(self.former.keys() - held - self.scratch.kept)

    def holding(self, keys: Collection[int]) -> dict[int, int]:
        """How many copies hold each of the keys."""
        asked = np.unique(np.fromiter(keys, np.int64))
        held, counts = np.unique(
            self._sketches.postings(self._conn, asked, *_EVER).numbers, return_counts=True
        )
        return dict.fromkeys(asked.tolist(), 0) | dict(zip(held.tolist(), counts.tolist(), strict=True))


def _former(desk: Desk) -> dict[int, int]:
    conn, _, _ = desk.inside
    query = select(Copy.id, Copy.story_id).where(Copy.story_id.is_not(None))
    return {id: story or 0 for id, story in conn.execute(query)}


def _party(id: int, with_: Mapping[int, set[int]], kept: Set[int]) -> set[int]:
    """The copy and what a person put it with, through others that are `kept` as well."""
    party, ahead = {id}, [id]
    while ahead:
        beyond = with_.get(ahead.pop(), set()) - party
        party |= beyond
        ahead += beyond & kept
    return party


def _kept(desk: Desk) -> set[int]:
    """Copies whose text a policy let go: they cannot be compared."""
    conn, _, _ = desk.inside
    emptied = func.length(Revision.frame) <= len(frames.pack(b""))
    query = select(Copy.id).join(Revision, Revision.id == Copy.judged_revision_id)
    return set(conn.scalars(query.where(Copy.story_id.is_not(None), emptied, Revision.words > 0)))


def _beside(said: dict[str, Any], language: str) -> dict[str, Any]:
    """Facts as a copy would have them whose language is this, if they do not tell one."""
    return {"language": language} | said if language else said
