"""Exports of other readers: miniflux (answers of its API), FreshRSS (JSON, ZIP), Tiny Tiny RSS (XML, ZIP)."""

from __future__ import annotations

import html
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ...errors import InputError
from .library import (
    Article,
    Feed,
    Library,
    attachment,
    authors,
    html_or_text,
    item,
    of_seconds,
    opened,
    reading,
)

Said = Mapping[str, Any]
Opened = Callable[[], Iterator[Said]]
_HASHED = re.compile(r'SHA1:|\{"ver":')  # an id of which only a hash is left


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


def _json(body: bytes, name: str = "") -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON{name and f' in {name}'}: {error}") from error
    return said if isinstance(said, dict) else {}


def _rows(document: Said, key: str) -> Iterator[Said]:
    found = document.get(key)
    return (row for row in found if isinstance(row, dict)) if isinstance(found, list) else iter(())


def _whole(path: Path) -> dict[str, Any]:
    with opened(path) as stream:
        return _json(stream.read())


# ---------------------------------------------------------------- miniflux


def miniflux_answer(path: Path) -> Library:
    """What GET /v1/entries answers: {"total": …, "entries": […]}."""
    return _of_articles("miniflux", lambda: _rows(_whole(path), "entries"), miniflux_feed, miniflux_article)


def miniflux_feed(row: Said) -> Feed:
    feed = row.get("feed") or {}
    tag = (feed.get("category") or {}).get("title") or ""
    return Feed(
        str(feed.get("feed_url") or ""), str(feed.get("title") or ""), (tag,) if tag and tag != "All" else ()
    )


def miniflux_article(row: Said) -> Article:
    """It keeps no guid: the address stands in, which most feeds have for theirs."""
    attached = [
        attachment(each.get("url"), each.get("mime_type"), each.get("size") or each.get("size_in_bytes"))
        for each in row.get("enclosures") or ()
    ]
    return Article(
        miniflux_feed(row).url,
        item(
            row.get("url") or row.get("hash"),
            url=row.get("url"),
            title=row.get("title"),
            authors=authors(row.get("author")),
            tags=list(row.get("tags") or ()),
            date_published=stamp(row.get("published_at")),
            attachments=attached,
            **html_or_text(row.get("content")),
        ),
    )


def stamp(said: object) -> str:
    """PostgreSQL writes "2026-11-22 10:00:00+00", and the year 1 for none."""
    moment = str(said or "").replace(" ", "T")
    moment += ":00" if re.search(r"[+-]\d\d$", moment) else ""
    return "" if moment.startswith("0001-") else moment


# ---------------------------------------------------------------- FreshRSS, as Google Reader had it


def freshrss_json(path: Path) -> Library:
    """The articles of a feed, or the starred ones: {"id": "user/…", "title": …, "items": […]}."""
    return _of_articles("FreshRSS", lambda: _rows(_whole(path), "items"), _freshrss_feed, _freshrss_article)


def _freshrss_feed(row: Said) -> Feed:
    origin = row.get("origin") or {}
    url = html.unescape(str(origin.get("feedUrl") or ""))
    stream = str(origin.get("streamId") or "").removeprefix("feed/")
    return Feed(url or (stream if "://" in stream else ""), html.unescape(str(origin.get("title") or "")))


def _freshrss_article(row: Said) -> Article:
    links = [*_rows(row, "canonical"), *_rows(row, "alternate")]
    url = next((each["href"] for each in links if each.get("href")), "")
    own = str(row.get("guid") or row.get("id") or "")
    said = row.get("content") or row.get("summary") or {}
    names = html.unescape(str(row.get("author") or "")).split(";")
    return Article(
        _freshrss_feed(row).url,
        item(
            url if own.startswith("tag:google.com,2005:reader/item/") else own,
            url=url,
            title=html.unescape(str(row.get("title") or "")),
            authors=authors(*names),
            tags=[
                html.unescape(tag)
                for tag in row.get("categories") or ()
                if isinstance(tag, str) and not tag.startswith("user/")
            ],
            date_published=of_seconds(row.get("published")),
            attachments=[
                attachment(each["href"], each.get("type"), each.get("length"))
                for each in _rows(row, "enclosure")
                if each.get("href")
            ],
            **html_or_text(said.get("content") if isinstance(said, dict) else ""),
        ),
    )


# ---------------------------------------------------------------- Tiny Tiny RSS


def ttrss_xml(path: Path) -> Library:
    """What its plugin import_export wrote: <articles><article>…."""

    def rows() -> Iterator[Said]:
        try:
            with opened(path) as stream:
                for _, element in ElementTree.iterparse(stream):
                    if element.tag == "article":
                        yield {child.tag: child.text or "" for child in element}
                        element.clear()
        except ElementTree.ParseError as error:
            raise InputError(f"breaks off or is no XML: {error}") from error

    return _of_articles("Tiny Tiny RSS", rows, _ttrss_feed, ttrss_article)


def _ttrss_feed(row: Said) -> Feed:
    return Feed(row.get("feed_url") or "", row.get("feed_title") or "")


def ttrss_article(row: Said, attached: Iterable[Said] = ()) -> Article:
    said = re.sub(r"^\d+,", "", row.get("guid") or "")  # the number of its user stands before it
    return Article(
        row.get("feed_url") or "",
        item(
            "" if row.get("link") and _HASHED.match(said) else said,
            url=row.get("link"),
            title=row.get("title"),
            authors=authors(row.get("author")),
            tags=[tag.strip() for tag in (row.get("tag_cache") or "").split(",") if tag.strip()],
            date_published=stamp(row.get("updated")),
            attachments=list(attached),
            **html_or_text(row.get("content")),
        ),
    )


# ---------------------------------------------------------------- ZIP


def packed(path: Path) -> Library:
    """JSON files of Tiny Tiny RSS (`articles`) or of FreshRSS (`items`), which puts its OPML beside them."""

    def documents() -> Iterator[dict[str, Any]]:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".json"):
                    yield _json(_member(archive, name), name)

    def rows(key: str) -> Iterator[Said]:
        return (row for document in documents() for row in _rows(document, key))

    with reading():
        keys, listed = {key for document in documents() for key in document}, _subscriptions(path)
    if "articles" in keys:
        return _of_articles("Tiny Tiny RSS", partial(rows, "articles"), _ttrss_feed, ttrss_article)
    if "items" not in keys and not listed:
        raise InputError("is a ZIP of no reader that is known: those of FreshRSS and Tiny Tiny RSS are")
    told = _of_articles("FreshRSS", partial(rows, "items"), _freshrss_feed, _freshrss_article)
    return Library("FreshRSS", lambda: [*listed, *told.feeds()], told.articles)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except RuntimeError as error:  # a password, or a way of packing that is not built in
        raise InputError(f"cannot be read: {error}") from error


def _subscriptions(path: Path) -> list[Feed]:
    from ...feeds import opml  # here, because lxml takes longer to load than most commands to run

    with zipfile.ZipFile(path) as archive:
        return [
            Feed(spec.location, spec.title, spec.tags)
            for name in archive.namelist()
            if name.endswith((".opml", ".opml.xml"))
            for spec in opml.read(_member(archive, name))
        ]
