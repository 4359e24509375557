"""stories, story, why, search; merge, split, apart."""

from __future__ import annotations

import json

import pytest

from .conftest import Person, an_item


@pytest.fixture
def reader(person: Person) -> Person:
    person.do("once")
    return person


def the_story(person: Person) -> dict[str, object]:
    found: dict[str, object] = person.do("stories", "--json").json[0]
    return found


def test_a_story_is_found_by_its_public_id_its_last_part_or_the_beginning_of_that(reader: Person) -> None:
    [story] = reader.do("stories", "--json").json
    for ref in (story["public_id"], story["ulid"], story["ulid"][:8], story["ulid"].lower()):
        assert reader.do("story", ref, "--json").json["public_id"] == story["public_id"]


@pytest.mark.parametrize(
    "command", [("stories",), ("search", "cairo"), ("corrections",), ("review",)], ids=" ".join
)
@pytest.mark.parametrize("number", ["-1", "0", "99999999999999999999"])
def test_what_is_no_number_to_list_is_refused(person: Person, command: tuple[str, ...], number: str) -> None:
    ran = person.type(*command, f"-n{number}")
    assert ran.code == 2
    assert "'--limit'" in ran.err


def test_as_many_as_there_are_can_be_listed(reader: Person) -> None:
    for command in (["stories"], ["search", "cairo"], ["corrections"], ["review"]):
        reader.do(*command, "-n", "1000000000")


def test_a_story_shows_its_clean_text_its_facts_and_every_copy(reader: Person) -> None:
    out = reader.do("story", str(the_story(reader)["ulid"])).out
    for fact in (
        "Mediators meet in Cairo",
        "Reuters",
        "Cairo",
        "000_9185147787dbf855",
        "002_eb56205212bffd2a",
    ):
        assert fact in out
    assert "Related Posts" not in out


def test_why_tells_every_decision_with_score_and_rules(reader: Person) -> None:
    ulid = str(the_story(reader)["ulid"])
    decisions = reader.do("why", ulid, "--json").json["decisions"]
    assert len(decisions) == 2
    assert all(decision["rules_version"] for decision in decisions)
    [merged] = [decision for decision in decisions if decision["score"] is not None]
    assert merged["score"] >= merged["threshold"]
    out = reader.do("why", ulid).out
    assert "threshold" in out
    assert merged["rules_version"] in out


@pytest.mark.parametrize("command", ["story", "why"])
def test_a_story_that_is_not_there_is_said(reader: Person, command: str) -> None:
    ran = reader.type(command, "ZZZZ")
    assert ran.code == 1
    assert ran.err == "error: there is no story ZZZZ; `aggregator stories` lists the newest\n"


def test_search_finds_copies_by_their_text(reader: Person) -> None:
    assert "Mediators meet in Cairo" in reader.do("search", "truce", "proposal").out
    assert reader.do("search", "zebra", "--json").json == []


def test_search_knows_fields_pages_and_says_what_it_did_not_understand(reader: Person) -> None:
    (hit,) = reader.do("search", "place:cairo", "truce", "--json").json
    start, end = hit["marks"][0]
    assert hit["snippet"][start:end].lower() == "truce"
    assert reader.do("search", "truce", "--offset", "1", "--json").json == []
    said = reader.do("search", "truce", "after:never")
    assert "“after:never” is not a date" in said.err


def test_search_takes_whatever_is_typed(reader: Person) -> None:
    for query in ('"', "AND", "a OR", "(", "*", "NEAR(", "title:", "'; drop table copy"):
        assert "bug" not in reader.type("search", query).err


def test_a_split_copy_becomes_a_story_of_its_own_and_a_merge_takes_it_back(reader: Person) -> None:
    [story] = reader.do("stories", "--json").json
    copies = reader.do("story", story["ulid"], "--json").json["copies"]
    reader.do("split", story["ulid"], str(copies[1]["id"]))
    first, second = reader.do("stories", "--json").json
    assert (first["copies"], second["copies"]) == (1, 1)
    reader.do("merge", first["ulid"], second["ulid"])
    [again] = reader.do("stories", "--json").json
    assert again["public_id"] == story["public_id"]
    methods = [d["method"] for d in reader.do("why", story["ulid"], "--json").json["decisions"]]
    assert {"split", "merge"} <= set(methods)


def test_stories_kept_apart_stay_apart(person: Person) -> None:
    text = "\n\n".join(
        f"Sentence number {n} of an article that two papers print word by word." for n in range(12)
    )
    person.import_lines(
        an_item("a", "1", content_text=text), an_item("b", "2", content_text="Something else entirely.")
    )
    person.do("canonicalise")
    first, second = (story["ulid"] for story in person.do("stories", "--json").json)
    assert "kept apart" in person.do("apart", first, second).out
    person.import_lines(an_item("b", "2", content_text=text))
    person.do("canonicalise")
    assert len(person.do("stories", "--json").json) == 2


def test_a_story_of_the_merged_id_leads_to_the_older_one(reader: Person) -> None:
    older = the_story(reader)["public_id"]
    reader.import_lines(an_item())
    reader.do("canonicalise")
    ids = [story["public_id"] for story in reader.do("stories", "--json").json]
    reader.do("merge", *ids)
    assert {reader.do("story", each, "--json").json["public_id"] for each in ids} == {older}


def test_stories_lists_no_more_than_asked(person: Person) -> None:
    person.import_lines(*(an_item("s", str(n), content_text=f"{n} " * 30) for n in range(5)))
    person.do("canonicalise")
    assert len(person.do("stories", "-n", "3", "--json").json) == 3
    assert len(person.do("stories", "-n", "3").out.splitlines()) == 4


def test_what_changed_in_a_story_is_shown_and_published(person: Person) -> None:
    person.import_lines(an_item())
    person.do("canonicalise")
    assert "nothing changed" in person.do("story", _ulid(person), "--diff").out
    person.import_lines(
        an_item(title="Corrected", content_text="The first paragraph of article 1.\n\nAnother.")
    )
    out = person.do("story", _ulid(person), "--diff").out
    changed = [line for line in out.splitlines() if line[:2] in ("- ", "+ ")]
    assert changed == ["- Title 1", "- The second one of 1.", "+ Corrected", "+ Another."]
    [change] = person.do("story", _ulid(person), "--diff", "--json").json
    assert (change["removed"], change["added"]) == (
        ["Title 1", "The second one of 1."],
        ["Corrected", "Another."],
    )
    [correction] = person.do("corrections", "--json").json
    assert (correction["kind"], correction["before"], correction["after"]) == (
        "headline",
        "Title 1",
        "Corrected",
    )
    person.do("corrections", "--to", "corrections.json")
    [item] = json.loads((person.folder / "corrections.json").read_bytes())["items"]
    assert item["title"] == "herald changed the headline “Title 1” to “Corrected”."


def _ulid(person: Person) -> str:
    return str(person.do("stories", "--json").json[0]["ulid"])
