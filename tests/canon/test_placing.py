"""Placing: copies of one article meet in one story, whatever a site did to them; nothing else does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from sys import getsizeof

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.canon import Canonicaliser, MemoryIndex, load_rules
from aggregator.model import Waiting
from tests.canon.desk import NOON, RULES, Desk, copy, together

SEEDS = sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))

TITLE = "Harbour strike halts grain exports from Port Merrin"
LINES = (
    "PORT MERRIN (Reuters) - Dockers in Port Merrin walked out on Wednesday over a plan to automate two of the "
    "five grain terminals, halting exports from the region's largest harbour for the first time in 17 years.",
    "The union said 1,240 of its members had stopped work at midnight and would stay out until the port authority "
    "withdrew letters that give notice to 312 crane drivers.",
    '"We were promised talks and we were handed an ultimatum," said Karin Solheim, who leads the union. "Nobody '
    'here wants this strike, but nobody will sign away a third of the quay."',
    "Eleven bulk carriers were waiting in the roads by the afternoon, according to ship-tracking data, most of them "
    "due to load barley and milling wheat for North Africa.",
    "The authority said the new cranes would be phased in over four years and that no driver would be dismissed "
    "before retraining had been offered to all.",
    "Traders in the capital said that prices for prompt delivery had risen by about three percent, and that buyers "
    "were asking for cargoes from the northern ports instead.",
    "The last strike in the harbour, over pensions, ended after nine days when the government sent a mediator.",
)
TEXT = "\n\n".join(LINES)
OTHER = "\n\n".join(
    (
        "A retired teacher from Lower Hallam has catalogued every wild orchid along the county's old railway line, "
        "finding nine kinds where the last survey, in 1958, had found four.",
        "Margaret Dunmore walked the eleven miles of cutting forty times in two summers, and drew each plant.",
        "The county museum will show the drawings from March, beside the notebooks of the earlier surveyor.",
    )
)


def test_the_seeds_are_one_story_and_an_unrelated_text_is_another() -> None:
    desk = Desk()
    for id, path in enumerate(SEEDS, 1):
        title, _, text = path.read_text("utf-8").partition("\n")
        desk.place(copy(id, title, text))
    title, _, text = SEEDS[0].read_text("utf-8").partition("\n")
    desk.place(copy(3, "Orchids", OTHER), copy(4, "Talks resume", "\n\n".join(text.split("\n\n")[:4])))
    assert desk.groups == together([(1, 2, 4), (3,)])


@pytest.mark.parametrize(
    ("what", "printed"),
    [
        ("cut to its first paragraphs", "\n\n".join(LINES[:2])),
        ("without its dateline", TEXT.replace("PORT MERRIN (Reuters) - ", "")),
        ("with another dateline", TEXT.replace("PORT MERRIN (Reuters)", "Port Merrin, Oct 4 (AP)")),
        ("with curly quotes and dashes", TEXT.replace('"', "”").replace("'", "’").replace(" - ", " — ")),
        ("read in the wrong charset", TEXT.replace("'", "’").encode().decode("cp1252")),
        ("spelt the American way", TEXT.replace("arbour", "arbor").replace("programme", "program")),
        ("with a paragraph of its own", "\n\n".join([*LINES[:3], OTHER.split("\n\n")[0], *LINES[3:]])),
        ("with its middle dropped", "\n\n".join([*LINES[:2], *LINES[5:]])),
        (
            "with later figures",
            TEXT.replace("1,240", "1,410").replace("Eleven", "Fourteen").replace("312", "309"),
        ),
        (
            "inside the furniture of a page",
            f"Home > News\n\nShare Tweet Email\n\n{TEXT}\n\nRelated Posts\n\n1 of 80",
        ),
        ("on one line", " ".join(LINES)),
        ("quoted whole after an introduction", f"Our correspondent sends this report.\n\n{TEXT}"),
    ],
)
def test_a_copy_joins_however_it_is_printed(what: str, printed: str) -> None:
    desk = Desk()
    desk.place(copy(1, TITLE, TEXT), copy(2, "Port workers walk out", printed, hours=5))
    assert desk.story(1) == desk.story(2), what
    assert desk.decision(2).method == "text"


@pytest.mark.parametrize(
    ("what", "title", "printed"),
    [
        ("another article", "Orchids", OTHER),
        (
            "another agency's report with the same quotation",
            "Dockers strike at Port Merrin",
            "Grain shipments from Port Merrin came to a standstill after crane operators downed tools, the second "
            "dispute on the coast this year.\n\n" + LINES[2] + "\n\n"
            "Managers at the harbour rejected the charge. A spokesman, Odd Brekke, told local radio that the company "
            "had offered a meeting on Monday and had heard nothing since.\n\nFarmers' groups called for the army to "
            "load the ships, while the transport minister said that she would not step in for now.",
        ),
        (
            "a later story on the topic with the same background",
            "Mediator named in harbour dispute",
            "The government named a retired judge on Monday to mediate between dockers and the harbour of Port Merrin "
            "as the stoppage went into its second week.\n\nJudge Ellen Vik will see both sides separately before the "
            "weekend and may propose a truce of sixty days, the labour ministry said in a statement.\n\nShipping lines "
            "have begun to send vessels elsewhere, and two mills inland have cut their shifts.\n\n"
            + LINES[6],
        ),
    ],
)
def test_what_is_not_a_copy_stays_apart(what: str, title: str, printed: str) -> None:
    desk = Desk()
    desk.place(copy(1, TITLE, TEXT), copy(2, title, printed, hours=5))
    assert desk.story(1) != desk.story(2), what


def test_a_copy_without_text_or_title_founds_its_own_story() -> None:
    desk = Desk()
    first, second = desk.place(copy(1, "", ""), copy(2, "", ""))
    assert first.is_new_story
    assert first.story_id != second.story_id
    assert first.keys == ()
    assert desk.index.faces[first.story_id].title == ""


def test_an_empty_batch_places_nothing() -> None:
    assert Canonicaliser(RULES).place([], MemoryIndex(), NOON).placements == ()


def test_a_story_closes_after_a_week_but_the_very_same_text_is_known_for_longer() -> None:
    desk = Desk()
    edited = TEXT.replace("1,240", "1,250").replace("Traders in the capital", "Dealers in the city")
    desk.place(
        copy(1, TITLE, TEXT), copy(2, TITLE, edited, hours=24 * 12), copy(3, TITLE, TEXT, hours=24 * 20)
    )
    assert desk.groups == together([(1, 3), (2,)])


def test_a_date_in_the_future_does_not_move_a_copy_out_of_the_window() -> None:
    desk = Desk()
    wrong = copy(2, TITLE, TEXT, published=NOON + timedelta(days=900))
    placement = desk.place(copy(1, TITLE, TEXT), wrong)[1]
    assert placement.at == NOON
    assert desk.story(1) == desk.story(2)


def test_a_title_and_a_line_need_strong_agreement() -> None:
    desk = Desk()
    line = "Dockers in Port Merrin walked out on Wednesday over a plan to automate two of the five grain terminals."
    desk.place(
        copy(1, TITLE, TEXT),
        copy(2, TITLE, line[:70]),
        copy(3, "Sports results", "All the scores from Wednesday."),
        copy(4, "Sports results", "All the scores from Wednesday night in full."),
        copy(5, "In pictures", "See the best shots of the day."),
    )
    assert desk.story(2) == desk.story(1)
    assert len({desk.story(id) for id in (1, 3, 5)}) == 3


def test_one_page_is_one_story_only_if_the_texts_agree() -> None:
    desk = Desk()
    page = {"url": "https://example.org/news/harbour?utm_source=rss"}
    again = {"url": "https://www.example.org/news/harbour"}
    desk.place(copy(1, TITLE, LINES[0], **page), copy(2, TITLE, "Live: the strike.", **again))
    assert desk.decision(2).method == "url"
    desk.place(copy(3, "Orchids on the line", OTHER, **again))
    assert desk.story(3) != desk.story(1)


def test_a_round_up_attracts_nothing() -> None:
    desk = Desk()
    third = "The observatory on Mount Teller has found a comet that will pass the sun in June. " * 1
    third += "Astronomers there said it may be seen without a telescope for nine evenings, low in the west after dusk."
    desk.place(copy(1, TITLE, TEXT), copy(2, "Orchids", OTHER), copy(3, "Comet", third))
    desk.place(copy(4, "Morning briefing", "\n\n".join([*LINES[:3], *OTHER.split("\n\n"), third])))
    assert len({desk.story(id) for id in (1, 2, 3, 4)}) == 4
    linked = {link.other_story_id for link in desk.placements[4].links}
    assert linked <= {desk.story(1), desk.story(2), desk.story(3)}


def test_a_round_up_that_came_first_does_not_make_one_story_of_those_it_carries() -> None:
    desk = Desk(load_rules(None, {"threshold": 0.03}))  # as if every part agreed well with the whole
    desk.place(copy(1, "Morning briefing", "\n\n".join([*LINES[:3], *OTHER.split("\n\n")])))
    desk.place(copy(2, TITLE, TEXT), copy(3, "Orchids", OTHER))
    assert desk.groups == together([(1, 2), (3,)])


def test_a_paragraph_of_another_story_does_not_make_a_copy_a_round_up() -> None:
    desk = Desk()
    inserted = OTHER.split("\n\n")[0]
    desk.place(copy(1, TITLE, TEXT), copy(2, "Orchids", inserted))
    desk.place(copy(3, "Grain held up", "\n\n".join([*LINES[:5], inserted, *LINES[5:]])))
    assert desk.groups == together([(1, 3), (2,)])


CROWD = (
    copy(1, TITLE, TEXT),
    copy(2, "Orchids", OTHER),
    copy(3, "Walk-out", "\n\n".join(LINES[:3])),
    copy(4, "A catalogue of orchids", "\n\n".join(OTHER.split("\n\n")[:2])),
    copy(5, TITLE, "\n\n".join([*LINES[:2], *LINES[4:]])),
    copy(6, "Port workers walk out", "\n\n".join([*LINES[:4], OTHER.split("\n\n")[2], *LINES[4:]])),
)


@settings(deadline=None)
@given(st.permutations(CROWD), st.integers(1, len(CROWD)))
def test_any_order_and_any_size_of_batches_give_the_same_stories(copies: list[Waiting], size: int) -> None:
    desk = Desk()
    desk.place(*copies, batch=size)
    assert desk.groups == together([(1, 3, 5, 6), (2, 4)])


def test_a_decision_says_what_matched_what_differed_and_by_which_rules() -> None:
    desk = Desk()
    desk.place(
        copy(1, TITLE, TEXT), copy(2, TITLE, TEXT.replace("1,240", "1,410").replace("Solheim", "Berg"))
    )
    decision = desk.decision(2)
    assert decision.matched_copy_id == 1
    assert decision.rules_version == RULES.version
    assert decision.score is not None
    assert decision.score > (decision.threshold or 1)
    assert {"inner", "outer", "numbers", "names"} <= set(decision.features)
    assert len(decision.evidence["passages"]) == 3
    assert all(passage.removesuffix(" …") in TEXT for passage in decision.evidence["passages"][-1:])
    assert set(decision.evidence["only_here"]) == {"1,410", "Berg"}
    assert set(decision.evidence["only_there"]) == {"1,240", "Solheim"}


@pytest.mark.parametrize("sign", ["'", "\u2019", "\U0001f33e", "\udc80"])
def test_a_process_that_remembers_the_copies_decides_as_one_that_reads_them_again(sign: str) -> None:
    ads = "Read more of our reports from the harbour"
    printed = [TEXT, f"{TEXT}\n\n{ads}", OTHER, TEXT.replace("1,240", "1,410"), f"{OTHER}\n\n{ads}", LINES[0]]
    remembering, forgetful = Desk(), Desk()
    for id, text in enumerate([*printed, *printed], 1):
        turn = copy(id, TITLE, text.replace("'", sign), source=1 + id % 2)
        forgetful.canon = Canonicaliser(RULES)
        assert remembering.place(turn) == forgetful.place(turn)
    assert any(sign in passage for passage in remembering.decision(7).evidence["passages"])


@pytest.mark.parametrize("sign", ["e", "é", "\u2019", "港", "\U0001f33e"])
def test_a_remembered_copy_takes_no_more_room_than_its_text_did(sign: str) -> None:
    desk = Desk()
    text = TEXT.replace("e", sign)
    desk.place(copy(1, TITLE, text))
    held = desk.canon._cache.get(1)
    assert held is not None
    assert held.text == held.bare().text == text
    assert getsizeof(held.copy.text) + getsizeof(held._written) <= getsizeof(text) + getsizeof(
        ""
    ) + getsizeof(None)
    assert not len(held.plain.runs)


def test_keys_fit_a_signed_column_and_are_the_same_everywhere() -> None:
    placement = Desk().place(copy(1, TITLE, TEXT))[0]
    assert all(-(2**63) <= key < 2**63 for key in (*placement.keys, *placement.units))
    assert len(placement.keys) <= RULES.keys + 2
    assert len({*placement.keys} & {*Desk().place(copy(9, "Other", TEXT))[0].keys}) == len(placement.keys) - 1
    assert 3 < len(placement.units) <= RULES.units
