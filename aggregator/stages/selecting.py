"""Feeds of a part of the stories: the newest that answer a query, under the same ids as everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from ..archive import Archive
from ..model import FeedMeta, Story, StoryView
from ..publish import Document, Publisher, files
from ..query import Feed
from .publishing import LARGEST, Published
from .remembering import Memory, digest
from .viewing import views

FOLDER = "feeds"


def select(
    archive: Archive,
    meta: FeedMeta,
    feed: Feed,
    publishers: Iterable[Publisher],
    now: datetime,
    settle: timedelta = timedelta(0),
) -> dict[str, Document]:
    """The feed by the suffix of each format; a new story waits as it does for the feed of all."""
    return _render(archive, meta, feed, publishers, _matching(archive, feed, now, settle))


def _matching(archive: Archive, feed: Feed, now: datetime, settle: timedelta) -> list[Story]:
    until = settled(archive, now, settle)
    found = archive.stories(feed.limit, matching=feed.query) if feed.query else []
    return [story for story in found if story.created_at <= until]


def _render(
    archive: Archive, meta: FeedMeta, feed: Feed, publishers: Iterable[Publisher], stories: Sequence[Story]
) -> dict[str, Document]:
    shown = list(views(archive, stories))
    said = replace(
        meta,
        id=f"{meta.id}/{feed.key or feed.name}",
        title=f"{feed.title} · {meta.title}" if feed.title else meta.title,
        name=f"{FOLDER}/{feed.name}",
        query=feed.asked,
    )
    return {PurePosixPath(each.filename).suffix: _fitting(each, said, shown) for each in publishers}


def _fitting(publisher: Publisher, meta: FeedMeta, shown: Sequence[StoryView]) -> Document:
    """The newest of the stories that a document may hold."""
    while True:
        document = publisher.render(meta, shown)
        if len(document.body) < LARGEST or len(shown) <= 1:
            return document
        shown = shown[: max(1, min(len(shown) - 1, len(shown) * LARGEST // len(document.body)))]


def settled(archive: Archive, now: datetime, settle: timedelta) -> datetime:
    """When a story must have begun to be shown by now: in its first `settle` an archive shows everything at once."""
    with archive.feed.reading() as held:
        since = held.since()
    return max(now - settle, since + settle) if since and settle else now


def publish_selected(
    archive: Archive,
    meta: FeedMeta,
    feeds: Iterable[Feed],
    publishers: Mapping[str, Publisher],
    folder: Path,
    now: datetime,
    settle: timedelta = timedelta(0),
    state: str = "",
    memory: Memory | None = None,
) -> Published:
    """Write the feeds that anybody may read; one that needs a token now leaves no file behind.

    `state`: that of the feed of all stories. With a `memory`, a feed that is to hold the same stories under the same
    state is not rendered again.
    """
    written: list[Path] = []
    problems: list[str] = []
    for feed in feeds:
        names = {suffix: f"{FOLDER}/{feed.name}{suffix}" for suffix in _suffixes(publishers)}
        if feed.digest:
            files.remove(folder, names.values())
            continue
        stories = _matching(archive, feed, now, settle)
        made_of = digest(state, feed, stories)
        if memory and memory.unchanged(f"{FOLDER}/{feed.name}", made_of):
            continue
        for suffix, document in _render(archive, meta, feed, publishers.values(), stories).items():
            problems += document.problems
            if files.write(folder, names[suffix], document.body, modified=document.updated):
                written.append(folder / names[suffix])
        if memory:
            memory.note(f"{FOLDER}/{feed.name}", made_of, [folder / name for name in names.values()])
    return Published(tuple(written), 0, tuple(problems))


def _suffixes(publishers: Mapping[str, Publisher]) -> list[str]:
    return [PurePosixPath(each.filename).suffix for each in publishers.values()]
