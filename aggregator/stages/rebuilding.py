"""Every copy placed again under other rules, and what that would change; and the sketches, made anew.

What would be done and what is done comes from one pass over the archived texts, in copy order, that begins with
nothing: so it depends on the texts, the rules and what people said, and not on where the copies stand now.

What these very rules decided stands: the pass would move the few copies that are where they are because of the order
in which they came, and every rebuild would then move what came since the last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from ..archive import Archive, Finding, Glance, Rebuilding
from ..canon import Assigned, Canonicaliser, Rules, assign, homes
from ..errors import InputError
from ..model import Decision
from .verbs import BATCH

SHOWN = 4  # copies of a sample
Done = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Change:
    """Copies that go from one story to another."""

    kind: str  # "merge": all that is left of the story; "split": into a new one; "move": into another
    story: str  # ULID
    title: str
    into: str  # ULID; "" for a new story
    into_title: str
    count: int  # copies that go
    copies: tuple[Glance, ...]  # the first of those
    stay: tuple[Glance, ...]  # the first of those that they join (merge, move) or leave (split)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild changes, or changed."""

    rules: str
    copies: int  # placed again
    merged: int  # stories that go into another
    split: int  # new stories, of copies of others
    moved: int  # copies whose story has another id
    ids_gone: int  # published ids that become those of other stories
    ids_new: int  # ids that subscribers will see as new, of copies they had under others
    reread: int  # copies of which other parts are furniture, or other facts known
    order: int = 0  # copies that these rules would place elsewhere, had all come at once; they stay
    order_reread: int = 0  # texts that would be read otherwise then, or by this program; they are not
    samples: tuple[Change, ...] = ()
    done: bool = False


def rebuild(
    archive: Archive,
    rules: Rules,
    now: datetime,
    *,
    really: bool,
    anew: bool = False,
    samples: int = 10,
    done: Done = lambda copies: None,
) -> Rebuilt:
    """Place every copy once more; unless `really`, only say what would change. `anew`: even where these very rules
    placed all that there is.

    Raises InputError while copies wait to be placed, and ArchiveBusy while another process is placing.
    """
    with archive.rebuilds.begin(now, really=really) as pass_:
        if waiting := pass_.waiting:
            raise InputError(
                f"{waiting} copies wait to be placed: run `aggregator canonicalise` first", code="waiting"
            )
        _place(pass_, rules, now, done)
        _bring_unread(pass_)
        former = pass_.former
        numbers = count(max(former.values(), default=0) + 1)
        fresh = pass_.desk.new_story if really else lambda: next(numbers)
        assigned = assign(pass_.scratch.story_of, former, [], fresh)
        if not anew and pass_.decided_by(rules.version):
            order = sum(assigned.story_of[id] != story for id, story in former.items())
            reread = len(pass_.read_otherwise())
            return Rebuilt(rules.version, len(former), 0, 0, 0, 0, 0, 0, order, reread, done=really)
        found = _told(pass_, assigned, rules, samples, really)
        if really:
            moved = {id: assigned.story_of[id] for id in assigned.moved}
            merges = [
                Decision(
                    "merge", into, other_story_id=story, rules_version=rules.version, note="rebuild", at=now
                )
                for into, gone in sorted(assigned.absorbed.items())
                for story in gone
            ]
            pass_.carry_out(moved, assigned.founders, merges, rules.version)
        return found


def _place(pass_: Rebuilding, rules: Rules, now: datetime, done: Done) -> None:
    canonicaliser, placed = Canonicaliser(rules), 0
    for batch in pass_.batches(BATCH):
        pass_.scratch.record(batch, canonicaliser.place(batch, pass_.scratch, now))
        placed += len(batch)
        done(placed)
    while doubtful := pass_.scratch.doubtful(BATCH):
        pass_.scratch.record([], canonicaliser.look_again(doubtful, pass_.scratch, now))


def _bring_unread(pass_: Rebuilding) -> None:
    """Copies whose text was let go were compared with nothing: they go where those go that they were with.

    So where the others go does not depend on where these are, and the next rebuild finds all as this one left it.
    """
    scratch, former = pass_.scratch, pass_.former
    aims = homes(scratch.story_of, {id: story for id, story in former.items() if id not in scratch.kept})
    for party, strangers in pass_.unread():
        story = former[party[0]]
        aim = aims.setdefault(story, scratch.new_story())
        if not strangers.isdisjoint(scratch.members([aim])[aim]):
            aim = scratch.new_story()
        for id in party:
            scratch.move(id, aim)


# ---------------------------------------------------------------- what changes


def _told(pass_: Rebuilding, assigned: Assigned, rules: Rules, samples: int, really: bool) -> Rebuilt:
    former, known = pass_.former, pass_.published()
    ways: dict[tuple[int, int], list[int]] = defaultdict(list)
    for id, story in sorted(former.items()):
        if assigned.story_of[id] != story:
            ways[story, assigned.story_of[id]].append(id)
    gone = [story for stories in assigned.absorbed.values() for story in stories]
    return Rebuilt(
        rules=rules.version,
        copies=len(former),
        merged=len(gone),
        split=len(assigned.founders),
        moved=sum(map(len, ways.values())),
        ids_gone=len(known.intersection(gone)),
        ids_new=len({into for story, into in ways if into in assigned.founders and story in known}),
        reread=len(pass_.read_otherwise()),
        samples=_samples(pass_, assigned, ways, samples),
        done=really,
    )


def _samples(
    pass_: Rebuilding, assigned: Assigned, ways: Mapping[tuple[int, int], list[int]], most: int
) -> tuple[Change, ...]:
    """Those that concern most copies, of each kind the same share."""
    kinds: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for story, into in sorted(ways, key=lambda way: (-len(ways[way]), way)):
        split = into in assigned.founders
        kind = "split" if split else "merge" if story in assigned.absorbed.get(into, ()) else "move"
        kinds[kind].append((story, into))
    ranked = sorted((rank, kind, way) for kind, own in kinds.items() for rank, way in enumerate(own))
    chosen = [(kind, way) for _, kind, way in ranked[:most]]
    stories = pass_.titles({number for _, way in chosen for number in way})
    stay: dict[tuple[int, int], list[int]] = {}
    staying = _staying(pass_.former, assigned, {number for _, way in chosen for number in way})
    for kind, (story, into) in chosen:
        stay[story, into] = staying[story if kind == "split" else into][:SHOWN]
    shown = pass_.glances({id for _, way in chosen for id in [*ways[way][:SHOWN], *stay[way]]})
    return tuple(
        Change(
            kind,
            *stories[way[0]],
            *(stories[way[1]] if kind != "split" else ("", "")),
            count=len(ways[way]),
            copies=tuple(shown[id] for id in ways[way][:SHOWN]),
            stay=tuple(shown[id] for id in stay[way]),
        )
        for kind, way in chosen
    )


def _staying(former: Mapping[int, int], assigned: Assigned, stories: set[int]) -> dict[int, list[int]]:
    """The copies of these stories that were in them and still are."""
    found: dict[int, list[int]] = defaultdict(list)
    for id, story in sorted(former.items()):
        if story in stories and assigned.story_of[id] == story:
            found[story].append(id)
    return found


# ---------------------------------------------------------------- sketches


def unfound(archive: Archive, rules: Rules, now: datetime) -> list[Finding]:
    """Placed copies that no later copy would find: none of their keys is held, though others have room."""
    found, canonicaliser = [], Canonicaliser(rules)
    with archive.rebuilds.begin(now, really=False) as pass_:
        bare = pass_.without_keys()
        for first in range(0, len(bare), BATCH):
            held = pass_.desk.placed(bare[first : first + BATCH])
            keys = canonicaliser.keys(list(held.values()), pass_.desk, now)
            counts = pass_.holding({key for own in keys.values() for key in own})
            found += [
                id for id, own in keys.items() if any(counts.get(key, 0) < rules.key_cap for key in own)
            ]
    return [Finding("sketches", f"copy {id} is in no sketch, so that no other copy finds it") for id in found]


def renew_sketches(archive: Archive, rules: Rules, now: datetime, done: Done = lambda copies: None) -> None:
    """Make the index of sketches anew from the texts; no copy moves."""
    with archive.rebuilds.begin(now, really=True) as pass_:
        _place(pass_, rules, now, done)
        pass_.renew_sketches()
