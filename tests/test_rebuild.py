"""Rebuild: every copy placed again; it says beforehand what it will do, does it once, and heeds what people said."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import text

from aggregator import feeds, stages
from aggregator.archive import Archive, Desk, Limits, placing
from aggregator.canon import Canonicaliser, Rules, load_rules
from aggregator.errors import InputError
from aggregator.model import Decision, Entry, Face, Placement, Placing, Waiting
from aggregator.stages.publishing import take_places
from tests.archive.histories import RULES as HISTORIES
from tests.archive.histories import History
from tests.archive.making import an_entry, each_alone, ingest, partition
from tests.archive.rebuilds import rebuilt, settles
from tests.conftest import NOON

RULES = load_rules()
STRICT = load_rules(overrides={"threshold": 1.01})
WIDE = load_rules(overrides={"keys": 20})
LATER = NOON + timedelta(hours=1)


def a_text(number: int, cut: int = 0) -> str:
    """An article of eight sentences of its own words; `cut` of them left out at the end."""
    chance = random.Random(number)
    words = ["".join(chance.choices("aeioulnrst", k=6)) for _ in range(12 * 8)]
    return "\n\n".join(" ".join(words[at * 12 : at * 12 + 12]).capitalize() + "." for at in range(8 - cut))


def fill(archive: Archive, stories: int = 12, outlets: int = 3) -> None:
    """Each story printed by every outlet, a little shorter each time."""
    for outlet in range(outlets):
        entries = [
            an_entry(
                n, title=f"Town {n} decides", text=a_text(n, outlet), url=f"https://o{outlet}.example/{n}"
            )
            for n in range(stories)
        ]
        ingest(archive, entries, f"outlet-{outlet}")
    place(archive)


def place(archive: Archive, rules: Rules = RULES, limit: int = 500) -> None:
    canonicaliser = Canonicaliser(rules)
    while stages.canonicalise(archive, canonicaliser, NOON, limit):
        pass


def rebuild(
    archive: Archive, rules: Rules = RULES, *, really: bool = True, anew: bool = False
) -> stages.Rebuilt:
    return stages.rebuild(archive, rules, LATER, really=really, anew=anew)


def told(archive: Archive) -> list[bytes]:
    return list(archive.whole())


def test_a_rebuild_by_the_same_rules_changes_nothing(archive: Archive) -> None:
    fill(archive)
    assert len(partition(archive)) == 12
    before = told(archive)
    done = rebuild(archive)
    assert (done.copies, done.merged, done.split, done.moved, done.reread) == (36, 0, 0, 0, 0)
    assert told(archive) == before


def test_what_the_same_rules_placed_in_another_order_stands_until_it_is_placed_anew(archive: Archive) -> None:
    """A copy whose story is only known by another one that came later than it did."""
    fill(archive)
    stands_alone_by(archive, RULES, 36)
    before = told(archive)
    found = rebuild(archive)
    assert (found.copies, found.merged, found.moved, found.reread, found.order) == (36, 0, 0, 0, 1)
    assert told(archive) == before
    done = rebuild(archive, anew=True)
    assert (done.merged, done.moved, done.order) == (1, 1, 0)
    assert archive.verify() == []
    assert rebuild(archive).order == 0


def test_what_people_decide_after_a_rebuild_does_not_unsettle_the_rest(archive: Archive) -> None:
    fill(archive)
    rebuild(archive, STRICT)
    one, other, *_ = archive.stories(2)
    archive.merge(one.id, other.id, "editor", LATER)
    stands_alone_by(archive, STRICT, 35)
    before = told(archive)
    assert rebuild(archive, STRICT, really=False).order == rebuild(archive, STRICT).order
    assert told(archive) == before
    assert rebuild(archive).merged > 0


def test_a_rebuild_by_the_same_rules_says_what_it_would_read_otherwise_and_leaves_it(
    archive: Archive,
) -> None:
    fill(archive)
    with archive._write() as conn:
        conn.execute(text("UPDATE copy SET agency = 'Nobody' WHERE id < 6"))
    before = told(archive)
    found = rebuild(archive)
    assert (found.order, found.order_reread, found.reread, found.done) == (0, 5, 0, True)
    assert told(archive) == before
    assert rebuild(archive, anew=True).reread == 5
    assert rebuild(archive, really=False).done is False


def stands_alone_by(archive: Archive, rules: Rules, id: int) -> None:
    """As if the rules had not met the others of its story."""
    with archive.placing(NOON) as desk:
        held, story = desk.placed([id])[id], desk.new_story()
        alone = Decision("found", story, copy_id=id, rules_version=rules.version)
        moved = Placement(id, held.revision_id, story, True, alone, held.facts, NOON)
        desk.record(Placing((moved,), (Face(story, id, held.title, NOON),)))


def test_copies_that_came_after_a_rebuild_do_not_let_the_next_one_move_the_others(archive: Archive) -> None:
    fill(archive)
    rebuild(archive, STRICT)
    ingest(archive, [an_entry(50, title="Town 50", text=a_text(50))], "late")
    place(archive, STRICT)
    before = told(archive)
    assert rebuild(archive, STRICT).merged == 0
    assert told(archive) == before
    assert rebuild(archive, RULES).merged == 24
    place(archive, STRICT)
    assert rebuild(archive, STRICT).split == 24


def test_a_dry_run_says_what_the_real_run_does_and_writes_nothing(archive: Archive) -> None:
    fill(archive)
    before = told(archive)
    planned = rebuild(archive, STRICT, really=False)
    assert told(archive) == before
    done = rebuild(archive, STRICT)
    assert replace(planned, done=True) == done
    assert (done.merged, done.split, done.moved) == (0, 24, 24)
    assert {change.kind for change in done.samples} == {"split"}
    assert archive.verify() == []
    assert len(partition(archive)) == 36


def test_what_a_sample_says_stays_is_not_what_goes_elsewhere(archive: Archive) -> None:
    """A story of three copies that falls in three."""
    fill(archive, stories=1)
    samples = rebuild(archive, STRICT, really=False).samples
    assert [[each.copy_id for each in change.copies] for change in samples] == [[2], [3]]
    assert [[each.copy_id for each in change.stay] for change in samples] == [[1], [1]]


@pytest.mark.parametrize("seed", [1, 4])
def test_whatever_came_before_a_rebuild_does_what_was_said_and_settles(archive: Archive, seed: int) -> None:
    """Copies in any order, placed under several rules, revised, and judged by people; see bench/rebuilds.py."""
    history = History(seed, steps=6)
    rules = history.happens_to(archive)
    for others in (rules, history.chance.choice(HISTORIES)):
        rebuilt(archive, others, history.now)
        settles(archive, others, history.now)
        history.a_person_decides(archive)


def test_a_second_rebuild_by_other_rules_changes_nothing_more(archive: Archive) -> None:
    fill(archive)
    rebuild(archive, STRICT)
    after = told(archive)
    assert rebuild(archive, STRICT).moved == 0
    assert told(archive) == after


def test_stories_that_turn_out_one_live_on_under_the_oldest_id(archive: Archive) -> None:
    fill(archive)
    first = {story.id: story.public_id for story in archive.stories(99)}
    rebuild(archive, STRICT)
    done = rebuild(archive)
    assert (done.merged, done.split, done.moved) == (24, 0, 24)
    assert {change.kind for change in done.samples} == {"merge"}
    assert {story.id: story.public_id for story in archive.stories(99)} == first
    assert archive.verify() == []
    assert rebuild(archive).moved == 0


def test_what_a_copy_is_moved_by_names_the_rules_and_the_evidence(archive: Archive) -> None:
    fill(archive, stories=2)
    each = {copy.id: copy.story_id for copy in archive.export()}
    rebuild(archive, STRICT)
    moved = [copy for copy in archive.export() if copy.story_id != each[copy.id]]
    assert len(moved) == 4
    for copy in moved:
        decision = archive.decisions(copy.story_id or 0)[-1]
        assert (decision.method, decision.copy_id, decision.by) == ("rebuild", copy.id, "rules")
        assert (decision.rules_version, decision.other_story_id) == (STRICT.version, each[copy.id])
        assert decision.score is not None and decision.features and decision.matched_copy_id
        matched = next(other for other in archive.export() if other.id == decision.matched_copy_id)
        assert {link.other_story_id for link in archive.links(copy.story_id or 0)} >= {matched.story_id}
        assert decision.runner_up_story_id in {other.story_id for other in archive.export()} - {copy.story_id}
        shown = archive.story(str(copy.story_id))
        assert shown is not None and (shown.lead_copy_id, shown.title) == (copy.id, copy.title)


def test_what_people_said_outranks_every_rebuild(archive: Archive) -> None:
    fill(archive)
    held = sorted(
        (story.id, [c.id for c in archive.copies([story.id])[story.id]]) for story in archive.stories(99)
    )
    (one, _), (two, _), (three, copies), *_ = held
    merged = archive.merge(one, two, "Ann", NOON)
    split = archive.split(three, copies[:1], "Ann", NOON)
    archive.apart(merged.id, three, "Ann", NOON)
    before = partition(archive)
    for rules in (RULES, STRICT, load_rules(overrides={"threshold": 0.05, "min_containment": 0.05})):
        rebuild(archive, rules)
        where = {copy.id: copy.story_id for copy in archive.export()}
        assert len({where[id] for id in [*held[0][1], *held[1][1]]}) == 1
        assert {where[copies[0]]}.isdisjoint(where[id] for id in copies[1:])
        assert where[held[0][1][0]] not in {where[id] for id in copies[1:]}
        assert archive.verify() == []
    rebuild(archive)
    assert partition(archive) == before
    assert split.merged_into is None


def test_only_published_ids_count_as_changed(archive: Archive) -> None:
    fill(archive, stories=4)
    planned = rebuild(archive, STRICT, really=False)
    assert (planned.split, planned.ids_new) == (8, 0)
    assert list(take_places(archive, LATER, timedelta(0))) == []
    planned = rebuild(archive, STRICT)
    assert (planned.split, planned.ids_new, planned.ids_gone) == (8, 8, 0)
    assert (done := rebuild(archive, RULES)).merged == 8
    assert done.ids_gone == 0


def test_later_copies_are_found_when_keys_are_made_otherwise(archive: Archive) -> None:
    fill(archive)
    rebuild(archive, WIDE)
    ingest(archive, [an_entry(n, text=a_text(n), title=f"Again {n}") for n in range(12)], "late", LATER)
    place(archive, WIDE)
    assert len(partition(archive)) == 12


def test_copies_that_wait_are_placed_first(archive: Archive) -> None:
    fill(archive, stories=1)
    ingest(archive, [an_entry(99)])
    with pytest.raises(InputError, match="wait to be placed"):
        rebuild(archive, really=False)


def test_copies_whose_text_was_let_go_stay_where_they_are(archive: Archive) -> None:
    fill(archive, stories=3)
    before = partition(archive)
    limits = {
        source.id: Limits(texts=LATER) for source in archive.sources() if source.spec.name != "outlet-0"
    }
    assert sum(let_go.texts for let_go in archive.retain(limits, really=True).values()) == 6
    for rules in (RULES, STRICT):
        assert rebuild(archive, rules).moved == 0
        assert partition(archive) == before
    assert archive.verify() == [] == stages.unfound(archive, RULES, LATER)


def test_a_copy_whose_text_was_let_go_leaves_as_a_story_of_its_own_what_a_person_kept_it_apart_from(
    archive: Archive,
) -> None:
    """The copy that it stood with goes to one that it is not to be with."""
    for outlet, cut, rules in ((0, 0, RULES), (1, 2, STRICT)):
        ingest(
            archive, [an_entry(text=a_text(7, cut), url=f"https://o{outlet}.example/7")], f"outlet-{outlet}"
        )
        place(archive, rules)
    one, other = (copy.story_id for copy in archive.export())
    archive.apart(one, other, "editor", NOON)
    ingest(archive, [an_entry(text=a_text(7), url="https://o2.example/7")], "outlet-2")
    place(archive)
    assert partition(archive) == {frozenset({1, 3}), frozenset({2})}
    archive.retain({archive.source("outlet-0").id: Limits(texts=LATER)}, really=True)
    planned = rebuild(archive, anew=True, really=False)
    done = rebuild(archive, anew=True)
    assert replace(planned, done=True, samples=()) == replace(done, samples=())
    assert (done.merged, done.split, done.moved) == (0, 0, 1)
    assert [copy.story_id for copy in archive.export()] == [one, other, other]
    assert archive.verify() == []
    assert rebuild(archive, anew=True).moved == 0


def test_a_rebuild_of_long_texts_takes_few_of_them_at_a_time_and_comes_to_the_same(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(archive, stories=4)
    before, batches = partition(archive), list[int]()
    monkeypatch.setattr(placing, "CHARACTERS", 1_500)  # two texts
    all_placed = Desk.all_placed

    def counted(self: Desk, after: int, limit: int) -> list[Waiting]:
        batches.append(len(batch := all_placed(self, after, limit)))
        return batch

    monkeypatch.setattr(Desk, "all_placed", counted)
    assert rebuild(archive, STRICT).split == 8
    assert (sum(batches), max(batches)) == (12, 3)
    assert rebuild(archive).merged == 8
    assert partition(archive) == before


def test_copies_whose_text_was_let_go_do_not_unsettle_the_others(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a person keeps them apart from others, say: which copies they are with is another matter every time."""
    history = History(31, steps=14)
    rules = history.happens_to(archive)
    history.lets_go(archive, 3)
    history.a_person_decides(archive)
    monkeypatch.setattr(stages.rebuilding, "BATCH", 7)
    rebuilt(archive, rules, history.now)
    settles(archive, rules, history.now)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (["DELETE FROM sketch_page"], "holds 0 numbers"),
        (["DELETE FROM sketch_page", "DELETE FROM sketch_run"], "a run is missing"),
        (
            [
                "DELETE FROM sketch_page WHERE id / 1048576 IN (SELECT id FROM sketch_run WHERE kind = 1)",
                "DELETE FROM sketch_run WHERE kind = 1",
            ],
            "a run is missing",
        ),
        (["DELETE FROM setting WHERE key = 'sketch runs'"], "one is there that was not written"),
        (["UPDATE sketch_run SET level = level + 1"], "is not as it was written"),
    ],
)
def test_sketches_that_are_lost_or_changed_are_found_and_made_again(
    archive: Archive, damage: list[str], said: str
) -> None:
    fill(archive, stories=3)
    assert stages.unfound(archive, RULES, LATER) == []
    before = told(archive)
    with archive._write() as conn:
        for each in damage:
            conn.exec_driver_sql(each)
    findings = archive.verify()
    assert {finding.check for finding in findings} == {"sketches"}
    assert any(said in finding.message for finding in findings)
    stages.renew_sketches(archive, RULES, LATER)
    assert archive.verify() == [] == stages.unfound(archive, RULES, LATER)
    assert _without_runs(told(archive)) == _without_runs(before)


def test_a_text_that_is_all_furniture_needs_no_sketch(archive: Archive) -> None:
    """Verify does not take it for a copy that is missing in the sketches."""
    for day in range(8):
        ingest(
            archive,
            [an_entry(day, title="", text=f"{a_text(day)}\n\nRead more stories of ours here.")],
            "one",
        )
        place(archive)
    ingest(archive, [an_entry(99, title="", text="Read more stories of ours here.")], "one")
    place(archive)
    with archive.rebuilds.begin(LATER, really=False) as looking:
        assert looking.without_keys() == [9]
    assert stages.unfound(archive, RULES, LATER) == []


def _without_runs(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines if not re.search(rb'"_":"sketch_(run|page)"|"sketch runs"|"_end"', line)]


def test_real_copies_settle_after_one_rebuild(archive: Archive, shared: Path) -> None:
    """Placed by tens as they came; placed again by five hundred, once, and no more after that."""
    by_source: dict[str, list[Entry]] = defaultdict(list)
    with (shared / "corpora/copies/dev.jsonl").open() as lines:
        for line in islice(lines, 150):
            item = json.loads(line)
            by_source[item["_source"]].append(feeds.sanitise(feeds.entry_from_json(item)))
    for name, entries in by_source.items():
        ingest(archive, entries, name)
    place(archive, limit=30)
    planned = rebuild(archive, really=False, anew=True)
    assert rebuild(archive, anew=True) == replace(planned, done=True)
    after = told(archive)
    again = rebuild(archive, anew=True)
    assert (again.merged, again.split, again.moved, again.reread) == (0, 0, 0, 0)
    assert told(archive) == after
    assert archive.verify() == []


def test_copies_that_stand_alone_wrongly_are_brought_together(archive: Archive) -> None:
    ingest(archive, [an_entry(1, title="A", text=a_text(1))], "one")
    ingest(archive, [an_entry(1, title="A", text=a_text(1))], "two")
    each_alone(archive)
    assert rebuild(archive).merged == 1
    assert len(partition(archive)) == 1
