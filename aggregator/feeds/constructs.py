"""Text constructs of Atom (RFC 4287 section 3.1; Atom 0.3 says `mode` besides), in whatever feed they stand."""

from __future__ import annotations

import base64
import binascii

from lxml import etree

from aggregator import text
from aggregator.feeds.links import WEB_LINKS, Links
from aggregator.feeds.markup import based, from_text, inner, markup, plain
from aggregator.feeds.names import Fields, each, fields, first, key, value
from aggregator.feeds.text_of_html import text_of
from aggregator.model import EntryOrigin

_XHTML = frozenset({"xhtml", "xml", "application/xhtml+xml"})
_HTML = frozenset({"html", "text/html", "text/x-html"})
_PLAIN = frozenset({"", "text", "text/plain"})


def html_in(element: etree._Element, base: str) -> str:
    """The HTML of a construct, whatever it says to be."""
    kind = (element.get("type") or "").strip().lower().partition(";")[0]
    mode = (element.get("mode") or "").strip().lower()
    if kind == "multipart/alternative" and len(element):  # Atom 0.3; the last is the richest (RFC 2046)
        return html_in(element[-1], base)
    if kind in _XHTML or (mode == "xml" and len(element)):
        return _xhtml(element, base)
    if len(element):  # tags that should have been escaped
        return inner(element, base)
    said = value(element)
    if mode == "base64" or ("/" in kind and not kind.startswith("text/") and kind not in _XHTML):
        return _decoded(said)
    if kind in _HTML or (mode == "escaped" and kind not in ("text", "text/plain")):
        return said
    return from_text(said) if kind in _PLAIN or kind.startswith("text/") else markup(said)


def _xhtml(element: etree._Element, base: str) -> str:
    """The inside of the xhtml:div, which is not part of the content (RFC 4287 section 3.1.1.3)."""
    if (
        len(element) == 1
        and key(element[0].tag) in ("xhtml:div", "div", "atom:div")
        and not (element.text or "").strip()
    ):
        return inner(element[0], based(element[0], base))
    return inner(element, base)


def _decoded(said: str) -> str:
    try:
        return base64.b64decode(said).decode("utf-8")
    except (binascii.Error, ValueError):  # a picture, a film: not words
        return ""


def line_in(element: etree._Element) -> str:
    """One line of plain text of a construct that holds a title."""
    kind = (element.get("type") or "").strip().lower()
    if not len(element) and kind in _PLAIN and element.get("mode") not in ("escaped", "base64"):
        return text.one_line(element.text or "")
    html = html_in(element, "")
    if kind in _XHTML and not len(element):  # escaped, although that is not XHTML's way
        return plain(text_of(html))
    is_html = kind in _HTML | _XHTML or element.get("mode") == "escaped"
    return text.one_line(text_of(html)) if is_html else plain(html)


def line_of(found: Fields, *keys: str) -> str:
    """One line of plain text of the first construct under the keys that has any."""
    return next((line for element in each(found, *keys) if (line := line_in(element))), "")


def origin_in(source: etree._Element, base: str) -> EntryOrigin | None:
    """Where an entry was first, as atom:source has it."""
    inside = fields(source)
    links = Links(each(inside, *WEB_LINKS), based(source, base))
    origin = EntryOrigin(
        line_of(inside, "atom:title"), first(inside, "atom:id"), links.alternate or links.self
    )
    return origin if origin.title or origin.id or origin.url else None
