"""Which copies are compared: those that share most of their rarest keys.

All of a batch and what stands near it at once, as arrays. What comes out depends on which copies there are, not
on the order in which they came: copies are numbered by what they say, and ties fall by that number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .segments import rising

Keys = NDArray[np.int64]
Places = NDArray[np.intp]
Weights = NDArray[np.float64]

REACH = 24  # of the holders of one key, how many of the next ones a copy may meet through it


@dataclass(frozen=True, slots=True)
class Crowd:
    """Copies by number, 0 and up: the keys of each, each once, and a label of the story that each is in."""

    keys: Sequence[Keys]
    labels: Sequence[int]


@dataclass(frozen=True, slots=True)
class Outside:
    """Parallel arrays: keys, and the labels of stories beyond the crowd that hold them; and which were looked up."""

    keys: Keys
    labels: Keys
    asked: Keys  # rising


@dataclass(frozen=True, slots=True)
class Meetings:
    """Parallel arrays: two copies by number, the lower first."""

    one: Places
    other: Places
    rare: Weights  # mean of one over the number of stories that hold a shared key, were the two one story; in 0..1
    known: Weights  # share of the shared keys of which all holders are known


def nearest(crowd: Crowd, outside: Outside, most: int, cap: int | None) -> Meetings:
    """Each copy with the `most` that it shares most with; a key says the less the more stories hold it.

    Keys that `cap` stories hold or more say nothing (None: there is no such bound).
    """
    key, holder = _by_key(crowd.keys)
    begins = np.ones(len(key), bool)
    np.not_equal(key[1:], key[:-1], out=begins[1:])
    run = begins.cumsum() - 1
    once = key[begins]
    stories = _stories(once, run, np.asarray(crowd.labels, np.int64)[holder], outside)
    if cap is not None:
        kept = (stories < cap)[run]
        run, holder = run[kept], holder[kept]
    asked = _among(once, outside.asked)
    labels = np.asarray(crowd.labels, np.int64)
    return _closest(*_met(run, holder, labels, stories, asked), len(crowd.keys), most)


def _by_key(keys: Sequence[Keys]) -> tuple[Keys, Places]:
    """Keys rising, with who holds each, rising."""
    key = np.concatenate([*keys, np.empty(0, np.int64)])
    holder = np.arange(len(keys)).repeat([len(each) for each in keys])
    order = key.argsort(kind="stable")
    return key[order], holder[order]


def _stories(once: Keys, run: Places, labels: Keys, outside: Outside) -> Places:
    """How many stories hold each of the keys, one at least."""
    at = once.searchsorted(outside.keys)
    at[at == len(once)] = 0
    met = once[at] == outside.keys if len(once) else np.zeros(0, bool)
    every, label = np.unique(np.concatenate((labels, outside.labels[met])), return_inverse=True)
    pairs = rising(np.concatenate((run, at[met])) * len(every) + label)
    return np.maximum(1, np.bincount(pairs // max(1, len(every)), minlength=len(once)))


def _among(numbers: Keys, rising: Keys) -> NDArray[np.bool_]:
    if not len(rising):
        return np.zeros(len(numbers), bool)
    at = rising.searchsorted(numbers)
    at[at == len(rising)] = 0
    found: NDArray[np.bool_] = rising[at] == numbers
    return found


def _met(
    run: Places, holder: Places, labels: Keys, stories: Places, asked: NDArray[np.bool_]
) -> tuple[Places, Weights, Weights, Weights]:
    """Every two that share a key: lower * copies + higher, once each; weight, keys, and known keys in all.

    A key weighs one over the stories that hold it, if the two were of one story.
    """
    copies = len(labels)
    codes, keys, weights = [np.empty(0, np.intp)], [np.empty(0, np.intp)], [np.empty(0)]
    for step in range(1, REACH + 1):
        same = (run[step:] == run[:-step]).nonzero()[0]
        if not len(same):
            break
        one, other = holder[same], holder[same + step]
        codes.append(one * copies + other)
        keys.append(run[same])
        weights.append(1 / (stories[run[same]] - (labels[one] != labels[other])))
    shared = np.concatenate(keys)
    every, which = np.unique(np.concatenate(codes), return_inverse=True)
    return (
        every,
        np.bincount(which, np.concatenate(weights), len(every)).astype(np.float64),
        np.bincount(which, minlength=len(every)).astype(np.float64),
        np.bincount(which, asked[shared], len(every)).astype(np.float64),
    )


def _closest(
    every: Places, weight: Weights, keys: Weights, asked: Weights, copies: int, most: int
) -> Meetings:
    """Those that are among the `most` weightiest of either of the two."""
    one, other = np.divmod(every, max(1, copies))
    here, there = np.concatenate((one, other)), np.concatenate((other, one))
    order = np.lexsort((there, -np.concatenate((weight, weight)), here))
    first = here[order].searchsorted(here[order])
    near = order[np.arange(len(order)) - first < most] % max(1, len(every))
    kept = rising(near)
    share = np.maximum(1, keys[kept])
    return Meetings(one[kept], other[kept], weight[kept] / share, asked[kept] / share)
