"""The structure of what was meant as XML, mended: every element that opens closes, once. Linear in the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Set
from itertools import islice

from aggregator.feeds.bounds import MAX_ATTRIBUTES, MAX_DEPTH
from aggregator.feeds.names import USUAL

_TOKEN = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<[?!][^<>]*+>?"
    r"|</\s*(?P<end>[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)[^<>]*>?"
    r"|<(?P<start>[A-Za-z_][\w.-]*+(?::[A-Za-z_][\w.-]*+)?+)(?P<attributes>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)(?P<gt>>|(?=<)|\Z)"
    r"|(?P<text>[^<]++|<+(?=<)|<)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([A-Za-z_][\w:.-]*+)\s*+=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_VOID = frozenset("br hr img input meta wbr area base col param".split())
# Elements that cannot have each other in them tell where an end tag is missing: an entry stands in a container; in what
# has words in it, and may be markup's, stands none of what only an entry has.
_ENTRIES = frozenset("item entry".split())
_CONTAINERS = frozenset("rss channel feed rdf rdf:rdf items entries".split())
_WORDS = frozenset("title link description summary guid pubdate category comments content:encoded".split())
_OF_ENTRIES = frozenset("pubdate guid category enclosure comments published updated issued modified".split())
_MODULES = frozenset(USUAL) - {"xhtml"}


def balanced(text: str) -> str:
    """Well-formed XML of any text: tags balanced and bounded, attributes quoted, the rest escaped."""
    builder = _Builder()
    for match in _TOKEN.finditer(text):
        if builder.closed:
            break
        builder.take(match)
    return builder.finished()


class _Builder:
    """Writes tokens out again so that every element that opens closes, once, in order."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.open: list[str] = []
        self.kinds: Counter[str] = Counter()  # of the open elements, in lower case
        self.closed = False  # the root has ended; what follows is not the document's
        self._kinds: dict[str, Callable[[re.Match[str]], None]] = {
            "cdata": self._cdata, "end": self._end, "gt": self._start, "text": self._text
        }  # fmt: skip

    def take(self, match: re.Match[str]) -> None:
        write = self._kinds.get(match.lastgroup or "")
        if write:
            write(match)

    def finished(self) -> str:
        self._close(len(self.open))
        return "".join(self.out)

    def _text(self, match: re.Match[str]) -> None:
        if self.open:
            self.out.append(match[0].replace("<", "&lt;").replace("]]>", "]]&gt;"))

    def _cdata(self, match: re.Match[str]) -> None:
        if self.open:
            self.out.append(f"<![CDATA[{match['cdata']}]]>")

    def _start(self, match: re.Match[str]) -> None:
        name = match["start"]
        lower = name.lower()
        while unfit := self._unfit(lower):
            self._close(unfit)
        if len(self.open) >= MAX_DEPTH:
            return
        attributes = match["attributes"]
        void = attributes.rstrip().endswith("/") or (lower in _VOID and bool(self.open))
        self.out.append(f"<{name}{_attributes(attributes)}{'/' if void else ''}>")
        if not void:
            self.open.append(name)
            self.kinds[lower] += 1

    def _unfit(self, lower: str) -> int:
        """How many of the open elements cannot have one of this name in them."""
        if lower in _ENTRIES and (above := self._above(_CONTAINERS)):
            return above - 1
        if lower in _ENTRIES or lower == "url":  # of a sitemap
            return self._above({lower})
        if lower in _OF_ENTRIES or lower.partition(":")[0] in _MODULES:
            return self._above(_WORDS)
        return 0

    def _above(self, names: Set[str]) -> int:
        """How many elements are open from the nearest of these names on; 0 where none is.

        It looks through them where one is open, which then is closed, or stands on top.
        """
        if self.kinds.keys().isdisjoint(names):
            return 0
        places = (place for place, one in enumerate(reversed(self.open), start=1) if one.lower() in names)
        return next(places, 0)

    def _end(self, match: re.Match[str]) -> None:
        name = match["end"]
        self._close(self.open[::-1].index(name) + 1 if name in self.open else self._above({name.lower()}))

    def _close(self, count: int) -> None:
        for _ in range(count):
            name = self.open.pop()
            self.out.append(f"</{name}>")
            self.kinds[name.lower()] -= 1
            if not self.kinds[name.lower()]:
                del self.kinds[name.lower()]
        self.closed = count > 0 and not self.open


def _attributes(said: str) -> str:
    if "=" not in said:
        return ""
    found: dict[str, str] = {}
    for match in islice(_ATTRIBUTE.finditer(said), MAX_ATTRIBUTES):
        name = match[1]
        if name.count(":") <= 1 and not name.endswith(":"):
            found.setdefault(name, match[2] or match[3] or match[4] or "")
    return "".join(f' {name}="{_attribute_value(value)}"' for name, value in found.items())


def _attribute_value(value: str) -> str:
    return value.replace("<", "&lt;").replace('"', "&quot;")
