"""Stories as they are shown: the leading copy first, its text and HTML without furniture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from .. import feeds
from ..model import Copy, Story, StoryView


class Copies(Protocol):
    """Whatever knows the copies of stories: the archive, its ledger."""

    def copies(self, story_ids: Sequence[int]) -> Mapping[int, Sequence[Copy]]: ...


def views(archive: Copies, stories: Sequence[Story]) -> Iterator[StoryView]:
    """Each story with its copies, ready to be shown; a story without a copy left is passed over."""
    copies = archive.copies([story.id for story in stories])
    for story in stories:
        if held := copies.get(story.id):
            yield view(story, held)


def view(story: Story, copies: Sequence[Copy]) -> StoryView:
    """A story as it is shown: the leading copy first, its text and HTML without furniture."""
    lead = _lead(story, copies)
    if lead.id != story.lead_copy_id:
        story = replace(story, lead_copy_id=lead.id, title=lead.title or story.title)
    others = tuple(copy for copy in copies if copy.id != lead.id)
    text, dropped, prefix = _without_furniture(lead)
    html = feeds.html.without(lead.html, dropped, prefix) if lead.html else feeds.html.from_text(text)
    return StoryView(story=story, lead=lead, others=others, html=html, text=text)


def _lead(story: Story, copies: Sequence[Copy]) -> Copy:
    """The copy that the canonicaliser chose, unless a source is preferred now that was not then."""
    chosen = next((copy for copy in copies if copy.id == story.lead_copy_id), copies[0])
    best = max(copies, key=lambda copy: copy.prefer)
    return best if best.prefer > chosen.prefer else chosen


def _without_furniture(copy: Copy) -> tuple[str, list[str], str]:
    """The text less its furniture; the cut pieces; and the dateline, which is cut from within a paragraph."""
    kept: list[str] = []
    dropped: list[str] = []
    prefix = ""
    end = 0
    for start, stop, reason in sorted(copy.facts.furniture):
        kept.append(copy.text[end:start])
        piece = copy.text[start:stop].strip()
        if reason == "dateline":
            prefix = piece
        else:
            dropped.append(piece)
        end = max(end, stop)
    kept.append(copy.text[end:])
    return "".join(kept).strip(), dropped, prefix
