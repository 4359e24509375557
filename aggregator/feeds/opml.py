"""OPML 2.0 subscription lists (opml.org/spec2.opml), in and out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from aggregator import text, url
from aggregator.errors import InputError
from aggregator.feeds.decoding import decode
from aggregator.feeds.names import attributes
from aggregator.feeds.notes import Notes
from aggregator.feeds.trees import tree
from aggregator.model import Flaw, SourceSpec

_OPEN = re.compile(r"&(?=\S)")
_FEED = re.compile(r"feed:(?:(//)|(?=https?:))", re.IGNORECASE)  # a scheme that once opened feed readers
_UNFIT = re.compile(r"[^a-z0-9_.]+")
_MOST = 100_000  # outlines
_FOLDERS_DEEP = 10


def read(body: bytes) -> list[SourceSpec]:
    """The feeds of a subscription list, each URL once; folders and categories are tags, names unique.

    Raises InputError where the document is not OPML, or has no feed in it.
    """
    return read_noting(body)[0]


def read_noting(body: bytes) -> tuple[list[SourceSpec], list[Flaw]]:
    """The feeds, and what was wrong with the list."""
    notes = Notes()
    root = tree(decode(body, "", notes), notes, _MOST)
    if root is None or str(root.tag).lower() != "opml":
        raise InputError(
            "The file is not OPML; export the subscriptions as OPML and try again.", code="not-opml"
        )
    found: dict[str, SourceSpec] = {}
    names: set[str] = set()
    for outline, folders in _outlines(root, ()):
        said = _attribute(outline, "xmlurl")
        address = url.absolute("", _FEED.sub(_as_http, said))
        if not address:
            notes.flaw("not-an-address", f"{said[:200]!r} is no http(s) address")
        elif address not in found:
            found[address] = _spec(outline, address, folders, names)
    if not found:
        raise InputError("The OPML names no feeds: no outline has an xmlUrl.", code="no-feeds")
    return list(found.values()), notes.flaws


def _as_http(scheme: re.Match[str]) -> str:
    return "http://" if scheme[1] else ""


def _outlines(
    element: etree._Element, folders: tuple[str, ...]
) -> Iterator[tuple[etree._Element, tuple[str, ...]]]:
    for child in element:
        if str(child.tag).lower() == "outline" and _attribute(child, "xmlurl"):
            yield child, folders
        inside = folders
        if str(child.tag).lower() == "outline" and not _attribute(child, "xmlurl"):
            name = _title(child)
            inside = (*folders, name) if name and len(folders) < _FOLDERS_DEEP else folders
        yield from _outlines(child, inside)


def _spec(outline: etree._Element, address: str, folders: tuple[str, ...], names: set[str]) -> SourceSpec:
    title = _title(outline)
    said = [part for path in _attribute(outline, "category").split(",") for part in path.split("/")]
    tags = tuple(dict.fromkeys(tag for tag in map(text.one_line, (*folders, *said)) if tag))
    name = _unique(_slug(title) or _slug(url.host(address).removeprefix("www.")) or "feed", names)
    return SourceSpec(name=name, location=address, title=title, tags=tags)


def _attribute(outline: etree._Element, name: str) -> str:
    """Attributes by any letter case: xmlUrl, xmlurl and XMLURL are all about."""
    return next((value.strip() for key, value in attributes(outline) if key.lower() == name), "")


def _title(outline: etree._Element) -> str:
    return text.one_line(_attribute(outline, "title") or _attribute(outline, "text"))


def _slug(said: str) -> str:
    return _UNFIT.sub("-", said.lower()).strip("-.")[:60]


def _unique(name: str, names: set[str]) -> str:
    number, chosen = 1, name
    while chosen in names:
        number += 1
        chosen = f"{name}-{number}"
    names.add(chosen)
    return chosen


def write(title: str, sources: Sequence[SourceSpec]) -> bytes:
    """An OPML 2.0 document of the sources that are feeds; tags become categories."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = _as_html(title)
    body = etree.SubElement(root, "body")
    for source in sources:
        if source.kind == "feed":
            shown = _as_html(source.title) or source.name
            outline = etree.SubElement(
                body, "outline", text=shown, title=shown, type="rss", xmlUrl=source.location
            )
            if source.tags:
                outline.set("category", ",".join(text.one_line(tag).replace(",", " ") for tag in source.tags))
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _as_html(said: str) -> str:
    """Words that mean the same as text and as HTML: by the specification they are HTML, most readers show text."""
    return _OPEN.sub("& ", text.one_line(said)).replace("<", "‹").replace(">", "›")
