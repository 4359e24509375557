"""Furniture is learned by counting the stories that print a sentence, and kept out of evidence and publication."""

from __future__ import annotations

from tests.canon.desk import Desk, copy
from tests.canon.test_placing import LINES, OTHER

SLOGAN = "Written with care by the people of the valley since the winter of the great snow"
TEXTS = (
    "\n\n".join(LINES[:3]),
    OTHER,
    "The brass band of Upper Moor plays its hundredth concert on Sunday, in the barn where it began.\n\nTickets "
    "cost nothing, and the conductor asks that nobody bring a dog larger than a tuba.",
    "A bakery in Lindow has sold its last rye loaf: the oven, built in 1889, cracked on Friday night.\n\nThe "
    "owner will use gas from now on, which she says is like painting with gloves.",
    "Two canoeists who set out from the weir at dawn were found by noon on the wrong river.\n\nThey had "
    "followed a heron, they told the lock keeper, and had thought that it knew the way.",
)


def printed(number: int, source: int) -> str:
    return f"{TEXTS[number]}\n\n{SLOGAN}"


def test_a_line_that_a_site_prints_under_its_third_story_is_furniture() -> None:
    desk = Desk()
    placements = desk.place(*(copy(n + 1, f"Title {n}", printed(n, 7), source=7) for n in range(4)), batch=1)
    last = placements[-1]
    spans = [span for span in last.facts.furniture if span[2] == "learned"]
    assert [printed(3, 7)[start:end] for start, end, _ in spans] == [SLOGAN]
    assert not any(span[2] == "learned" for span in placements[1].facts.furniture)


def test_four_stories_of_anyone_make_furniture_too() -> None:
    desk = Desk()
    placements = desk.place(
        *(copy(n + 1, f"Title {n}", printed(n, n), source=n + 1) for n in range(5)), batch=1
    )
    assert any(span[2] == "learned" for span in placements[4].facts.furniture)
    assert not any(span[2] == "learned" for span in placements[3].facts.furniture)


def test_many_copies_of_one_story_make_no_furniture() -> None:
    desk = Desk()
    placements = desk.place(*(copy(n + 1, "Title", TEXTS[0], source=n + 1) for n in range(9)))
    assert len(desk.groups) == 1
    assert not any(span[2] == "learned" for placement in placements for span in placement.facts.furniture)


def test_learned_furniture_says_nothing_about_two_texts() -> None:
    desk = Desk()
    block = "\n\n".join(
        f"{SLOGAN}, and this is line {word} of it." for word in ("one", "two", "three", "four")
    )
    desk.place(*(copy(n + 1, f"Title {n}", f"{TEXTS[n]}\n\n{block}", source=7) for n in range(5)))
    assert len(desk.groups) == 5


def test_a_sentence_that_everyone_prints_is_not_stored_for_ever() -> None:
    desk = Desk()
    placements = desk.place(*(copy(n + 1, f"Title {n}", printed(n, n), source=n + 1) for n in range(5)))
    assert set(placements[0].units) & set(placements[3].units)
    assert not set(placements[0].units) & set(placements[4].units)
