"""Placing everything again, as a person asks for it."""

from __future__ import annotations

import sqlite3

import pytest

from .conftest import Person


@pytest.fixture
def settled(person: Person) -> Person:
    """One story of two copies, published."""
    person.do("once")
    return person


def stories(person: Person) -> list[str]:
    return sorted(story["ulid"] for story in person.do("stories", "--json").json)


def test_a_dry_run_tells_with_samples_what_the_run_then_does(settled: Person) -> None:
    before = stories(settled)
    words = ("rebuild", "--set", "rules.threshold=1.01", "--set", "text_threshold=1.01")
    planned = settled.do(*words, "--dry-run", "--json").json
    assert (planned["copies"], planned["split"], planned["moved"], planned["ids_new"]) == (2, 1, 1, 1)
    assert [(change["kind"], change["story"]) for change in planned["samples"]] == [("split", before[0])]
    assert stories(settled) == before
    shown = settled.do(*words, "--dry-run").out
    assert "would split off  1" in shown
    assert f"{before[0]} Mediators meet in Cairo" in shown
    assert "- seeds: Mediators" in shown
    assert settled.do(*words, "--dry-run", "--samples", "0", "--json").json["samples"] == []
    assert settled.do(*words, "--json").json == planned | {"done": True}
    assert set(before) < set(stories(settled))
    assert settled.do("verify").out == "the archive is sound\n"


def test_the_run_says_how_new_copies_come_under_the_same_rules(settled: Person) -> None:
    out = settled.do("rebuild", "--set", "rules.threshold=0.7").out
    assert "set rules.threshold=0.7 under [rules]" in out
    assert "published ids that go  " in out


@pytest.mark.parametrize("setting", ["rules.treshold=0.5", "threshold", "rules.threshold=high"])
def test_a_setting_that_is_none_is_refused(settled: Person, setting: str) -> None:
    assert settled.type("rebuild", "--set", setting).code == 2


def test_while_copies_wait_the_way_on_is_named(person: Person) -> None:
    person.do("collect")
    ran = person.type("rebuild", "--dry-run")
    assert (ran.code, "aggregator canonicalise" in ran.err) == (1, True)


def test_verify_finds_copies_that_nobody_would_find_and_mends_it(settled: Person) -> None:
    with sqlite3.connect(settled.folder / "archive.db") as conn:
        conn.execute("DELETE FROM sketch_run")
        conn.execute("DELETE FROM sketch_page")
        conn.execute("DELETE FROM setting WHERE key = 'sketch runs'")  # nor is it known that there were any
    conn.close()
    found = settled.type("verify", "--json").json
    assert [finding["check"] for finding in found] == ["sketches", "sketches"]
    ran = settled.do("verify", "--repair")
    assert "computed again: sketches" in ran.out
    assert ran.out.endswith("the archive is sound\n")
