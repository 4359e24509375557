"""What changed in a story's copies from version to version, and what publishers corrected, as a feed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from . import output

if TYPE_CHECKING:
    from ..archive import Archive, Correction, Revision
    from ..model import Copy, FeedMeta, Story


def show(archive: Archive, story: Story, *, json: bool) -> None:
    """Every change of every copy, the oldest first."""
    copies = archive.copies([story.id]).get(story.id, [])
    changes = [change for copy in copies for change in _changes(copy, archive.revisions(copy.id))]
    if json:
        output.as_json(changes)
        return
    output.line(f"{story.public_id}\n{story.title}\n")
    for change in changes:
        output.line(f"copy {change['copy']}, {change['outlet']}, {output.when(change['at'])} UTC")
        for sign, parts in (("-", change["removed"]), ("+", change["added"])):
            for part in parts:
                output.line(f"{sign} {part}")
        output.line()
    if not changes:
        output.line("nothing changed since it was first printed")


def _changes(copy: Copy, revisions: Sequence[Revision]) -> Iterator[dict[str, Any]]:
    for before, after in pairwise(revisions):
        old, new = _parts(before), _parts(after)
        removed, added = [], []
        for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag != "equal":
                removed += old[a:b]
                added += new[c:d]
        yield {
            "copy": copy.id,
            "outlet": copy.outlet,
            "at": after.at,
            "removed": removed,
            "added": added,
        }


def _parts(revision: Revision) -> list[str]:
    """The title and the paragraphs."""
    entry = revision.entry
    return [entry.title, *(part for part in entry.text.split("\n\n") if part.strip())]


_SAID = {
    "headline": "{source} changed the headline “{before}” to “{after}”.",
    "cut": "{source} cut “{title}” from {before} to {after}.",
    "withdrawn": "{source} no longer names “{title}”.",
}


def feed(meta: FeedMeta, found: Sequence[Correction]) -> bytes:
    """A JSON Feed 1.1 document; the same corrections give the same bytes."""
    items = []
    for each in found:
        said = _SAID[each.kind].format_map(output.plain(each))
        items.append(
            {
                "id": f"{meta.id}/corrections/{each.kind}/{each.copy_id}/{output.plain(each.at)}",
                "url": (each.url if not each.story else f"{meta.base_url}stories/{each.story}")
                or meta.base_url,
                "title": said,
                "content_text": said,
                "date_published": output.plain(each.at),
            }
        )
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{meta.title}: corrections",
        "home_page_url": meta.base_url,
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
