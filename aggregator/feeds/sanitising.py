"""Sanitising an entry: an allow-list, absolute URLs, no tracking pixels, and the plain text.

nh3 sees all that could be markup. What it writes has one form (every tag known, every value quoted, no "<" but a
tag's), in which the addresses and the plain text are found without a second parser.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape

import nh3

from aggregator import text
from aggregator.feeds import tags
from aggregator.feeds.bounds import is_costly
from aggregator.feeds.markup import from_text
from aggregator.feeds.targets import with_targets
from aggregator.feeds.text_of_html import folded, text_of, text_of_safe
from aggregator.model import Entry
from aggregator.packing import pack, unpacked

_CLEANER = nh3.Cleaner(
    tags=set(tags.TAGS),
    attributes=tags.ATTRIBUTES,
    clean_content_tags={"script", "style"},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
    strip_comments=True,
)
# Spans carry nothing once class and style are gone: where they are many, as around each word of a program, a parser
# is spared them. That is no matter of safety: it sees all that is left.
_SPAN = re.compile(r"""<span(?:\s++[\w:-]++="[^"<>]*+")*+\s*+>""")
_MANY_SPANS = 20
# What a parser reads otherwise than it is meant. We run no scripts, so what is in <noscript> is no text; and HTML knows
# no <iframe/>, which would hide all that follows.
_MISREAD = re.compile(
    r"<(?:/?[nN][oO][sS][cC][rR][iI][pP][tT](?:\s[^<>]*)?"
    r"|(?:[sS][cC][rR][iI][pP][tT]|[sS][tT][yY][lL][eE]|[iI][fF][rR][aA][mM][eE])(?:\s[^<>]*)?/)>"
)
# Pictures that a script fetches once they are seen, or that are there in several sizes only.
_PICTURE = re.compile(r"<img\s[^<>]*>", re.IGNORECASE)
_ADDRESS = re.compile(r"\ssrc\s*=\s*[\"']?\s*(?!data:)[^\s\"'>]", re.IGNORECASE)
_ADDRESS_LATER = re.compile(
    r"\s(?:data-(?:lazy-)?src|data-original|(?:data-)?(src)set)\s*=\s*(?:\"\s*([^\"]+)\"|'\s*([^']+)')",
    re.IGNORECASE,
)
_FIRST_LINES = re.compile(r"(<pre[^<>]*>)\n+")  # a parser drops one each time it reads them


def sanitise(entry: Entry) -> Entry:
    """The entry with safe HTML, absolute URLs and its plain text; itself, if that was done before. Packed if it was."""
    if entry.sanitised:
        return entry
    if entry.packed:
        return pack(sanitise(unpacked(entry)))
    html, words = _sanitised(entry.html, entry.base or entry.url)
    return replace(entry, html=html, text=words, sanitised=True)


def safe_html(html: str, base: str = "") -> str:
    """HTML of the allow-list alone. What would cost an HTML parser too much becomes plain paragraphs."""
    return _sanitised(html, base)[0]


def _sanitised(html: str, base: str) -> tuple[str, str]:
    """(safe HTML, its plain text)"""
    if "<" not in html and "&" not in html:
        html = text.clean(html).strip()
        return escape(html, quote=False).replace("\xa0", "&nbsp;"), folded(html)
    if html.count("<span") > _MANY_SPANS:
        html = _SPAN.sub("", html).replace("</span>", "")
    allowed = from_text(text_of(html)) if is_costly(html) else _allowed(html)
    safe = with_targets(text.clean(allowed).strip(), base).strip()
    if "<pre" in safe:
        safe = _FIRST_LINES.sub(r"\1", safe)
    return safe, text_of_safe(safe)


def _allowed(html: str) -> str:
    """What the allow-list leaves."""
    if ("srcset" in html or "data-" in html) and "<noscript" not in html:  # which has them in full
        html = _PICTURE.sub(lambda tag: _with_address(tag[0]), html)
    html = _MISREAD.sub("", html)
    try:
        return _CLEANER.clean(html)
    except UnicodeEncodeError:  # a lone surrogate: JSON can hold it
        return _CLEANER.clean(text.storable(html))


def _with_address(tag: str) -> str:
    """A picture with an address, if it says one anywhere; the first of two is the one that counts."""
    later = None if _ADDRESS.search(tag) else _ADDRESS_LATER.search(tag)
    if later is None:
        return tag
    said = (later[2] or later[3]).strip()
    first = said.split()[0].rstrip(",") if later[1] and said else said
    return f'<img src="{first.replace(chr(34), "%22")}"{tag[4:]}'
