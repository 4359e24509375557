"""Stories from judged pairs: which copies belong together, whatever order they came in.

Groups grow along the best pairs, and only where all that is known between two groups speaks for it: chains do
not drift. A round-up, which prints several articles, brings nothing together; a line that several stories
begin with joins none of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from . import trial
from .compare import Side
from .rules import Rules
from .trial import Pair

Link = tuple[int, int]


@dataclass(slots=True)
class Words:
    """What a person said of copies: those that must be together, those that must not."""

    together: Sequence[Link] = ()
    apart: Mapping[int, Collection[int]] = field(default_factory=dict)


def link(scores: Sequence[float]) -> float:
    """How much two groups, or a copy and a group, agree: half the best pair, half the mean of them all."""
    return (max(scores) + sum(scores) / len(scores)) / 2


class Groups:
    """Copies in groups, each named by one of its copies."""

    def __init__(self, copies: Iterable[int], words: Words) -> None:
        self.of = {copy: copy for copy in copies}
        self.members = {copy: [copy] for copy in self.of}
        self._apart = words.apart
        for one, other in words.together:
            if one in self.of and other in self.of:
                self.join(self.of[one], self.of[other])

    def join(self, one: int, other: int) -> None:
        """Make two groups one, unless they are or a person forbids it."""
        if one == other or self._forbidden(one, other):
            return
        small, large = sorted((one, other), key=lambda name: (len(self.members[name]), -name))
        moved = self.members.pop(small)
        self.members[large] += moved
        self.of.update(dict.fromkeys(moved, large))

    def _forbidden(self, one: int, other: int) -> bool:
        apart, theirs = self._apart, set(self.members[other] if self._apart else ())
        return any(not theirs.isdisjoint(apart[copy]) for copy in self.members[one] if copy in apart)

    def grow(self, scores: Mapping[Link, float], threshold: float) -> None:
        """Join along the pairs, the best first, where the groups agree as wholes."""
        near: dict[int, dict[int, float]] = defaultdict(dict)
        for (one, other), score in scores.items():
            near[one][other] = near[other][one] = score
        for one, other in sorted(scores, key=lambda pair: (-scores[pair], pair)):
            if scores[one, other] < threshold:
                return
            mine, theirs = self.of[one], self.of[other]
            if mine != theirs and link(self._between(mine, theirs, near)) >= threshold:
                self.join(mine, theirs)

    def _between(self, one: int, other: int, near: Mapping[int, Mapping[int, float]]) -> list[float]:
        if len(self.members[one]) > len(self.members[other]):
            one, other = other, one
        return [
            score
            for copy in self.members[one]
            for met, score in near.get(copy, {}).items()
            if self.of[met] == other
        ]


def group(
    words: Sequence[int], total: int, pairs: Mapping[Link, Pair], said: Words, rules: Rules, threshold: float
) -> dict[int, int]:
    """The name of a group for each copy, 0 to `total`; `words` of the text of each that was compared.

    `pairs` are the verdicts by the numbers of two copies, the lower first. Those of 0 say nothing: two cuts of one
    text may share next to none of it.
    """
    out, cut = torn(pairs, threshold)
    scores = {
        (one, other): pair.score
        for (one, other), pair in pairs.items()
        if pair.score > 0 and one not in out and other not in out and (one, other) not in cut
    }
    short = {copy for copy, count in enumerate(words) if count < rules.short_words}
    groups = Groups(range(total), said)
    groups.grow({pair: score for pair, score in scores.items() if short.isdisjoint(pair)}, threshold)
    lone = _attach(groups, short, scores, threshold)
    groups.grow({pair: score for pair, score in scores.items() if lone.issuperset(pair)}, threshold)
    return groups.of


def _attach(
    groups: Groups, short: Collection[int], scores: Mapping[Link, float], threshold: float
) -> set[int]:
    """A short text joins the one story that it agrees with. Returns those that agree with none."""
    met: dict[int, dict[int, list[float]]] = {id: defaultdict(list) for id in short}
    for (one, other), score in scores.items():
        for id, longer in ((one, other), (other, one)):
            if id in met and longer not in met:
                met[id][groups.of[longer]].append(score)
    lone = set()
    for id in sorted(met):
        agree = {groups.of[name] for name, found in met[id].items() if link(found) >= threshold}
        if len(agree) == 1:
            groups.join(groups.of[id], agree.pop())
        elif not agree:
            lone.add(id)
    return lone


def torn(pairs: Mapping[Link, Pair], threshold: float) -> tuple[set[int], set[Link]]:
    """The copies that are round-ups, and the pairs that say nothing although they agree.

    A round-up carries the beginnings of several others in different parts of its text. Where one of these is
    most of the page, or titled alike, it is a copy of that one only.
    """
    met: dict[int, list[tuple[Link, Pair, Side, Side]]] = defaultdict(list)
    for (one, other), pair in pairs.items():
        if pair.sides is not None:
            mine, theirs = pair.sides
            met[one].append(((one, other), pair, mine, theirs))
            met[other].append(((one, other), pair, theirs, mine))
    out, cut = set[int](), set[Link]()
    for copy, found in met.items():
        good = [each for each in found if each[1].score >= threshold]
        if not good or len(found) == 1:
            continue
        _, first, most, _ = max(good, key=lambda each: (each[2].count, each[1].score, each[0]))
        apart = [each for each in found if each[1] is not first and trial.disjoint(most, each[2])]
        alone = trial.titled_alike(first) or trial.mostly(most.covered)
        if not alone and any(trial.carries(mine, theirs) for _, _, mine, theirs in apart):
            out.add(copy)
        cut.update(link for link, _, _, _ in apart)
    return out, cut
