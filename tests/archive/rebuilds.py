"""What must hold of every rebuild, whatever the archive: held against the rows before and after."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aggregator import stages
from aggregator.archive import Archive
from aggregator.canon import Rules
from aggregator.stages import Rebuilt
from aggregator.stages.publishing import take_places

Row = dict[str, Any]
ALL = 1_000_000  # samples


class Rows:
    """The rows of an archive at one moment."""

    def __init__(self, archive: Archive) -> None:
        self.lines = list(archive.whole())
        self._tables = defaultdict[str, list[Row]](list)
        for row in map(json.loads, self.lines):
            self._tables[row.get("_", "")].append(row)
        self.story_of: dict[int, int] = {c["id"]: c["story_id"] for c in self.of("copy") if c["story_id"]}
        self.into: dict[int, int | None] = {s["id"]: s["merged_into"] for s in self.of("story")}
        self.ulids: dict[int, str] = {s["id"]: s["ulid"] for s in self.of("story")}
        self.published = {
            p["story_id"] for p in self.of("publication") if p["number"] is not None and not p["gone"]
        }

    def of(self, table: str) -> list[Row]:
        return self._tables[table]


def rebuilt(archive: Archive, rules: Rules, now: datetime, *, anew: bool = False) -> Rebuilt:
    """A dry run, and then the real one: all that the first says is what the second does."""
    before = Rows(archive)
    planned = stages.rebuild(archive, rules, now, really=False, anew=anew, samples=ALL)
    assert Rows(archive).lines == before.lines, "a dry run writes"
    done = stages.rebuild(archive, rules, now, really=True, anew=anew, samples=ALL)
    assert done == replace(planned, done=True), "the real run does something else"
    after = Rows(archive)
    assert_done(done, before, after)
    assert archive.verify() == []
    assert stages.unfound(archive, rules, now) == []
    assert_rulings(after)
    assert_ids(archive, before, now)
    return done


def assert_done(said: Rebuilt, before: Rows, after: Rows) -> None:
    """What was said of the rows is what became of them."""
    moved = {
        id: (story, after.story_of[id])
        for id, story in before.story_of.items()
        if after.story_of[id] != story
    }
    gone = {story for story, into in after.into.items() if into and not before.into[story]}
    fresh = after.into.keys() - before.into.keys()
    assert before.story_of.keys() == after.story_of.keys()
    assert said.copies == len(before.story_of)
    assert (said.moved, said.merged, said.split) == (len(moved), len(gone), len(fresh))
    assert said.ids_gone == len(gone & before.published)
    assert said.ids_new == len(
        {into for was, into in moved.values() if into in fresh and was in before.published}
    )
    ways = Counter(
        (
            "split" if into in fresh else "merge" if after.into[was] == into else "move",
            before.ulids[was],
            "" if into in fresh else before.ulids[into],
        )
        for was, into in moved.values()
    )
    told = Counter[tuple[str, str, str]]()
    for each in said.samples:
        told[each.kind, each.story, each.into] += each.count
    assert told == ways
    for each in said.samples:
        for copy in each.copies:
            was, into = moved[copy.copy_id]
            assert before.ulids[was] == each.story
            assert (before.ulids.get(into, "")) == each.into
        for copy in each.stay:
            assert before.ulids[before.story_of[copy.copy_id]] == (each.into or each.story)
            assert copy.copy_id not in moved, "it is said to stay"
    assert all(after.into[story] is None or after.into[story] < story for story in gone)
    decisions = [d for d in after.of("decision") if d["id"] not in {d["id"] for d in before.of("decision")}]
    assert moved.keys() <= {d["copy_id"] for d in decisions}


def assert_rulings(rows: Rows) -> None:
    for ruling in rows.of("ruling"):
        one, other = rows.story_of[ruling["copy_id"]], rows.story_of[ruling["other_copy_id"]]
        assert (one == other) == bool(ruling["together"]), f"a person said otherwise: {ruling}"


def assert_ids(archive: Archive, before: Rows, now: datetime) -> None:
    """No id that subscribers know is lost, and none is there twice."""
    assert not list(take_places(archive, now, timedelta(0)))
    after = Rows(archive)
    places = [p for p in after.of("publication") if p["number"] is not None]
    assert len({p["number"] for p in places}) == len(places)
    shown = {p["story_id"] for p in places if not p["gone"]}
    assert shown == set(after.story_of.values()), "the feed is not what the stories are"
    for story in before.published:
        found = archive.story(before.ulids[story])
        assert found is not None and found.merged_into is None
        assert found.id == (after.into[story] or story)
        assert found.id in shown
    assert len(set(after.ulids.values())) == len(after.ulids)


def settles(archive: Archive, rules: Rules, now: datetime) -> None:
    """Once more by the same rules: nothing; all anew: once, and not again."""
    before = Rows(archive).lines
    again = stages.rebuild(archive, rules, now, really=True)
    assert (again.merged, again.split, again.moved, again.reread) == (0, 0, 0, 0)
    assert Rows(archive).lines == before, "the same rules change something"
    rebuilt(archive, rules, now, anew=True)
    before = Rows(archive).lines
    again = stages.rebuild(archive, rules, now, really=True, anew=True)
    assert (again.merged, again.split, again.moved, again.reread) == (0, 0, 0, 0), (
        f"anew does not settle: {again}"
    )
    assert Rows(archive).lines == before, "anew, what is settled changes"
