"""An index beside the archive's own, in which everything is placed once more; gone when it is closed.

Keys, facts and decisions are in a file of SQLite's, texts and what people said are asked of the archive: memory
holds a few numbers a copy.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, make_url

from ..model import Face, Placed, Placement, Placing, Waiting
from . import dialect, rows, runs
from .placing import Desk
from .runs import Held, Ints
from .schema import Setting, SketchPage, SketchRun
from .sketches import Sketch, Sketches

_TOLD = "CREATE TABLE told (copy_id INTEGER PRIMARY KEY, facts TEXT NOT NULL, decision TEXT NOT NULL)"
_TELL = (
    "INSERT INTO told VALUES (?, ?, ?) "
    "ON CONFLICT DO UPDATE SET facts = excluded.facts, decision = excluded.decision"
)
_ASK = "SELECT copy_id, facts, decision FROM told WHERE copy_id IN (SELECT value FROM json_each(?))"


class Scratch:
    """Satisfies the canonicaliser's `Index`. Story numbers are its own, from 1."""

    def __init__(self, desk: Desk, conn: Connection, kept: Set[int]) -> None:
        """`kept`: copies whose text there is no more."""
        self.conn, self.sketches = conn, Sketches()
        self.story_of: dict[int, int] = {}
        self.faces: dict[int, Face] = {}  # by story
        self._desk, self.kept = desk, kept
        self._source_of: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._joined: dict[int, int] = {}  # story -> the one that it went into
        self._last_story = 0
        self._doubtful: set[int] = set()

    # ------------------------------------------------------------ what the canonicaliser asks

    def postings(self, keys: Ints, first: datetime, last: datetime) -> Ints:
        return self._standing(self.sketches.postings(self.conn, keys, first, last), 2)

    def printings(self, units: Ints) -> Ints:
        return self._standing(self.sketches.printings(self.conn, units), 1, 2)

    def _standing(self, held: Held, *columns: int) -> Ints:
        told = [(id, self._source_of[id], self.story_of[id]) for id in runs.rising(held.holders).tolist()]
        return runs.beside(held, np.array(told, np.int64).reshape(-1, 3), columns)

    def same_url(self, url_keys: Sequence[int]) -> Iterable[tuple[int, int]]:
        return [(key, id) for key, id in self._desk.same_url(url_keys) if id in self.story_of]

    def placed(self, copy_ids: Sequence[int]) -> Mapping[int, Placed]:
        known = [id for id in copy_ids if id in self.story_of]
        told = self.told(known)
        return {
            id: replace(copy, story_id=self.story_of[id], facts=rows.facts_of(told[id][0]))
            for id, copy in (self._desk.placed(known) if known else {}).items()
        }

    def members(self, story_ids: Sequence[int]) -> Mapping[int, tuple[int, ...]]:
        return {story: tuple(sorted(self._members.get(story, ()))) for story in story_ids}

    def constraints(self, copy_ids: Sequence[int]) -> Iterable[tuple[int, int, bool]]:
        return self._desk.constraints(copy_ids)

    def new_story(self) -> int:
        self._last_story += 1
        return self._last_story

    # ------------------------------------------------------------ carrying out

    def record(self, batch: Sequence[Waiting], placing: Placing) -> None:
        """Carry out what the canonicaliser intends for the batch."""
        self._doubtful.update(placing.doubtful)
        plain = dialect.plain(self.conn)
        self._source_of.update((copy.copy_id, copy.source_id) for copy in batch)
        told = []
        for placement in placing.placements:
            self.move(placement.copy_id, placement.story_id)
            said = plain.document(_said(placement))
            told.append((placement.copy_id, plain.document(rows.facts_said(placement.facts)), said))
        if told:
            self.conn.exec_driver_sql(_TELL, told)
        for placement in placing.placements:
            for merge in placement.absorbed:
                self._absorb(merge.other_story_id or 0, merge.story_id)
        self.sketches.add(
            self.conn,
            [
                Sketch(each.copy_id, each.at, each.keys, each.units)
                for each in placing.placements
                if (each.keys or each.units) and each.copy_id not in self.kept
            ],
        )
        self.faces.update((face.story_id, face) for face in placing.faces)

    def doubtful(self, limit: int) -> list[Waiting]:
        """Up to `limit` copies to look at again, in the order in which a desk gives them out; each once."""
        ids = self._desk.by_guid(self._doubtful - self.kept, limit)
        self._doubtful.difference_update(ids or self._doubtful.copy())
        held = self.placed(ids)
        return [held[id] for id in ids]

    def _absorb(self, story: int, into: int) -> None:
        for id in self._members.get(story, [])[:]:
            self.move(id, into)
        self._joined[story] = into

    def joined(self) -> Iterator[tuple[int, int]]:
        """(story, where it lives on), of all that went into others."""
        for story in self._joined:
            into = story
            while into in self._joined:
                into = self._joined[into]
            yield story, into

    def move(self, copy_id: int, story: int) -> None:
        if (left := self.story_of.get(copy_id)) is not None:
            self._members[left].remove(copy_id)
        self.story_of[copy_id] = story
        self._members.setdefault(story, []).append(copy_id)

    def told(self, copy_ids: Iterable[int]) -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
        """What was last found out about each copy: its facts, and the decision on it, as documents."""
        found = self.conn.exec_driver_sql(_ASK, (json.dumps(list(copy_ids)),))
        return {id: (json.loads(facts), json.loads(decision)) for id, facts, decision in found}


_TOLD_OF = (
    *("method", "score", "threshold", "features", "evidence", "matched_copy_id"),
    *("runner_up_story_id", "runner_up_score"),
)


def _said(placement: Placement) -> dict[str, Any]:
    """The evidence of a decision, and `links`: [story, score]. Stories have the numbers that they had then."""
    said = {name: getattr(placement.decision, name) for name in _TOLD_OF}
    return said | {"links": [(link.other_story_id, link.score) for link in placement.links]}


@contextmanager
def opened() -> Iterator[Connection]:
    """A database for a scratch index."""
    with tempfile.TemporaryDirectory(prefix="aggregator-") as folder:
        engine = dialect.engine(make_url(f"sqlite:///{Path(folder) / 'scratch.db'}"), timedelta(seconds=5))
        try:
            with engine.connect() as conn:
                for described in (SketchRun, SketchPage, Setting):
                    described.__table__.create(conn)  # type: ignore[attr-defined]
                conn.exec_driver_sql(_TOLD)
                yield conn
        finally:
            engine.dispose()
