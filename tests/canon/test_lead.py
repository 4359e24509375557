"""The copy that a story shows."""

from __future__ import annotations

from dataclasses import replace

from tests.canon.desk import Desk, copy
from tests.canon.test_placing import LINES, TEXT, TITLE

PLAIN = TEXT.replace("PORT MERRIN (Reuters) - ", "")


def lead(desk: Desk) -> int:
    return desk.index.faces[desk.story(1)].lead_copy_id


def test_the_fullest_text_leads_and_among_equals_the_earliest() -> None:
    desk = Desk()
    desk.place(
        copy(1, TITLE, "\n\n".join(LINES[1:4]), hours=1),
        copy(2, TITLE, PLAIN, hours=3),
        copy(3, f"{TITLE}, earlier", PLAIN, hours=2),
    )
    assert lead(desk) == 3
    assert desk.index.faces[desk.story(1)].title == f"{TITLE}, earlier"


def test_a_preferred_source_leads_before_a_fuller_text() -> None:
    desk = Desk()
    desk.place(copy(1, TITLE, PLAIN), copy(2, TITLE, "\n\n".join(LINES[1:4]), prefer=1))
    assert lead(desk) == 2


def test_the_agency_that_is_credited_leads_on_its_own_site() -> None:
    desk = Desk()
    desk.place(
        copy(1, TITLE, TEXT, url="https://herald.example/a"),
        copy(2, TITLE, TEXT, hours=5, url="https://www.reuters.com/b"),
    )
    assert lead(desk) == 2


def test_the_page_that_another_copy_calls_canonical_leads() -> None:
    desk = Desk()
    original = "https://weekly.example/harbour"
    desk.place(
        copy(1, TITLE, PLAIN, url="https://copyist.example/1", canonical_url=original),
        copy(2, TITLE, PLAIN, url=original, hours=5),
    )
    assert lead(desk) == 2


def test_a_story_dates_from_its_earliest_printing() -> None:
    desk = Desk()
    early = copy(2, TITLE, TEXT, hours=-9)
    desk.place(copy(1, TITLE, TEXT), early)
    assert desk.index.faces[desk.story(1)].published == early.published


def test_a_lead_without_a_title_borrows_one() -> None:
    desk = Desk()
    desk.place(copy(1, "", PLAIN), copy(2, TITLE, "\n\n".join(LINES[1:4])))
    assert desk.index.faces[desk.story(1)].title == TITLE


def test_cards_are_read_again_by_a_new_process() -> None:
    desk = Desk()
    desk.place(copy(1, TITLE, PLAIN))
    fresh = Desk()
    fresh.index = desk.index
    fresh.place(replace(copy(2, TITLE, "\n\n".join(LINES[1:5]))))
    assert lead(fresh) == 1


def test_what_is_free_to_read_leads_before_a_fuller_text_that_must_be_paid_for() -> None:
    desk = Desk()
    desk.place(
        copy(1, TITLE, PLAIN, paywalled=True),
        copy(2, TITLE, "\n\n".join(LINES[1:4]), hours=3),
    )
    assert lead(desk) == 2


def test_the_original_leads_though_it_must_be_paid_for() -> None:
    desk = Desk()
    desk.place(
        copy(1, TITLE, TEXT, url="https://herald.example/a"),
        copy(2, TITLE, TEXT, hours=5, url="https://www.reuters.com/b", paywalled=True),
    )
    assert lead(desk) == 2
