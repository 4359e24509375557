"""Postings: packed lists answer as the texts themselves would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.archive import frames, postings
from aggregator.archive.postings import Postings

WORDS = st.sampled_from(["a", "the", "köln", "停", "^the", "word", "x" * 64, "12"])
texts = st.dictionaries(st.integers(5, 2**40), st.lists(WORDS), max_size=12)


def told(made: Postings) -> dict[str, list[int]]:
    return {word: made.holding(word).tolist() for word in made.words}


def expected(texts: dict[int, list[str]]) -> dict[str, list[int]]:
    held: dict[str, list[int]] = {}
    for id in sorted(texts):
        for word in set(texts[id]):
            held.setdefault(word, []).append(id)
    return held


@given(texts)
def test_each_word_names_the_copies_that_hold_it(texts: dict[int, list[str]]) -> None:
    made = postings.of_texts(texts.items())
    assert told(made) == expected(texts)
    assert made.holding("not there").tolist() == []


@given(st.lists(texts, max_size=5), st.sets(st.integers(5, 40)))
def test_several_become_one_without_the_copies_that_are_gone(
    parts: list[dict[int, list[str]]], gone: set[int]
) -> None:
    apart: dict[int, list[str]] = {}
    kept = [{id: words for id, words in part.items() if id not in apart and not apart.update({id: words})} for part in parts]  # fmt: skip
    left = np.array(sorted(gone), np.int64)
    joined = postings.joined([(postings.of_texts(part.items()), left) for part in kept])
    assert told(joined) == expected({id: words for id, words in apart.items() if id not in gone})


@given(texts, st.sampled_from([1, 2, 8, 64]))
def test_pages_hold_the_words_of_their_keys_and_are_read_as_they_were_written(
    texts: dict[int, list[str]], pages: int
) -> None:
    texts = {
        id % 2**31: words for id, words in texts.items()
    }  # a run is of copies that came at about one time
    first, made = min(texts, default=0), postings.of_texts(texts.items())
    read: dict[str, list[int]] = {}
    for number, page in postings.paged(made, pages):
        again = postings.unpack(postings.pack(page, first), first)
        assert {postings.page_of(postings.key(word), pages) for word in again.words} == {number}
        read |= told(again)
    assert read == expected(texts)


@given(st.sets(st.integers(7, 2**31)))
def test_numbers_are_read_as_they_were_written(numbers: set[int]) -> None:
    rising = np.array(sorted(numbers), np.int64)
    assert postings.unpack_numbers(postings.pack_numbers(rising, 7), 7).tolist() == sorted(numbers)


def test_a_damaged_page_is_no_page() -> None:
    frame = postings.pack(postings.of_texts([(1, ["a"]), (2, ["a", "b"])]), 1)
    for at in range(len(frame)):
        with pytest.raises(ValueError):  # noqa: PT011  of zstd or of ours, both are findings
            postings.unpack(frame[:at] + bytes([frame[at] ^ 255]) + frame[at + 1 :], 1)


def test_a_page_from_before_steps_were_coded_is_read_still() -> None:
    words, counts, steps = b"b\na", np.array([1, 2]), np.array([4, 0, 70_000])
    head = postings._HEAD.pack(len(words), 2)
    frame = frames.pack(head + words + postings._octets(counts) + postings._octets(steps))
    assert told(postings.unpack(frame, 9)) == {"b": [13], "a": [9, 70_009]}
