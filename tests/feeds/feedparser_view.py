"""A ParsedFeed seen through feedparser's words, so that its fixtures' `Expect:` expressions can be put to it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from aggregator.feeds.sanitising import safe_html
from aggregator.feeds.text_of_html import text_of
from aggregator.model import Entry, ParsedFeed, Person

_BROKEN = {
    "not-well-formed",
    "truncated",
    "wrong-charset",
    "not-a-feed",
    "junk-before",
    "empty",
    "html",
    "unreadable",
}


class View(dict[str, Any]):
    """A dict whose keys are attributes as well, as feedparser's are."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def has_key(self, name: str) -> bool:
        return name in self


class Plain(str):
    """Plain text: equal to markup that reads the same."""

    def __eq__(self, other: object) -> bool:
        said = str(self)
        return other in (said, None if said else "") or (
            isinstance(other, str) and _read(other) == _read_plain(said)
        )

    __hash__ = str.__hash__


def _read(markup: str) -> str:
    return " ".join(text_of(markup).split())


def _read_plain(text: str) -> str:
    return " ".join(text.split())


class Html(str):
    """Sanitised HTML: equal to what the allow-list leaves of the expected HTML."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return False
        return _normal(self) == _normal(safe_html(other, self.base)) or _read(self) == _read_plain(other)

    __hash__ = str.__hash__
    base = "http://example.com/"


def _normal(html: str) -> str:
    """Without the wrapping div, which belongs to the feed's format, and the `<p>` that plain text gets."""
    folded = " ".join(re.sub(r"</?p>", "", str(html)).split())
    match = re.fullmatch(r"<div>(.*)</div>", folded)
    return match[1].strip() if match else folded


def namespace(feed: ParsedFeed) -> dict[str, Any]:
    """The names an expression may use."""
    return {
        "feed": _feed(feed),
        "entries": [_entry(entry) for entry in feed.entries],
        "bozo": int(any(flaw.code in _BROKEN for flaw in feed.flaws)),
        "version": _version(feed.format),
    }


def _version(name: str) -> str:
    return {"rss0.91": "rss091u", "rss0.90": "rss090"}.get(name, name.replace(".", ""))


def _feed(feed: ParsedFeed) -> View:
    said = {
        "title": Plain(feed.title),
        "title_detail": View(value=Plain(feed.title)),
        "link": feed.url,
        "id": feed.id,
        "guid": feed.id,
        "language": feed.language or None,
        "links": _links(feed.url, ()),
        **_dated(None, feed.updated),
        **_authored(feed.authors),
    }
    for name in ("subtitle", "tagline", "description", "info"):
        said |= {name: Plain(feed.description), f"{name}_detail": View(value=Plain(feed.description))}
    for name in ("rights", "copyright"):
        said |= {name: Plain(feed.rights), f"{name}_detail": View(value=Plain(feed.rights))}
    said |= {"icon": feed.icon, "logo": feed.icon, "image": View(href=feed.icon, url=feed.icon)}
    said["ttl"] = str(int(feed.ttl.total_seconds() // 60)) if feed.ttl else None
    return View({name: value for name, value in said.items() if value is not None})


def _entry(entry: Entry) -> View:
    html, summary = Html(entry.html), Plain(entry.summary) if entry.summary else Html(entry.html)
    said = {
        "title": Plain(entry.title),
        "title_detail": View(value=Plain(entry.title)),
        "summary": summary,
        "description": summary,
        "summary_detail": View(value=summary),
        "content": [View(value=html, language=entry.language or None)],
        "link": entry.url or None,
        "links": _links(entry.url, [file.url for file in entry.enclosures]),
        "id": entry.guid,
        "guid": entry.guid,
        "tags": [View(term=Plain(name), label=Plain(name)) for name in entry.categories],
        "category": Plain(entry.categories[0]) if entry.categories else None,
        "categories": [("", Plain(name)) for name in entry.categories],
        "comments": entry.comments_url,
        "rights": Plain(entry.rights),
        "copyright": Plain(entry.rights),
        "rights_detail": View(value=Plain(entry.rights)),
        "image": View(href=entry.image),
        "media_thumbnail": [View(url=entry.image)],
        "language": entry.language,
        "enclosures": [
            View(href=file.url, type=file.type, length=str(file.length or "")) for file in entry.enclosures
        ],
        **_dated(entry.published, entry.updated),
        **_authored(entry.authors),
    }
    if entry.origin:
        origin = entry.origin
        said["source"] = View(title=Plain(origin.title), id=origin.id, href=origin.url, link=origin.url)
    return View({name: value for name, value in said.items() if value is not None})


def _links(alternate: str, enclosures: Any) -> list[View]:
    found = [View(rel="alternate", href=alternate)] if alternate else []
    return found + [View(rel="enclosure", href=address) for address in enclosures]


def _dated(published: datetime | None, updated: datetime | None) -> dict[str, Any]:
    both = {"published_parsed": published or updated, "updated_parsed": updated or published}
    return {name: _tuple(at) if at else None for name, at in both.items()}


def _tuple(at: datetime) -> tuple[int, ...]:
    return (*at.timetuple()[:8], 0)


def _authored(persons: tuple[Person, ...]) -> dict[str, Any]:
    views = [
        View({"name": person.name, "email": person.email, "url": person.url, "href": person.url})
        for person in persons
    ]
    if not persons:
        return {"authors": []}
    one = persons[0]
    shown = f"{one.name} ({one.email})" if one.name and one.email else one.name or one.email
    return {"author": shown, "author_detail": views[0], "authors": views}
