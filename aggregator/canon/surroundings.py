"""What a batch is placed among: the copies and stories that the index says are near it.

Every question to the index is asked once, for the whole batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from aggregator.model import Facts, Placed, Waiting

from . import facts, learned, sketch
from .candidates import Postings
from .fold import Words
from .index import Index
from .learned import Printings
from .pairing import Outside
from .reading import Flags, Reading, Scan, Title, read_all, reading, scan_all, title_all
from .rules import Rules
from .segments import TOGETHER
from .trial import Arrival, Cache


class Surroundings:
    """Copies and stories near a batch."""

    def __init__(self, rules: Rules, words: Words, cache: Cache, index: Index, now: datetime) -> None:
        self.rules, self.words, self.cache, self.index, self.now = rules, words, cache, index, now
        self.postings = Postings()
        self.printings = Printings(rules)
        self.story_of: dict[int, int] = {}  # of every placed copy that is known
        self.members: dict[int, list[int]] = {}  # of every story that may change
        self.near: dict[int, Arrival] = {}  # placed copies to compare with
        self.former: dict[int, Arrival] = {}  # copies of the batch that were placed before, as they were then
        self.urls: dict[str, list[int]] = defaultdict(list)
        self.bound: dict[bool, dict[int, set[int]]] = {True: defaultdict(set), False: defaultdict(set)}
        self._asked: list[int] = []

    # ------------------------------------------------------------ reading

    def arrive(self, batch: Sequence[Waiting]) -> list[Arrival]:
        return self._arrivals(batch, [facts.read(copy.title, copy.text) for copy in batch])

    def recall(self, copies: Sequence[Placed]) -> list[Arrival]:
        """Placed copies, less the furniture that they were placed without."""
        plain = [replace(copy.facts, furniture=tuple(learned.by_rule(copy.facts))) for copy in copies]
        found = self._arrivals(copies, plain)
        for copy, arrival in zip(copies, found, strict=True):
            self.put_out(arrival, learned.known(copy.text, arrival.scan, copy.facts))
            self.cache.put(arrival)
        return found

    def _arrivals(self, copies: Sequence[Waiting], known: Sequence[Facts]) -> list[Arrival]:
        made = [
            Arrival(copy, placed_at(copy, self.now), found, read, scan, sketch.signed(scan.units), title.key)
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

    def put_out(self, arrival: Arrival, flags: Flags | None) -> None:
        """Leave these sentences out of the reading, as furniture, and take its keys."""
        known = arrival.furniture
        if flags is known or (flags is not None and known is not None and np.array_equal(flags, known)):
            return
        arrival.furniture = flags
        if flags is None:
            arrival.reading, arrival.keys = arrival.plain, arrival.plain_keys
        else:
            arrival.reading = reading(arrival.plain.title, arrival.scan, flags)
            arrival.keys = self._keys(arrival)

    def _keys(self, arrival: Arrival) -> tuple[int, ...]:
        """The sketch of the text, and the title and the whole text as one key each (the last)."""
        read = arrival.reading
        whole = sketch.signed(np.array([read.exact], np.uint64)[: read.count])
        keys = sketch.signed(sketch.lowest(read.shingles, self.rules.keys))
        return tuple(dict.fromkeys(keys + arrival.heading + whole))

    # ------------------------------------------------------------ asking

    def ask(self, arrivals: Sequence[Arrival]) -> None:
        """Learn what is near: who prints the same sentences, keys and addresses, and their stories."""
        self.clear(arrivals)
        for arrival in arrivals:
            self.printings.add(arrival.units, arrival.copy.source_id, arrival.id)
        self._ask_postings(arrivals)
        for key, copy_id in self.index.same_url(sorted({a.copy.url_key for a in arrivals} - {""})):
            self.urls[key].append(copy_id)
        batch = {arrival.id for arrival in arrivals}
        self._ask_people(batch)
        wanted = self._ask_stories(arrivals, batch)
        self._ask_copies(wanted - batch)
        self._ask_people({id for ids in self.members.values() for id in ids} - batch)

    def clear(self, arrivals: Sequence[Arrival]) -> None:
        """Leave out of each what the index shows to be furniture, besides what is known to be."""
        self._ask_printings(arrivals)
        common = self.printings.common(self.story_of.__getitem__)
        for arrival in arrivals:
            own, known = arrival.copy.story_id or 0, arrival.furniture
            flags = self.printings.flags(arrival.units, arrival.copy.source_id, own, common)
            self.put_out(arrival, flags if known is None else known if flags is None else known | flags)

    def _ask_printings(self, arrivals: Sequence[Arrival]) -> None:
        units = sorted({unit for arrival in arrivals for unit in arrival.units if unit})
        for unit, copy_id, source, story in self.index.printings(units):
            self.printings.add((unit,), source, copy_id)
            self.story_of[copy_id] = story

    def _ask_postings(self, arrivals: Sequence[Arrival]) -> None:
        times = [arrival.at for arrival in arrivals]
        first, last, near, far = min(times), max(times), self.rules.window, self.rules.exact_window
        self._asked = sorted({key for arrival in arrivals for key in arrival.keys})
        whole = sorted({arrival.keys[-1] for arrival in arrivals if arrival.keys})
        rows = set(self.index.postings(self._asked, first - near, last + near))
        rows |= set(self.index.postings(whole, first - far, last + far))
        for key, copy_id, story in sorted(rows):
            self.postings.holders[key].append(copy_id)
            self.story_of[copy_id] = story

    def _ask_people(self, copy_ids: set[int]) -> None:
        """What a person decided: of the batch first, so that the copies meant are known; then of the rest."""
        for one, other, together in self.index.constraints(sorted(copy_ids)):
            self.bound[together][one].add(other)
            self.bound[together][other].add(one)

    def _ask_stories(self, arrivals: Sequence[Arrival], batch: set[int]) -> set[int]:
        """The stories that may change, and their copies. Returns the copies worth comparing with."""
        rules, wanted, touched = self.rules, set[int](), set[int]()
        for arrival in arrivals:
            found = self.postings.rank(
                arrival.keys, self.story_of, rules.key_cap, rules.copies_per_story, arrival.id
            )
            touched.update(candidate.story for candidate in found[: rules.story_cap])
            wanted.update(id for candidate in found[: rules.story_cap] for id in candidate.copies)
        named = {id for ids in self.urls.values() for id in ids} | {
            id for ids in self.bound.values() for id in ids
        }
        before = {arrival.id for arrival in arrivals if arrival.copy.story_id is not None}
        for meant in self.fetch(named | before) if named or before else ():
            self.story_of[meant.id] = meant.copy.story_id or 0
            touched.add(self.story_of[meant.id])
            (self.former if meant.id in batch else self.near)[meant.id] = meant
        self.members = {story: list(ids) for story, ids in self.index.members(sorted(touched)).items() if ids}
        for story, ids in self.members.items():
            self.story_of.update(dict.fromkeys(ids, story))
            wanted.update(ids[: rules.representatives])
        return wanted

    def _ask_copies(self, wanted: set[int]) -> None:
        """The copies to compare with. One whose reading is remembered is not asked for again: should another
        process have judged a revision of it since, it is compared by its former text, in its present story.
        """
        missing = set[int]()
        for copy_id in wanted - self.near.keys():
            held = self.cache.get(copy_id)
            if held is None:
                missing.add(copy_id)
            else:
                self.near[copy_id] = held
        for found in self.fetch(missing):
            self.near[found.id] = found

    # ------------------------------------------------------------ answering

    def outside(self, inside: Mapping[int, int]) -> Outside:
        """Who holds the keys of the batch beyond the copies in `inside`."""
        rows = [
            (key, self.story_of[copy_id])
            for key, holders in self.postings.holders.items()
            for copy_id in holders
            if copy_id not in inside
        ]
        told = np.array(rows, np.int64).reshape(-1, 2)
        return Outside(told[:, 0], told[:, 1], np.array(self._asked, np.int64))

    def forced(self, copy_id: int) -> set[int]:
        """The copies that a person said are of one story with this."""
        return self.bound[True].get(copy_id, set())


def placed_at(copy: Waiting, now: datetime) -> datetime:
    """The time that a copy counts as printed: as it says, unless that is after we met it."""
    seen = copy.seen or now
    if copy.published is None or copy.published > seen + timedelta(days=1):
        return seen
    return copy.published
