"""Folding: what two printings of one sentence may differ in without being different."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.canon import fold, sketch
from aggregator.canon.words import LONG, Words

WORDS = Words()


def marks(text: str, known: Words = WORDS) -> list[int]:
    """Without the line end that is read behind every text."""
    marked, sizes = known.read([text])
    assert sizes.tolist() == [len(marked)] and marked[-1] == fold.LINE
    return marked[:-1].tolist()


def parsed(text: str) -> list[int]:
    """The marks of a text by parsing it as a whole."""
    return [fold.mark(token) for token in fold.tokens(text)]


def words(text: str) -> list[int]:
    return [mark & ~fold.KIND for mark in marks(text) if mark & fold.KIND < fold.SENTENCE]


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
    kinds = [mark & fold.KIND for mark in marks('Ann said "12 men left".\nगाँव')]
    assert kinds == [fold.NAME, 0, fold.QUOTE, fold.NUMBER, 0, 0, fold.QUOTE, fold.LINE, fold.NAME] or kinds == [
        fold.NAME, 0, fold.QUOTE, fold.NUMBER, 0, 0, fold.QUOTE, fold.SENTENCE, fold.LINE, fold.NAME
    ]  # fmt: skip


@given(st.text(max_size=200))
def test_any_text_can_be_folded_and_every_line_end_is_kept(text: str) -> None:
    marked = marks(text, Words())
    assert sum(mark == fold.LINE for mark in marked) == text.count("\n")


def test_what_a_small_memory_of_words_lets_go_is_read_again() -> None:
    few = Words(bits=4, most=100)
    for number in range(400):
        text = f"word{number} word{number % 7}. And, the word{number + 1}"
        assert marks(text, few) == marks(text, Words())


def held(texts: Iterable[str], known: Words) -> tuple[int, int]:
    """Bytes that are held once these texts were read, and at most while they were."""
    tracemalloc.start()
    try:
        for text in texts:
            known.read([text])
        return tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()


def test_what_is_remembered_of_words_is_bounded_whatever_comes() -> None:
    known = Words(bits=8, most=2_000)
    long = (chr(ord("a") + n) * 200_000 for n in range(20))
    assert held([*long, "日" * 300_000, "an end"], known)[0] < 1_000_000
    numbered = (" ".join(f"w{n}" for n in range(first, first + 5_000)) for first in range(0, 120_000, 5_000))
    assert held(numbered, known)[0] < 12_000_000


def test_reading_a_long_text_takes_little_more_than_its_marks() -> None:
    text = "the quick brown fox jumps over it. " * 60_000
    marked = 8 * 60_000 * 8
    assert held([text], Words())[1] < 2 * len(text) + 3 * marked + 25_000_000


@given(st.lists(st.text("aB 日。é\n\0", max_size=60), max_size=5))
def test_texts_read_at_once_are_read_as_each_is_alone(texts: list[str]) -> None:
    known = Words(bits=3, most=20)
    for _ in range(2):  # met for the first time, and again
        marked, sizes = known.read(texts)
        assert marked.tolist() == [mark for text in texts for mark in [*marks(text, Words()), fold.LINE]]
        assert sizes.sum() == len(marked)


@pytest.mark.parametrize("size", range(LONG - 3, LONG + 4))
@pytest.mark.parametrize("sign", ["z", "é"])
def test_a_chunk_is_told_from_another_by_its_last_byte_whatever_its_length(size: int, sign: str) -> None:
    known, one, other = (
        Words(),
        sign * (size // len(sign.encode())) + "a",
        sign * (size // len(sign.encode())) + "b",
    )
    for _ in range(2):
        assert marks(f"{one} {other}\n{one}", known) == [
            *parsed(one),
            *parsed(other),
            fold.LINE,
            *parsed(one),
        ]


def test_another_process_folds_to_the_same_numbers() -> None:
    text = "Dockers in Port Merrin walked out on Wednesday over a plan."
    program = (
        "from aggregator.canon import sketch; from aggregator.canon.words import Words; "
        f"print(sketch.shingles(Words().read([{text!r}])[0]).tolist())"
    )
    said = subprocess.run(  # a new interpreter has another seed for hash()
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7"},
    )
    assert said.stdout.strip() == str(sketch.shingles(Words().read([text])[0]).tolist())


@given(st.text("aBz.,'1é ", max_size=6))
def test_a_quick_look_at_a_word_sees_what_parsing_does(text: str) -> None:
    assert marks(text, Words()) == parsed(text)
