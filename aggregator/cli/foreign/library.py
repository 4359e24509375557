"""What a reader's file comes to, whichever reader it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Feed:
    """A subscription."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """An article of one of the feeds ("" if its feed is forgotten), as a JSON Feed item."""

    feed_url: str
    item: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Library:
    """What a file holds; both are read when they are asked for."""

    program: str
    feeds: Callable[[], list[Feed]]
    articles: Callable[[], Iterator[Article]]


def item(id: object, **said: Any) -> dict[str, Any]:
    """A JSON Feed item of what is there; an article without an id is known by its address."""
    kept = {key: value for key, value in said.items() if value not in (None, "", [], ())}
    return {"id": str(id or said.get("url") or ""), **kept}


def html_or_text(content: str | None) -> dict[str, str]:
    """Readers keep HTML; a text without any tag is one."""
    said = content or ""
    return {"content_html": said} if "<" in said and ">" in said else {"content_text": said}


def authors(*names: str | None) -> list[dict[str, str]]:
    return [{"name": name.strip()} for name in names if name and name.strip()]


def of_seconds(seconds: object) -> str:
    """A Unix time in RFC 3339; "" for none."""
    try:
        number = int(str(seconds))
        return datetime.fromtimestamp(number, UTC).isoformat() if number > 0 else ""
    except (ValueError, OverflowError, OSError):
        return ""
