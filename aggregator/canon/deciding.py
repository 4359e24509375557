"""What is told to the archive: where each copy goes and why, what stories became one, how they show themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from aggregator.model import Decision, Face, Facts, Link, Placement

from . import evidence, learned, trial
from .assigning import Assigned
from .compare import FEATURES, Features
from .lead import Faces
from .surroundings import Surroundings
from .trial import Arrival, Pair, Trial


class Look(NamedTuple):
    """A copy, the story that it is in now, and what speaks for that."""

    arrival: Arrival
    story: int
    method: str
    trials: Sequence[Trial]  # best first
    shown: Trial | None  # of that story, or else of the nearest
    runner_up: Trial | None

    @property
    def best(self) -> Pair | None:
        """The pair that is shown for evidence."""
        return self.shown.best if self.shown else None


class Deciding:
    """The decisions on one batch, and on the placed copies that it moved."""

    def __init__(
        self,
        near: Surroundings,
        arrivals: Sequence[Arrival],
        pairs: Mapping[tuple[int, int], Pair],
        assigned: Assigned,
        now: datetime,
    ) -> None:
        self.near, self.rules, self.now, self.assigned = near, near.rules, now, assigned
        self.arrivals = arrivals
        self._copies = near.near | {arrival.id: arrival for arrival in arrivals}
        self._pairs = pairs
        self._met: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for met in pairs:
            self._met[met[0]].append(met)
            self._met[met[1]].append(met)
        self._finding = near.postings.telling([each.keys for each in arrivals], self.rules.key_cap)
        self._printed = near.printings.crowded()  # unit -> stories

    def placements(self, *, again: bool = False) -> tuple[Placement, ...]:
        """`again`: the batch was placed before, as it is, so that only those of it are told that move."""
        batch = set() if again else {arrival.id for arrival in self.arrivals}
        made = [] if again else self._placed()
        moved = [id for id in self.assigned.moved if id not in batch]
        if unseen := [id for id in moved if id not in self._copies]:
            self._copies.update((found.id, found) for found in self.near.fetch(unseen))
        made += [self._move(self._copies[id]) for id in moved if id in self._copies]
        return self._with_merges(made)

    def faces(self, faces: Faces, placements: Sequence[Placement]) -> tuple[Face, ...]:
        """How every story that has changed shows itself."""
        near = self.near
        for placement in placements:
            id = placement.copy_id
            before = near.former.get(id) or near.near.get(id)
            faces.touched(self._copies[id], placement.story_id, before, near.story_of.get(id))
        for survivor, gone in self.assigned.absorbed.items():
            for story in gone:
                faces.merged(survivor, story)
        members: dict[int, list[int]] = defaultdict(list)
        for copy_id in sorted(self.assigned.story_of):
            members[self.assigned.story_of[copy_id]].append(copy_id)
        return faces.choose(members, near.fetch)

    # ------------------------------------------------------------ placing

    def _placed(self) -> list[Placement]:
        """The batch; the evidence of all is gathered at once."""
        looks = [self._look(arrival) for arrival in self.arrivals]
        shown = [
            (each.arrival, self._copies[best.copy_id], best)
            for each in looks
            if (best := each.best) is not None
        ]
        said = zip(evidence.gather_all(shown), rounded([best.features for *_, best in shown]), strict=True)
        return [
            self._placement(each, keys, *(next(said) if each.best else ({}, {})))
            for each, keys in zip(looks, self._finding, strict=True)
        ]

    def _look(self, arrival: Arrival) -> Look:
        story = self.assigned.story_of[arrival.id]
        trials = self._trials(arrival)
        method = self._method(arrival, story, trials)
        shown = [found for found in trials if found.story != story] if method == "found" else trials
        return Look(arrival, story, method, trials, *_shown(story, shown))

    def _placement(
        self, look: Look, keys: Sequence[int], said: Mapping[str, Any], features: Mapping[str, float]
    ) -> Placement:
        arrival, story = look.arrival, look.story
        own = self.near.story_of.get(arrival.id)
        return Placement(
            copy_id=arrival.id,
            revision_id=arrival.copy.revision_id,
            story_id=story,
            is_new_story=self.assigned.founders.get(story) == arrival.id,
            decision=self._decision(look, said, features, None if own == story else own),
            facts=facts_of(arrival),
            at=arrival.at,
            keys=tuple(keys),
            units=self._telling(arrival, story),
            links=self._links(story, look.trials),
        )

    def _method(self, arrival: Arrival, story: int, trials: Sequence[Trial]) -> str:
        assigned = self.assigned.story_of
        if any(assigned.get(other) == story for other in self.near.forced(arrival.id)):
            return "person"
        if arrival.id in self.near.former:
            return "revision"
        if self.assigned.founders.get(story) == arrival.id:
            return "found"
        return next((found.best.method for found in trials if found.story == story), "text")

    def _move(self, arrival: Arrival) -> Placement:
        """A placed copy that belongs elsewhere, now that more is known. Its keys stay."""
        id, story = arrival.id, self.assigned.story_of[arrival.id]
        return Placement(
            copy_id=id,
            revision_id=arrival.copy.revision_id,
            story_id=story,
            is_new_story=self.assigned.founders.get(story) == id,
            decision=self._told(arrival, story, "again", self._trials(arrival), self.near.story_of[id]),
            facts=facts_of(arrival),
            at=arrival.at,
        )

    def _telling(self, arrival: Arrival, story: int) -> tuple[int, ...]:
        """Its sentences but those that so many stories are known to print that one more says nothing."""
        found = []
        for unit in dict.fromkeys(arrival.units):
            printed = self._printed.get(unit)
            if printed is not None:
                if len(printed) >= self.rules.furniture_stories:
                    continue
                printed.add(story)
            if unit:
                found.append(unit)
        return tuple(found[: self.rules.units])

    # ------------------------------------------------------------ merging

    def _with_merges(self, placements: Sequence[Placement]) -> tuple[Placement, ...]:
        """Each story that went into another as a whole, told beside a copy of the survivor."""
        made = list(placements)
        for survivor, gone in self.assigned.absorbed.items():
            at = next((at for at, each in enumerate(made) if each.story_id == survivor), None)
            if at is None:
                made.append(self._move(self._one_of(survivor)))
                at = len(made) - 1
            merges = tuple(self._merge(self._copies[made[at].copy_id], survivor, story) for story in gone)
            made[at] = replace(made[at], absorbed=merges)
        return tuple(made)

    def _one_of(self, story: int) -> Arrival:
        """The first copy of a story that was looked at; the first of all where none was."""
        own = sorted(id for id, where in self.assigned.story_of.items() if where == story)
        seen = next((id for id in own if id in self._copies), None)
        if seen is None:
            self._copies.update((found.id, found) for found in self.near.fetch(own[:1]))
        return self._copies[own[0] if seen is None else seen]

    def _merge(self, arrival: Arrival, survivor: int, gone: int) -> Decision:
        trials = self._trials(arrival, self.near.story_of.get)
        shown = [found for found in trials if found.story == gone] or trials
        return self._told(arrival, survivor, "merge", shown[:1], gone)

    # ------------------------------------------------------------ recording

    def _trials(self, arrival: Arrival, story_of: Callable[[int], int | None] | None = None) -> list[Trial]:
        """The copy against each story that it was compared with, best first."""
        where = story_of or self.assigned.story_of.get
        stories: dict[int, list[Pair]] = defaultdict(list)
        for one, other in self._met[arrival.id]:
            met = other if one == arrival.id else one
            story = where(met)
            if story is not None:
                stories[story].append(self._pairs[one, other].seen_from(arrival.id, met))
        return trial.ranked([Trial(story, pairs) for story, pairs in stories.items()])

    def _told(
        self, arrival: Arrival, story: int, method: str, trials: Sequence[Trial], other: int
    ) -> Decision:
        """A decision that also says of another story."""
        look = Look(arrival, story, method, trials, *_shown(story, trials))
        best = look.best
        said = evidence.gather(arrival, self._copies[best.copy_id], best) if best else {}
        features = rounded([best.features])[0] if best else {}
        return self._decision(look, said, features, other)

    def _decision(
        self, look: Look, said: Mapping[str, Any], features: Mapping[str, float], other: int | None
    ) -> Decision:
        best, shown, runner_up = look.best, look.shown, look.runner_up
        return Decision(
            method=look.method,
            story_id=look.story,
            copy_id=look.arrival.id,
            revision_id=look.arrival.copy.revision_id,
            other_story_id=other,
            score=round(shown.score, 4) if shown else None,
            threshold=self.rules.threshold,
            features=dict(features),
            evidence=said,
            matched_copy_id=best.copy_id if best else None,
            runner_up_story_id=runner_up.story if runner_up else None,
            runner_up_score=round(runner_up.score, 4) if runner_up else None,
            rules_version=self.rules.version,
            at=self.now,
        )

    def _links(self, story: int, trials: Sequence[Trial]) -> tuple[Link, ...]:
        return tuple(
            Link(story, found.story, round(found.score, 4))
            for found in trials
            if found.story != story and trial.related(found, self.rules)
        )


def _shown(story: int, trials: Sequence[Trial]) -> tuple[Trial | None, Trial | None]:
    """Of trials, best first: that of the story, or else of the nearest; and the best of the others."""
    joined = next((found for found in trials if found.story == story), None)
    return joined or next(iter(trials), None), next((found for found in trials if found is not joined), None)


def facts_of(arrival: Arrival) -> Facts:
    """What the text tells, and which of its lines are learned to be furniture."""
    known, flags = arrival.facts, arrival.furniture
    if flags is None:
        return known
    found = learned.spans(arrival.text, arrival.scan, flags, known.furniture)
    return replace(known, furniture=tuple(sorted([*known.furniture, *found]))) if found else known


def rounded(features: Sequence[Features | None]) -> list[dict[str, float]]:
    """In thousandths, by name; nothing where there are none."""
    told = iter(np.round([found for found in features if found], 3).tolist())
    return [dict(zip(FEATURES, next(told), strict=True)) if found else {} for found in features]
