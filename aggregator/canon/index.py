"""What the canonicaliser asks of the archive, and an index in memory that answers it.

Every question is asked once a batch, for all its copies together: an archive answers each with one statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aggregator.model import Face, Link, Placed, Placement, Placing, Waiting

Numbers = NDArray[np.int64]


class Index(Protocol):
    """The questions. Answers may leave out what is not known; order does not matter unless said."""

    def postings(self, keys: Numbers, first: datetime, last: datetime) -> Numbers:
        """Rows of (key, copy id, story id): the copies that hold one of the keys (rising, each once), placed
        around first..last.
        """

    def printings(self, units: Numbers) -> Numbers:
        """Rows of (unit, copy id, source id, story id): where the sentence units (rising, each once) were printed."""

    def same_url(self, url_keys: Sequence[int]) -> Iterable[tuple[int, int]]:
        """(URL key, copy id) of the placed copies under one of the URL keys."""

    def placed(self, copy_ids: Sequence[int]) -> Mapping[int, Placed]:
        """The copies as they were last judged."""

    def members(self, story_ids: Sequence[int]) -> Mapping[int, tuple[int, ...]]:
        """Copy ids of each story, lowest first."""

    def constraints(self, copy_ids: Sequence[int]) -> Iterable[tuple[int, int, bool]]:
        """(copy, other copy, together?): what a person decided about one of the copies."""

    def new_story(self) -> int:
        """A fresh internal story id, higher than all before."""


class MemoryIndex:
    """An index that lives as long as the process: for `evaluate`, `rebuild --dry-run` and tests."""

    def __init__(self) -> None:
        self.copies: dict[int, Placed] = {}
        self.story_of: dict[int, int] = {}
        self.faces: dict[int, Face] = {}
        self.links: set[Link] = set()
        self.decided: list[tuple[int, int, bool]] = []
        self._doubtful: set[int] = set()
        self._stories: dict[int, list[int]] = {}
        self._postings: dict[int, dict[int, datetime]] = defaultdict(dict)
        self._keys: dict[int, tuple[int, ...]] = {}
        self._printings: dict[int, set[tuple[int, int]]] = defaultdict(set)  # unit -> (source, copy)
        self._urls: dict[int, set[int]] = defaultdict(set)
        self._last_story = 0

    def postings(self, keys: Numbers, first: datetime, last: datetime) -> Numbers:
        return rows(
            3,
            (
                (key, copy_id, self.story_of[copy_id])
                for key in keys.tolist()
                for copy_id, at in self._postings.get(key, {}).items()
                if first <= at <= last
            ),
        )

    def printings(self, units: Numbers) -> Numbers:
        return rows(
            4,
            (
                (unit, copy_id, source_id, self.story_of[copy_id])
                for unit in units.tolist()
                for source_id, copy_id in self._printings.get(unit, ())
            ),
        )

    def same_url(self, url_keys: Sequence[int]) -> Iterable[tuple[int, int]]:
        return ((key, copy_id) for key in url_keys for copy_id in self._urls.get(key, ()))

    def placed(self, copy_ids: Sequence[int]) -> Mapping[int, Placed]:
        return {id: self.copies[id] for id in copy_ids if id in self.copies}

    def members(self, story_ids: Sequence[int]) -> Mapping[int, tuple[int, ...]]:
        return {id: tuple(sorted(self._stories.get(id, ()))) for id in story_ids}

    def constraints(self, copy_ids: Sequence[int]) -> Iterable[tuple[int, int, bool]]:
        wanted = set(copy_ids)
        return (row for row in self.decided if row[0] in wanted or row[1] in wanted)

    def new_story(self) -> int:
        self._last_story += 1
        return self._last_story

    def doubtful(self, limit: int) -> list[Waiting]:
        """Up to `limit` copies to look at again, by guid; each is given out once."""
        copies = sorted(self._doubtful, key=lambda id: (self.copies[id].guid, id))[:limit]
        self._doubtful.difference_update(copies)
        return [self.copies[id] for id in copies]

    def record(self, batch: Sequence[Waiting], placing: Placing) -> None:
        """Carry out what the canonicaliser intends for the batch."""
        self._doubtful.update(placing.doubtful)
        waiting = {copy.copy_id: copy for copy in batch}
        for placement in placing.placements:
            copy = waiting.get(placement.copy_id)
            self._move(placement)
            if copy is not None:
                self._put(copy, placement)
            else:
                self.copies[placement.copy_id] = as_placed(self.copies[placement.copy_id], placement)
        for placement in placing.placements:
            for merge in placement.absorbed:
                self._absorb(merge.story_id, merge.other_story_id)
        for face in placing.faces:
            self.faces[face.story_id] = face

    def _absorb(self, survivor: int, absorbed: int | None) -> None:
        moved = self._stories.pop(absorbed, []) if absorbed is not None else []
        self._stories.setdefault(survivor, []).extend(moved)
        self.story_of.update(dict.fromkeys(moved, survivor))
        self.copies.update((id, replace(self.copies[id], story_id=survivor)) for id in moved)

    def _move(self, placement: Placement) -> None:
        id = placement.copy_id
        if id in self.story_of:
            self._stories[self.story_of[id]].remove(id)
        self.story_of[id] = placement.story_id
        self._stories.setdefault(placement.story_id, []).append(id)

    def _put(self, copy: Waiting, placement: Placement) -> None:
        id = copy.copy_id
        self.copies[id] = as_placed(copy, placement)
        for key in self._keys.get(id, ()):
            self._postings[key].pop(id, None)
        for key in placement.keys:
            self._postings[key][id] = placement.at
        self._keys[id] = placement.keys
        for unit in placement.units:
            self._printings[unit].add((copy.source_id, id))
        if copy.url_key:
            self._urls[copy.url_key].add(id)
        self.links.update(placement.links)


def rows(columns: int, told: Iterable[Sequence[int]]) -> Numbers:
    """Answers as an array of so many columns."""
    return np.fromiter(chain.from_iterable(told), np.int64).reshape(-1, columns)


def as_placed(copy: Waiting, placement: Placement) -> Placed:
    """The copy as it stands once its placement is carried out."""
    return Placed(
        copy_id=copy.copy_id,
        revision_id=copy.revision_id,
        source_id=copy.source_id,
        guid=copy.guid,
        title=copy.title,
        text=copy.text,
        url=copy.url,
        canonical_url=copy.canonical_url,
        published=copy.published,
        seen=copy.seen,
        language=copy.language,
        story_id=placement.story_id,
        url_key=copy.url_key,
        prefer=copy.prefer,
        words=copy.words,
        paywalled=copy.paywalled,
        facts=placement.facts,
    )
