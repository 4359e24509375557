"""Databases of miniflux and Tiny Tiny RSS as `pg_dump` writes them: their tables in COPY blocks."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import InputError
from . import exports
from .library import Article, Feed, Library, attachment, opened, reading

_COPY = re.compile(rb'COPY (?:"?\w+"?\.)?"?(\w+)"? \(([^)]*)\) FROM stdin;')
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
Row = dict[str, str | None]


def library(path: Path) -> Library:
    """Raises InputError for the dump of another program, or one without COPY blocks."""
    with reading(), opened(path) as stream:
        tables = {head[1] for line in stream if (head := _COPY.match(line))}
    if {b"ttrss_entries", b"ttrss_user_entries", b"ttrss_feeds"} <= tables:
        return _ttrss(path)
    if {b"feeds", b"entries"} <= tables:
        return _miniflux(path)
    raise InputError(
        "is a dump of no reader that is known: plain ones of miniflux and Tiny Tiny RSS are, without --inserts"
    )


def _copied(path: Path, wanted: str) -> Iterator[Row]:
    """The rows of a table. Raises InputError where the file ends within them."""
    columns: list[str] = []
    with opened(path) as lines:
        for line in lines:
            if columns and line.rstrip(b"\r\n") == b"\\.":
                columns = []
            elif columns:
                values = map(_plain, line.decode("utf-8", "replace").rstrip("\r\n").split("\t"))
                yield dict(zip(columns, values, strict=False))
            elif (head := _COPY.match(line)) and head[1].decode() == wanted:
                columns = [name.strip(' "') for name in head[2].decode().split(",")]
    if columns:
        raise InputError(f"breaks off within the table {wanted}")


def _by_id(path: Path, table: str) -> dict[str, Row]:
    return {row["id"] or "": row for row in _copied(path, table)}


def _plain(value: str) -> str | None:
    """A value of PostgreSQL's text format of COPY."""
    return None if value == r"\N" else _ESCAPE.sub(_unescaped, value)


def _unescaped(match: re.Match[str]) -> str:
    said = match[1]
    if said[0] == "x" and len(said) > 1:
        return chr(int(said[1:], 16))
    return chr(int(said, 8)) if said[0] in "01234567" else _ESCAPES.get(said, said)


def _listed(array: str | None) -> list[str]:
    """The texts of an array: {weather,"north wind"}."""
    inside = (array or "").removeprefix("{").removesuffix("}")
    return next(csv.reader([inside], escapechar="\\", doublequote=False), []) if inside else []


# ---------------------------------------------------------------- miniflux


def _miniflux(path: Path) -> Library:
    def feeds_by_id() -> dict[str, dict[str, Any]]:
        categories = _by_id(path, "categories")
        return {
            id: {**row, "category": categories.get(row.get("category_id") or "")}
            for id, row in _by_id(path, "feeds").items()
        }

    def articles() -> Iterator[Article]:
        feeds, attached = feeds_by_id(), _attached(path, "enclosures", "entry_id", "url", "mime_type", "size")
        for row in _copied(path, "entries"):
            said = {**row, "tags": _listed(row.get("tags")), "feed": feeds.get(row["feed_id"] or "")}
            if row["title"] or row["content"]:  # what was removed is emptied after a while
                yield exports.miniflux_article({**said, "enclosures": attached.get(row["id"] or "")})

    def feeds() -> list[Feed]:
        return [exports.miniflux_feed({"feed": feed}) for feed in feeds_by_id().values()]

    return Library("miniflux", feeds, articles)


def _attached(
    path: Path, table: str, of: str, url: str, type: str, size: str = ""
) -> Mapping[str, list[dict[str, Any]]]:
    """The attachments of each article."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _copied(path, table):
        found.setdefault(row[of] or "", []).append(
            attachment(row[url], row.get(type), (row.get(size) or "0").lstrip("0"))
        )
    return found


# ---------------------------------------------------------------- Tiny Tiny RSS


def _ttrss(path: Path) -> Library:
    """An entry is kept once and lies in the feeds of those who read it: it goes to the first of these."""

    def feeds_by_id() -> dict[str, Feed]:
        folders = _by_id(path, "ttrss_feed_categories")
        return {
            id: Feed(row["feed_url"] or "", row["title"] or "", _folder(folders.get(row.get("cat_id") or "")))
            for id, row in _by_id(path, "ttrss_feeds").items()
        }

    def articles() -> Iterator[Article]:
        feeds, lies_in = feeds_by_id(), dict[str, Row]()
        for row in _copied(path, "ttrss_user_entries"):
            lies_in.setdefault(row["ref_id"] or "", row)
        attached = _attached(path, "ttrss_enclosures", "post_id", "content_url", "content_type")
        for row in _copied(path, "ttrss_entries"):
            if where := lies_in.get(row["id"] or ""):
                feed = feeds.get(where["feed_id"] or "", Feed(""))
                said = {**row, "tag_cache": where.get("tag_cache"), "feed_url": feed.url}
                yield exports.ttrss_article(said, attached.get(row["id"] or "", ()))

    return Library("Tiny Tiny RSS", lambda: list(feeds_by_id().values()), articles)


def _folder(category: Row | None) -> tuple[str, ...]:
    return (category["title"],) if category and category["title"] else ()
