"""The desk at which one process at a time places copies: it answers the canonicaliser, and carries out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, case, delete, func, or_, select

from .. import url
from ..model import Placed, Placement, Placing, Waiting
from . import dialect, rows, runs, stories
from .runs import Held, Ints
from .schema import Copy, Revision, Ruling, SecondLook, Source, Story, StoryLink
from .sketches import Sketch, Sketches
from .types import AnySelect

CHARACTERS = 3_000_000  # of a batch, 1,000 usual articles: it takes some twenty times as many bytes to place
FEW = 10  # texts that are read at once: each may have two million characters
BLOCK = 64  # story numbers taken from the database at a time


class Desk:
    """One batch, in one transaction. Satisfies the canonicaliser's `Index`."""

    def __init__(self, conn: Connection, sketches: Sketches, now: datetime) -> None:
        self._conn = conn
        self._sketches = sketches
        self._now = now
        self._numbers: list[int] = []
        self._last_number = 0
        self._read: dict[int, str] = {}  # the texts of the batch, by revision

    def waiting(self, limit: int) -> list[Waiting]:
        """Copies with a revision that was not judged yet, in copy order; fewer where their texts are very long."""
        query = _texts(Copy.revision_id).where(Copy.waiting).order_by(Copy.id).limit(limit)
        found = self._batch(query)
        self._read = {copy.revision_id: copy.text for copy in found}
        return found

    def _batch(self, query: AnySelect) -> list[Waiting]:
        """The first of the copies that `_texts` tells of; fewer where their texts are very long."""
        found, characters = list[Waiting](), 0
        with self._conn.execute(query.execution_options(yield_per=FEW)) as told:
            for row in told:
                found.append(Waiting(*_fields(row)))
                characters += len(found[-1].text)
                if characters >= CHARACTERS:
                    break
        return found

    def doubtful(self, limit: int) -> list[Waiting]:
        """Up to `limit` copies that want a second look, as they were last judged, by guid. Each is given out once.

        Those are left out whose text a policy let go: there is nothing to look at.
        """
        conn = self._conn
        while ids := self.by_guid(conn.scalars(select(SecondLook.copy_id)), limit):
            conn.execute(delete(SecondLook).where(dialect.within(conn, SecondLook.copy_id, ids)))
            held = self.placed(ids)
            found: list[Waiting] = [held[id] for id in ids if id in held]
            if found := [copy for copy in found if copy.text or not copy.words]:
                return found
        return []

    def by_guid(self, copy_ids: Iterable[int], limit: int) -> list[int]:
        """The first of the copies in an order that does not depend on when they came."""
        query = select(Copy.id).where(dialect.within(self._conn, Copy.id, copy_ids))
        ordered = query.order_by(dialect.in_byte_order(self._conn, Copy.guid), Copy.id)
        return list(self._conn.scalars(ordered.limit(limit)))

    @property
    def inside(self) -> tuple[Connection, Sketches, datetime]:
        """What the desk works with; for this room only."""
        return self._conn, self._sketches, self._now

    def all_placed(self, after: int, limit: int) -> list[Waiting]:
        """Copies as they were last judged, as if they had no story yet, in copy order; those above `after`.

        Fewer where their texts are very long.
        """
        query = _texts(Copy.judged_revision_id).where(Copy.story_id.is_not(None), Copy.id > after)
        return [replace(copy, story_id=None) for copy in self._batch(query.order_by(Copy.id).limit(limit))]

    # ------------------------------------------------------------ what the canonicaliser asks

    def postings(self, keys: Ints, first: datetime, last: datetime) -> Ints:
        """Rows of (key, copy id, story id): copies of the days first..last."""
        return self._standing(self._sketches.postings(self._conn, keys, first, last), 2)

    def printings(self, units: Ints) -> Ints:
        """Rows of (unit, copy id, source id, story id): where a sentence unit was printed."""
        return self._standing(self._sketches.printings(self._conn, units), 1, 2)

    def _standing(self, held: Held, *columns: int) -> Ints:
        """Rows of number, copy and so many columns of `_where`, of those copies that are placed."""
        stands = np.array(self._where(runs.rising(held.holders).tolist()), np.int64).reshape(-1, 3)
        return runs.beside(held, stands[stands[:, 0].argsort()], columns)

    def _where(self, copy_ids: Sequence[int]) -> list[tuple[int, int, int]]:
        """(copy id, source id, story id) of those that are placed"""
        query = "SELECT id, source_id, story_id FROM copy WHERE id IN THESE AND story_id IS NOT NULL"
        return [(id, source, story) for id, source, story in dialect.of_these(self._conn, query, copy_ids)]

    def same_url(self, url_keys: Sequence[int]) -> Iterable[tuple[int, int]]:
        """(URL key, copy id) of the placed copies under one of the keys."""
        query = select(Copy.url_hash, Copy.id).where(
            dialect.within(self._conn, Copy.url_hash, url_keys), Copy.story_id.is_not(None)
        )
        return [(key or 0, id) for key, id in self._conn.execute(query)]

    def placed(self, copy_ids: Sequence[int]) -> Mapping[int, Placed]:
        """The copies as they were last judged; a newer revision that still waits does not show."""
        query = _texts(Copy.judged_revision_id).where(
            dialect.within(self._conn, Copy.id, copy_ids), Copy.story_id.is_not(None)
        )
        found = self._conn.execute(query.add_columns(*_FACTS)).all()
        return {
            row.id: Placed(*(*_fields(row[: -len(_FACTS)]), rows.facts_of(rows.facts_told(row))))
            for row in found
        }

    def members(self, story_ids: Sequence[int]) -> Mapping[int, tuple[int, ...]]:
        """Copy ids of each story, lowest first."""
        return stories.members(self._conn, story_ids)

    def constraints(self, copy_ids: Sequence[int]) -> Iterable[tuple[int, int, bool]]:
        """(copy, other copy, together?): a person's latest word on one of the copies and another."""
        query = select(Ruling.copy_id, Ruling.other_copy_id, Ruling.together).where(
            or_(
                dialect.within(self._conn, Ruling.copy_id, copy_ids),
                dialect.within(self._conn, Ruling.other_copy_id, copy_ids),
            )
        )
        return [(one, other, together) for one, other, together in self._conn.execute(query)]

    def new_story(self) -> int:
        """A fresh story number, higher than all before. One that is not used in the end is no loss."""
        if not self._numbers:
            taken = dialect.next_ids(self._conn, Story, BLOCK)
            ahead = max(0, self._last_number - taken[0] + 1)  # SQLite counts from the rows that are there
            self._numbers = [number + ahead for number in taken]
        self._last_number = self._numbers.pop(0)
        return self._last_number

    # ------------------------------------------------------------ carrying it out

    def record(self, placing: Placing) -> None:
        """Carry out what was decided: copies and decisions, stories and their faces, keys, units, links."""
        conn, now, placements = self._conn, self._now, placing.placements
        new = [placement.story_id for placement in placements if placement.is_new_story]
        fresh = set(new)
        faces = {face.story_id: face for face in placing.faces if face.story_id in fresh}
        copies = Counter({each.copy_id: each.story_id for each in placements}.values())
        stories.mint(conn, new, faces, now, _founders(placements, fresh), copies)
        left = self._move(placements)
        stories.decide(conn, (placement.decision for placement in placements), now, self._read)
        stories.count(conn, {*copies, *left} - fresh)
        for placement in placements:
            for merge in placement.absorbed:
                stories.absorb(conn, merge, now)
        self._tidy(left)
        self._link(placements)
        self._sketches.add(
            conn,
            [
                Sketch(each.copy_id, each.at, each.keys, each.units)
                for each in placements
                if each.keys or each.units
            ],
        )
        stories.show(conn, (face for face in placing.faces if face.story_id not in fresh), now)
        if placing.doubtful:
            rows = [{"copy_id": id} for id in placing.doubtful]
            conn.execute(dialect.add_new(conn, SecondLook), rows)
        if placements:
            dialect.tell(conn, "stories")

    def _move(self, placements: Sequence[Placement]) -> dict[int, int]:
        """Put the copies where they belong; the stories that some of them left, and for which."""
        aims = {placement.copy_id: placement.story_id for placement in placements}
        if not aims:
            return {}
        stood = self._where(sorted(aims))
        plain, moved = dialect.plain(self._conn), []
        for placement in sorted(placements, key=lambda placement: placement.copy_id):
            *apart, rest = rows.facts_kept(rows.facts_said(placement.facts))
            said = *apart, plain.document(rest)
            moved.append((placement.copy_id, placement.revision_id, placement.story_id, *said))
        dialect.update_all(self._conn, Copy, _JUDGED, _PLACE, moved)
        return {was: aims[id] for id, _, was in stood if was != aims[id]}

    def _tidy(self, left: Mapping[int, int]) -> None:
        """A story that lost its last copy lives on where that went; one that lost its lead shows another."""
        if not left:
            return
        query = select(Story.id, Story.copies, Story.lead_copy_id).where(
            dialect.within(self._conn, Story.id, left), Story.merged_into.is_(None)
        )
        for id, copies, lead in self._conn.execute(query).all():
            if not copies:
                stories.redirect(self._conn, id, stories.final(self._conn, [left[id]])[0])
            elif lead not in stories.members(self._conn, [id])[id]:
                stories.reface(self._conn, [id], self._now)

    def _link(self, placements: Sequence[Placement]) -> None:
        links = {
            (link.story_id, link.other_story_id, link.kind): {
                "story_id": link.story_id,
                "other_story_id": link.other_story_id,
                "kind": link.kind,
                "score": link.score,
            }
            for placement in placements
            for link in placement.links
        }
        if links:
            self._conn.execute(dialect.put(self._conn, StoryLink), list(links.values()))


def _founders(placements: Sequence[Placement], fresh: Set[int]) -> dict[int, int]:
    """The earliest copy of each new story: most likely the one that came first, should all of it come again."""
    earliest: dict[int, Placement] = {}
    for each in placements:
        if each.story_id in fresh:
            held = earliest.setdefault(each.story_id, each)
            if (each.at, each.copy_id) < (held.at, held.copy_id):
                earliest[each.story_id] = each
    return {story: placement.copy_id for story, placement in earliest.items()}


_FACTS = (Copy.agency, Copy.place, Copy.furniture, Copy.facts)  # the language is a field of `Waiting`
_JUDGED = ("judged_revision_id", "story_id", "agency", "place", "language", "furniture", "facts")
_PLACE = (
    "waiting = copy.revision_id <> {judged_revision_id}, judged_revision_id = {judged_revision_id}, "
    "story_id = {story_id}, agency = {agency}, place = {place}, furniture = {furniture}, "
    "facts = {facts}, "
    "language = CASE WHEN {language} <> '' THEN {language} ELSE copy.language END"
)


def waiting_count(conn: Connection) -> int:
    return conn.scalar(select(func.count()).select_from(Copy).where(Copy.waiting)) or 0


def _paywalled() -> ColumnElement[bool]:
    """Whether a reader must pay for the copy, as far as we were told: of its source, or by its page."""
    by_page = Revision.details["page", "paywalled"].as_string() == "true"
    return or_(Source.paywalled, func.coalesce(by_page, False))


def _fields(told: Sequence[Any]) -> Sequence[Any]:
    """The fields of `Waiting` from those of `_texts`: the archive keeps the URL's key of the latest revision only."""
    if told[_KEY] is not None:
        return told
    return [*told[:_KEY], url.key(told[_CANONICAL], told[_URL]), *told[_KEY + 1 :]]


_URL, _CANONICAL, _KEY = 6, 7, 12


def _texts(revision: Any) -> AnySelect:
    """Copies with the text of one of their revisions: the fields of `Waiting`, see `_fields`."""
    return (
        select(
            Copy.id,
            Revision.id,
            Copy.source_id,
            Copy.guid,
            Revision.title,
            Revision.text,
            Revision.url,
            Revision.canonical_url,
            Revision.published,
            Copy.first_seen,
            Copy.language,
            Copy.story_id,
            case((Copy.revision_id == revision, func.coalesce(Copy.url_hash, 0))),
            Source.prefer,
            Revision.words,
            _paywalled(),
        )
        .join(Revision, Revision.id == revision)
        .join(Source, Source.id == Copy.source_id)
    )
