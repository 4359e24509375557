"""Placing: each waiting copy into the story that it prints, or into one of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from aggregator.model import Decision, Facts, Link, Placement, Placing, Waiting

from . import candidates, evidence, learned, trial
from .candidates import Candidate
from .fold import Words
from .index import Index
from .lead import Cards, Faces
from .rules import Rules
from .surroundings import Surroundings
from .trial import Arrival, Cache, Trial

_WITHIN = 6  # copies of the batch itself that a copy is compared with ahead
Verdict = tuple[Decision, tuple[Decision, ...]]  # where the copy goes; what stories that makes one


class Canonicaliser:
    """Places copies by the rules. Holds only bounded memories: words, recent readings, cards of copies."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._words, self._cache, self._cards = Words(), Cache(), Cards()

    def place(self, batch: Sequence[Waiting], index: Index, now: datetime) -> Placing:
        """Judge a batch, in its order; the index is asked a fixed number of questions, whatever its size, and
        one more where a page in it turns out to be a round-up or a face needs a copy that was not asked for.
        """
        if not batch:
            return Placing()
        near = Surroundings(self.rules, self._words, self._cache, index, now)
        return Round(near, Faces(self._cards)).run(batch)


class Round:
    """One batch on its way."""

    def __init__(self, near: Surroundings, faces: Faces) -> None:
        self.near, self.faces, self.rules, self.now = near, faces, near.rules, near.now
        self.verdicts = trial.Verdicts(near.rules)

    def run(self, batch: Sequence[Waiting]) -> Placing:
        arrivals = self.near.arrive(batch)
        self.near.ask(arrivals)
        self.verdicts.ahead(self._likely(arrivals))
        placements = tuple(self._place(arrival) for arrival in arrivals)
        return Placing(placements, self.faces.choose(self.near.members, self.near.fetch))

    def _place(self, arrival: Arrival) -> Placement:
        near, copy = self.near, arrival.copy
        own = near.story_of.get(copy.copy_id) if copy.story_id is not None else None
        near.put_out(arrival, own)
        trials = self._trials(arrival, own)
        decision, absorbed = self._decide(arrival, own, trials)
        units = near.printings.telling(dict.fromkeys(arrival.units))
        placement = Placement(
            copy_id=copy.copy_id,
            revision_id=copy.revision_id,
            story_id=decision.story_id,
            is_new_story=decision.method == "found" or decision.note == "alone again",
            decision=decision,
            facts=self._facts(arrival),
            at=arrival.at,
            keys=tuple(near.postings.open(dict.fromkeys(arrival.keys), self.rules.key_cap)),
            units=tuple(units[: self.rules.units]),
            absorbed=absorbed,
            links=self._links(decision.story_id, trials),
        )
        self.faces.touched(arrival, decision.story_id, near.known.get(arrival.id), own)
        near.note(arrival, placement)
        return placement

    def _facts(self, arrival: Arrival) -> Facts:
        known, flags = arrival.facts, arrival.furniture
        if flags is None or arrival.scan is None:
            return known
        found = learned.spans(arrival.copy.text, arrival.scan, flags, known.furniture)
        return replace(known, furniture=tuple(sorted([*known.furniture, *found]))) if found else known

    # ------------------------------------------------------------ trying

    def _likely(self, arrivals: Sequence[Arrival]) -> list[trial.Meeting]:
        """The copies that the index alone would have compared, and those of the batch that share most keys."""
        known = self.near.known.get
        by_id = {arrival.id: arrival for arrival in arrivals}
        within = candidates.within([(arrival.id, arrival.keys) for arrival in arrivals], _WITHIN)
        found = []
        for arrival in arrivals:
            same_url = self.near.same_url(arrival)
            for each in self.near.candidates(arrival):
                others = (other for id in each.copies if (other := known(id)))
                found += [(arrival, other, other.id in same_url, each.rare) for other in others]
            found += [(arrival, by_id[id], id in same_url, 1.0) for id in within[arrival.id]]
        return found

    def _trials(self, arrival: Arrival, own: int | None) -> list[Trial]:
        """The copy against every story worth a look, best first."""
        near = self.near
        found = {candidate.story: candidate for candidate in near.candidates(arrival)}
        same_url = near.same_url(arrival)
        more: dict[int, list[int]] = defaultdict(list)
        for copy_id in same_url:
            more[near.story_of[copy_id]].append(copy_id)
        if own is not None:
            more[own] += [id for id in near.members[own][: self.rules.copies_per_story] if id != arrival.id]
        tried = [found.get(story) or Candidate(story, 0.0, 1.0, []) for story in {**found, **more}]
        return trial.ranked(self._try(arrival, tried, more, same_url))

    def _try(
        self,
        arrival: Arrival,
        candidates: Sequence[Candidate],
        more: Mapping[int, Sequence[int]],
        same_url: Sequence[int],
    ) -> list[Trial]:
        """One trial for each candidate of which a copy is known; `more` copies of stories are looked at, too."""
        known = self.near.known.get
        met = [
            [other for id in dict.fromkeys([*each.copies, *more[each.story]]) if (other := known(id))]
            for each in candidates
        ]
        pairs = iter(
            self.verdicts.of(
                [
                    (arrival, other, other.id in same_url, each.rare)
                    for each, others in zip(candidates, met, strict=True)
                    for other in others
                ]
            )
        )
        return [
            Trial(each.story, arrival.reading.count, list(islice(pairs, len(others))))
            for each, others in zip(candidates, met, strict=True)
            if others
        ]

    # ------------------------------------------------------------ deciding

    def _decide(self, arrival: Arrival, own: int | None, trials: Sequence[Trial]) -> Verdict:
        near = self.near
        allowed = [found for found in trials if not near.forbidden(arrival.id, found.story)]
        good = self._convincing(allowed)
        forced = near.forced(arrival.id)
        if forced is not None:
            return self._decision(arrival, forced, "person", trials), ()
        if own is not None:
            return self._judge_again(arrival, own, good, allowed)
        if not good:
            return self._decision(arrival, near.index.new_story(), "found", trials), ()
        survivor, absorbed = self._merge(arrival, good)
        return self._decision(arrival, survivor, good[0].best.method, trials), absorbed

    def _convincing(self, trials: Sequence[Trial]) -> list[Trial]:
        """The stories that the copy may join, all of which it shows to be one: they hold the same part of it.

        None for a round-up, which carries several stories, nor for a line that several stories begin with.
        """
        good = [found for found in trials if found.score >= self.rules.threshold and not self._beside(found)]
        if not good or (len(good) > 1 and trial.is_short(good[0], self.rules)):
            return []
        first = good[0]
        carried = (found for found in trials if found is not first and trial.carried(found))
        alone = trial.titled_alike(first) or trial.mostly(first.covered)
        if not alone and any(trial.disjoint(first.covered, found.covered) for found in carried):
            return []
        return [first] + [
            found
            for found in good[1:]
            if not trial.disjoint(first.covered, found.covered)
            and not self.near.kept_apart(first.story, found.story)
        ]

    def _beside(self, found: Trial) -> bool:
        """Whether the copy would only join others that a round-up carries beside it."""
        met = {pair.copy_id for pair in found.pairs if pair.score > 0}
        page = self.near.known[found.best.copy_id]
        strangers = [id for id in self.near.members[found.story] if id not in met]
        return trial.beside(found, page, self.near.some(strangers[: self.rules.copies_per_story]))

    def _judge_again(
        self, arrival: Arrival, own: int, good: Sequence[Trial], allowed: Sequence[Trial]
    ) -> Verdict:
        """A copy that was placed before and has new text: it stays if it is alone or still agrees."""
        mine = next((found for found in allowed if found.story == own), None)
        alone = self.near.members[own] == [arrival.id]
        others = [
            found for found in good if found.story != own and not self.near.kept_apart(own, found.story)
        ]
        if alone and others:
            survivor, absorbed = self._merge(arrival, others, own)
            return self._decision(arrival, survivor, "revision", others), absorbed
        if alone or (mine and mine.score >= self.rules.threshold - self.rules.review_margin):
            return self._decision(arrival, own, "revision", [mine] if mine else ()), ()
        if others:
            return replace(
                self._decision(arrival, others[0].story, "revision", allowed), other_story_id=own
            ), ()
        founded = self._decision(arrival, self.near.index.new_story(), "revision", allowed)
        return replace(founded, other_story_id=own, note="alone again"), ()

    def _merge(
        self, arrival: Arrival, same: Sequence[Trial], own: int | None = None
    ) -> tuple[int, tuple[Decision, ...]]:
        """The oldest of the stories takes in the others."""
        shown = {found.story: found for found in same}
        survivor, *gone = sorted({*shown, *(() if own is None else (own,))})
        absorbed = []
        for story in gone:
            absorbed.append(
                replace(
                    self._decision(arrival, survivor, "merge", [shown.get(story) or same[0]]),
                    other_story_id=story,
                )
            )
            self.near.absorb(survivor, story)
            self.faces.merged(survivor, story)
        return survivor, tuple(absorbed)

    # ------------------------------------------------------------ recording

    def _decision(self, arrival: Arrival, story: int, method: str, trials: Sequence[Trial]) -> Decision:
        """The decision with the evidence of the trial of that story, or else of the nearest."""
        alias = self.near.alias
        joined = next((found for found in trials if alias.get(found.story, found.story) == story), None)
        shown = joined or next(iter(trials), None)
        runner_up = next((found for found in trials if found is not joined), None)
        best = shown.best if shown else None
        return Decision(
            method=method,
            story_id=story,
            copy_id=arrival.id,
            revision_id=arrival.copy.revision_id,
            score=round(shown.score, 4) if shown else None,
            threshold=self.rules.threshold,
            features=rounded(best.features) if best else {},
            evidence=evidence.gather(arrival, self.near.known[best.copy_id], best) if best else {},
            matched_copy_id=best.copy_id if best else None,
            runner_up_story_id=runner_up.story if runner_up else None,
            runner_up_score=round(runner_up.score, 4) if runner_up else None,
            rules_version=self.rules.version,
            at=self.now,
        )

    def _links(self, story: int, trials: Sequence[Trial]) -> tuple[Link, ...]:
        alias = self.near.alias
        return tuple(
            Link(story, other, round(found.score, 4))
            for found in trials
            if (other := alias.get(found.story, found.story)) != story and trial.related(found, self.rules)
        )


def rounded(found: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in found.items()}
