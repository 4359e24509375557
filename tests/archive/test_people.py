"""What a person decides outranks the rules, and the latest word counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.archive import Archive
from aggregator.errors import InputError
from tests.conftest import NOON

from .making import an_entry, each_alone, ingest, partition, together

WHO = "person"
LATER = NOON + timedelta(hours=1)


def rulings(archive: Archive) -> dict[tuple[int, int], bool]:
    with archive.placing(NOON) as desk:
        return {(one, other): kept for one, other, kept in desk.constraints(range(1, 100))}


def test_a_merge_keeps_the_older_id_whichever_is_named_first(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    older, younger = each_alone(archive)
    survivor = archive.merge(younger, older, WHO, LATER)
    assert (survivor.id, survivor.copies) == (older, 2)
    assert rulings(archive) == {(1, 2): True}
    assert [(each.method, each.copy_id, each.by) for each in archive.decisions(older)][-1] == (
        "merge",
        2,
        WHO,
    )
    assert archive.verify() == []


def test_a_split_makes_a_story_that_stays_apart(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(4)])
    story = together(archive)
    new = archive.split(story, [1, 3], WHO, LATER)
    assert (new.copies, new.lead_copy_id, new.updated) == (2, 1, LATER)
    assert partition(archive) == {frozenset({1, 3}), frozenset({2, 4})}
    assert rulings(archive) == {
        (1, 2): False,
        (1, 4): False,
        (2, 3): False,
        (3, 4): False,
        (1, 3): True,
    }
    rest = archive.story(str(story))
    assert rest is not None
    assert (rest.copies, rest.lead_copy_id) == (2, 2)
    assert archive.verify() == []


def test_stories_kept_apart_are_kept_apart_copy_by_copy(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    one, two = each_alone(archive)
    archive.apart(one, two, WHO, LATER)
    assert rulings(archive) == {(1, 2): False}
    assert [each.method for each in archive.decisions(two)] == ["found", "apart"]
    archive.merge(one, two, WHO, LATER)
    assert rulings(archive) == {(1, 2): True}


def test_a_split_leaves_on_either_side_together_what_was_ruled_together(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(5)])
    first, *others = each_alone(archive)
    for other in others:
        archive.merge(first, other, WHO, NOON)
    archive.split(first, [2, 4], WHO, LATER)
    kept = rulings(archive)
    assert {pair for pair, together in kept.items() if together} >= {(2, 4), (1, 3), (3, 5)}
    assert all(not kept[min(a, b), max(a, b)] for a in (2, 4) for b in (1, 3, 5))


@pytest.mark.parametrize("copies", [[], [1, 2], [99]])
def test_a_split_that_cannot_be_is_refused(archive: Archive, copies: list[int]) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    story = together(archive)
    with pytest.raises(InputError):
        archive.split(story, copies, WHO, NOON)


def test_a_story_cannot_be_merged_with_itself_or_with_nothing(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    one, two = each_alone(archive)
    archive.merge(one, two, WHO, NOON)
    with pytest.raises(InputError, match="already"):
        archive.merge(one, two, WHO, NOON)
    with pytest.raises(InputError, match="split it"):
        archive.apart(one, two, WHO, NOON)
    with pytest.raises(InputError, match="no story 99"):
        archive.merge(one, 99, WHO, NOON)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["merge", "split", "apart"]),
            st.integers(1, 7),
            st.sets(st.integers(1, 7), min_size=1),
        ),
        max_size=12,
    )
)
def test_whatever_people_decide_the_archive_agrees_with_itself_and_a_split_undoes_a_merge(
    new_archive_url: Callable[[], str], steps: list[tuple[str, int, set[int]]]
) -> None:
    with Archive.open(new_archive_url()) as archive:
        archive.authority("example.org", NOON)
        ingest(archive, [an_entry(n) for n in range(7)])
        each_alone(archive)
        for step, copy, others in steps:
            stands = {each.id: each.story_id or 0 for each in archive.export()}
            here, there = stands[copy], stands[min(others)]
            before, mates = partition(archive), {id for id, story in stands.items() if story == here}
            if step == "split" and others < mates:
                new = archive.split(here, others, WHO, NOON)
                assert partition(archive) == before - {frozenset(mates)} | {
                    frozenset(others),
                    frozenset(mates - others),
                }
                archive.merge(here, new.id, WHO, NOON)
                assert partition(archive) == before
                archive.split(here, others, WHO, NOON)
            elif step == "merge" and here != there:
                survivor = archive.merge(here, there, WHO, NOON)
                side = {id for id, story in stands.items() if story != survivor.id and story in (here, there)}
                archive.split(survivor.id, side, WHO, NOON)
                assert partition(archive) == before
                parted = (
                    archive.story(str(survivor.id)),
                    *(each for each in archive.stories(9) if each.lead_copy_id in side),
                )
                one, other = (each.id for each in parted if each is not None)
                archive.merge(one, other, WHO, NOON)
            elif step == "apart" and here != there:
                archive.apart(here, there, WHO, NOON)
            stands = {each.id: each.story_id or 0 for each in archive.export()}
            assert archive.verify() == []
            for (one, other), kept in rulings(archive).items():
                assert kept == (stands[one] == stands[other])


def test_of_many_merges_the_newest_are_told_oldest_first(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(4)])
    first, *others = each_alone(archive)
    for story in others:
        archive.merge(first, story, "person", NOON)
    assert [old.id for old, _ in archive.merged()] == others
    assert [(old.id, new.id) for old, new in archive.merged(2)] == [(story, first) for story in others[1:]]
    assert archive.merged(0) == []
