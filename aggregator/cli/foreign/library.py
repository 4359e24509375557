"""What a reader's file comes to, whichever reader it was."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import InputError

_MARKUP = re.compile(r"<[^<>]*>|&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.IGNORECASE)
GZIP = b"\x1f\x8b"


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


def opened(path: Path) -> BinaryIO:
    """Its bytes; of one that gzip packed those within. Raises InputError where it cannot be opened."""
    try:
        stream = path.open("rb")
        if path.is_file() and stream.peek(2)[:2] == GZIP:  # of a pipe nothing may be waited for
            return gzip.GzipFile(fileobj=stream)  # type: ignore[return-value]
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}") from error
    return stream


@contextmanager
def reading() -> Iterator[None]:
    """Raises InputError where a file turns out to be damaged."""
    try:
        yield
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"cannot be read: {error}") from error


def item(id: object, **said: Any) -> dict[str, Any]:
    """A JSON Feed item of what is there; an article without an id is known by its address."""
    kept = {key: value for key, value in said.items() if value not in (None, "", [], ())}
    return {"id": str(id or said.get("url") or ""), **kept}


def attachment(url: object, type: object = "", size: object = None) -> dict[str, Any]:
    return {"url": url, "mime_type": str(type or ""), "size_in_bytes": size or None}


def html_or_text(content: str | None) -> dict[str, str]:
    """Readers keep HTML; a text without any tag or entity is one."""
    said = content or ""
    return {"content_html": said} if _MARKUP.search(said) else {"content_text": said}


def authors(*names: str | None) -> list[dict[str, str]]:
    return [{"name": name.strip()} for name in names if name and name.strip()]


def of_seconds(seconds: object) -> str:
    """A Unix time in RFC 3339; "" for none."""
    try:
        number = int(str(seconds))
        return datetime.fromtimestamp(number, UTC).isoformat() if number > 0 else ""
    except (ValueError, OverflowError, OSError):
        return ""
