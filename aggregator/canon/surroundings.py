"""What a batch is placed among: the copies and stories that the index says are near it.

Every question to the index is asked once, for the whole batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from aggregator.model import Facts, Placed, Waiting

from . import facts, learned, sketch
from .candidates import Postings
from .fold import Marks
from .index import Index, Numbers
from .learned import Printings, Stood
from .pairing import Outside
from .reading import Flags, Reading, Scan, Title, read_all, scan_all, thinned, title_all
from .rules import Rules
from .segments import TOGETHER, rising
from .trial import Arrival, Cache, unfold_all
from .words import Words


class Surroundings:
    """Copies and stories near a batch."""

    def __init__(self, rules: Rules, words: Words, cache: Cache, index: Index, now: datetime) -> None:
        self.rules, self.words, self.cache, self.index, self.now = rules, words, cache, index, now
        self.postings = Postings(np.empty((0, 3), np.int64))
        self.printings = Printings(rules, np.empty((0, 4), np.int64))
        self.story_of: dict[int, int] = {}  # of every copy of a story that may change
        self.members: dict[int, list[int]] = {}  # of every story that may change
        self.near: dict[int, Arrival] = {}  # placed copies to compare with
        self.former: dict[int, Arrival] = {}  # copies of the batch that were placed before, as they were then
        self.urls: dict[int, list[int]] = defaultdict(list)
        self.bound: dict[bool, dict[int, set[int]]] = {True: defaultdict(set), False: defaultdict(set)}
        self._asked = np.empty(0, np.int64)  # rising
        self._emptied = set[int]()  # copies whose text a policy let go

    # ------------------------------------------------------------ reading

    def arrive(self, batch: Sequence[Waiting]) -> list[Arrival]:
        return self._arrivals(batch, [facts.read(copy.title, copy.text) for copy in batch])

    def recall(self, copies: Sequence[Placed]) -> list[Arrival]:
        """Placed copies, less the furniture that they were placed without."""
        plain = [replace(copy.facts, furniture=tuple(learned.by_rule(copy.facts))) for copy in copies]
        found = self._arrivals(copies, plain)
        self.put_out(
            (arrival, learned.known(copy.text, arrival.scan, copy.facts))
            for copy, arrival in zip(copies, found, strict=True)
        )
        return found

    def _arrivals(self, copies: Sequence[Waiting], known: Sequence[Facts]) -> list[Arrival]:
        made = [
            Arrival(copy, placed_at(copy, self.now), found, read, scan, title.key)
            for copy, found, (title, scan, read) in zip(copies, known, self._read(copies, known), strict=True)
        ]
        for arrival in made:
            arrival.keys = arrival.plain_keys = self._keys(arrival)
        return made

    def _read(
        self, copies: Sequence[Waiting], known: Sequence[Facts]
    ) -> Iterator[tuple[Title, Scan, Reading]]:
        for first in range(0, len(copies), TOGETHER):
            part = copies[first : first + TOGETHER]
            titles = title_all([copy.title for copy in part], self.words)
            furniture = (found.furniture for found in known[first : first + TOGETHER])
            scans = scan_all(list(zip([copy.text for copy in part], furniture, strict=True)), self.words)
            yield from zip(titles, scans, read_all([title.once for title in titles], scans), strict=True)

    def fetch(self, copy_ids: Iterable[int]) -> list[Arrival]:
        """Copies that nothing so far has asked for: one more question to the index."""
        return self.recall(list(self.index.placed(sorted(copy_ids)).values()))

    def put_out(self, told: Iterable[tuple[Arrival, Flags | None]]) -> None:
        """Leave these sentences out of the readings, as furniture, and take their keys."""
        cleared: list[tuple[Arrival, Flags]] = []
        for arrival, flags in told:
            if flags is None:
                arrival.furniture, arrival.reading, arrival.keys = None, arrival.plain, arrival.plain_keys
            elif arrival.furniture is None or not np.array_equal(flags, arrival.furniture):
                cleared.append((arrival, flags))
        for first in range(0, len(cleared), TOGETHER):
            part = cleared[first : first + TOGETHER]
            rest = [thinned(each.scan, flags) for each, flags in part]
            runs = [
                None if words is None else each.plain.runs[words]
                for (each, _), (_, words) in zip(part, rest, strict=True)
            ]
            read = read_all([each.plain.title for each, _ in part], [scan for scan, _ in rest], runs)
            for (arrival, flags), found in zip(part, read, strict=True):
                arrival.furniture, arrival.reading = flags, found
                arrival.keys = self._keys(arrival)

    def _keys(self, arrival: Arrival) -> Numbers:
        """The sketch of the text, and the title and the whole text as one key each; rising, each once."""
        read = arrival.reading
        keys = sketch.lowest(read.shingles, self.rules.keys)
        return rising(np.concatenate((keys, arrival.heading, _whole([arrival]))).view(np.int64))

    # ------------------------------------------------------------ asking

    def ask(self, arrivals: Sequence[Arrival]) -> None:
        """Learn what is near: who prints the same sentences, keys and addresses, and their stories."""
        told = self.clear(arrivals)
        own = [_printed(arrival) for arrival in arrivals]
        self.printings = Printings(self.rules, np.concatenate([told, *own]))
        self._ask_postings(arrivals)
        for key, copy_id in self.index.same_url(sorted({a.copy.url_key for a in arrivals} - {0})):
            self.urls[key].append(copy_id)
        batch = {arrival.id for arrival in arrivals}
        self._ask_people(batch)
        wanted = self._ask_stories(arrivals, batch)
        self._ask_copies(wanted - batch)
        self._ask_people({id for ids in self.members.values() for id in ids} - batch)

    def clear(self, arrivals: Sequence[Arrival]) -> Numbers:
        """Leave out of each what the index shows to be furniture, besides what is known to be. Returns its rows."""
        units = rising(np.concatenate([arrival.scan.units.view(np.int64) for arrival in arrivals]))
        told = self.index.printings(units[units != 0])
        self.printings = Printings(self.rules, told)
        common = self.printings.common({})
        flags = self.printings.flags([_stood(arrival) for arrival in arrivals], common)
        self.put_out(
            (arrival, both(arrival.furniture, found)) for arrival, found in zip(arrivals, flags, strict=True)
        )
        return told

    def _ask_postings(self, arrivals: Sequence[Arrival]) -> None:
        times = [arrival.at for arrival in arrivals]
        first, last, near, far = min(times), max(times), self.rules.window, self.rules.exact_window
        self._asked = rising(np.concatenate([arrival.keys for arrival in arrivals]))
        whole = rising(_whole(arrivals).view(np.int64))
        rows = self.index.postings(self._asked, first - near, last + near)
        rows_whole = self.index.postings(whole, first - far, last + far)
        self.postings = Postings(np.concatenate((rows, rows_whole)))

    def _ask_people(self, copy_ids: set[int]) -> None:
        """What a person decided: of the batch first, so that the copies meant are known; then of the rest."""
        for one, other, together in self.index.constraints(sorted(copy_ids)):
            self.bound[together][one].add(other)
            self.bound[together][other].add(one)

    def _ask_stories(self, arrivals: Sequence[Arrival], batch: set[int]) -> set[int]:
        """The stories that may change, and their copies. Returns the copies worth comparing with."""
        rules, keys, own = self.rules, [arrival.keys for arrival in arrivals], [each.id for each in arrivals]
        found = self.postings.candidates(keys, own, rules.key_cap, rules.story_cap, rules.copies_per_story)
        touched, wanted = set(found.stories), set(found.copies)
        named = {id for ids in self.urls.values() for id in ids} | {
            id for ids in self.bound.values() for id in ids
        }
        before = {arrival.id for arrival in arrivals if arrival.copy.story_id is not None}
        for meant in self.fetch(named | before) if named or before else ():
            self.story_of[meant.id] = meant.copy.story_id or 0
            touched.add(self.story_of[meant.id])
            if meant.id in batch:
                self.former[meant.id] = meant
            else:
                self._compare_with(meant)
        self.members = {story: list(ids) for story, ids in self.index.members(sorted(touched)).items() if ids}
        for story, ids in self.members.items():
            self.story_of.update(dict.fromkeys(ids, story))
            wanted.update(ids[: rules.representatives])
        return wanted

    def _ask_copies(self, wanted: set[int]) -> None:
        """The copies to compare with. One whose reading is remembered is not asked for again: should another
        process have judged a revision of it since, it is compared by its former text, in its present story.
        """
        asked = wanted - self.near.keys() - self._emptied
        held = {copy_id: found for copy_id in asked if (found := self.cache.get(copy_id))}
        unfold_all(list(held.values()))
        self.near.update(held)
        for found in self.fetch(asked - held.keys()):
            self._compare_with(found)

    def _compare_with(self, found: Arrival) -> None:
        """Unless a policy let its text go: then it cannot be compared, and stays where it is."""
        if found.text or not found.copy.words:
            self.near[found.id] = found
        else:
            self._emptied.add(found.id)
            self.cache.drop(found.id)

    # ------------------------------------------------------------ answering

    def outside(self, inside: Collection[int]) -> Outside:
        """Who holds the keys of the batch beyond the copies in `inside`."""
        told = self.postings
        away = ~np.isin(told.copies, np.fromiter(inside, np.int64))
        return Outside(told.keys[away], told.stories[away], self._asked)

    def forced(self, copy_id: int) -> set[int]:
        """The copies that a person said are of one story with this."""
        return self.bound[True].get(copy_id, set())


def _stood(arrival: Arrival) -> Stood:
    return Stood(arrival.scan.units, arrival.copy.source_id, arrival.copy.story_id or 0)


def both(one: Flags | None, other: Flags | None) -> Flags | None:
    """What either of the two says."""
    return other if one is None else one if other is None else one | other


def _whole(arrivals: Sequence[Arrival]) -> Marks:
    """Each of the texts as one number, but those of no words."""
    return np.array([arrival.reading.exact for arrival in arrivals if arrival.reading.count], np.uint64)


def _printed(arrival: Arrival) -> Numbers:
    """Rows of (unit, copy, source, no story): that the copy prints its sentences."""
    rows = np.zeros((len(arrival.scan.units), 4), np.int64)
    rows[:, 0], rows[:, 1], rows[:, 2] = arrival.scan.units.view(np.int64), arrival.id, arrival.copy.source_id
    return rows


def placed_at(copy: Waiting, now: datetime) -> datetime:
    """The time that a copy counts as printed: as it says, unless that is after we met it."""
    seen = copy.seen or now
    if copy.published is None or copy.published > seen + timedelta(days=1):
        return seen
    return copy.published
