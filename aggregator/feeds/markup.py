"""Values of elements as plain text or as HTML, whatever way the feed wrote them."""

from __future__ import annotations

import re
from html import escape, unescape

from lxml import etree

from aggregator import text
from aggregator.feeds.addresses import LONGEST_BASE, absolute
from aggregator.feeds.bounds import MAX_HTML
from aggregator.feeds.names import XML, attributes, key, value

_INLINE = (
    "a abbr acronym b bdi bdo big blockquote br center cite code del dfn div em font h1 h2 h3 h4 h5 h6 hr i "
    "img ins kbd li mark nobr ol p pre q s samp script small span strike strong style sub sup table tbody td "
    "tr tt u ul var wbr"
)
# Only elements that people write into titles: "the <template> element" stays as it is.
_TITLE_TAG = re.compile(
    rf"</?(?:{_INLINE.replace(' ', '|')})(?:\s[^<>]*)?/?>|<!(?:--[^<>]*--|doctype[^<>]*)>", re.IGNORECASE
)
_SPACING = re.compile(r"<(?:br|/?p|/?div|/?li|/?h\d|/?td|/?tr)\b", re.IGNORECASE)
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]\w+);|<!--")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_URLS = frozenset("href src cite poster".split())
_BASE, _LANG = f"{XML}base", f"{XML}lang"
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_LONGEST_LANGUAGE = 100  # characters; RFC 5646 section 4.4.1 makes do with 35
_MOST_REPEATED = 500  # characters of a base; each relative link repeats them


def plain(said: str) -> str:
    """One line of plain text of a title or a name that may hold HTML, escaped once."""
    if not said:
        return ""
    if "<" in said:
        said = _TITLE_TAG.sub(lambda tag: " " if _SPACING.match(tag[0]) else "", said)
    if "&" in said:
        said = unescape(said)
    return text.one_line(said)


def markup(said: str) -> str:
    """HTML of a value that is HTML by custom but may be plain text, with blank lines between paragraphs."""
    if "\n" in said and not _MARKUP.search(said):
        return from_text(said)
    return said


def from_text(said: str) -> str:
    """Escaped text; a `<p>` each where there is more than one paragraph."""
    parts = text.parts(said)
    if len(parts) < 2:
        return escape("".join(parts), quote=False)
    return "\n".join(f"<p>{escape(part, quote=False)}</p>" for part in parts)


def inner(element: etree._Element, base: str = "") -> str:
    """What is inside an element as HTML: text escaped, namespaces gone, URLs by every xml:base on the way."""
    writer = _Writer()
    writer.parts.append(escape(element.text or "", quote=False))
    for child in element:
        writer.write(child, base)
    return "".join(writer.parts).strip()


def html_of(element: etree._Element, base: str = "") -> str:
    """The HTML in an element: escaped once, or as elements of its own."""
    return inner(element, base) if len(element) else markup(value(element))


def plain_of(element: etree._Element) -> str:
    """The plain text of an element that holds a title."""
    return plain(inner(element)) if len(element) else plain(element.text or "")


def based(element: etree._Element, base: str) -> str:
    """The base that xml:base sets here; one that is no http(s) URL, or too long for one, is not believed."""
    said = element.get(_BASE)
    found = absolute(base, said) if said else ""
    return found if 0 < len(found) <= LONGEST_BASE else base


def language(element: etree._Element, inherited: str = "") -> str:
    """xml:lang here, else the inherited one, in the form of BCP 47."""
    said = element.get(_LANG)
    return inherited if said is None else tag(said)


def tag(said: str) -> str:
    """A language tag with its hyphens; "" where it is none."""
    said = said.strip().replace("_", "-")
    return said if len(said) <= _LONGEST_LANGUAGE and _LANGUAGE.fullmatch(said) else ""


class _Writer:
    """Elements as HTML."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._room = (
            MAX_HTML  # characters that bases may add to addresses: beyond, what is written becomes plain text
        )

    def write(self, element: etree._Element, base: str) -> None:
        """Recursion is bounded: libxml2 reads no tree deeper than 256."""
        base = based(element, base)
        name = key(element.tag).rpartition(":")[2]
        said = "".join(self._attribute(key(name), content, base) for name, content in attributes(element))
        self.parts.append(f"<{name}{said}>")
        if name not in _VOID:
            self.parts.append(escape(element.text or "", quote=False))
            for child in element:
                self.write(child, base)
            self.parts.append(f"</{name}>")
        self.parts.append(escape(element.tail or "", quote=False))

    def _attribute(self, name: str, content: str, base: str) -> str:
        if ":" in name:
            return ""
        if name in _URLS and base and len(base) <= _MOST_REPEATED and self._room > 0:
            found = absolute(base, content) or content
            self._room -= len(found) - len(content)
            content = found
        return f' {name}="{escape(content)}"'
