"""Pairs of readings side by side: where they agree, and the features a verdict is made of.

All pairs of a call are worked on at once (see `segments`); one pair is a call with one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import fold, sketch
from .fold import Marks
from .reading import Flags, Reading
from .segments import Parts, Places, apart, held, sums

NOTHING = 0.15  # share of the shorter text below which nothing speaks for a pair
LEAD = 40  # words that begin a text, fewer if one of the two has fewer
FEW_NAMES = 3  # with fewer inside its sentences, a text is asked for what they begin with, too
UNTITLED = 0.25  # what a missing title counts as agreeing
_KIND, _KIND_BYTE = np.uint64(fold.KIND), np.uint8(fold.KIND)

Shares = NDArray[np.float64]
Pairs = Sequence[tuple[Reading, Reading]]


@dataclass(slots=True)
class Side:
    """How much of one text the other holds. Shares are in 0..1."""

    covered: Flags  # words inside a shared shingle
    count: int  # words that is
    share: float  # of the words
    unquoted: float  # of those outside quotation marks
    lead: float  # of the first words


Sides = tuple[Side, Side]


class Features(NamedTuple):
    """What the verdict looks at. `inner` is the text that the other holds more of, `outer` the other."""

    inner: float  # share of it that the other holds
    outer: float
    unquoted: float  # of what is outside quotation marks
    unquoted_outer: float
    lead: float  # of the first words
    lead_outer: float
    lead_pairs: float  # of the pairs of these
    lead_pairs_outer: float
    units: float  # in sentences of which most is held
    units_outer: float
    numbers: float  # figures in shared sentences that recur there, the lower of the two
    numbers_best: float
    names: float
    names_best: float
    figures: float  # how many these are, log1p
    run: float  # the longest stretch held, words, log1p
    run_share: float
    breaks: float  # stretches to ten held words
    pairs: float
    pairs_outer: float
    own: float  # the longest stretch that is not held
    own_words: float
    own_outer: float
    words: float  # log1p
    ratio: float  # of the lengths, log
    title: float  # words that the titles share
    rare: float  # mean of one over the number of stories that hold a shared key, in 0..1
    strange: float  # names inside shared sentences that the other has nowhere


FEATURES = Features._fields


def compare(one: Reading, other: Reading) -> Sides | None:
    """The two sides; None where they share next to nothing."""
    return compare_all([(one, other)])[0][0]


def compare_all(pairs: Pairs, always: Sequence[bool] = ()) -> tuple[list[Sides | None], list[int]]:
    """The two sides of each pair, None (unless `always`) where they share next to nothing, which is cheap to see;
    and how many shingles each shares.
    """
    if not pairs:
        return [], []
    ones, others = Row([one for one, _ in pairs]), Row([other for _, other in pairs])
    mine = ones.among(others)
    hits = ones.counted(mine)
    near = shares_enough(hits, np.minimum(ones.sizes, others.sizes))
    if any(always):
        near |= np.array(always)
    kept = near.nonzero()[0].tolist()
    found: list[Sides | None] = [None] * len(pairs)
    if kept:
        mine = mine[near.repeat(ones.sizes)]
        ones, others = Row([pairs[at][0] for at in kept]), Row([pairs[at][1] for at in kept])
        first = np.minimum(LEAD, np.minimum(ones.sizes, others.sizes))
        both = ones.sides(mine, first), others.sides(others.among(ones), first)
        for at, sides in zip(kept, zip(*both, strict=True), strict=True):
            found[at] = sides
    return found, hits.tolist()


def shares_enough(hits: Any, words: Any) -> Any:
    """Whether so many shared shingles are more than next to nothing of a text of so many words, the shorter of two."""
    return sketch.WIDTH * hits >= NOTHING * words


class Row(Parts):
    """The words of texts end to end."""

    def __init__(self, texts: Sequence[Reading]) -> None:
        super().__init__([text.count for text in texts])
        self.texts = texts
        self.shingles = np.concatenate([text.runs for text in texts])
        self.close(self.shingles, sketch.WIDTH - 1)

    def among(self, others: Row) -> Flags:
        """The words that begin a shingle which the text beside it in the other row has too."""
        found = held(apart(self.shingles, self), apart(others.shingles, others))
        self.close(found, sketch.WIDTH - 1)
        return found

    def sides(self, shared: Flags, first: Places) -> list[Side]:
        """What of each text the other holds: `shared` shingles begin there; `first` words are the lead."""
        covered = shared.copy()
        covered[1:] |= shared[:-1]
        covered[2:] |= covered[:-2]  # a run of four is two pairs, one of them two words on
        quoted = np.concatenate([text.quoted for text in self.texts])
        hits, bare = sums(covered), self.counted(covered & ~quoted)
        counts = hits[self.ends] - hits[self.starts]
        leads = ratios(hits[self.starts + first] - hits[self.starts], first)
        unquoted = ratios(bare, self.sizes - np.array([text.quotes for text in self.texts]))
        rows = zip(
            *(column.tolist() for column in (self.starts, self.ends, counts)),
            *(column.tolist() for column in (ratios(counts, self.sizes), unquoted, leads)),
            strict=True,
        )
        return [Side(covered[start:end], *numbers) for start, end, *numbers in rows]


def ratios(part: NDArray[Any], whole: NDArray[Any], empty: float = 0.0) -> Shares:
    found = np.full(len(part), empty)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


# ---------------------------------------------------------------- features


@dataclass(slots=True)
class Detail:
    """The rest of many sides, which takes longer to see: for each pair a column, for each side a row."""

    sizes: Places  # words
    units: Shares  # of the words, those in sentences of which most is held
    numbers: Shares  # figures in shared sentences that stand in the same words there; 1 where none are
    names: Shares  # capitalised words, the same
    strange: Shares  # of capitalised words inside shared sentences, those that the other text has nowhere
    figures: Places  # how many numbers that is about
    pairs: Shares  # words inside a shared pair of words
    lead_pairs: Shares  # the same of the first words
    run: Places  # words, the longest stretch held
    runs: Places  # stretches
    own: Places  # words, the longest stretch that is not


def features(pairs: Pairs, sides: Sequence[Sides], rare: Sequence[float]) -> list[Features]:
    """What the verdict looks at, of each pair; `rare` as told."""
    if not pairs:
        return []
    texts = [text for pair in pairs for text in pair]
    flat = [side for both in sides for side in both]
    found = _detail(texts, flat)
    share = np.array([side.share for side in flat]).reshape(-1, 2).T
    swapped = share[0] < share[1]

    def ordered(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        return np.where(swapped, values[1], values[0]), np.where(swapped, values[0], values[1])

    said = (np.array([getattr(side, name) for side in flat]) for name in ("unquoted", "lead"))
    unquoted, lead = (ordered(values.reshape(-1, 2).T) for values in said)
    inner, outer = ordered(share)
    words, words_outer = ordered(found.sizes)
    units, pairs_held, lead_pairs = ordered(found.units), ordered(found.pairs), ordered(found.lead_pairs)
    run, runs, own = ordered(found.run)[0], ordered(found.runs)[0], ordered(found.own)
    least = np.maximum(1, words)
    columns = {
        "inner": inner,
        "outer": outer,
        "unquoted": unquoted[0],
        "unquoted_outer": unquoted[1],
        "lead": lead[0],
        "lead_outer": lead[1],
        "lead_pairs": lead_pairs[0],
        "lead_pairs_outer": lead_pairs[1],
        "units": units[0],
        "units_outer": units[1],
        "numbers": found.numbers.min(0),
        "numbers_best": found.numbers.max(0),
        "names": found.names.min(0),
        "names_best": found.names.max(0),
        "figures": np.log1p(found.figures.min(0)),
        "run": np.log1p(found.run.max(0)),
        "run_share": run / least,
        "breaks": runs / np.maximum(1.0, inner * words) * 10,
        "pairs": pairs_held[0],
        "pairs_outer": pairs_held[1],
        "own": own[0] / least,
        "own_words": np.log1p(own[0]),
        "own_outer": np.log1p(own[1]),
        "words": np.log1p(words),
        "ratio": np.log((words_outer + 1) / (words + 1)),
        "title": titles(texts),
        "rare": np.array(rare),
        "strange": found.strange.min(0),
    }
    rows = np.array([columns[name] for name in FEATURES]).T.tolist()
    return list(map(Features._make, rows))


def _detail(texts: Sequence[Reading], sides: Sequence[Side]) -> Detail:
    """The texts of pairs by turns."""
    parts = Parts([text.count for text in texts])
    marks = np.concatenate([text.marks for text in texts])
    words, kinds = marks & ~_KIND, marks.astype(np.uint8) & _KIND_BYTE
    covered = np.concatenate([side.covered for side in sides])
    paired = _paired(words, parts, covered)
    unit_parts = Parts([len(text.sizes) for text in texts])
    units = Parts(np.concatenate([text.sizes for text in texts]))
    hits = sums(covered)
    inside = hits[units.ends] - hits[units.starts]
    most = sums(np.where(inside >= 0.6 * units.sizes, units.sizes, 0))
    mostly = most[unit_parts.ends] - most[unit_parts.starts]
    aligned = inside >= 0.4 * units.sizes
    owner = np.arange(len(texts)).repeat(parts.sizes)
    live = aligned.repeat(units.sizes)
    numbers, figures = _recurring(live & (kinds == fold.NUMBER), paired, owner, len(texts))
    names, named = _recurring(live & (kinds == fold.NAME), paired, owner, len(texts))
    run, runs, own = parts.longest(covered)
    both = sums(paired)
    first = np.minimum(LEAD, parts.sizes.reshape(-1, 2).min(1).repeat(2))
    columns: tuple[NDArray[Any], ...] = (
        parts.sizes,
        ratios(mostly, np.maximum(1, parts.sizes)),
        numbers,
        _names(names, named, parts.sizes),
        _strange(live, paired, kinds == fold.NAME, words, parts, units),
        figures,
        ratios(both[parts.ends] - both[parts.starts], parts.sizes),
        ratios(both[parts.starts + first] - both[parts.starts], first),
        run,
        runs,
        own,
    )
    return Detail(*(column.reshape(-1, 2).T for column in columns))


def _paired(words: Marks, parts: Parts, covered: Flags) -> Flags:
    """The words inside a pair of words which the text beside theirs has too: `covered` ones are, others are sought."""
    twos = np.zeros(len(words), np.uint64)
    twos[:-1] = sketch.pairs(words)
    one = (np.arange(len(parts.sizes)) % 2 == 0).repeat(parts.sizes)
    marks = np.arange(1, len(parts.sizes) // 2 + 1, dtype=np.uint64).repeat(2)
    twos ^= sketch.mix(marks).repeat(parts.sizes)
    live = np.ones(len(words), bool)
    parts.close(live, 1)
    asked = ~covered
    asked[:-1] |= ~covered[1:]
    asked &= live
    found = np.zeros(len(words), bool)
    for ours in (one, ~one):
        sought = (asked & ours).nonzero()[0]
        found[sought] = held(twos[sought], twos[live & ~ours])
    found[1:] |= found[:-1]
    return found | covered


def _recurring(placed: Flags, paired: Flags, owner: Places, texts: int) -> tuple[Shares, Places]:
    """Of the words of a kind in aligned sentences: the share that recurs, 1 where none are; and their number."""
    at = placed.nonzero()[0]
    of = owner[at]
    count = np.bincount(of, minlength=texts)
    return ratios(np.bincount(of[paired[at]], minlength=texts), count, 1.0), count


def _strange(live: Flags, paired: Flags, names: Flags, words: Marks, parts: Parts, units: Parts) -> Shares:
    """Of the names inside shared sentences: the share that the other text has nowhere. Those that begin a sentence
    are left out where there are others, for any word does. Without capitals all words count, as in `_names`.
    """
    inside = live & names
    first = np.zeros(len(words), bool)
    first[units.starts[units.sizes > 0]] = True
    few = parts.counted(inside & ~first) < FEW_NAMES
    inside &= ~first | few.repeat(parts.sizes)
    pair = np.arange(1, len(parts.sizes) // 2 + 1, dtype=np.uint64).repeat(2)
    marked = words ^ sketch.mix(pair).repeat(parts.sizes)
    one = (np.arange(len(parts.sizes)) % 2 == 0).repeat(parts.sizes)
    missing = np.zeros(len(words), bool)
    for ours in (one, ~one):
        sought = (inside & ours & ~paired).nonzero()[0]
        missing[sought] = ~held(marked[sought], marked[names & ~ours])
    share = ratios(parts.counted(missing), parts.counted(inside))
    return np.where(parts.counted(names) < 0.6 * parts.sizes, share, np.minimum(1.0, share / 0.4))


def _names(recurring: Shares, names: Places, words: Places) -> Shares:
    """The share of names that recur. In a script without capitals all words count, of which about two in five
    would have been names: they are what a form changes, so that what is missing weighs so much more.
    """
    return np.where(names < 0.6 * words, recurring, np.maximum(0.0, 1 - (1 - recurring) / 0.4))


def titles(texts: Sequence[Reading]) -> Shares:
    """The words that two titles share, of those in either."""
    ones, others = ([text.title for text in texts[side::2]] for side in (0, 1))
    mine, theirs = Parts([len(one) for one in ones]), Parts([len(other) for other in others])
    shared = sums(held(apart(np.concatenate(ones), mine), apart(np.concatenate(others), theirs)))
    both = shared[mine.ends] - shared[mine.starts]
    found = ratios(both, mine.sizes + theirs.sizes - both)
    return np.where((mine.sizes > 0) & (theirs.sizes > 0), found, UNTITLED)
