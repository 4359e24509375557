"""From groups of copies to stories: every story keeps its id, and goes where most of its copies went."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Assigned:
    """Where each copy is now."""

    story_of: dict[int, int]
    founders: dict[int, int] = field(default_factory=dict)  # new story -> the copy that begins it
    absorbed: dict[int, list[int]] = field(default_factory=dict)  # survivor -> stories that went into it
    moved: list[int] = field(default_factory=list)  # copies that left their story for another


def assign(
    groups: Mapping[int, int], former: Mapping[int, int], order: Sequence[int], new_story: Callable[[], int]
) -> Assigned:
    """`groups`: copy -> name of its group; `former`: copy -> story, for those that had one; `order` of arrival.

    A group with several stories takes the oldest id; one with none begins a story at its first copy.
    """
    aims = homes(groups, former)
    owned: dict[int, list[int]] = defaultdict(list)
    for story, name in sorted(aims.items()):
        owned[name].append(story)
    found = Assigned({})
    named = {name: stories[0] for name, stories in owned.items()}
    for copy in [*order, *sorted(former)]:
        if groups[copy] not in named:
            named[groups[copy]] = story = new_story()
            found.founders[story] = copy
    found.story_of = {copy: named[name] for copy, name in groups.items()}
    found.absorbed = {stories[0]: stories[1:] for stories in owned.values() if len(stories) > 1}
    found.moved = [copy for copy in sorted(former) if aims[former[copy]] != groups[copy]]
    return found


def homes(groups: Mapping[int, int], former: Mapping[int, int]) -> dict[int, int]:
    """story -> the group that has most of its copies; of several the one with its first copy."""
    parts: dict[int, Counter[int]] = defaultdict(Counter)
    for copy in sorted(former):
        parts[former[copy]][groups[copy]] += 1
    return {story: max(counted, key=lambda name: counted[name]) for story, counted in parts.items()}
