"""The verdict on two texts: a small boosted forest over the features of a pair.

The forest is fitted by bench/train_rules.py under monotone constraints: more agreement never lowers a score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compare import FEATURES, Features


class Forest:
    """Trees of depth `DEPTH` or less that vote in log-odds.

    A tree is a number, or [feature, threshold, tree where the feature is at most that, tree for more];
    they are held as full binary trees, whose seven questions are all asked at once: the answers make a byte,
    and `_leaves` has what each tree says to each.
    """

    DEPTH = 3

    def __init__(self, bias: float = 0.0, trees: Sequence[Any] = ()) -> None:
        self.bias, self.trees = bias, trees
        nodes = [_full(tree, self.DEPTH) for tree in trees]
        self._features = np.array([[node[0] for node in tree[0]] for tree in nodes], np.intp)
        self._thresholds = np.array([[node[1] for node in tree[0]] for tree in nodes])
        self._leaves = np.array([tree[1] for tree in nodes]).reshape(len(nodes), -1)[:, _ways(self.DEPTH)]
        self._rows = np.arange(len(nodes))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Forest) and (self.bias, self.trees) == (other.bias, other.trees)

    def __hash__(self) -> int:
        return hash(self.bias)

    def score(self, found: Features) -> float:
        """How sure it is that the pair prints one article, in 0..1."""
        return self.scores([found])[0]

    def scores(self, rows: Sequence[Features]) -> list[float]:
        """The same of many pairs at once."""
        totals = np.full(len(rows), self.bias)
        if self.trees and rows:
            values = np.array(rows)
            above = values[:, self._features] > self._thresholds
            answers = np.packbits(above, axis=2)[:, :, 0]
            totals += self._leaves[self._rows, answers].sum(1)
        return [1 / (1 + math.exp(-total)) for total in totals.tolist()]


def _ways(depth: int) -> NDArray[np.intp]:
    """The leaf that each set of answers leads to: a byte, the answer at the root in its highest bit."""
    answers, at = np.arange(256), np.zeros(256, np.intp)
    for _ in range(depth):
        at = 2 * at + 1 + (answers >> (7 - at) & 1)
    leaf: NDArray[np.intp] = at - 2**depth + 1
    return leaf


def _full(tree: Any, depth: int) -> tuple[list[tuple[int, float]], list[float]]:
    """(feature, threshold) of the inner nodes level by level, and the leaves from left to right."""
    nodes: list[tuple[int, float]] = []
    level = [tree]
    for _ in range(depth):
        split = [each if isinstance(each, list) else [FEATURES[0], math.inf, each, each] for each in level]
        nodes += [(FEATURES.index(name), threshold) for name, threshold, _, _ in split]
        level = [side for each in split for side in each[2:]]
    return nodes, [float(leaf) for leaf in level]
