"""Links with a relation: Atom's, wherever they stand (RFC 4287 section 4.2.7)."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from aggregator.feeds import making
from aggregator.feeds.addresses import absolute
from aggregator.feeds.markup import based, plain
from aggregator.model import Enclosure

WEB_LINKS = ("atom:link", "xhtml:link")
_ARCHIVE = frozenset("current first last next previous prev-archive next-archive".split())  # RFC 5005
_IANA = "http://www.iana.org/assignments/relation/"


class Links:
    """The links of a feed or an entry, sorted by what they are for; absolute URLs, "" where there is none."""

    def __init__(self, elements: Iterable[etree._Element], base: str) -> None:
        self.alternate = self.self = self.replies = self.canonical = self.icon = ""
        self.archive: dict[str, str] = {}
        self.enclosures: list[Enclosure] = []
        self._hubs: list[str] = []
        self._ranks = {"alternate": 0, "replies": 0}
        for element in elements:
            self._take(element, base)

    @property
    def hubs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._hubs))

    def _take(self, element: etree._Element, base: str) -> None:
        said = element.get("href") or (element.text or "").strip()
        if not said:
            return
        address = absolute(based(element, base), said)
        if not address:
            return
        relation = (element.get("rel") or "alternate").strip().removeprefix(_IANA)
        kind = (element.get("type") or "").strip().lower()
        for one in relation.lower().split():
            self._sort(one, address, kind, element)

    def _sort(self, relation: str, address: str, kind: str, element: etree._Element) -> None:
        if relation in self._ranks:
            rank = 3 if "html" in kind else 1 if kind else 2  # a page before what says nothing of itself
            if rank > self._ranks[relation]:
                self._ranks[relation] = rank
                setattr(self, relation, address)
        elif relation == "enclosure":
            title = plain(element.get("title") or "")
            self.enclosures.append(Enclosure(address, kind, making.number(element.get("length")), title))
        elif relation == "hub":
            self._hubs.append(address)
        elif relation in _ARCHIVE:
            self.archive.setdefault(relation, address)
        elif relation in ("self", "canonical", "icon") and not getattr(self, relation):
            setattr(self, relation, address)
