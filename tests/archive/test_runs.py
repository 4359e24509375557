"""Runs: sorted numbers in pages answer as a plain list of pairs would, and a sieve loses nothing."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.archive import runs

# Few enough that some numbers come often, with both ends of what 64 bits hold.
numbers = st.integers(-20, 20) | st.sampled_from([-(2**63), 2**63 - 1])
pairs = st.lists(st.tuples(numbers, st.integers(0, 5)), min_size=1, max_size=80)


def held(told: Sequence[tuple[int, int]]) -> runs.Held:
    return runs.ordered(*(np.array(column, np.int64) for column in zip(*told, strict=True)))


def short(told: Sequence[tuple[int, int]]) -> runs.Whole:
    """As a run keeps them."""
    numbers, holders = (np.array(column, np.int64) for column in zip(*told, strict=True))
    return runs.Whole.of(runs.ordered(runs.short(numbers), holders))


def said(found: runs.Held) -> set[tuple[int, int]]:
    return set(zip(found.numbers.tolist(), found.holders.tolist(), strict=True))


@given(pairs, st.lists(numbers))
def test_a_look_up_finds_every_pair_of_what_was_asked_and_no_other(
    told: list[tuple[int, int]], asked: list[int]
) -> None:
    assert said(runs.find(held(told), np.unique(np.array(asked, np.int64)))) == {
        pair for pair in told if pair[0] in asked
    }


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@given(pairs, st.lists(numbers))
def test_the_pages_that_could_hold_a_number_are_enough_to_find_it(
    size: int, told: list[tuple[int, int]], asked: list[int]
) -> None:
    whole, wanted = held(told), np.unique(np.array(asked, np.int64))
    kept = [
        runs.Held(
            whole.numbers[page * size : (page + 1) * size], whole.holders[page * size : (page + 1) * size]
        )
        for page in runs.pages(whole.numbers[::size], wanted)
    ]
    assert said(runs.find(runs.joined(kept), wanted)) == said(runs.find(whole, wanted))


@given(pairs)
def test_what_is_packed_comes_back(told: list[tuple[int, int]]) -> None:
    whole = held(told)
    for values in (whole.holders, runs.gaps(np.sort(runs.short(whole.numbers)))):
        long = np.tile(values, 9)
        pages = runs.paged(long)
        assert runs.unpack(pages, sizes(long)).tolist() == long.tolist()
        assert (
            runs.unpack(pages[-1:], sizes(long)[-1:]).tolist()
            == long[(len(pages) - 1) * runs.PAGE :].tolist()
        )
        if pages[0][1:]:
            with pytest.raises(ValueError, match="a page is not"):
                runs.unpack([pages[0][:-1], *pages[1:]], sizes(long))


@pytest.mark.parametrize("count", [0, 1, 65_536, 262_144, 300_001])
def test_any_number_of_values_is_packed_as_one_page_or_as_many(count: int) -> None:
    values = np.random.default_rng(7).integers(0, 1 << 20, count)
    assert (runs.unpack([runs.pack(values)], np.array([count])) == values).all()
    pages = runs.paged(values)
    assert len(pages) == -(-count // runs.PAGE) and (runs.unpack(pages, sizes(values)) == values).all()


@pytest.mark.parametrize("value", [-1, 1 << 57])
def test_a_number_that_could_not_be_read_again_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="57 bits"):
        runs.pack(np.array([3, value]))


def sizes(values: runs.Ints) -> runs.Ints:
    """How many of them stand on each page."""
    return np.array([len(values[at : at + runs.PAGE]) for at in range(0, len(values), runs.PAGE)], np.int64)


@given(pairs)
def test_numbers_come_back_from_their_gaps(told: list[tuple[int, int]]) -> None:
    numbers = np.sort(runs.short(held(told).numbers))
    firsts, gaps = numbers[:: runs.PAGE], runs.gaps(numbers)
    assert runs.filled(firsts, sizes(numbers), gaps).tolist() == numbers.tolist()
    assert int(numbers.min()) >= 0 and int(numbers.max()) < 1 << runs.KEPT


@given(pairs)
def test_a_sieve_lets_through_everything_that_it_was_made_of(told: list[tuple[int, int]]) -> None:
    every = np.unique(np.array([number for number, _ in told], np.int64))
    assert runs.sifted(runs.sieve(every), every).tolist() == every.tolist()


def test_a_sieve_holds_back_most_else_even_where_all_numbers_are_low() -> None:
    low = np.random.default_rng(1).integers(-(2**63), -(2**63) + 2**60, 40_000)
    assert len(runs.sifted(runs.sieve(low[:20_000]), low[20_000:])) < 20_000 / 40


def test_a_pair_that_comes_twice_running_is_kept_once() -> None:
    assert held([(7, 1), (3, 1), (7, 1)]).numbers.tolist() == [3, 7]


@given(st.lists(pairs, min_size=1, max_size=4))
def test_runs_that_are_merged_hold_what_they_held_apart_in_one_order(
    told: list[list[tuple[int, int]]],
) -> None:
    parts = [short(part) for part in told]
    holders = np.unique(np.concatenate([part.holders for part in parts]))
    merged = runs.merged(parts, holders, sum(len(part.numbers) for part in parts))
    assert said(merged.held) == {pair for part in told for pair in said(short(part).held)}
    assert len(merged.numbers) == len(said(merged.held))
    assert (merged.numbers[1:] >= merged.numbers[:-1]).all()


def test_merging_takes_little_more_memory_than_what_comes_out() -> None:
    numbers = np.arange(50_000, dtype=np.int64)
    parts = [
        runs.Whole.of(runs.ordered(runs.short(numbers + 50_000 * part), numbers // 20)) for part in range(8)
    ]
    tracemalloc.start()
    try:
        merged = runs.merged(parts, parts[0].holders, 400_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.2 * (merged.numbers.nbytes + merged.places.nbytes), peak
