"""What a batch is placed among: what the index answered, and what the batch itself has added since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from aggregator.model import Facts, Placed, Placement, Waiting

from . import facts, sketch
from .candidates import Candidate, Postings
from .fold import Words
from .index import Index
from .learned import Printings
from .reading import Reading, Scan, Title, read_all, reading, scan_all, title_all
from .rules import Rules
from .segments import TOGETHER
from .trial import Arrival, Cache


class Surroundings:
    """Copies and stories near a batch. Every question to the index is asked for the whole batch, by `ask`."""

    def __init__(self, rules: Rules, words: Words, cache: Cache, index: Index, now: datetime) -> None:
        self.rules, self.words, self.cache, self.index, self.now = rules, words, cache, index, now
        self.postings = Postings()
        self.printings = Printings(rules)
        self.story_of: dict[int, int] = {}
        self.members: dict[int, list[int]] = defaultdict(list)
        self.alias: dict[int, int] = {}  # absorbed story -> survivor
        self.known: dict[int, Arrival] = {}  # the copies to compare with
        self.urls: dict[str, list[int]] = defaultdict(list)
        self.bound: dict[bool, dict[int, set[int]]] = {True: defaultdict(set), False: defaultdict(set)}

    # ------------------------------------------------------------ reading

    def arrive(self, batch: Sequence[Waiting]) -> list[Arrival]:
        known = [facts.read(copy.title, copy.text) for copy in batch]
        return [
            Arrival(copy, placed_at(copy, self.now), found, read, scan, sketch.signed(scan.units), title.key)
            for copy, found, (title, scan, read) in zip(batch, known, self._read(batch, known), strict=True)
        ]

    def recall(self, copies: Sequence[Placed]) -> list[Arrival]:
        known = [copy.facts for copy in copies]
        found = [
            Arrival(copy, placed_at(copy, self.now), copy.facts, read)
            for copy, (_, _, read) in zip(copies, self._read(copies, known), strict=True)
        ]
        for each in found:
            self.cache.put(each)
        return found

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

    def some(self, copy_ids: Iterable[int]) -> Iterator[Arrival]:
        """The copies one by one, those that are not known from the index."""
        for id in copy_ids:
            found = self.known.get(id) or self.cache.get(id)
            yield from [found] if found else self.fetch([id])

    def put_out(self, arrival: Arrival, own: int | None = None) -> None:
        """Leave out of the reading what is known by now to be furniture, and take its keys."""
        flags = self.printings.flags(arrival.units, arrival.copy.source_id, own, self.alias)
        known = arrival.furniture
        same = flags is known or (flags is not None and known is not None and np.array_equal(flags, known))
        if not same and arrival.scan is not None:
            arrival.furniture = flags
            arrival.reading = reading(arrival.reading.title, arrival.scan, flags)
        if not same or not arrival.keys:
            arrival.keys = self._keys(arrival)
            arrival.candidates = None

    def _keys(self, arrival: Arrival) -> tuple[int, ...]:
        """The sketch of the text, and the title and the whole text as one key each (the last)."""
        read = arrival.reading
        whole = sketch.signed(np.array([read.exact], np.uint64)[: read.count])
        return sketch.signed(sketch.lowest(read.shingles, self.rules.keys)) + arrival.heading + whole

    # ------------------------------------------------------------ asking

    def ask(self, arrivals: Sequence[Arrival]) -> None:
        for unit, source, story in self.index.printings(sorted({u for a in arrivals for u in a.units if u})):
            self.printings.add((unit,), source, story)
        for arrival in arrivals:
            self.put_out(arrival)
        self._ask_postings(arrivals)
        for key, copy_id in self.index.same_url(sorted({a.copy.url_key for a in arrivals} - {""})):
            self.urls[key].append(copy_id)
        ids = {arrival.id for arrival in arrivals}
        self._ask_people(ids)
        self._ask_copies(arrivals)
        stories = sorted({self.story_of[id] for id in self.known})
        self.members.update((story, list(ids)) for story, ids in self.index.members(stories).items())
        self._ask_people(set[int]().union(*self.members.values()) - ids)

    def _ask_people(self, copy_ids: set[int]) -> None:
        """What a person decided: of the batch first, so that the copies meant are known; then of the rest."""
        for one, other, together in self.index.constraints(sorted(copy_ids)):
            self.bound[together][one].add(other)
            self.bound[together][other].add(one)

    def _ask_postings(self, arrivals: Sequence[Arrival]) -> None:
        times = [arrival.at for arrival in arrivals]
        first, last, near, far = min(times), max(times), self.rules.window, self.rules.exact_window
        keys = sorted({key for arrival in arrivals for key in arrival.keys})
        whole = sorted({arrival.keys[-1] for arrival in arrivals if arrival.keys})
        rows = set(self.index.postings(keys, first - near, last + near))
        rows |= set(self.index.postings(whole, first - far, last + far))
        for key, copy_id, story in sorted(rows):
            self.postings.holders[key].append(copy_id)
            self.story_of[copy_id] = story

    def _ask_copies(self, arrivals: Sequence[Arrival]) -> None:
        """The copies to compare with. One whose reading is remembered is not asked for again: should another
        process have judged a revision of it since, it is compared by its former text, in its present story.
        """
        named = {id for ids in self.urls.values() for id in ids}
        wanted = {id for arrival in arrivals for found in self.candidates(arrival) for id in found.copies}
        held = {id: found for id in wanted | named if (found := self.cache.get(id))}
        self.known.update(held)
        meant = {id for bound in self.bound.values() for id in bound}
        asked = (wanted - held.keys()) | named | meant | {arrival.id for arrival in arrivals}
        stored = self.index.placed(sorted(asked))
        self.story_of.update((id, copy.story_id or 0) for id, copy in stored.items())
        self.known.update((id, held[id]) for id in stored if id in held)
        fresh = self.recall([copy for id, copy in stored.items() if id not in held])
        self.known.update((each.id, each) for each in fresh)

    # ------------------------------------------------------------ answering

    def candidates(self, arrival: Arrival) -> list[Candidate]:
        """The stories worth comparing, best first."""
        rules, known = self.rules, arrival.candidates
        if known is not None and not self.alias and self.postings.changed.isdisjoint(arrival.keys):
            return known
        found = self.postings.rank(
            arrival.keys, self.story_of, rules.key_cap, rules.copies_per_story, arrival.id
        )
        arrival.candidates = found[: rules.story_cap]
        return arrival.candidates

    def same_url(self, arrival: Arrival) -> list[int]:
        ids = self.urls.get(arrival.copy.url_key, ())
        return [id for id in dict.fromkeys(ids) if id != arrival.id and id in self.known]

    def forbidden(self, copy_id: int, story: int) -> bool:
        """Whether a person keeps the copy apart from one of the story."""
        return not self.bound[False].get(copy_id, set()).isdisjoint(self.members[story])

    def kept_apart(self, story: int, other: int) -> bool:
        return any(self.forbidden(id, other) for id in self.members[story])

    def forced(self, copy_id: int) -> int | None:
        """The story that a person put the copy into; None if nobody did."""
        stories = {self.story_of[id] for id in self.bound[True].get(copy_id, ()) if id in self.story_of}
        return min((story for story in stories if not self.forbidden(copy_id, story)), default=None)

    # ------------------------------------------------------------ adding

    def note(self, arrival: Arrival, placement: Placement) -> None:
        """From now on the copy is one of those that the rest of the batch is compared with."""
        id, story = arrival.id, placement.story_id
        before = self.story_of.get(id)
        if before is not None and id in self.members[before]:
            self.members[before].remove(id)
        self.story_of[id] = story
        self.members[story].append(id)
        self.postings.add_own(placement.keys, id)
        self.printings.add(placement.units, arrival.copy.source_id, story)
        if arrival.copy.url_key:
            self.urls[arrival.copy.url_key].append(id)
        arrival.scan = None  # of no more use, and large
        arrival.facts = placement.facts
        self.known[id] = arrival
        self.cache.put(arrival)

    def absorb(self, survivor: int, gone: int) -> None:
        self.members[survivor] += self.members.pop(gone, [])
        for copy_id, story in self.story_of.items():
            if story == gone:
                self.story_of[copy_id] = survivor
        self.alias = {old: survivor if to == gone else to for old, to in self.alias.items()}
        self.alias[gone] = survivor


def placed_at(copy: Waiting, now: datetime) -> datetime:
    """The time that a copy counts as printed: as it says, unless that is after we met it."""
    seen = copy.seen or now
    if copy.published is None or copy.published > seen + timedelta(days=1):
        return seen
    return copy.published
