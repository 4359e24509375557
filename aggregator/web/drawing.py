"""Pictures as numbers: where the bars and squares of a drawing stand. Templates make SVG of them. Pure.

Colours are classes of the style sheet, so that a drawing follows light and dark; sizes are in units of the view box.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..model import Fetch, Outcome
from .reading import Pair, Share
from .showing import duration

BAR, GAP, HEIGHT = 5, 2, 28
LOWEST = 4  # of a bar
SLOWEST = 30.0  # seconds; a bar of full height
OUTLETS = 20  # of the matrix
CELLS = 26, 44  # the smallest and the largest; the fewer outlets, the larger
LABEL = 24  # letters of an outlet's name
LETTER = 7.2  # its width, at most, in the type of the names
WORDS = {
    Outcome.CHANGED: "read",
    Outcome.UNCHANGED: "unchanged",
    Outcome.FAILED: "failed",
    Outcome.SLOWED: "asked for patience",
    Outcome.GONE: "gone",
    Outcome.REFUSED: "refused",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt: its height is the time it took (logarithmic), its class how it ended."""

    x: int
    height: int
    kind: str  # "fresh" brought something, "same" nothing new, "bad" failed
    title: str


@dataclass(frozen=True, slots=True)
class History:
    """The last attempts at a source, the latest at the right."""

    bars: tuple[Bar, ...]
    width: int
    height: int
    summary: str


def history(fetches: Sequence[Fetch], room: int) -> History:
    """At most `room` attempts, given the latest first."""
    shown = list(fetches[:room])[::-1]
    offset = room - len(shown)
    bars = [
        Bar(
            x=(BAR + GAP) * (offset + number),
            height=_height(fetch.elapsed),
            kind=_kind(fetch),
            title=_told(fetch),
        )
        for number, fetch in enumerate(shown)
    ]
    return History(tuple(bars), room * (BAR + GAP) - GAP, HEIGHT, _summary(shown))


def _height(elapsed: float) -> int:
    share = math.log1p(10 * max(elapsed, 0.0)) / math.log1p(10 * SLOWEST)
    return round(LOWEST + (HEIGHT - LOWEST) * min(share, 1.0))


def _kind(fetch: Fetch) -> str:
    if fetch.outcome not in (Outcome.CHANGED, Outcome.UNCHANGED):
        return "bad"
    return "fresh" if fetch.new or fetch.revised else "same"


def _told(fetch: Fetch) -> str:
    brought = f", {fetch.new} new, {fetch.revised} revised" if fetch.new or fetch.revised else ""
    return f"{fetch.at:%d %b %H:%M}: {WORDS[fetch.outcome]} in {fetch.elapsed:.1f} s{brought}"


def _summary(fetches: Sequence[Fetch]) -> str:
    if not fetches:
        return "not asked yet"
    bad = sum(_kind(fetch) == "bad" for fetch in fetches)
    new = sum(fetch.new for fetch in fetches)
    times = "once" if len(fetches) == 1 else f"{len(fetches)} times"
    return f"asked {times}: {bad or 'none'} failed, {new or 'nothing'} new"


# ---------------------------------------------------------------- who copies whom


@dataclass(frozen=True, slots=True)
class Square:
    """A pair of outlets in the matrix: the row had it first, the column followed."""

    x: int
    y: int
    size: int  # by how often, its area
    kind: str  # "credited" mostly, "mixed", "bare" mostly not
    title: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """The busiest outlets against each other."""

    outlets: tuple[str, ...]
    squares: tuple[Square, ...]
    side: int
    cell: int
    margins: tuple[int, int, int]  # left, top and right of the squares, for the names
    partial: bool  # there are more outlets


def matrix(outlets: Sequence[Share], pairs: Sequence[Pair]) -> Matrix:
    """The first `OUTLETS` of the outlets that stand in any pair."""
    paired = {name for pair in pairs for name in (pair.first, pair.other)}
    known = [share.outlet for share in outlets if share.outlet in paired]
    names = known[:OUTLETS]
    place = {name: number for number, name in enumerate(names)}
    shown = [pair for pair in pairs if pair.first in place and pair.other in place]
    most = max((pair.stories for pair in shown), default=1)
    cell = min(max(CELLS[0], 520 // max(len(names), 1)), CELLS[1])
    squares = [_square(pair, place[pair.other], place[pair.first], most, cell) for pair in shown]
    longest = LETTER * max((min(len(name), LABEL) for name in names), default=0)
    slanted = round(longest * math.sqrt(0.5))
    margins = round(longest) + 16, slanted + 24, max(0, slanted + 24 - cell // 2)
    return Matrix(tuple(names), tuple(squares), len(names) * cell, cell, margins, len(known) > len(names))


def _square(pair: Pair, column: int, row: int, most: int, cell: int) -> Square:
    size = max(4, round((cell - 4) * math.sqrt(pair.stories / most)))
    inset = (cell - size) / 2
    share = pair.credited / pair.stories
    kind = "credited" if share >= 2 / 3 else "mixed" if share >= 1 / 3 else "bare"
    times = "once" if pair.stories == 1 else f"{pair.stories} times"
    title = (
        f"{pair.other} followed {pair.first} {times}, {pair.credited} credited, {duration(pair.lag)} later"
    )
    return Square(int(column * cell + inset), int(row * cell + inset), size, kind, title)
