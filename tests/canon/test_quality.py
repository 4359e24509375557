"""The figures on labelled printings, gated by tests/canon/baseline.json: they may only get better."""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from aggregator import feeds
from aggregator.canon import evaluate
from aggregator.model import Waiting
from tests.canon.desk import NOON, RULES, Desk

COPIES = Path(__file__).parents[3] / "shared" / "corpora" / "copies"
BASELINE = json.loads((Path(__file__).parent / "baseline.json").read_text())
pytestmark = pytest.mark.skipif(not COPIES.is_dir(), reason="the labelled corpora (../shared) are not here")


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (COPIES / name).open(encoding="utf-8")]


def imported(name: str) -> list[dict[str, Any]]:
    """Rows with their text as an import reads it."""
    return [row | {"content_text": feeds.sanitise(feeds.entry_from_json(row)).text} for row in lines(name)]


@cache
def dev() -> tuple[list[Any], list[int]]:
    rows = imported("dev.jsonl")
    index = evaluate.place(rows, RULES, NOON)
    return [row["_truth"] for row in rows], [index.story_of[at + 1] for at in range(len(rows))]


def test_simulated_printings_meet_and_forms_stay_apart() -> None:
    scores = evaluate.score(*dev())
    assert scores.ari >= BASELINE["dev"]["ari"]
    assert scores.precision >= BASELINE["dev"]["precision"]
    assert scores.recall >= BASELINE["dev"]["recall"]


def test_real_copies_meet_and_reports_of_one_event_stay_apart() -> None:
    rows = imported("fnc1.jsonl")
    index = evaluate.place(rows, RULES, NOON)
    story = {row["id"]: index.story_of[at + 1] for at, row in enumerate(rows)}
    found = Counter(
        (pair["label"], story[pair["a"]] == story[pair["b"]]) for pair in lines("fnc1_pairs.jsonl")
    )
    assert found["C", True] >= BASELINE["fnc1"]["copies_merged"]
    assert found["N", True] <= BASELINE["fnc1"]["non_copies_merged"]


@cache
def crowd() -> tuple[list[Waiting], set[tuple[int, int]]]:
    """Copies of a week, and the pairs that are together when they are placed as they came."""
    copies = [
        evaluate.as_waiting(row, at + 1, hash_free(row["_source"]), NOON)
        for at, row in enumerate(imported("dev.jsonl")[:900])
    ]
    return copies, together(copies, 100)


@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.integers(0, 10_000), st.integers(1, 300))
def test_order_and_size_of_batches_hardly_matter(seed: int, size: int) -> None:
    """The residue: pairs of copies that are together in one order and not in another."""
    copies, straight = crowd()
    other = together(random.Random(seed).sample(copies, len(copies)), size)
    assert len(straight ^ other) <= BASELINE["order"]["residue"] * len(straight | other)


def hash_free(source: str) -> int:
    return int(source.removeprefix("s"))


def together(copies: list[Waiting], size: int) -> set[tuple[int, int]]:
    desk = Desk()
    desk.place(*copies, batch=size)
    return {(a, b) for group in desk.groups for a in group for b in group if a < b}
