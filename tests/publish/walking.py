"""A client of the archive (RFC 5005 section 4): from the subscription document back through every `prev-archive`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from .stories import META

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "fh": "http://purl.org/syndication/history/1.0",
}


@dataclass
class Walk:
    """What a walker knows in the end: the first that it met of each id is the latest."""

    shown: dict[str, etree._Element] = field(default_factory=dict)  # id -> entry
    gone: dict[str, str] = field(default_factory=dict)  # id -> what the tombstone says
    documents: list[str] = field(default_factory=list)  # addresses below the base

    def titles(self) -> dict[str, str]:
        return {id: entry.findtext("a:title", "", NAMES) for id, entry in self.shown.items()}


def walk(folder: Path, base: str = META.base_url, start: str = "feed.atom") -> Walk:
    """Every document once; fails where a link leads nowhere, or in a circle."""
    found, name = Walk(), start
    while name:
        assert name not in found.documents
        found.documents.append(name)
        root = etree.fromstring((folder / name).read_bytes())
        assert (root.find("fh:archive", NAMES) is not None) == (name != start)
        _meet(root, found)
        name = link(root, "prev-archive").removeprefix(base)
    return found


def _meet(root: etree._Element, found: Walk) -> None:
    known = found.shown.keys() | found.gone.keys()
    for entry in root.iterfind("a:entry", NAMES):
        if (id := entry.findtext("a:id", "", NAMES)) not in known:
            found.shown[id] = entry
    for grave in root.iterfind("at:deleted-entry", NAMES):
        if (id := grave.get("ref", "")) not in known:
            found.gone[id] = grave.findtext("at:comment", "", NAMES)


def link(root: etree._Element, rel: str) -> str:
    """The address of a link of the feed itself; "" where there is none."""
    hrefs = [each.get("href", "") for each in root.findall("a:link", NAMES) if each.get("rel") == rel]
    assert len(hrefs) <= 1
    return hrefs[0] if hrefs else ""
