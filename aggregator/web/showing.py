"""How things are put for a person: rows of the river, printings and lags, decisions as sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from ..model import Copy, Decision, Source, Story, StoryView
from ..text import paragraphs
from ..url import absolute
from .reading import Hit, Version

STANDFIRST = 240  # characters
OUTLETS = 4  # named in a row of the river
MANY = 4  # copies from which a headline is set larger


@dataclass(frozen=True, slots=True)
class Row:
    """A story in the river."""

    story: Story
    agency: str
    place: str
    standfirst: tuple[tuple[str, bool], ...]  # pieces of text, and whether a search asked for them
    outlets: tuple[str, ...]
    more: int  # outlets beyond those named
    copies: int
    first_seen: datetime

    @property
    def prominent(self) -> bool:
        """Many outlets printed it: the one judgement of weight that the data itself makes."""
        return self.copies >= MANY


@dataclass(frozen=True, slots=True)
class Printing:
    """A copy on the page of its story: who, when, and how long after the first."""

    copy: Copy
    url: str  # "" where it is not on the web
    at: datetime
    lag: str  # "first", "+ 4 min", "same time"
    shown: bool
    versions: tuple[Version, ...] = ()  # where there is more than one, the first one first

    @property
    def changes(self) -> list[tuple[Version, Version]]:
        """Each version with the one that came before it, the latest first."""
        return list(pairwise(self.versions))[::-1]


@dataclass(frozen=True, slots=True)
class Choice:
    """A version of a copy, as a list to choose from has it."""

    revision_id: int
    copy_id: int
    label: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A decision in words."""

    decision: Decision
    sentence: str
    measure: str  # "97 %, 60 % needed"; "" where nothing was measured
    passages: tuple[str, ...]  # that both texts hold
    details: tuple[tuple[str, str], ...]

    @property
    def by(self) -> str:
        """Who decided, for people: "" for the rules."""
        return "" if self.decision.by == "rules" else self.decision.by


def row(view: StoryView, hit: Hit | None = None) -> Row:
    """`hit`: what a search found in the story, shown in the place of its beginning."""
    ordered = sorted(view.copies, key=_at)
    outlets = tuple(dict.fromkeys(copy.outlet or copy.source for copy in ordered))
    named = outlets if len(outlets) <= OUTLETS + 1 else outlets[:OUTLETS]
    return Row(
        story=view.story,
        agency=view.lead.facts.agency,
        place=view.lead.facts.place,
        standfirst=_marked(hit) if hit else ((shorten(" ".join(paragraphs(view.text)), STANDFIRST), False),),
        outlets=named,
        more=len(outlets) - len(named),
        copies=len(ordered),
        first_seen=min(copy.first_seen for copy in ordered),
    )


def _marked(hit: Hit) -> tuple[tuple[str, bool], ...]:
    """The snippet in pieces; marks rise and do not overlap."""
    pieces, end = [], 0
    for start, stop in hit.marks:
        pieces += [(hit.snippet[end:start], False), (hit.snippet[start:stop], True)]
        end = stop
    return tuple(piece for piece in (*pieces, (hit.snippet[end:], False)) if piece[0])


def by_day(rows: Iterable[Row]) -> list[tuple[datetime, list[Row]]]:
    """The river under its days (UTC), in the order given."""
    days = groupby(
        rows, key=lambda each: each.story.updated.replace(hour=0, minute=0, second=0, microsecond=0)
    )
    return [(day, list(group)) for day, group in days]


def printings(view: StoryView, versions: Mapping[int, Sequence[Version]]) -> list[Printing]:
    """Every copy, the first printing first, with its versions where they are given."""
    ordered = sorted(view.copies, key=_at)
    return [
        Printing(
            copy=copy,
            url=absolute("", copy.url),
            at=_at(copy)[0],
            lag=_lag(_at(copy)[0] - _at(ordered[0])[0]) if number else "first",
            shown=copy.id == view.lead.id,
            versions=tuple(versions.get(copy.id, ())),
        )
        for number, copy in enumerate(ordered)
    ]


def choices(view: StoryView, versions: Mapping[int, Sequence[Version]]) -> list[Choice]:
    """Every version of every copy, the first printing first."""
    found: list[Choice] = []
    for copy in sorted(view.copies, key=_at):
        known = versions.get(copy.id, ())
        for number, version in enumerate(known, 1):
            at = f"{version.at.day} {version.at:%b %Y, %H:%M}"
            which = f", version {number} of {len(known)}" if len(known) > 1 else ""
            found.append(Choice(version.id, copy.id, f"{_called(copy, view.copies)}{which}, {at}"))
    return found


def two_to_compare(choices: Sequence[Choice]) -> tuple[Choice | None, Choice | None]:
    """What a person most likely wants: the first printing and the next copy; else two versions of the only one."""
    if not choices:
        return None, None
    first = choices[0]
    latest = {choice.copy_id: choice for choice in choices}
    others = [choice for copy_id, choice in latest.items() if copy_id != first.copy_id]
    if others:
        return latest[first.copy_id], others[0]
    return (choices[-2], choices[-1]) if len(choices) > 1 else (first, None)


def reasons(decisions: Iterable[Decision], copies: Sequence[Copy]) -> list[Reason]:
    """Each decision, oldest first as the archive gives them, with names in the place of numbers."""
    names = {copy.id: _called(copy, copies) for copy in copies}
    return [
        Reason(
            decision=decision,
            sentence=_sentence(decision, names),
            measure=_measure(decision),
            passages=tuple(map(str, decision.evidence.get("passages", ()))),
            details=tuple(_details(decision)),
        )
        for decision in decisions
    ]


def _called(copy: Copy, among: Sequence[Copy]) -> str:
    """The outlet's name; with the file, where copies of one folder would be called the same."""
    name = copy.outlet or copy.source
    alone = [other.outlet or other.source for other in among].count(name) == 1
    return name if alone or absolute("", copy.url) else f"{name} ({copy.guid.rpartition('/')[2]})"


def _lag(length: timedelta) -> str:
    return f"+ {duration(length)}" if length >= timedelta(seconds=1) else "same time"


_NAMES = {"only_here": "only in this copy", "only_there": "only in the other"}
_SENTENCES = {
    "found": "{copy} printed a text that no story had: the story began.",
    "guid": "{copy} names the same id as {match}.",
    "url": "{copy} stands at the same address as {match}.",
    "text": "{copy} prints the text of {match}.",
    "revision": "{copy} changed its text, was read again and belongs here.",
    "rebuild": "{copy} moved here when everything was placed again.",
    "again": "{copy} moved here when later copies showed where it belongs.",
    "person": "{copy} is here because a person said so.",
    "merge": "Another story turned out to be this one and joined it.",
    "split": "{copy} was taken out of the story it was in.",
    "apart": "This story is not to be joined with another that resembles it.",
}


def _sentence(decision: Decision, names: Mapping[int, str]) -> str:
    copy = names.get(decision.copy_id or 0, "A copy")
    match = names.get(decision.matched_copy_id or 0, "another copy")
    said = _SENTENCES.get(decision.method, "{copy} was placed here by “{method}”.")
    other = match if match != copy else f"another copy in {match}"
    return said.format(copy=copy, match=other, method=decision.method)


def _measure(decision: Decision) -> str:
    """How alike the texts are, and how alike they had to be."""
    if decision.score is None:
        return ""
    nearest = "nearest story: " if decision.method == "found" else ""
    needed = f", {decision.threshold:.0%} needed" if decision.threshold is not None else ""
    return f"{nearest}{decision.score:.0%}{needed}".replace("%", " %")


def _details(decision: Decision) -> Iterable[tuple[str, str]]:
    """What was measured, for who wants to know."""
    if decision.score is not None:
        yield "score", f"{decision.score:.3f}"
    if decision.threshold is not None:
        yield "threshold", f"{decision.threshold:.3f}"
    if decision.runner_up_score is not None:
        yield "runner-up", f"{decision.runner_up_score:.3f} (story {decision.runner_up_story_id})"
    for name, value in (*decision.features.items(), *decision.evidence.items()):
        if name != "passages":
            yield _NAMES.get(name, name.replace("_", " ")), _value(value)
    if decision.note:
        yield "note", decision.note
    if decision.rules_version:
        yield "rules", decision.rules_version


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_value(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_value(each) for each in value)
    return shorten(str(value), 300)


def health(source: Source) -> tuple[str, str]:
    """State of a source as a word that the style sheet knows, and as a sentence."""
    if not source.active:
        return "off", "No longer asked."
    if source.gone:
        return "gone", "The server says that it is gone for good."
    if source.failures:
        times = "once" if source.failures == 1 else f"{source.failures} times in a row"
        return "failing", f"Failed {times}. {source.error}".strip()
    if source.last_success_at is None:
        return "new", "Not asked yet." if source.spec.location else "Imported, never asked."
    return "well", "Well."


def shorten(text: str, length: int) -> str:
    """The text cut between words to at most `length` characters, with an ellipsis within a sentence."""
    if len(text) <= length:
        return text
    cut = text[:length].rsplit(" ", 1)[0].rstrip(" ,;:–—-")
    return cut if cut.endswith((".", "!", "?", "…")) else cut + "…"


def duration(length: timedelta) -> str:
    """ "41 s", "4 min", "2 h 5 min", "3 days": never more than two units."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if hours == 0:
        return f"{minutes} min"
    if days == 0:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} days" if days > 1 else "1 day"


def _at(copy: Copy) -> tuple[datetime, int]:
    """When it was printed: as it says, but never later than it was seen."""
    said = copy.published
    return (said if said and said < copy.first_seen else copy.first_seen), copy.id
