"""Placing: the desk answers the canonicaliser's questions and carries out what it decides, whole or not at all."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.event import listen

from aggregator import url
from aggregator.archive import Archive, Desk, Limits, placing, runs, sketches
from aggregator.errors import ArchiveBusy, ArchiveError
from aggregator.model import Decision, Facts, Link, Placing
from tests.conftest import NOON, Clock

from .making import (
    an_entry,
    each_alone,
    face,
    found,
    holders,
    ingest,
    joins,
    partition,
    printers,
    together,
)

WEEK = timedelta(days=7)


# ---------------------------------------------------------------- new stories


def test_a_new_story_has_an_id_for_life(archive: Archive) -> None:
    ingest(archive, [an_entry()])
    number = each_alone(archive)[0]
    story = archive.story(str(number))
    assert story is not None
    assert story.public_id == f"tag:example.org,2026-11-22:story/{story.ulid}"
    assert (story.title, story.copies, story.lead_copy_id) == ("Title 1", 1, 1)
    assert story.published == story.updated == NOON - timedelta(hours=1)
    assert archive.waiting_count() == 0
    assert archive.verify() == []


def test_without_an_authority_no_id_is_minted(empty_url: str) -> None:
    with Archive.open(empty_url) as archive:
        ingest(archive, [an_entry()])
        with pytest.raises(ArchiveError, match="authority"):
            each_alone(archive)


def test_story_numbers_rise_however_many_are_asked_for(archive: Archive) -> None:
    with archive.placing(NOON) as desk:
        numbers = [desk.new_story() for _ in range(200)]
    assert numbers == sorted(set(numbers))


def test_copies_wait_in_copy_order_and_no_more_are_handed_out_than_asked_for(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(5)])
    with archive.placing(NOON) as desk:
        assert [copy.copy_id for copy in desk.waiting(3)] == [1, 2, 3]


def test_long_texts_wait_for_the_next_batch_but_one_is_always_handed_out(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "CHARACTERS", 1_000)
    ingest(
        archive,
        [an_entry(n, text=f"Number {n}. " + "word " * length) for n, length in enumerate((3, 99, 100, 400))],
    )
    with archive.placing(NOON) as desk:
        assert [copy.copy_id for copy in desk.waiting(10)] == [1]
        desk.record(Placing((found(desk.waiting(1)[0], desk.new_story()),)))
        assert [copy.copy_id for copy in desk.waiting(10)] == [2, 3]
    each_alone(archive)
    each_alone(archive)
    with archive.placing(NOON) as desk:
        batches = [desk.all_placed(after, 10) for after in (0, 1, 3)]
    assert [[copy.copy_id for copy in batch] for batch in batches] == [[1], [2, 3], [4]]


def test_a_waiting_copy_tells_what_the_canonicaliser_needs(archive: Archive) -> None:
    ingest(
        archive,
        [an_entry(7, text="Three words here", language="en", canonical_url="https://WWW.outlet.example/7#x")],
    )
    with archive.placing(NOON) as desk:
        copy = desk.waiting(1)[0]
    assert (copy.title, copy.text, copy.words, copy.language, copy.story_id) == (
        "Title 7",
        "Three words here",
        3,
        "en",
        None,
    )
    assert (copy.seen, copy.published, copy.url_key) == (
        NOON,
        NOON - timedelta(hours=1),
        url.key("https://outlet.example/7"),
    )


def test_what_fails_while_placing_leaves_nothing_behind(archive: Archive) -> None:
    ingest(archive, [an_entry()])
    with suppress(ZeroDivisionError), archive.placing(NOON) as desk:
        copy, story = desk.waiting(1)[0], desk.new_story()
        desk.record(Placing((found(copy, story, keys=(5,), units=(6,)),), (face(copy, story),)))
        raise ZeroDivisionError
    assert archive.waiting_count() == 1
    assert archive.stories(10) == []
    with archive.placing(NOON) as desk:
        assert holders(desk, [5], NOON, NOON) == printers(desk, [6]) == []


def test_only_one_places_at_a_time(archive_url: str) -> None:
    brief = timedelta(milliseconds=100)
    with Archive.open(archive_url, patience=brief) as one, Archive.open(archive_url, patience=brief) as other:
        with one.placing(NOON), pytest.raises(ArchiveBusy), other.placing(NOON):
            pass
        with other.placing(NOON) as desk:
            assert desk.waiting(1) == []


# ---------------------------------------------------------------- copies that join


def test_a_copy_that_joins_is_counted_and_its_decision_kept(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    story = together(archive)
    assert archive.stories(10)[0].copies == 2
    decisions = archive.decisions(story)
    assert [(each.method, each.copy_id, each.score) for each in decisions] == [
        ("found", 1, None),
        ("text", 2, 0.9),
    ]
    assert decisions[0].at == NOON
    assert archive.verify() == []


def test_facts_are_kept_and_shown(archive: Archive) -> None:
    facts = Facts(
        "Reuters", "Cairo", "Oct 1", ("A. B",), ("C",), ("D", "E"), "en", ((0, 5, "credit"), (9, 12, "box"))
    )
    ingest(archive, [an_entry()])
    with archive.placing(NOON) as desk:
        copy, story = desk.waiting(1)[0], desk.new_story()
        desk.record(Placing((found(copy, story, facts=facts),), (face(copy, story),)))
        assert desk.placed([copy.copy_id])[copy.copy_id].facts == facts
    shown = archive.copies([story])[story][0]
    assert (shown.facts, shown.language) == (facts, "en")


def test_updated_moves_only_for_what_is_significant_and_never_into_the_future(
    archive: Archive, clock: Clock
) -> None:
    ingest(archive, [an_entry(1, published=NOON + timedelta(days=900)), an_entry(2)])
    first, second = each_alone(archive)
    assert {story.id: story.updated for story in archive.stories(9)} == {
        second: NOON,
        first: NOON - timedelta(hours=1),
    }
    story = archive.story(str(first))
    assert story is not None
    ingest(archive, [an_entry(2, title="New")], at=clock.forward(hours=1))
    with archive.placing(clock()) as desk:
        copy = desk.waiting(1)[0]
        desk.record(Placing((joins(copy, first),), (face(copy, first, significant=False),)))
    story = archive.story(str(first))
    assert story is not None
    assert (story.title, story.updated) == ("New", NOON - timedelta(hours=1))
    with archive.placing(clock()) as desk:
        desk.record(Placing((), (replace(face(copy, first), significant=True),)))
    story = archive.story(str(first))
    assert story is not None
    assert (story.updated, story.published) == (clock(), NOON - timedelta(hours=1))


def test_a_copy_revised_while_it_is_placed_waits_on(archive: Archive) -> None:
    ingest(archive, [an_entry()])
    with archive.placing(NOON) as desk:
        old, story = desk.waiting(1)[0], desk.new_story()
    ingest(archive, [an_entry(title="Newer")])
    with archive.placing(NOON) as desk:
        desk.record(Placing((found(old, story),), (face(old, story),)))
        assert [copy.title for copy in desk.waiting(9)] == ["Newer"]
    assert archive.verify() == []


def test_a_story_whose_last_copy_leaves_lives_on_where_it_went(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    one, two = each_alone(archive)
    ingest(archive, [an_entry(1, title="Rewritten")])
    with archive.placing(NOON) as desk:
        copy = desk.waiting(1)[0]
        desk.record(Placing((joins(copy, one),), (face(copy, one),)))
    assert [(old.id, new.id) for old, new in archive.merged()] == [(two, one)]
    assert archive.verify() == []


def test_a_story_whose_lead_leaves_shows_another_copy(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    story = together(archive)
    ingest(archive, [an_entry(2, title="Rewritten")])
    with archive.placing(NOON) as desk:
        copy, new = desk.waiting(1)[0], desk.new_story()
        desk.record(Placing((found(copy, new),), (face(copy, new),)))
    shown = archive.story(str(story))
    assert shown is not None
    assert (shown.title, shown.copies) == ("Title 1", 1)
    assert archive.verify() == []


# ---------------------------------------------------------------- merges by the rules


def test_a_late_bridge_merges_two_stories_and_every_id_leads_to_the_older(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(4)])
    stories = each_alone(archive)
    for survivor, absorbed in ((stories[1], stories[2]), (stories[0], stories[1]), (stories[0], stories[3])):
        ingest(archive, [an_entry(100 + absorbed)])
        with archive.placing(NOON) as desk:
            bridge = desk.waiting(1)[0]
            merge = Decision("merge", survivor, bridge.copy_id, other_story_id=absorbed, score=0.8)
            placement = joins(bridge, survivor, absorbed=(merge,))
            desk.record(Placing((placement,), (face(bridge, survivor),)))
    assert archive.verify() == []
    assert [story.id for story in archive.stories(9)] == [stories[0]]
    assert archive.stories(9)[0].copies == 7
    assert {old.id: new.id for old, new in archive.merged()} == dict.fromkeys(stories[1:], stories[0])
    for story in stories:
        lives = archive.story(str(story))
        assert lives is not None
        assert lives.id == stories[0]


def test_merging_in_the_batch_that_founded_the_story_is_the_same(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(3)])
    with archive.placing(NOON) as desk:
        a, b, bridge = desk.waiting(3)
        one, two = desk.new_story(), desk.new_story()
        merge = Decision("merge", one, bridge.copy_id, other_story_id=two)
        placements = (found(a, one), found(b, two), joins(bridge, one, absorbed=(merge,)))
        desk.record(Placing(placements, (face(a, one), face(b, two))))
    assert partition(archive) == {frozenset({1, 2, 3})}
    assert archive.verify() == []


def test_links_lead_to_where_the_stories_live_now(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(3)])
    with archive.placing(NOON) as desk:
        batch = desk.waiting(3)
        one, two, three = (desk.new_story() for _ in batch)
        placements = (
            found(batch[0], one),
            found(batch[1], two, links=(Link(two, one, 0.4),)),
            found(batch[2], three),
        )
        desk.record(Placing(placements, tuple(map(face, batch, (one, two, three)))))
    assert archive.links(one) == [Link(one, two, 0.4)]
    archive.merge(three, two, "person", NOON)
    assert archive.links(one) == [Link(one, two, 0.4)]
    archive.merge(one, two, "person", NOON)
    assert archive.links(one) == []


# ---------------------------------------------------------------- what the canonicaliser asks


def test_a_copy_as_it_was_judged_has_the_url_that_it_had_then(archive: Archive) -> None:
    ingest(archive, [an_entry(1, url="https://outlet.example/a"), an_entry(2, url="", guid="without")])
    each_alone(archive)
    ingest(archive, [an_entry(1, url="https://outlet.example/b", text="Another text.")])
    with archive.placing(NOON) as desk:
        held = {copy.url: copy.url_key for copy in desk.placed([1, 2]).values()}
        assert held == {"https://outlet.example/a": url.key("https://outlet.example/a"), "": 0}
        assert [copy.url_key for copy in desk.waiting(9)] == [url.key("https://outlet.example/b")]


def test_the_same_url_is_found_under_any_spelling_once_it_is_placed(archive: Archive) -> None:
    ingest(
        archive, [an_entry(1, url="http://m.outlet.example/a?utm_source=x"), an_entry(2, url="mailto:a@b")]
    )
    with archive.placing(NOON) as desk:
        key = desk.waiting(2)[1].url_key
        assert list(desk.same_url([key])) == []
    each_alone(archive)
    with archive.placing(NOON) as desk:
        assert list(desk.same_url([key, url.key("https://other.example/")])) == [(key, 2)]


def test_keys_are_found_in_their_weeks_and_follow_their_copy(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    with archive.placing(NOON) as desk:
        a, b = desk.waiting(2)
        one, two = desk.new_story(), desk.new_story()
        old = found(a, one, NOON - 5 * WEEK, keys=(-(2**63), 7), units=(2**63 - 1,))
        new = found(b, two, NOON, keys=(7, 7), units=(1,))
        desk.record(Placing((old, new), (face(a, one), face(b, two))))
    archive.merge(one, two, "person", NOON)
    with archive.placing(NOON) as desk:
        assert holders(desk, [7, -(2**63)], NOON - WEEK, NOON + WEEK) == [(7, 2, one)]
        assert holders(desk, [7], NOON - 6 * WEEK, NOON) == [(7, 1, one), (7, 2, one)]
        assert printers(desk, [1, 2, 2**63 - 1]) == [(1, 2, 1, one), (2**63 - 1, 1, 1, one)]
        assert holders(desk, [], NOON, NOON) == printers(desk, []) == []
        assert desk.members([one, two]) == {one: (1, 2)}


@pytest.mark.parametrize(("fan", "most", "page"), [(2, 10**9, 5), (2, 40, 3), (8, 10**9, 240)])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.randoms(use_true_random=False))
def test_keys_are_found_wherever_they_are_on_their_way(
    new_archive_url: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    fan: int,
    most: int,
    page: int,
    seed: random.Random,
) -> None:
    """In runs of any size, after a restart, by another process, after a rollback: always the same answer."""
    monkeypatch.setattr(sketches, "FAN", fan)
    monkeypatch.setattr(sketches, "MOST", most)
    monkeypatch.setattr(sketches, "PATIENCE", 2)
    monkeypatch.setattr(runs, "PAGE", page)
    url, told = new_archive_url(), dict[tuple[int, int], int]()
    with Archive.open(url) as first, Archive.open(url) as second:
        first.authority("example.org", NOON)
        for turn in range(8):
            ingest(first, [an_entry(turn)])
            keys = (turn % 3, *(seed.getrandbits(64) - 2**63 for _ in range(12)))
            with suppress(ZeroDivisionError), seed.choice([first, second]).placing(NOON) as desk:
                copy, story = desk.waiting(1)[0], desk.new_story()
                lost = found(copy, story, NOON, keys=(99, 5, *keys[6:]), units=(99, turn))
                desk.record(Placing((lost,), (face(copy, story),)))
                raise ZeroDivisionError
            with seed.choice([first, second]).placing(NOON) as desk:
                copy, story = desk.waiting(1)[0], desk.new_story()
                at = NOON - turn * WEEK
                desk.record(Placing((found(copy, story, at, keys=keys, units=keys),), (face(copy, story),)))
            told |= dict.fromkeys(((key, copy.copy_id) for key in keys), turn)
        asked = sorted({key for key, _ in told} | {99})
        with Archive.open(url) as third:
            for archive in (first, second, third):
                with archive.placing(NOON) as desk:
                    every = {(key, copy) for key, copy, _ in holders(desk, asked, NOON - 9 * WEEK, NOON)}
                    late = {(key, copy) for key, copy, _ in holders(desk, asked, NOON - 2 * WEEK, NOON)}
                    printed = {(unit, story) for unit, _, _, story in printers(desk, asked)}
                assert every == set(told)
                assert late == {pair for pair, turn in told.items() if turn <= 2}
                assert len(printed) == len(told)


def test_many_thousand_keys_are_one_question(archive: Archive) -> None:
    with archive.placing(NOON) as desk:
        assert holders(desk, range(60_000), NOON - WEEK, NOON) == []
        assert printers(desk, range(60_000)) == []
        assert desk.placed(range(30_000)) == {}


def test_what_waits_is_found_without_reading_what_does_not(tmp_path: Path) -> None:
    with Archive.open(f"sqlite:///{tmp_path / 'archive.db'}") as archive, archive._read() as conn:
        asked: list[tuple[str, tuple[object, ...]]] = []
        listen(
            conn.engine, "before_cursor_execute", lambda _c, _u, said, given, *_: asked.append((said, given))
        )
        Desk(conn, sketches.Sketches(), NOON).waiting(5)
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0][0]}", asked[0][1]).all()
    assert "copy_waiting" in str(plan)


def test_doubtful_copies_are_given_out_once_by_guid_as_they_were_judged(archive: Archive) -> None:
    ingest(archive, [an_entry(2), an_entry(1), an_entry(3)])
    with archive.placing(NOON) as desk:
        copies, stories = desk.waiting(3), [desk.new_story() for _ in range(3)]
        made = tuple(found(copy, story) for copy, story in zip(copies, stories, strict=True))
        faces = tuple(face(copy, story) for copy, story in zip(copies, stories, strict=True))
        desk.record(Placing(made, faces, doubtful=(1, 3)))
    with archive.placing(NOON) as desk:
        desk.record(Placing(doubtful=(1, 2, 3)))
    ingest(archive, [an_entry(1, text="Another text.")])
    with archive.placing(NOON) as desk:
        first = desk.doubtful(2)
        assert [copy.guid for copy in first] == ["guid-1", "guid-2"]
        before = {copy.guid: (copy.text, story) for copy, story in zip(copies, stories, strict=True)}
        assert [(copy.text, copy.story_id) for copy in first] == [before["guid-1"], before["guid-2"]]
    with archive.placing(NOON) as desk:
        assert [copy.guid for copy in desk.doubtful(2)] == ["guid-3"]
        assert desk.doubtful(2) == []


def test_a_copy_whose_text_a_policy_let_go_is_not_looked_at_again(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    each_alone(archive)
    with archive.placing(NOON) as desk:
        desk.record(Placing(doubtful=(1, 2)))
    limits = {archive.source("outlet").id: Limits(texts=NOON + WEEK)}
    assert sum(let_go.texts for let_go in archive.retain(limits, really=True).values()) == 2
    ingest(archive, [an_entry(3)])
    each_alone(archive)
    with archive.placing(NOON) as desk:
        desk.record(Placing(doubtful=(3,)))
        assert [copy.guid for copy in desk.doubtful(1)] == ["guid-3"]
        assert desk.doubtful(1) == []
