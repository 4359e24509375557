"""Two readings side by side: where they agree, and the features a verdict is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import sub

import numpy as np

from . import sketch
from .fold import Marks
from .reading import Flags, Grams, Kind, Reading

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
    count: int  # words that is
    share: float  # of the words
    unquoted: float  # of those outside quotation marks
    lead: float  # of the first words


@dataclass(slots=True)
class Detail:
    """The rest of a side, which takes longer to see."""

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
    mine, theirs = shared(one.fours, other.fours)
    hits = sketch.WIDTH * int(np.count_nonzero(mine))
    if hits < NOTHING * min(one.count, other.count) and not always:
        return None
    first = min(LEAD, one.count, other.count)
    return side(one, mine, first), side(other, theirs, first)


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


def side(one: Reading, held: Flags, first: int) -> Side:
    """What of a text another holds: `held` of its shingles; `first` words are the lead."""
    covered, count = one.fours.flags(held, one.count), one.count
    hits = number(covered)
    bare = number(covered > one.quoted) if one.quotes else hits
    return Side(
        covered=covered,
        count=hits,
        share=ratio(hits, count),
        unquoted=ratio(bare, count - one.quotes),
        lead=ratio(number(covered[:first]), first),
    )


def detail(one: Reading, found: Side, held: Flags, first: int) -> Detail:
    """More of a side: `held` of the pairs of words."""
    covered, paired = found.covered, one.twos.flags(held, one.count)
    hits = np.bincount(one.unit[covered], minlength=len(one.sizes))
    aligned = hits >= 0.4 * one.sizes
    recurs = covered | paired
    numbers, figures = recurring(one.numbers, aligned, recurs)
    names, named = recurring(one.names, aligned, recurs)
    longest, runs, own = stretches(covered)
    return Detail(
        units=float(one.sizes[hits >= 0.6 * one.sizes].sum()) / max(1, one.count),
        numbers=numbers,
        names=_names(names, named, one.count),
        figures=figures,
        pairs=ratio(number(paired), one.count),
        lead_pairs=ratio(number(paired[:first]), first),
        run=longest,
        runs=runs,
        own=own,
    )


def recurring(words: Kind, aligned: Flags, recurs: Flags) -> tuple[float, int]:
    """Of the words of a kind in aligned sentences: the share that recurs, 1 where none are; and their number."""
    placed = words.place[aligned[words.unit]]
    return ratio(number(recurs[placed]), len(placed), 1.0), len(placed)


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


def stretches(flags: Flags) -> tuple[int, int, int]:
    """Of the stretches of true flags the longest and the number; the longest of false ones."""
    edged = np.zeros(len(flags) + 2, bool)
    edged[1:-1] = flags
    edges = (edged[1:] != edged[:-1]).nonzero()[0].tolist()
    if not edges:
        return 0, 0, len(flags)
    starts, ends = edges[::2], edges[1::2]
    gaps = map(sub, [*starts, len(flags)], [0, *ends])
    return max(map(sub, ends, starts)), len(starts), max(gaps)


def number(flags: Flags) -> int:
    return int(np.count_nonzero(flags))


def ratio(part: int, whole: int, empty: float = 0.0) -> float:
    return part / whole if whole else empty


def features(one: Reading, other: Reading, sides: tuple[Side, Side], rare: float = 1.0) -> dict[str, float]:
    """What the verdict looks at. `inner` is the text that the other holds more of, `outer` the other.

    `rare` is the mean of one over the number of stories that hold a shared key, in 0..1.
    """
    mine, theirs = shared(one.twos, other.twos)
    first = min(LEAD, one.count, other.count)
    ours = (one.count, sides[0], detail(one, sides[0], mine, first))
    others = (other.count, sides[1], detail(other, sides[1], theirs, first))
    if sides[0].share >= sides[1].share:
        (n_inner, inner, near), (n_outer, outer, far) = ours, others
    else:
        (n_inner, inner, near), (n_outer, outer, far) = others, ours
    return {
        "inner": inner.share,
        "outer": outer.share,
        "unquoted": inner.unquoted,
        "unquoted_outer": outer.unquoted,
        "lead": inner.lead,
        "lead_outer": outer.lead,
        "lead_pairs": near.lead_pairs,
        "lead_pairs_outer": far.lead_pairs,
        "units": near.units,
        "units_outer": far.units,
        "numbers": min(near.numbers, far.numbers),
        "numbers_best": max(near.numbers, far.numbers),
        "names": min(near.names, far.names),
        "names_best": max(near.names, far.names),
        "figures": math.log1p(min(near.figures, far.figures)),
        "run": math.log1p(max(near.run, far.run)),
        "run_share": near.run / max(1, n_inner),
        "breaks": near.runs / max(1.0, inner.share * n_inner) * 10,
        "pairs": near.pairs,
        "pairs_outer": far.pairs,
        "own": near.own / max(1, n_inner),
        "own_words": math.log1p(near.own),
        "own_outer": math.log1p(far.own),
        "words": math.log1p(n_inner),
        "ratio": math.log((n_outer + 1) / (n_inner + 1)),
        "title": titles(one.title, other.title),
        "rare": rare,
    }


def titles(one: Marks, other: Marks) -> float:
    """The words that two titles share, of those in either."""
    if not len(one) or not len(other):
        return UNTITLED
    both = number(held(one, other))
    return both / (len(one) + len(other) - both)
