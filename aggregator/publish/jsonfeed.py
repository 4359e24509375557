"""The stories as a JSON Feed 1.1 (jsonfeed.org), with every copy under the extension key `_aggregator`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..model import Enclosure, FeedMeta, Person, Story, StoryView
from .item import Item
from .publisher import Document, address, items, newest
from .words import language, person, plain

VERSION = "https://jsonfeed.org/version/1.1"


class JsonFeedPublisher:
    """One item a story, for programs and for readers that speak JSON."""

    name = "jsonfeed"
    filename = "feed.json"
    media_type = "application/feed+json"
    archives = False

    def render(
        self, meta: FeedMeta, stories: Sequence[StoryView], merged: Sequence[tuple[Story, Story]] = ()
    ) -> Document:
        """The stories in the order given; `merged` as pairs of ids in the feed's own `_aggregator`."""
        problems: list[str] = []
        shown = list(items(meta, stories, problems))
        author = person(meta.author) or person(meta.title)
        feed = _said(
            version=VERSION,
            title=plain(meta.title),
            home_page_url=meta.base_url,
            feed_url=address(meta, self),
            description=plain(meta.subtitle),
            language=language(meta.language),
            authors=[{"name": author}],
            hubs=[{"type": "WebSub", "url": hub} for hub in meta.hubs],
            _aggregator=_said(merged={gone.public_id: survivor.public_id for gone, survivor in merged}),
        )
        feed["items"] = [_item(each) for each in shown]
        body = json.dumps(feed, ensure_ascii=False, indent=1) + "\n"
        return Document(body.encode(), newest(shown), tuple(problems))


def _item(item: Item) -> dict[str, Any]:
    copies = [_said(outlet=other.name, url=other.url, title=other.title) for other in item.others]
    return _said(
        id=item.id,
        url=item.url,
        title=item.title,
        content_html=item.html,
        date_published=item.published.isoformat() if item.published else None,
        date_modified=item.updated.isoformat(),
        authors=[_author(one) for one in item.authors],
        tags=list(item.categories),
        language=item.language,
        attachments=[_attachment(each) for each in item.enclosures if each.type],  # mime_type is required
        _aggregator=_said(
            page=item.page, outlet=item.origin.title, via=item.origin.via, copies=copies, more=item.more
        ),
    )


def _author(person: Person) -> dict[str, Any]:
    return _said(name=person.name, url=person.url or (f"mailto:{person.email}" if person.email else ""))


def _attachment(each: Enclosure) -> dict[str, Any]:
    return _said(url=each.url, mime_type=each.type, title=each.title, size_in_bytes=each.length)


def _said(**members: Any) -> dict[str, Any]:
    """The members that say something."""
    return {name: value for name, value in members.items() if value}
