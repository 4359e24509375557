"""Articles by the hundred thousand that behave like news, made from a few thousand real ones.

A text is sentences of the corpus in which every other word is another of the corpus, by how common it is: so
sentences do not recur, while phrases do, and word frequencies, lengths and capitals are those of news. Two in five
are another printing of a story of the last days: cut, re-titled, under another dateline, with an inserted sentence.
Each site prints two lines of its own under its texts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from aggregator.model import Entry

A_DAY = 4_000  # copies
SITES = 100
LENGTHS = (6, 30)  # sentences
AGAIN = 0.4  # share of copies that print an earlier story
CHANGED = 0.5  # share of the words of a sentence

Sentence = NDArray[np.intp]


class Filler:
    """Made from a seed: the same articles every time."""

    def __init__(self, texts: Sequence[str], start: datetime, seed: int = 1) -> None:
        self._start, self._chance = start, np.random.default_rng(seed)
        numbers: dict[str, int] = {}
        self._sentences = [
            np.array([numbers.setdefault(word, len(numbers)) for word in sentence.split()])
            for text in texts
            for sentence in text.replace("\n", " ").split(". ")
            if 6 <= sentence.count(" ") <= 40
        ]
        self._words = list(numbers)
        self._common = np.concatenate(self._sentences)
        self._recent: deque[list[Sentence]] = deque(maxlen=2 * A_DAY)

    def entries(self, first: int, count: int) -> Iterator[tuple[int, Entry]]:
        """(site, entry) of the copies from number `first` on."""
        for number in range(first, first + count):
            site = int(self._chance.integers(SITES))
            yield site, self._entry(number, site)

    def _entry(self, number: int, site: int) -> Entry:
        sentences = (
            self._another_printing() if self._chance.random() < AGAIN and self._recent else self._story()
        )
        said = [self._said(one) for one in sentences]
        body = [" ".join(said[at : at + 2]) for at in range(0, len(said), 2)]
        place = self._words[int(self._chance.choice(self._common))].strip(",.").title()
        lines = [f"{place} (Reuters) - {body[0]}", *body[1:], f"Read more on Outlet {site}", "Related Posts"]
        address = f"https://outlet{site}.example/{number}"
        return Entry(
            guid=address,
            url=address,
            title=said[0][:70].rsplit(" ", 1)[0],
            text="\n\n".join(lines),
            published=self._start + timedelta(days=number / A_DAY),
            sanitised=True,
            fingerprint=f"{number:016x}",
        )

    def _story(self) -> list[Sentence]:
        found = [self._sentence() for _ in range(int(self._chance.integers(*LENGTHS)))]
        self._recent.append(found)
        return found

    def _another_printing(self) -> list[Sentence]:
        story = self._recent[int(self._chance.integers(len(self._recent)))]
        kept = story[: max(3, int(len(story) * self._chance.uniform(0.4, 1.3)))]
        at = int(self._chance.integers(1, len(kept) + 1))
        return [*kept[:at], self._sentence(), *kept[at:]]

    def _sentence(self) -> Sentence:
        words = self._sentences[int(self._chance.integers(len(self._sentences)))].copy()
        changed = self._chance.random(len(words)) < CHANGED
        words[changed] = self._chance.choice(self._common, int(changed.sum()))
        return words

    def _said(self, sentence: Sentence) -> str:
        return " ".join(self._words[at] for at in sentence.tolist()).rstrip(".,") + "."
