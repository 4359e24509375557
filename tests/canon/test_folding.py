"""Folding: what two printings of one sentence may differ in without being different."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.canon import fold, sketch

WORDS = fold.Words()


def words(text: str) -> list[int]:
    return [
        mark & ~fold.KIND for mark in fold.marks(text, WORDS).tolist() if mark & fold.KIND < fold.SENTENCE
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("don't say it's over", "don’t say it’s over"),
        ("The U.S. envoy", "the US envoy"),
        ("1,200 men", "1200 men"),
        ("a well-known colour — grey", "a well–known color - gray"),
        ("organised labour programme", "organized labor program"),
        ("Müller café", "MÜLLER CAFÉ"),
        ("itâ€™s here", "it’s here"),
        ("cafÃ© Ã la carte", "café à la carte"),
        ("soft\u00adhyphen and zero\u200bwidth", "softhyphen and zerowidth"),
        ("٣٨ كيلومتر", "38 كيلومتر"),
        ("２０２６年", "2026年"),
        ("كِتَاب", "كتاب"),
    ],
)
def test_the_same_words_differently_written_are_the_same(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("3.5 percent", "35 percent"), ("1,20", "1,200"), ("काम", "कम"), ("東京都", "東京府"), ("не", "на")],
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert words(one) != words(other)


def test_a_script_without_spaces_gives_a_word_for_each_place() -> None:
    assert len(words("河水漫过堤岸")) == 4
    assert words("水位下降。")[:2] == words("水位下降了")[:2]


def test_vowel_signs_do_not_break_a_word() -> None:
    assert len(words("हिन्दी में किताब")) == 3


def test_numbers_names_ends_and_quotations_are_told_apart() -> None:
    kinds = [mark & fold.KIND for mark in fold.marks('Ann said "12 men left".\nगाँव', WORDS).tolist()]
    assert kinds == [fold.NAME, 0, fold.QUOTE, fold.NUMBER, 0, 0, fold.QUOTE, fold.LINE, fold.NAME] or kinds == [
        fold.NAME, 0, fold.QUOTE, fold.NUMBER, 0, 0, fold.QUOTE, fold.SENTENCE, fold.LINE, fold.NAME
    ]  # fmt: skip


@given(st.text(max_size=200))
def test_any_text_can_be_folded_and_every_line_end_is_kept(text: str) -> None:
    marked = fold.marks(text, fold.Words()).tolist()
    assert sum(mark == fold.LINE for mark in marked) == text.count("\n")


def test_the_memory_of_words_is_bounded() -> None:
    few = fold.Words(limit=10)
    for number in range(100):
        assert few[f"word{number}"] == fold.mark(f"word{number}").to_bytes(8, sys.byteorder)
        assert len(few) <= 10


def test_another_process_folds_to_the_same_numbers() -> None:
    text = "Dockers in Port Merrin walked out on Wednesday over a plan."
    program = (
        "from aggregator.canon import fold, sketch; "
        f"print(sketch.shingles(fold.marks({text!r}, fold.Words())).tolist())"
    )
    said = subprocess.run(  # a new interpreter has another seed for hash()
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7"},
    )
    assert said.stdout.strip() == str(sketch.shingles(fold.marks(text, fold.Words())).tolist())


@given(st.text("aBz.,'1é ", max_size=6))
def test_a_quick_look_at_a_word_sees_what_parsing_does(text: str) -> None:
    found = np.frombuffer(
        b"".join(fold.mark(token).to_bytes(8, sys.byteorder) for token in fold.tokens(text)), np.uint64
    )
    assert fold.marks(text, fold.Words()).tolist() == found.tolist()
