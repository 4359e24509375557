"""The figures of `evaluate`, by hand and by their own rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.canon import evaluate

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=30)


def test_the_figures_of_a_small_case_are_those_worked_out_by_hand() -> None:
    scores = evaluate.score(["a", "a", "a", "b", "b", "c"], [1, 1, 2, 2, 3, 4])
    assert (scores.copies, scores.stories_true, scores.stories_found) == (6, 3, 4)
    assert scores.precision == pytest.approx(1 / 2)
    assert scores.recall == pytest.approx(1 / 4)
    assert scores.f1 == pytest.approx(1 / 3)
    assert scores.ari == pytest.approx((1 - 8 / 15) / (3 - 8 / 15))
    assert scores.b3_precision == pytest.approx((1 + 1 + 0.5 + 0.5 + 1 + 1) / 6)
    assert scores.b3_recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 0.5 + 0.5 + 1) / 6)


@given(LABELS)
def test_a_grouping_agrees_fully_with_itself_under_other_names(cells: list[tuple[int, int]]) -> None:
    truth = [of for of, _ in cells]
    scores = evaluate.score(truth, [f"story {of}" for of in truth])
    assert scores.ari == pytest.approx(1)
    assert scores.precision == scores.recall == 1
    assert evaluate.worst(truth, truth) == []


@given(LABELS)
def test_swapping_truth_and_answer_swaps_precision_and_recall(cells: list[tuple[int, int]]) -> None:
    truth, found = [of for of, _ in cells], [to for _, to in cells]
    one, other = evaluate.score(truth, found), evaluate.score(found, truth)
    assert one.ari == pytest.approx(other.ari)
    assert (one.precision, one.b3_precision) == pytest.approx((other.recall, other.b3_recall))


def test_the_worst_errors_name_a_pair_each_the_largest_first() -> None:
    truth = ["a", "a", "a", "a", "b", "c", "c"]
    found = [1, 1, 1, 2, 1, 3, 4]
    wrong = evaluate.worst(truth, found)
    assert [(one.one, one.other, one.together) for one in wrong] == [
        (0, 3, False),
        (0, 4, True),
        (5, 6, False),
    ]


def test_rows_in_the_import_format_are_placed_in_memory() -> None:
    text = "The mill on the Tarn has been sold to the family that built it, its third sale in forty years, for one pound."
    rows = [
        {
            "_source": "a",
            "id": "1",
            "title": "Mill sold",
            "content_text": text,
            "date_published": "2026-11-20T10:00:00Z",
        },
        {
            "_source": "b",
            "id": "1",
            "title": "Mill sold",
            "content_text": text,
            "date_published": "2026-11-20T11:00:00Z",
        },
        {"_source": "b", "id": "2", "title": "Weather", "content_text": "Dry."},
    ]
    from tests.canon.desk import NOON, RULES

    index = evaluate.place(rows, RULES, NOON)
    assert index.story_of[1] == index.story_of[2] != index.story_of[3]
