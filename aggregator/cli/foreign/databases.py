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
from .library import Article, Feed, Library, attachment, authors, html_or_text, item, of_seconds

MAGIC = b"SQLite format 3\0"
Row = dict[str, Any]


def library(path: Path) -> Library:
    """Raises InputError for the database of a program that is not known."""
    tables = {
        row["name"] for row in _rows(path, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    }
    for program, (needed, feeds, articles) in _KNOWN.items():
        if needed <= tables:
            return Library(program, partial(feeds, path), partial(articles, path))
    raise InputError("is a database of no reader that is known: FreshRSS, newsboat and reader are")


def _rows(path: Path, query: str) -> Iterator[Row]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as conn:
            conn.row_factory = _named
            conn.text_factory = lambda said: said.decode("utf-8", "replace")
            yield from conn.execute(query)
    except sqlite3.Error as error:
        raise InputError(f"cannot be read: {error}") from error


def _named(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> Row:
    return dict(zip((column[0] for column in cursor.description), values, strict=True))


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
                attachments=_freshrss_attachments(row.get("attributes")),
                **html_or_text(row["content"]),
            ),
        )


def _freshrss_attachments(attributes: str | None) -> list[dict[str, Any]]:
    """Since version 1.20."""
    said = _json(attributes)
    found = said.get("enclosures") if isinstance(said, dict) else None
    return [
        attachment(each["url"], each.get("type"), each.get("length"))
        for each in _dicts(found)
        if each.get("url")
    ]


# ---------------------------------------------------------------- newsboat: subscriptions are in `urls` beside it


def _newsboat_feeds(path: Path) -> list[Feed]:
    tags = newsboat_urls(path.with_name("urls"))
    query = "SELECT rssurl, title FROM rss_feed ORDER BY rowid"
    known = {row["rssurl"]: row["title"] for row in _rows(path, query) if "://" in row["rssurl"]}
    return [Feed(url, known.get(url, ""), tags.get(url, ())) for url in {**known, **tags}]


def newsboat_subscriptions(path: Path) -> Library:
    """The file `urls` alone, which lies elsewhere than the database where the XDG folders are used."""
    return Library(
        "newsboat",
        lambda: [Feed(url, "", tags) for url, tags in newsboat_urls(path).items()],
        lambda: iter(()),
    )


def newsboat_urls(path: Path) -> dict[str, tuple[str, ...]]:
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
        attached = [attachment(row["enclosure_url"], row["enclosure_type"])]
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
    """A tag that begins with a dot is a plugin's."""
    tags: dict[str, list[str]] = {}
    for row in _rows(path, "SELECT * FROM feed_tags"):
        name = str(row.get("key") or row.get("tag"))  # until version 2.8 a tag had no value
        if not name.startswith("."):
            tags.setdefault(row["feed"], []).append(name)
    return [
        Feed(row["url"], row["user_title"] or row["title"] or "", tuple(sorted(tags.get(row["url"], ()))))
        for row in _rows(path, "SELECT url, title, user_title FROM feeds ORDER BY rowid")
    ]


def _reader_articles(path: Path) -> Iterator[Article]:
    for row in _rows(path, "SELECT * FROM entries ORDER BY rowid"):
        contents = [part for part in _dicts(_json(row["content"])) if part.get("value")]
        body = next((part["value"] for part in contents if "html" in str(part.get("type", "html"))), None)
        enclosures = [each for each in _dicts(_json(row["enclosures"])) if each.get("href")]
        yield Article(
            row["feed"],
            item(
                row["id"],
                url=row["link"],
                title=row["title"],
                authors=_reader_authors(row["author"]),
                date_published=_utc(row["published"]) or _utc(row["updated"]),
                date_modified=_utc(row["updated"]),
                attachments=[
                    attachment(each["href"], each.get("type"), each.get("length")) for each in enclosures
                ],
                **html_or_text(body or (contents[0]["value"] if contents else row["summary"])),
            ),
        )


def _reader_authors(said: str | None) -> list[dict[str, str]]:
    """A name; in the newer schemas (44, say) a list of people."""
    if not (said or "").startswith("["):
        return authors(said)
    people = [
        {"name": each.get("name"), "url": each.get("href"), "_email": each.get("email")}
        for each in _dicts(_json(said))
    ]
    return [{key: value for key, value in each.items() if value} for each in people if any(each.values())]


def _json(said: str | None) -> Any:
    try:
        return json.loads(said or "null")
    except ValueError:
        return None


def _dicts(found: Any) -> list[dict[str, Any]]:
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
