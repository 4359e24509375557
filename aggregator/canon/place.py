"""Placing: each waiting copy into the story that it prints, or into one of its own.

A batch is judged together with the placed copies near it, twice: first strictly and by the texts alone, to see
which texts there are; then less what several of these have in common: sentences that are furniture, and runs of
words that are rare in none. So what is one story depends on what was printed, not on what was printed first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.model import Placed, Placing, Waiting

from . import grouping, pairing
from .assigning import assign
from .deciding import Deciding
from .index import Index
from .lead import Cards, Faces
from .learned import Stood
from .rules import Rules
from .surroundings import Surroundings, both
from .trial import Arrival, Cache, Meeting, Pair
from .verdicts import Verdicts
from .words import Words


class Canonicaliser:
    """Places copies by the rules. Holds only bounded memories: words, recent readings, verdicts, cards of copies."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._words, self._cache, self._cards = Words(), Cache(), Cards()
        self._verdicts = Verdicts(rules)

    def place(self, batch: Sequence[Waiting], index: Index, now: datetime) -> Placing:
        """Judge a batch; the index is asked a fixed number of questions, whatever its size, and one more where
        a face needs a copy that was not asked for. Placed copies near the batch may move, too.
        """
        return self._judged(batch, index, now, again=False)

    def look_again(self, copies: Sequence[Waiting], index: Index, now: datetime) -> Placing:
        """Judge placed copies once more, now that it is known what came after them. Only what moves is told, and
        nothing of it is doubtful once more.
        """
        return self._judged(copies, index, now, again=True)

    def _judged(self, batch: Sequence[Waiting], index: Index, now: datetime, *, again: bool) -> Placing:
        if not batch:
            return Placing()
        near = Surroundings(self.rules, self._words, self._cache, index, now)
        arrivals = near.arrive(batch)
        near.ask(arrivals)
        found = Round(near, arrivals, self._verdicts)
        groups = found.groups()
        assigned = assign(groups, found.former, [copy.copy_id for copy in batch], index.new_story)
        deciding = Deciding(near, arrivals, found.pairs, assigned, now)
        placements = deciding.placements(again=again)
        faces = deciding.faces(Faces(self._cards), placements)
        for compared in (*near.near.values(), *arrivals):
            self._cache.put(compared)
        return Placing(placements, faces, () if again else found.doubtful(assigned.story_of))

    def keys(self, copies: Sequence[Placed], index: Index, now: datetime) -> dict[int, tuple[int, ...]]:
        """By which keys each of these placed copies, less its furniture, is to be found."""
        if not copies:
            return {}
        near = Surroundings(self.rules, self._words, Cache(), index, now)
        arrivals = near.recall(copies)
        near.clear(arrivals)
        return {arrival.id: tuple(arrival.keys.tolist()) for arrival in arrivals}


class Round:
    """A batch and the placed copies near it, on their way into groups."""

    def __init__(self, near: Surroundings, arrivals: Sequence[Arrival], verdicts: Verdicts) -> None:
        self.near, self.rules, self._verdicts = near, near.rules, verdicts
        self.copies = sorted([*arrivals, *near.near.values()], key=_by_content)
        self.pairs: dict[tuple[int, int], Pair] = {}  # the last verdicts, by copy ids as they were compared
        self.former = {id: story for story, ids in near.members.items() for id in ids}
        self._batch = {arrival.id for arrival in arrivals}
        self._unseen = self.former.keys() - {copy.id for copy in self.copies}  # placed, but not compared

    def groups(self) -> dict[int, int]:
        """copy -> a name of its group, for the batch and for every copy of a story that may change."""
        rules = self.rules
        labels = {copy.id: self.former.get(copy.id, -copy.id) for copy in self.copies}
        bare = [copy.bare() for copy in self.copies]
        first = self._group(bare, labels, rules.text_threshold, None)
        texts = {id: -1 - name for id, name in first.items()}  # no story has such a number
        self._clear(texts)
        return self._group(self.copies, texts, rules.threshold, rules.key_cap)

    def doubtful(self, story_of: Mapping[int, int]) -> tuple[int, ...]:
        """The copies of pairs that were nearly joined, or hardly were: how sure that is depends on how rare the
        words are that they share, and so on copies that may be yet to come.
        """
        found = set[int]()
        for (one, other), pair in self.pairs.items():
            if pair.sides is not None and self._is_doubtful(pair, story_of[one] == story_of[other]):
                found.update((one, other))
        return tuple(sorted(found))

    def _is_doubtful(self, pair: Pair, joined: bool) -> bool:
        return pair.score < self.rules.sure if joined else pair.score > self.rules.doubt

    def _clear(self, texts: Mapping[int, int]) -> None:
        """Leave out of each reading what is furniture, now that it is known how many texts hold it."""
        printings = self.near.printings
        common = printings.common(texts)
        stood = [Stood(copy.scan.units, copy.copy.source_id, texts[copy.id]) for copy in self.copies]
        flags = printings.flags(stood, common)
        self.near.put_out(
            (copy, found if copy.id in self._batch else both(copy.furniture, found))
            for copy, found in zip(self.copies, flags, strict=True)
        )

    def _group(
        self, copies: Sequence[Arrival], labels: Mapping[int, int], threshold: float, cap: int | None
    ) -> dict[int, int]:
        meetings = self._meetings(copies, labels, cap)
        verdicts = self._verdicts.of(list(meetings.values()))
        pairs = dict(zip(meetings, verdicts, strict=True))
        self.pairs = {(copies[one].id, copies[other].id): pair for (one, other), pair in pairs.items()}
        number = {copy.id: at for at, copy in enumerate(copies)}
        number |= {id: len(number) + at for at, id in enumerate(sorted(self._unseen))}
        ids = list(number)
        named = grouping.group(
            [copy.reading.count for copy in copies],
            len(number),
            pairs,
            self._said(number),
            self.rules,
            threshold,
        )
        return {ids[at]: name for at, name in named.items()}

    def _meetings(
        self, copies: Sequence[Arrival], labels: Mapping[int, int], cap: int | None
    ) -> dict[tuple[int, int], Meeting]:
        """The pairs to compare, by the numbers of the copies, the lower first."""
        inside = {copy.id: at for at, copy in enumerate(copies)}
        crowd = pairing.Crowd([copy.keys for copy in copies], [labels[copy.id] for copy in copies])
        met = pairing.nearest(crowd, self.near.outside(inside), self.rules.pairs, cap)
        found: dict[tuple[int, int], Meeting] = {}
        rows = zip(met.one.tolist(), met.other.tolist(), met.rare.tolist(), met.known.tolist(), strict=True)
        for one, other, rare, known in rows:
            if known >= 0.5 or self._open(copies[one], copies[other]):
                found[one, other] = copies[one], copies[other], False, rare if cap else 1.0
        for one, other in self._same_url(inside):
            rare = found[one, other][3] if (one, other) in found else 1.0
            found[one, other] = copies[one], copies[other], True, rare
        return found

    def _open(self, one: Arrival, other: Arrival) -> bool:
        """Whether two copies may be compared, of whose shared keys it is not known who else holds them: two of
        different stories were compared when it was.
        """
        mine, theirs = self.former.get(one.id), self.former.get(other.id)
        return one.id in self._batch or other.id in self._batch or mine == theirs

    def _same_url(self, inside: Mapping[int, int]) -> set[tuple[int, int]]:
        """Copies of the batch with those that are printed under the same URL."""
        under: dict[int, list[int]] = defaultdict(list)
        for copy in self.copies:
            if copy.copy.url_key:
                under[copy.copy.url_key].append(copy.id)
        pairs = set()
        for ids in under.values():
            for one in ids if len(ids) > 1 else ():
                for other in ids[: self.rules.representatives]:
                    if one != other and not self._batch.isdisjoint((one, other)):
                        pairs.add((min(inside[one], inside[other]), max(inside[one], inside[other])))
        return pairs

    def _said(self, number: Mapping[int, int]) -> grouping.Words:
        """What a person said, by numbers; and that copies which are not looked at stay with their story."""
        near = self.near
        together = [
            (number[one], number[other])
            for one, others in sorted(near.bound[True].items())
            for other in sorted(others)
            if one in number and other in number
        ]
        for ids in near.members.values():
            looked_at = [id for id in ids if id not in self._unseen]
            together += [(number[id], number[(looked_at or ids)[0]]) for id in ids if id in self._unseen]
        apart = {
            number[one]: {number[other] for other in others if other in number}
            for one, others in near.bound[False].items()
            if one in number
        }
        return grouping.Words(together, apart)


def _by_content(arrival: Arrival) -> tuple[int, int, str, int]:
    """An order of copies that does not depend on when they came."""
    copy = arrival.copy
    return arrival.plain.exact, copy.url_key, copy.guid, copy.source_id
