"""Two readings side by side: where they agree, and the features a verdict is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import fold, sketch
from .fold import Marks
from .reading import Flags, Grams, Reading

FEATURES = (
    *("inner", "outer", "unquoted", "unquoted_outer", "lead", "lead_outer", "lead_pairs", "lead_pairs_outer"),
    *(
        "units",
        "units_outer",
        "numbers",
        "numbers_best",
        "names",
        "names_best",
        "figures",
        "run",
        "run_share",
    ),
    *("breaks", "pairs", "pairs_outer", "own", "own_words", "own_outer", "words", "ratio", "title", "rare"),
)
NOTHING = 0.15  # share of the shorter text below which nothing speaks for a pair
LEAD = 40  # words that begin a text, fewer if one of the two has fewer
UNTITLED = 0.25  # what a missing title counts as agreeing


@dataclass(slots=True)
class Side:
    """How much of one text the other holds. Shares are in 0..1."""

    covered: Flags  # words inside a shared shingle
    share: float  # of the words
    unquoted: float  # of those outside quotation marks
    lead: float  # of the first words
    units: float  # of the words, those in sentences of which most is held
    numbers: float  # figures in shared sentences that stand in the same words there; 1 where none are
    names: float  # capitalised words, the same
    figures: int  # how many numbers that is about
    pairs: float  # words inside a shared pair of words
    lead_pairs: float  # the same of the first words
    run: int  # words, the longest stretch held
    runs: int  # stretches
    own: int  # words, the longest stretch that is not


def compare(one: Reading, other: Reading, always: bool = False) -> tuple[Side, Side] | None:
    """The two sides; None (unless `always`) where they share next to nothing, which is cheap to see."""
    fours = shared(one.fours, other.fours)
    hits = sketch.WIDTH * int(np.count_nonzero(fours[0]))
    if hits < NOTHING * min(one.count, other.count) and not always:
        return None
    twos = shared(one.twos, other.twos)
    first = min(LEAD, one.count, other.count)
    return (
        side(one, first, one.fours.flags(fours[0], one.count), one.twos.flags(twos[0], one.count)),
        side(other, first, other.fours.flags(fours[1], other.count), other.twos.flags(twos[1], other.count)),
    )


def shared(one: Grams, other: Grams) -> tuple[Flags, Flags]:
    """Which runs of each are among those of the other."""
    if len(one.once) > len(other.once):
        theirs, mine = shared(other, one)
        return mine, theirs
    theirs = np.zeros(len(other.once), bool)
    if not len(one.once):
        return np.zeros(0, bool), theirs
    at = other.once.searchsorted(one.once)
    at[at == len(theirs)] = 0
    mine = other.once[at] == one.once
    theirs[at[mine]] = True
    return mine, theirs


def side(one: Reading, first: int, covered: Flags, paired: Flags) -> Side:
    """What of a text another holds: `covered` by shingles, `paired` by pairs; `first` words are the lead."""
    count = one.count
    hits = np.bincount(one.unit[covered], minlength=len(one.sizes))
    aligned = (hits > 0) & (hits >= 0.4 * one.sizes)
    marked = one.kinds.nonzero()[0]
    marked = marked[aligned[one.unit[marked]]]
    recurs = covered[marked] | paired[marked]
    figures = one.kinds[marked] == fold.NUMBER
    starts, ends = runs(covered)
    return Side(
        covered=covered,
        share=mean(covered),
        unquoted=mean(covered[~one.quoted]) if one.quoted.any() else mean(covered),
        lead=mean(covered[:first]),
        units=float(one.sizes[hits >= 0.6 * one.sizes].sum()) / max(1, count),
        numbers=mean(recurs[figures], 1.0),
        names=_names(mean(recurs[~figures], 1.0), len(marked) - int(np.count_nonzero(figures)), count),
        figures=int(np.count_nonzero(figures)),
        pairs=mean(paired),
        lead_pairs=mean(paired[:first]),
        run=int((ends - starts).max()) if len(starts) else 0,
        runs=len(starts),
        own=widest(starts, ends, count),
    )


def _names(recurring: float, names: int, words: int) -> float:
    """The share of names that recur. In a script without capitals all words count, of which about two in five
    would have been names: they are what a form changes, so that what is missing weighs so much more.
    """
    return recurring if names < 0.6 * words else max(0.0, 1 - (1 - recurring) / 0.4)


def held(numbers: Marks, rising: Marks) -> Flags:
    """Which numbers are among the sorted ones."""
    if not len(rising):
        return np.zeros(len(numbers), bool)
    at = rising.searchsorted(numbers)
    at[at == len(rising)] = 0
    found: Flags = rising[at] == numbers
    return found


def runs(flags: Flags) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Starts and ends of the stretches of true flags."""
    edged = np.zeros(len(flags) + 2, np.int8)
    edged[1:-1] = flags
    steps = edged[1:] - edged[:-1]
    return (steps == 1).nonzero()[0], (steps == -1).nonzero()[0]


def widest(starts: NDArray[np.intp], ends: NDArray[np.intp], count: int) -> int:
    """The longest gap between the stretches of a text of so many words."""
    if not len(starts):
        return count
    inner = int((starts[1:] - ends[:-1]).max()) if len(starts) > 1 else 0
    return max(inner, int(starts[0]), count - int(ends[-1]))


def mean(flags: Flags, empty: float = 0.0) -> float:
    return float(np.count_nonzero(flags)) / len(flags) if len(flags) else empty


def features(one: Reading, other: Reading, sides: tuple[Side, Side], rare: float = 1.0) -> dict[str, float]:
    """What the verdict looks at. `inner` is the text that the other holds more of, `outer` the other.

    `rare` is the mean of one over the number of stories that hold a shared key, in 0..1.
    """
    inner, outer = sides if sides[0].share >= sides[1].share else sides[::-1]
    n_inner, n_outer = (one.count, other.count) if inner is sides[0] else (other.count, one.count)
    both = int(np.count_nonzero(held(one.title, other.title)))
    either = len(one.title) + len(other.title) - both
    return {
        "inner": inner.share,
        "outer": outer.share,
        "unquoted": inner.unquoted,
        "unquoted_outer": outer.unquoted,
        "lead": inner.lead,
        "lead_outer": outer.lead,
        "lead_pairs": inner.lead_pairs,
        "lead_pairs_outer": outer.lead_pairs,
        "units": inner.units,
        "units_outer": outer.units,
        "numbers": min(inner.numbers, outer.numbers),
        "numbers_best": max(inner.numbers, outer.numbers),
        "names": min(inner.names, outer.names),
        "names_best": max(inner.names, outer.names),
        "figures": float(np.log1p(min(inner.figures, outer.figures))),
        "run": float(np.log1p(max(inner.run, outer.run))),
        "run_share": inner.run / max(1, n_inner),
        "breaks": inner.runs / max(1.0, inner.share * n_inner) * 10,
        "pairs": inner.pairs,
        "pairs_outer": outer.pairs,
        "own": inner.own / max(1, n_inner),
        "own_words": float(np.log1p(inner.own)),
        "own_outer": float(np.log1p(outer.own)),
        "words": float(np.log1p(n_inner)),
        "ratio": float(np.log((n_outer + 1) / (n_inner + 1))),
        "title": both / either if len(one.title) and len(other.title) else UNTITLED,
        "rare": rare,
    }
