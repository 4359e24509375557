"""Exports of other readers: miniflux (answers of its API, or a dump of its database), Tiny Tiny RSS (XML, JSON)."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree

from ...errors import InputError
from .library import Article, Feed, Library, authors, html_or_text, item

Said = Mapping[str, Any]
Opened = Callable[[], Iterator[Said]]
_COPY = re.compile(r'COPY (?:public\.)?"?(\w+)"? \(([^)]*)\) FROM stdin;')
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)


def _of_articles(
    program: str, rows: Opened, feed: Callable[[Said], Feed], article: Callable[[Said], Article]
) -> Library:
    """A library in which each article says its feed."""

    def feeds() -> list[Feed]:
        found: dict[str, Feed] = {}
        for row in rows():
            one = feed(row)
            if one.url:
                found.setdefault(one.url, one)
        return list(found.values())

    return Library(program, feeds, lambda: map(article, rows()))


# ---------------------------------------------------------------- miniflux


def miniflux_answer(path: Path) -> Library:
    """What GET /v1/entries answers: {"total": …, "entries": […]}."""
    return _of_articles("miniflux", lambda: iter(_json(path)["entries"]), _miniflux_feed, _miniflux_article)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"is no JSON: {error}") from error


def _miniflux_feed(row: Said) -> Feed:
    feed = row.get("feed") or {}
    tag = (feed.get("category") or {}).get("title") or ""
    return Feed(
        str(feed.get("feed_url") or ""), str(feed.get("title") or ""), (tag,) if tag and tag != "All" else ()
    )


def _miniflux_article(row: Said) -> Article:
    """It keeps no guid: the address stands in, which most feeds have for theirs."""
    attached = [
        {
            "url": each.get("url"),
            "mime_type": each.get("mime_type") or "",
            "size_in_bytes": each.get("size") or None,
        }
        for each in row.get("enclosures") or ()
    ]
    return Article(
        _miniflux_feed(row).url,
        item(
            row.get("url") or row.get("hash"),
            url=row.get("url"),
            title=row.get("title"),
            authors=authors(row.get("author")),
            tags=list(row.get("tags") or ()),
            date_published=_stamp(row.get("published_at")),
            attachments=attached,
            **html_or_text(row.get("content")),
        ),
    )


def _stamp(said: object) -> str:
    """PostgreSQL writes "2026-11-22 10:00:00+00", and the year 1 for none."""
    moment = str(said or "").replace(" ", "T")
    moment += ":00" if re.search(r"[+-]\d\d$", moment) else ""
    return "" if moment.startswith("0001-") else moment


def miniflux_dump(path: Path) -> Library:
    """A plain dump (`pg_dump miniflux`): the tables feeds, categories and entries in COPY blocks."""

    def feeds_by_id() -> dict[str, dict[str, Any]]:
        categories = {str(row["id"]): row for row in _copied(path, "categories")}
        return {
            str(row["id"]): {**row, "category": categories.get(row.get("category_id") or "")}
            for row in _copied(path, "feeds")
        }

    def rows() -> Iterator[Said]:
        known = feeds_by_id()
        for row in _copied(path, "entries"):
            yield {**row, "tags": [], "feed": known.get(row["feed_id"] or "")}

    def feeds() -> list[Feed]:
        return [_miniflux_feed({"feed": feed}) for feed in feeds_by_id().values()]

    return Library("miniflux", feeds, lambda: map(_miniflux_article, rows()))


def _copied(path: Path, wanted: str) -> Iterator[dict[str, str | None]]:
    columns: list[str] = []
    with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        for line in lines:
            if columns and line == "\\.\n":
                columns = []
            elif columns:
                values = map(_plain, line.rstrip("\n").split("\t"))
                yield dict(zip(columns, values, strict=False))
            elif (head := _COPY.match(line)) and head[1] == wanted:
                columns = [name.strip(' "') for name in head[2].split(",")]


def _plain(value: str) -> str | None:
    """A value of PostgreSQL's text format of COPY."""
    return None if value == r"\N" else _ESCAPE.sub(_unescaped, value)


def _unescaped(match: re.Match[str]) -> str:
    said = match[1]
    if said[0] == "x" and len(said) > 1:
        return chr(int(said[1:], 16))
    return chr(int(said, 8)) if said[0] in "01234567" else _ESCAPES.get(said, said)


# ---------------------------------------------------------------- Tiny Tiny RSS


def ttrss_xml(path: Path) -> Library:
    """What its plugin import_export wrote: <articles><article>…."""

    def rows() -> Iterator[Said]:
        with path.open("rb") as stream:
            yield from _articles(stream)

    return _of_articles("Tiny Tiny RSS", rows, _ttrss_feed, _ttrss_article)


def _articles(stream: BinaryIO) -> Iterator[Said]:
    try:
        for _, element in ElementTree.iterparse(stream):
            if element.tag == "article":
                yield {child.tag: child.text or "" for child in element}
                element.clear()
    except ElementTree.ParseError as error:
        raise InputError(f"breaks off or is no XML: {error}") from error


def ttrss_zip(path: Path) -> Library:
    """What `update.php --export-data` and its successors write: a ZIP of JSON files with `articles`."""

    def rows() -> Iterator[Said]:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".json"):
                    yield from json.loads(archive.read(name)).get("articles", ())

    return _of_articles("Tiny Tiny RSS", rows, _ttrss_feed, _ttrss_article)


def _ttrss_feed(row: Said) -> Feed:
    return Feed(row.get("feed_url") or "", row.get("feed_title") or "")


def _ttrss_article(row: Said) -> Article:
    return Article(
        row.get("feed_url") or "",
        item(
            re.sub(r"^\d+,", "", row.get("guid") or ""),  # the number of its user stands before it
            url=row.get("link"),
            title=row.get("title"),
            authors=authors(row.get("author")),
            tags=_listed(row.get("tag_cache")),
            date_published=_stamp(row.get("updated")),
            **html_or_text(row.get("content")),
        ),
    )


def _listed(said: str | None) -> Iterable[str]:
    return [tag.strip() for tag in (said or "").split(",") if tag.strip()]
