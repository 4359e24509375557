"""Archives with a past, made from a seed: families of printings that come in any order, revised, and judged by people."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator import stages
from aggregator.archive import Archive, Limits
from aggregator.canon import Canonicaliser, Rules, load_rules
from aggregator.errors import InputError
from aggregator.model import Entry
from aggregator.stages.publishing import take_places
from tests.conftest import NOON

from .making import ingest

RULES = (
    load_rules(),
    load_rules(overrides={"threshold": 0.35}),
    load_rules(overrides={"threshold": 0.9, "text_threshold": 0.95}),
    load_rules(overrides={"threshold": 1.01}),
    load_rules(overrides={"keys": 16, "pairs": 2, "representatives": 2, "story_cap": 2}),
    load_rules(overrides={"window_days": 1.0, "furniture_stories": 2}),
    load_rules("2026.11"),
)
FURNITURE = ("Read more stories of ours here and every day.", "Sign up for our newsletter, free of charge.")
AGENCIES = ("(Reuters) - ", "(AP) — ", "(dpa) ", "")
Printing = tuple[str, Entry]  # the outlet, and what it printed


@dataclass
class History:
    """What may happen to an archive until it is looked at; one seed, one history."""

    seed: int
    families: Sequence[Sequence[Printing]] = ()  # real ones, besides those that are made up
    steps: int = 25
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self._words = [
            "".join(self.chance.choices("aeioulnrstdm", k=self.chance.randint(2, 9))) for _ in range(900)
        ]
        self._number = 0
        self.now = NOON

    def rules(self) -> Rules:
        return RULES[0] if self.chance.random() < 0.5 else self.chance.choice(RULES)

    def happens_to(self, archive: Archive) -> Rules:
        """The rules that the last copies were placed by."""
        printings = self.printings()
        rules = self.rules()
        by = Canonicaliser(rules)
        changing = self.chance.random() < 0.4
        while printings:
            self.now += timedelta(hours=self.chance.randint(1, 30))
            count = self.chance.choice((1, 2, 5, 12, 40))
            self._come(archive, printings[:count])
            printings = printings[count:]
            if changing and self.chance.random() < 0.2:
                rules = self.rules()
                by = Canonicaliser(rules)
            if self.chance.random() < 0.8:
                self._place(archive, by)
            if self.chance.random() < 0.3:
                self.a_person_decides(archive)
            if self.chance.random() < 0.3:
                list(take_places(archive, self.now, timedelta(hours=self.chance.choice((0, 0, 30)))))
        self._place(archive, by)
        if self.chance.random() < 0.3:
            self.a_person_decides(archive)
        if self.chance.random() < 0.15:
            self.lets_go(archive, 1)
        return rules

    def lets_go(self, archive: Archive, outlets: int) -> None:
        """Texts of some outlets."""
        every = archive.sources()
        some = self.chance.sample(every, min(outlets, len(every)))
        limits = {s.id: Limits(texts=self.now - timedelta(hours=self.chance.choice((0, 50)))) for s in some}
        archive.retain(limits, really=True)

    def grows(self, archive: Archive, rules: Rules) -> None:
        """A few more come."""
        self._come(archive, self.printings()[: self.chance.randint(1, 30)])
        self._place(archive, Canonicaliser(rules))

    def a_person_decides(self, archive: Archive) -> None:
        held = stories_of(archive)
        word = self.chance.choice(("merge", "split", "split", "apart")) if held else ""
        with suppress(InputError):
            if word == "split":
                large = [id for id, copies in sorted(held.items()) if len(copies) > 1]
                story = self.chance.choice(large or sorted(held))
                copies = held[story]
                out = self.chance.sample(copies, self.chance.randint(1, max(1, len(copies) - 1)))
                archive.split(story, out, "Ann", self.now)
            elif len(held) > 1:
                one, other = self.chance.sample(sorted(held), 2)
                if word == "merge":
                    archive.merge(one, other, "Ann", self.now)
                else:
                    archive.apart(one, other, "Ann", self.now)

    def _come(self, archive: Archive, printings: Sequence[Printing]) -> None:
        told: dict[str, list[Entry]] = {}
        for outlet, entry in printings:
            told.setdefault(outlet, []).append(entry)
        for outlet, entries in told.items():
            ingest(archive, list({entry.guid: entry for entry in entries}.values()), outlet, self.now)

    def _place(self, archive: Archive, by: Canonicaliser) -> None:
        size = self.chance.choice((1, 3, 20, 500))
        while stages.canonicalise(archive, by, self.now, size):
            pass
        if self.chance.random() < 0.7:
            while stages.look_again(archive, by, self.now):
                pass

    # ------------------------------------------------------------ what is printed

    def printings(self) -> list[Printing]:
        chance, found = self.chance, list[list[Printing]]()
        for _ in range(self.steps):
            if self.families and chance.random() < 0.5:
                found.append(self._real(chance.choice(self.families)))
            else:
                found.append(self._family())
        if chance.random() < 0.5:  # as they are printed, or years in one night
            chance.shuffle(found)
            return [each for family in found for each in family]
        every = [each for family in found for each in family]
        chance.shuffle(every)
        return every

    def _real(self, family: Sequence[Printing]) -> list[Printing]:
        some = self.chance.sample(family, self.chance.randint(1, len(family)))
        found = list(some)
        for outlet, entry in some:
            if self.chance.random() < 0.2:
                lines = entry.text.split("\n\n")
                cut = "\n\n".join(lines[: max(1, len(lines) - self.chance.randint(1, 3))])
                found.append((outlet, self._entry(entry.guid, entry.title, cut, entry.published or NOON)))
        return found

    def _family(self) -> list[Printing]:
        """Printings of one article; some of two articles, some once more with corrections."""
        chance = self.chance
        short = chance.random() < 0.2
        article = [self._sentence() for _ in range(1 if short else chance.randint(3, 14))]
        at = NOON + timedelta(hours=chance.randint(-200, 100))
        title = self._sentence(6)
        found = list[Printing]()
        for _ in range(chance.choice((1, 2, 3, 5, 8))):
            outlet = f"o{chance.randint(1, 7)}"
            when = at + timedelta(hours=chance.choice((0, 1, 12, 60, 400)))
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                guid = f"g{self._number}"
                said = self._edited(article)
                other = title if chance.random() < 0.6 else self._sentence(6)
                text = chance.choice(AGENCIES) + "\n\n".join(said)
                if chance.random() < 0.3:
                    text += "\n\n" + chance.choice(FURNITURE)
                found.append((outlet, self._entry(guid, other, text, when)))
            self._number += 1
        return found

    def _edited(self, article: Sequence[str]) -> list[str]:
        chance, said = self.chance, list(article)
        kind = chance.choice(("same", "same", "cut", "more", "words", "shuffle", "other", "half"))
        if kind == "cut":
            said = said[: max(1, len(said) - chance.randint(1, 4))]
        elif kind == "more":
            said += [self._sentence() for _ in range(chance.randint(1, 6))]
        elif kind == "words":
            rate = chance.random() * 0.3
            said = [
                " ".join(
                    chance.choice(self._words) if chance.random() < rate else word for word in one.split()
                )
                for one in said
            ]
        elif kind == "shuffle":
            chance.shuffle(said)
        elif kind == "half":
            said = said[: max(1, len(said) // 2)] + [self._sentence() for _ in range(len(said))]
        elif kind == "other" and chance.random() < 0.3:
            said = [self._sentence() for _ in range(5)]
        return said

    def _sentence(self, count: int = 0) -> str:
        words = self.chance.choices(self._words, k=count or self.chance.randint(6, 20))
        if self.chance.random() < 0.3:
            words.append(str(self.chance.randint(2, 900)))
        if self.chance.random() < 0.3:
            words[-1] = words[-1].capitalize()
        return " ".join(words).capitalize() + "."

    def _entry(self, guid: str, title: str, text: str, when: datetime) -> Entry:
        url = f"https://x.example/{guid}" if self.chance.random() < 0.9 else "https://x.example/same"
        return Entry(
            guid=guid,
            url=url,
            title=title,
            text=text,
            published=when,
            sanitised=True,
            fingerprint=f"{self.chance.getrandbits(64):016x}",
        )


def stories_of(archive: Archive) -> dict[int, list[int]]:
    """story -> its copies, rising"""
    held: dict[int, list[int]] = {}
    for copy in archive.export():
        if copy.story_id:
            held.setdefault(copy.story_id, []).append(copy.id)
    return held
