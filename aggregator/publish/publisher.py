"""What a publisher is, what it hands back, and where the installed ones are found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import EntryPoint, entry_points
from pathlib import PurePosixPath
from typing import Protocol

from ..errors import ConfigurationError
from ..model import FeedMeta, Story, StoryView
from .item import Item, item
from .words import EARLIEST

GROUP = "aggregator.publishers"


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered document: its bytes, the newest `updated` of its entries, and the stories left out of it."""

    body: bytes
    updated: datetime
    problems: tuple[str, ...] = ()  # one sentence for each story that could not be rendered


class Publisher(Protocol):
    """One kind of document. `render` is pure and never raises for a story: a bad one is left out and named.

    `merged` are stories that joined an older one, as (story that is gone, story that survives): a kind of
    document that can say so (RFC 6721 in Atom) withdraws the entries of the first under their ids.
    """

    name: str  # as in the entry point: "atom"
    filename: str  # of the subscription document in the public folder: "feed.atom"
    media_type: str
    archives: bool  # whether what no longer fits is kept in archive documents of this kind

    def render(
        self, meta: FeedMeta, stories: Sequence[StoryView], merged: Sequence[tuple[Story, Story]] = ()
    ) -> Document: ...


def load_publishers() -> dict[str, Publisher]:
    """Every installed publisher by name, names in order. Raises ConfigurationError for one that is broken."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return {entry.name: _load(entry) for entry in found}


def _load(entry: EntryPoint) -> Publisher:
    try:
        publisher: Publisher = entry.load()()
    except Exception as error:  # a stranger's module may fail in any way
        raise ConfigurationError(
            f"The publisher “{entry.name}” ({entry.value}) cannot be loaded: {error}. "
            "Mend or uninstall the package that it is from."
        ) from error
    return publisher


def address(meta: FeedMeta, publisher: Publisher) -> str:
    """Where a document of this kind is: the base URL, its name, the suffix of the kind, and what it was asked with."""
    query = f"?{meta.query}" if meta.query else ""
    return f"{meta.base_url}{meta.name}{PurePosixPath(publisher.filename).suffix}{query}"


def items(meta: FeedMeta, stories: Sequence[StoryView], problems: list[str]) -> Iterator[Item]:
    """The items of all stories that can be shown; a sentence in `problems` for each of the others."""
    times: set[datetime] = set()
    for view in stories:
        try:
            shown = item(meta, view)
        except Exception as error:  # whatever is wrong with one story must not stop the feed
            problems.append(problem(view.story.public_id, error))
            continue
        while shown.updated in times:  # one in a million of those of one second
            shown = replace(shown, updated=shown.updated + timedelta(microseconds=1))
        times.add(shown.updated)
        yield shown


def problem(story_id: str, error: Exception) -> str:
    """One sentence that names the story and what is wrong with it."""
    return f"Story {story_id} is left out of the feed: {type(error).__name__}: {error}"


def newest(shown: Sequence[Item]) -> datetime:
    """The newest `updated`, which is the feed's own (RFC 4287 section 4.2.15); never the clock's."""
    return max((each.updated for each in shown), default=EARLIEST)
