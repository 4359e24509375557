"""How well the rules judge, and what they were unsure of, as a person asks for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import SEEDS, Person

ONE, TWO = (path.read_text("utf-8") for path in sorted(SEEDS.glob("*.txt")))
OTHER = (
    "Lighthouse keeper retires\n\nThe last keeper of the lamp at Skerry Point handed over his keys on Sunday, forty "
    "years to the day after he first climbed the tower with a can of oil."
)


def labelled(folder: Path, *rows: tuple[str, str]) -> str:
    """A file of copies, each a text with its true story; every one by an outlet of its own."""
    lines = []
    for number, (text, truth) in enumerate(rows):
        title, _, body = text.partition("\n\n")
        item = {"id": "1", "title": title, "content_text": body, "date_published": "2026-11-21T10:00:00Z"}
        lines.append(json.dumps({**item, "_source": f"outlet-{number}", "_truth": truth}))
    (folder / "labelled.jsonl").write_text("\n".join(lines))
    return "labelled.jsonl"


def test_copies_that_are_grouped_as_labelled_score_one(person: Person) -> None:
    scores = person.do(
        "evaluate", labelled(person.folder, (ONE, "a"), (TWO, "a"), (OTHER, "b")), "--json"
    ).json
    assert (scores["ari"], scores["precision"], scores["recall"], scores["worst"]) == (1, 1, 1, [])


def test_the_worst_errors_are_shown_side_by_side(person: Person) -> None:
    shown = person.do("evaluate", labelled(person.folder, (ONE, "a"), (TWO, "b"), (OTHER, "c"))).out
    assert "together, but two stories:\n  outlet-0/1: Mediators meet in Cairo" in shown
    assert "outlet-1/1: Mediators meet in Cairo" in shown


def test_a_threshold_that_nothing_reaches_keeps_all_but_the_same_text_apart(person: Person) -> None:
    file = labelled(person.folder, (ONE, "a"), (ONE.partition("\n\nIsraeli demands")[0], "a"))
    assert person.do("evaluate", file, "--json").json["recall"] == 1
    strict = person.do("evaluate", file, "--set", "rules.threshold=1.01", "--json").json
    assert strict["recall"] == 0


@pytest.mark.parametrize("setting", ["rules.treshold=0.5", "threshold", "rules.threshold=high"])
def test_a_setting_that_is_none_is_refused_in_a_sentence(person: Person, setting: str) -> None:
    ran = person.type("evaluate", labelled(person.folder, (ONE, "a")), "--set", setting)
    assert ran.code == 2
    assert ran.err.startswith("error: ")


def test_a_line_without_a_label_is_named(person: Person) -> None:
    (person.folder / "plain.jsonl").write_text('{"_source": "a", "id": "1", "content_text": "x"}\n')
    ran = person.type("evaluate", "plain.jsonl")
    assert (ran.code, ran.err.count("line 1")) == (1, 1)
    assert "_truth" in ran.err


def test_what_the_rules_were_sure_of_is_not_up_for_review(person: Person) -> None:
    person.do("once")
    assert person.do("review", "--json").json == []
