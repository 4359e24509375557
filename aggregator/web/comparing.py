"""What differs between two texts, word by word, as runs that a page draws with <ins> and <del>. Pure.

The longest common subsequence of words, by rapidfuzz: its cost grows with the product of the lengths but in steps
of 64 words at once, so that even a text made to be hard takes milliseconds; `MOST_WORDS` bounds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from rapidfuzz.distance import LCSseq

MOST_WORDS = 6000  # of each text; what follows is not compared
ISLAND = 2  # so few common words between two changes are drawn as changed: they are there by chance
_WORDS = re.compile(r"\n\s*\n|\S+")
PARAGRAPH = "\n\n"
Kind = Literal["same", "out", "in"]


@dataclass(frozen=True, slots=True)
class Run:
    """Words in a row that are in both texts, in the first only ("out"), or in the second only ("in")."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Two texts as one: paragraphs of runs."""

    paragraphs: tuple[tuple[Run, ...], ...]
    words: tuple[int, int]  # of the texts
    out: int  # words that only the first has
    new: int  # words that only the second has
    cut: bool  # a text was longer than `MOST_WORDS`

    @property
    def alike(self) -> bool:
        return not (self.out or self.new or self.cut)


def compare(before: str, after: str) -> Difference:
    """What became of `before` on the way to `after`. White space counts only where it parts paragraphs."""
    one, two = _words(before), _words(after)
    cut = max(len(one), len(two)) > MOST_WORDS
    pieces = list(_without_islands(_pieces(one[:MOST_WORDS], two[:MOST_WORDS])))
    return Difference(
        paragraphs=tuple(_paragraphs(pieces)),
        words=(_count(one), _count(two)),
        out=sum(_count(words) for kind, words in pieces if kind == "out"),
        new=sum(_count(words) for kind, words in pieces if kind == "in"),
        cut=cut,
    )


_Piece = tuple[Kind, list[str]]


def _words(text: str) -> list[str]:
    """The words, with PARAGRAPH where one ends and the next begins."""
    return [PARAGRAPH if word.isspace() else word for word in _WORDS.findall(text.strip())]


def _count(words: Iterable[str]) -> int:
    return sum(word != PARAGRAPH for word in words)


def _pieces(one: list[str], two: list[str]) -> Iterator[_Piece]:
    for change in LCSseq.opcodes(one, two):
        if change.tag == "equal":
            yield "same", one[change.src_start : change.src_end]
            continue
        if change.src_start < change.src_end:
            yield "out", one[change.src_start : change.src_end]
        if change.dest_start < change.dest_end:
            yield "in", two[change.dest_start : change.dest_end]


def _without_islands(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Between two common passages all that goes out, then all that comes in, common crumbs among it included."""
    grouped = groupby(pieces, key=lambda piece: piece[0] == "same" and len(piece[1]) > ISLAND)
    for common, group in grouped:
        held = list(group)
        if common or all(kind == "same" for kind, _ in held):
            yield from held
            continue
        # crumbs at either end touch a common passage and are common in truth
        head = [held.pop(0)] if held[0][0] == "same" else []
        tail = [held.pop()] if held[-1][0] == "same" else []
        yield from head
        for side in ("out", "in"):
            words = [word for kind, piece in held if kind in (side, "same") for word in piece]
            if words:
                yield side, words
        yield from tail


def _paragraphs(pieces: Iterable[_Piece]) -> Iterator[tuple[Run, ...]]:
    """A break that both texts have, or only one of them, begins a paragraph; none is empty."""
    runs: list[Run] = []
    for kind, words in pieces:
        for number, part in enumerate(" ".join(words).split(PARAGRAPH)):
            if number and runs:
                yield tuple(runs)
                runs = []
            if part.strip():
                runs.append(Run(kind, part.strip()))
    if runs:
        yield tuple(runs)
