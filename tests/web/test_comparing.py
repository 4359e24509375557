"""Differences word by word: what both texts are can be read back from them."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from aggregator.web.comparing import MOST_WORDS, Difference, compare

texts = st.lists(
    st.sampled_from(["the", "talks", "began", "in", "Cairo.", "\n\n", "on", "Monday,"]), max_size=40
).map(" ".join)


def drawn(found: Difference) -> str:
    marks = {"same": "{}", "out": "[-{}-]", "in": "[+{}+]"}
    return "\n".join(" ".join(marks[run.kind].format(run.text) for run in part) for part in found.paragraphs)


def side(found: Difference, kind: str) -> list[str]:
    return [
        w for part in found.paragraphs for run in part if run.kind in ("same", kind) for w in run.text.split()
    ]


@given(texts, texts)
def test_both_texts_can_be_read_back_from_the_difference(before: str, after: str) -> None:
    found = compare(before, after)
    assert side(found, "out") == before.split()
    assert side(found, "in") == after.split()
    assert found.words == (len(before.split()), len(after.split()))
    assert found.words[0] - found.out == found.words[1] - found.new
    assert all(found.paragraphs)


@given(texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert compare(text, text).alike
    assert {run.kind for part in compare(text, text).paragraphs for run in part} <= {"same"}


def test_a_changed_word_is_shown_in_its_place_and_paragraphs_stay() -> None:
    found = compare(
        "Talks began in Cairo on Monday.\n\nNobody was hurt in it.",
        "Talks began in Cairo on Tuesday.\n\nNobody was hurt in it.",
    )
    assert drawn(found) == "Talks began in Cairo on [-Monday.-] [+Tuesday.+]\nNobody was hurt in it."
    assert (found.out, found.new, found.alike) == (1, 1, False)


def test_common_words_that_stand_in_both_by_chance_do_not_chop_a_changed_sentence() -> None:
    found = compare("The cat sat on the mat.", "The dog lay on the floor.")
    assert drawn(found) == "The [-cat sat on the mat.-] [+dog lay on the floor.+]"


def test_what_was_added_at_the_end_is_a_paragraph_of_its_own() -> None:
    assert drawn(compare("One two three.", "One two three.\n\nFour.")) == "One two three.\n[+Four.+]"


def test_white_space_does_not_count() -> None:
    assert compare("One  two\nthree.", " One two three.\n").alike


def test_long_texts_that_are_made_to_be_hard_are_cut_and_take_no_time() -> None:
    one = " ".join(str(n * n % 97) for n in range(4 * MOST_WORDS))
    two = " ".join(str(n * n % 89) for n in range(4 * MOST_WORDS))
    started = time.process_time()
    found = compare(one, two)
    assert time.process_time() - started < 2
    assert found.cut
    assert not compare(one, one).alike
