"""Where a story that changed stands in the feed from now on: a pure decider, which the archive carries out.

The feed is one row of entries, the newest last. Its end is the subscription document; what is older stands in
archive documents that never change (RFC 5005 section 4). So a story that changes after its document was closed
comes again at the end, under its id, and whoever walks back through the archive meets its latest version first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from ..model import FeedMeta, Story, StoryView
from ..publication import Publication
from .item import item

_ANYWHERE = FeedMeta("tag:localhost,2026:feed", "", "https://localhost/")


def version(view: StoryView) -> str:
    """16 hex digits over all that the story's entry says, wherever the feed lives. Raises as `item` does."""
    return hashlib.blake2b(repr(item(_ANYWHERE, view)).encode("utf-8", "replace"), digest_size=8).hexdigest()


def joined(
    story: Story, before: Publication | None, numbers: Iterator[int], now: datetime
) -> Publication | None:
    """The place of a story that lives on in another; None where nothing changes.

    It is withdrawn (RFC 6721) if any reader can have seen it; what was never shown leaves no trace.
    """
    if before is None or before.gone:
        return None
    if before.number is None:
        return replace(before, gone=True, problem="")
    return Publication(story.id, next(numbers), now, max(now, story.updated), gone=True)


def shown(
    story: Story, before: Publication | None, version: str, numbers: Iterator[int], now: datetime
) -> Publication | None:
    """The place of a story that can be shown; None where its entry says what it said.

    A reader that knows it is told of a significant change, and of any change to an entry that stands in a
    closed document, at the end of the row. Small changes to an entry that is still open happen where it is.
    """
    here = Publication(story.id, None, now, story.updated, version)
    if before is None or before.number is None or before.gone:
        return replace(here, number=next(numbers))
    if before.version == version and not before.problem:
        return None
    if before.document is None and story.updated <= before.updated:
        return replace(here, number=before.number, at=before.at)
    return replace(here, number=next(numbers))


def failed(story: Story, before: Publication | None, problem: str, now: datetime) -> Publication:
    """A story that cannot be shown: out of the open entries; what a closed document says of it stays."""
    if before is not None and before.document is not None:
        return replace(before, problem=problem)
    return Publication(story.id, None, now, story.updated, problem=problem)
