"""Notices as an Atom feed, for who runs the program: what is the matter, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from feedgen.feed import FeedGenerator

from ..model import FeedMeta
from ..notice import Notice
from ..text import one_line
from .publisher import Document
from .words import person, plain, spelt, tick

FILENAME = "operations.atom"
NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # `updated` where there was no notice yet


def render(meta: FeedMeta, notices: Sequence[Notice]) -> Document:
    """The notices in the order given, each under an id of its own for good; the same notices give the same bytes."""
    updated = max((_updated(meta, each) for each in notices), default=NEVER)
    feed = FeedGenerator()
    feed.id(f"{one_line(meta.id)}/operations")
    feed.title(f"{plain(meta.title)}: operations")
    feed.updated(updated)
    feed.author({"name": person(meta.author) or person(meta.title)})
    feed.link(
        [
            {"href": f"{meta.base_url}{FILENAME}", "rel": "self", "type": "application/atom+xml"},
            {"href": f"{meta.base_url}sources", "rel": "alternate", "type": "text/html"},
        ]
    )
    feed.generator("aggregator")
    for each in notices:
        entry = feed.add_entry(order="append")
        entry.id(_identity(meta, each))
        entry.title(plain(f"{each.about}: {each.what}"))
        entry.published(each.at)
        entry.updated(_updated(meta, each))
        entry.category(term=each.state)
        entry.link(href=f"{meta.base_url}sources", rel="alternate")
        over = f" It is over since {each.over:%Y-%m-%d %H:%M} UTC." if each.over else ""
        entry.content(plain(f"{each.do}{over}"))
    return Document(spelt(feed.atom_str(pretty=True)), updated)


def _identity(meta: FeedMeta, notice: Notice) -> str:
    about, state = (quote(one_line(each).replace(" ", "-"), safe="") for each in (notice.about, notice.state))
    return f"{one_line(meta.id)}/operations/{about}/{state}/{_stamp(notice.at)}"


def _updated(meta: FeedMeta, notice: Notice) -> datetime:
    """Several are noticed at one time, and each has an `updated` of its own."""
    return (notice.over or notice.at or NEVER).replace(microsecond=0) + tick(_identity(meta, notice))


def _stamp(at: datetime | None) -> str:
    return f"{at or NEVER:%Y%m%dT%H%M%S}"
