"""SQLite databases of other readers: FreshRSS, newsboat, `reader`."""

from __future__ import annotations

import html
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from ...errors import InputError
from .library import Article, Feed, Library, authors, html_or_text, item, of_seconds

MAGIC = b"SQLite format 3\0"
Row = sqlite3.Row


def library(path: Path) -> Library:
    """Raises InputError for the database of a program that is not known."""
    tables = {row[0] for row in _rows(path, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    for program, (needed, feeds, articles) in _KNOWN.items():
        if needed <= tables:
            return Library(program, partial(feeds, path), partial(articles, path))
    raise InputError("is a database of no reader that is known: FreshRSS, newsboat and reader are")


def _rows(path: Path, query: str) -> Iterator[Row]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as conn:
            conn.row_factory = sqlite3.Row
            conn.text_factory = lambda said: said.decode("utf-8", "replace")
            yield from conn.execute(query)
    except sqlite3.Error as error:
        raise InputError(f"cannot be read: {error}") from error


# ---------------------------------------------------------------- FreshRSS: its texts are escaped for HTML


def _freshrss_feeds(path: Path) -> list[Feed]:
    query = "SELECT feed.url, feed.name, category.name AS tag FROM feed LEFT JOIN category ON category.id = category"
    return [
        Feed(html.unescape(row["url"]), html.unescape(row["name"]), _tags(html.unescape(row["tag"] or "")))
        for row in _rows(path, query + " ORDER BY feed.id")
    ]


def _freshrss_articles(path: Path) -> Iterator[Article]:
    query = "SELECT entry.*, feed.url AS feed_url FROM entry JOIN feed ON feed.id = id_feed ORDER BY entry.id"
    for row in _rows(path, query):
        yield Article(
            html.unescape(row["feed_url"]),
            item(
                row["guid"],
                url=html.unescape(row["link"]),
                title=html.unescape(row["title"]),
                authors=authors(*html.unescape(row["author"] or "").split(";")),
                tags=[
                    html.unescape(tag)
                    for tag in (row["tags"] or "").replace(" #", "\n").lstrip("#").splitlines()
                ],
                date_published=of_seconds(row["date"]),
                **html_or_text(row["content"]),
            ),
        )


# ---------------------------------------------------------------- newsboat: subscriptions are in `urls` beside it


def _newsboat_feeds(path: Path) -> list[Feed]:
    tags = _newsboat_urls(path.with_name("urls"))
    query = "SELECT rssurl, title FROM rss_feed ORDER BY rowid"
    known = {row["rssurl"]: row["title"] for row in _rows(path, query) if "://" in row["rssurl"]}
    return [Feed(url, known.get(url, ""), tags.get(url, ())) for url in {**known, **tags}]


def _newsboat_urls(path: Path) -> dict[str, tuple[str, ...]]:
    """A line: an address, then tags, those with blanks in quotes; `~title` and query feeds are no tags."""
    import shlex

    found: dict[str, tuple[str, ...]] = {}
    for line in path.read_text("utf-8", "replace").splitlines() if path.is_file() else ():
        try:
            said = shlex.split(line, comments=True)
        except ValueError:
            said = line.split()
        if said and said[0].startswith(("http://", "https://")):
            found[said[0]] = tuple(tag for tag in said[1:] if not tag.startswith(("~", "!")))
    return found


def _newsboat_articles(path: Path) -> Iterator[Article]:
    for row in _rows(path, "SELECT * FROM rss_item WHERE deleted = 0 ORDER BY id"):
        attached = [{"url": row["enclosure_url"], "mime_type": row["enclosure_type"] or ""}]
        yield Article(
            row["feedurl"],
            item(
                row["guid"],
                url=row["url"],
                title=row["title"],
                authors=authors(row["author"]),
                date_published=of_seconds(row["pubDate"]),
                attachments=attached if row["enclosure_url"] else [],
                **html_or_text(row["content"]),
            ),
        )


# ---------------------------------------------------------------- reader


def _reader_feeds(path: Path) -> list[Feed]:
    rows = _rows(path, "SELECT url, title, user_title FROM feeds ORDER BY rowid")
    return [Feed(row["url"], row["user_title"] or row["title"] or "") for row in rows]


def _reader_articles(path: Path) -> Iterator[Article]:
    for row in _rows(path, "SELECT * FROM entries ORDER BY rowid"):
        contents = [part for part in _list(row["content"]) if part.get("value")]
        body = next((part["value"] for part in contents if "html" in str(part.get("type", "html"))), None)
        enclosures = [each for each in _list(row["enclosures"]) if each.get("href")]
        yield Article(
            row["feed"],
            item(
                row["id"],
                url=row["link"],
                title=row["title"],
                authors=authors(row["author"]),
                date_published=_utc(row["published"]) or _utc(row["updated"]),
                date_modified=_utc(row["updated"]),
                attachments=[
                    {
                        "url": each["href"],
                        "mime_type": each.get("type") or "",
                        "size_in_bytes": each.get("length"),
                    }
                    for each in enclosures
                ],
                **html_or_text(body or (contents[0]["value"] if contents else row["summary"])),
            ),
        )


def _list(said: str | None) -> list[dict[str, Any]]:
    try:
        found = json.loads(said or "[]")
    except ValueError:
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _utc(said: str | None) -> str:
    """It keeps UTC without saying so."""
    return f"{said.replace(' ', 'T')}Z" if said else ""


def _tags(*names: str) -> tuple[str, ...]:
    return tuple(name for name in names if name and name != "Uncategorized")


_KNOWN: dict[str, tuple[set[str], Callable[[Path], list[Feed]], Callable[[Path], Iterator[Article]]]] = {
    "FreshRSS": ({"feed", "entry", "category"}, _freshrss_feeds, _freshrss_articles),
    "newsboat": ({"rss_feed", "rss_item"}, _newsboat_feeds, _newsboat_articles),
    "reader": ({"feeds", "entries", "feed_tags"}, _reader_feeds, _reader_articles),
}
