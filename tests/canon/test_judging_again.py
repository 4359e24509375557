"""A revision is judged again, and what a person decided outranks the rules."""

from __future__ import annotations

from dataclasses import replace

from aggregator.canon import Canonicaliser
from tests.canon.desk import NOON, RULES, Desk, copy, together
from tests.canon.test_placing import LINES, OTHER, TEXT, TITLE


def test_a_revised_copy_that_still_agrees_stays() -> None:
    desk = Desk()
    first, second = copy(1, TITLE, TEXT), copy(2, TITLE, "\n\n".join(LINES[:4]))
    desk.place(first, second)
    placement = desk.revise(second, text=TEXT)
    assert placement.decision.method == "revision"
    assert placement.story_id == desk.story(1)
    assert not placement.is_new_story


def test_a_copy_alone_in_its_story_keeps_it_whatever_it_becomes() -> None:
    desk = Desk()
    first = copy(1, TITLE, TEXT)
    story = desk.place(first)[0].story_id
    assert desk.revise(first, text=OTHER, title="Orchids").story_id == story


def test_a_copy_that_becomes_another_article_leaves_for_a_new_story() -> None:
    desk = Desk()
    first, second = copy(1, TITLE, TEXT), copy(2, TITLE, TEXT)
    desk.place(first, second)
    placement = desk.revise(second, text=OTHER, title="Orchids")
    assert placement.is_new_story
    assert placement.decision.other_story_id == desk.story(1)
    assert desk.groups == together([(1,), (2,)])
    assert desk.index.faces[desk.story(1)].lead_copy_id == 1


def test_full_text_that_arrives_late_joins_two_stories_and_the_older_survives() -> None:
    desk = Desk()
    teaser = copy(1, "Walk-out", "Dockers walked out.")
    desk.place(teaser, copy(2, TITLE, TEXT))
    assert desk.story(1) != desk.story(2)
    placement = desk.revise(teaser, text=TEXT)
    assert placement.story_id == 1
    assert [merge.other_story_id for merge in placement.absorbed] == [2]
    assert desk.groups == together([(1, 2)])


def test_small_edits_are_not_significant_and_new_paragraphs_are() -> None:
    desk = Desk()
    first = copy(1, TITLE, TEXT)
    story = desk.place(first)[0].story_id
    assert not desk.index.faces[story].significant
    desk.revise(first, text=TEXT.replace("1,240", "1,241").replace("nine days", "ten days"))
    assert not desk.index.faces[story].significant
    desk.revise(first, text=f"{TEXT}\n\n{OTHER}")
    assert desk.index.faces[story].significant


def test_another_copy_that_takes_the_lead_is_not_significant() -> None:
    desk = Desk()
    story = desk.place(copy(1, TITLE, "\n\n".join(LINES[:2])))[0].story_id
    desk.place(copy(2, TITLE, TEXT, hours=1))
    assert desk.index.faces[story].lead_copy_id == 2
    assert not desk.index.faces[story].significant


def test_copies_that_a_person_keeps_apart_never_meet_again() -> None:
    desk = Desk()
    desk.index.decided.append((1, 2, False))
    first, second = copy(1, TITLE, TEXT), copy(2, TITLE, TEXT)
    desk.place(first, second)
    assert desk.story(1) != desk.story(2)
    desk.place(copy(3, TITLE, TEXT))
    assert desk.story(1) != desk.story(2)
    desk.revise(second, text="\n\n".join(LINES[:5]))
    assert desk.story(1) != desk.story(2)


def test_a_copy_that_a_person_put_into_a_story_stays_there() -> None:
    desk = Desk()
    desk.index.decided.append((2, 1, True))
    second = copy(2, "Orchids", OTHER)
    desk.place(copy(1, TITLE, TEXT), second)
    assert desk.decision(2).method == "person"
    assert desk.revise(second, text=OTHER + " More of it.").story_id == desk.story(1)


def test_keeping_apart_holds_against_a_bridge() -> None:
    desk = Desk()
    desk.index.decided.append((1, 2, False))
    desk.place(copy(1, TITLE, "\n\n".join(LINES[:5])), copy(2, TITLE, "\n\n".join(LINES[1:])))
    placement = desk.place(copy(3, TITLE, TEXT))[0]
    assert placement.absorbed == ()
    assert desk.story(1) != desk.story(2)


def test_what_was_nearly_joined_is_looked_at_again_and_only_what_moves_is_told() -> None:
    desk = Desk()
    whole, alone = copy(1, TITLE, TEXT), copy(3, "Orchids", OTHER)
    quoting = copy(2, "Something else", f"{LINES[0]}\n\n{OTHER.splitlines()[0]}")
    batch = [whole, quoting, alone]
    placing = desk.canon.place(batch, desk.index, NOON)
    assert {1, 2} <= set(placing.doubtful)
    desk.index.record(batch, placing)
    again = desk.index.doubtful(10)
    assert [each.copy_id for each in again[:2]] == [1, 2]
    assert desk.index.doubtful(10) == []
    looked = desk.canon.look_again(again, desk.index, NOON)
    assert looked.placements == looked.faces == looked.doubtful == ()


def test_a_copy_whose_text_is_gone_stays_where_it_is() -> None:
    desk = Desk()
    first, second = copy(1, TITLE, TEXT), copy(2, TITLE, "\n\n".join(LINES[:4]))
    desk.place(first, second)
    for id, placed in desk.index.copies.items():
        desk.index.copies[id] = replace(placed, text="")
    desk.canon = Canonicaliser(RULES)  # another process, which remembers no text
    desk.place(copy(3, TITLE, TEXT), copy(4, TITLE, "\n\n".join(LINES[:5])))
    assert desk.story(1) == desk.story(2)
    assert desk.story(3) == desk.story(4)
