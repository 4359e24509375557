"""How well a text answers, by one measure for both databases, and what is shown of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..text import one_line
from .words import Words, places

TITLE_WEIGHT = 4.0
SATURATION, LENGTH, USUAL = 1.2, 0.75, 400  # k1 and b of BM25; words of a usual text
MOST_MARKS = 1000  # that a choice of piece looks at
SHOWN, LEAD = 220, 60  # characters of a snippet, and of it before the first mark


def score(title: Sequence[str], body: Sequence[str], clauses: Sequence[Sequence[Words]]) -> float:
    """BM25 over title and body without the rarity of words: all clauses occur in every text that is ranked."""
    long = 1 - LENGTH + LENGTH * len(body) / USUAL

    def weight(wanted: Words) -> float:
        often = TITLE_WEIGHT * _times(title, wanted.words)
        if not wanted.in_title:
            often += _times(body, wanted.words) / long
        return often / (often + SATURATION)

    return sum(max(map(weight, clause)) for clause in clauses)


def _times(text: Sequence[str], wanted: Sequence[str]) -> int:
    first, count = wanted[0], len(wanted)
    if count == 1:
        return text.count(first)
    starts = (at for at, word in enumerate(text) if word == first)
    return sum(tuple(text[at : at + count]) == tuple(wanted) for at in starts)


def snippet(text: str, wanted: Sequence[Words]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The piece of the text that holds most of what was asked for, on one line, and where in it such things stand."""
    text = one_line(text)
    marks = _marks(text, wanted)
    start = _word_start(text, max(0, _richest(marks, text) - LEAD)) if marks else 0
    end = len(text) if start + SHOWN >= len(text) else _word_end(text, start + SHOWN)
    before, after = "… " if start else "", " …" if end < len(text) else ""
    shift = len(before) - start
    held = tuple((one + shift, other + shift) for one, other in marks if start <= one and other <= end)
    return before + text[start:end] + after, held


def _marks(text: str, wanted: Sequence[Words]) -> list[tuple[int, int]]:
    """[start, end) of everything asked for, in order, none within another."""
    found = list(places(text))
    said = [word for word, *_ in found]
    starts: dict[str, list[tuple[str, ...]]] = {}
    for each in wanted:
        starts.setdefault(each.words[0], []).append(each.words)
    marks: list[tuple[int, int]] = []
    for at, (word, start, _) in enumerate(found):
        fits = [len(one) for one in starts.get(word, ()) if tuple(said[at : at + len(one)]) == one]
        if fits and (not marks or start >= marks[-1][1]):
            marks.append((start, found[at + max(fits) - 1][2]))
    return marks


def _richest(marks: Sequence[tuple[int, int]], text: str) -> int:
    """Where the first of the pieces begins that hold the most different things."""
    said = [(start, end, text[start:end].casefold()) for start, end in marks[:MOST_MARKS]]

    def different(at: int) -> int:
        limit = said[at][0] + SHOWN - LEAD
        return len({word for _, end, word in said[at : at + SHOWN // 2] if end <= limit})

    return said[max(range(len(said)), key=different)][0]


def _word_start(text: str, at: int) -> int:
    """The next blank's other side, if one is near: scripts without blanks are cut anywhere."""
    blank = text.find(" ", at, at + LEAD) if at else -1
    return blank + 1 if blank >= 0 else at


def _word_end(text: str, at: int) -> int:
    blank = text.rfind(" ", at - LEAD, at)
    return blank if blank >= 0 else at
