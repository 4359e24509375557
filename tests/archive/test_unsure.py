"""What is shown for review: the decisions nearest to the threshold, until a person has spoken."""

from __future__ import annotations

from dataclasses import replace

from aggregator.archive import Archive, Desk
from aggregator.model import Placement, Placing, Waiting
from tests.conftest import NOON

from .making import an_entry, face, found, ingest, joins


def scored(placement: Placement, score: float, matched: int) -> Placement:
    decision = replace(placement.decision, score=score, threshold=0.6, matched_copy_id=matched)
    return replace(placement, decision=decision)


def place(desk: Desk, copies: list[Waiting]) -> Placing:
    """The second joins the first just so, the third is nearly of the same story, the fourth is far from it."""
    first, second, third, fourth = copies
    one, other, far = desk.new_story(), desk.new_story(), desk.new_story()
    placements = (
        found(first, one),
        scored(joins(second, one), 0.65, first.copy_id),
        scored(found(third, other), 0.58, first.copy_id),
        scored(found(fourth, far), 0.1, first.copy_id),
    )
    return Placing(placements, (face(first, one), face(third, other), face(fourth, far)))


def test_the_decisions_nearest_to_the_threshold_come_first_on_either_side_of_it(archive: Archive) -> None:
    ingest(archive, [an_entry(number) for number in range(4, 0, -1)])
    with archive.placing(NOON) as desk:
        desk.record(place(desk, desk.waiting(10)))
    shown = archive.unsure(margin=0.2, limit=10)
    assert [(each.copy_id, each.joined, each.score) for each in shown] == [(3, False, 0.58), (2, True, 0.65)]
    assert shown[0].other_copy_id == 1
    assert shown[0].other_title == "Title 1"
    assert len(archive.unsure(margin=0.2, limit=1)) == 1
    assert archive.unsure(margin=0.01, limit=10) == []


def test_what_a_person_has_settled_is_not_shown_any_more(archive: Archive) -> None:
    ingest(archive, [an_entry(number) for number in range(4, 0, -1)])
    with archive.placing(NOON) as desk:
        desk.record(place(desk, desk.waiting(10)))
    stories = {each.copy_id: archive.story(each.story) for each in archive.unsure(0.2, 10)}
    split_off = stories[2]
    assert split_off is not None
    archive.split(split_off.id, [2], "person", NOON)
    assert [each.copy_id for each in archive.unsure(0.2, 10)] == [3]
