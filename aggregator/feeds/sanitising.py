"""Sanitising an entry: an allow-list, absolute URLs, no tracking pixels, and the plain text.

nh3 makes plain HTML of any: every tag known, every value quoted, every element closed in its turn. Half of what
feeds carry is that plain already (`nesting` says so, strictly), and nh3 would give it back as it was for ten
times the cost of finding that out. From there on all HTML goes one way, tag by tag through the allow-list.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape

import nh3

from aggregator import text
from aggregator.feeds import tags
from aggregator.feeds.bounds import MAX_HTML, is_costly
from aggregator.feeds.markup import from_text
from aggregator.feeds.nesting import is_plain
from aggregator.feeds.tags import Tag, written_at
from aggregator.feeds.text_of_html import folded, text_of, unescaped
from aggregator.model import Entry

_CLEANER = nh3.Cleaner(
    tags=set(tags.TAGS),
    attributes=tags.ATTRIBUTES,
    clean_content_tags={"script", "style"},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
    strip_comments=True,
)
_TAG = re.compile("<([^<>]*)>")
# Taken out first: what nobody reads, and spans, which carry nothing once class and style are gone. That is to
# spare a parser the rest and no matter of safety: all that is left goes one way.
_COMMENT = re.compile(r"<!--(?!-?>)[^-]*+(?:-(?!-)[^-]*+)*+-->")
_UNREAD = re.compile(r"<(script|style)(?:\s[^<>]*)?>[^<]*</\1>|<iframe(?:\s[^<>]*)?></iframe>")
_SPAN = re.compile(r"""<span(?:\s++[\w:-]++="[^"<>]*+")*+\s*+>""")
_MANY_SPANS = 20
_NOSCRIPT = re.compile(r"</?noscript(?:\s[^<>]*)?>", re.IGNORECASE)
_FIRST_LINES = re.compile(r"(<pre[^<>]*>)\n+")  # a parser drops one each time it reads them
_BETWEEN = "\x03"  # clean text cannot hold it


def sanitise(entry: Entry) -> Entry:
    """The entry with safe HTML, absolute URLs and its plain text; itself, if that was done before."""
    if entry.sanitised:
        return entry
    html, words = _sanitised(entry.html, entry.base or entry.url)
    return replace(entry, html=html, text=words, sanitised=True)


def safe_html(html: str, base: str = "") -> str:
    """HTML of the allow-list alone. What would cost an HTML parser too much becomes plain paragraphs."""
    return _sanitised(html, base)[0]


def _sanitised(html: str, base: str) -> tuple[str, str]:
    """(safe HTML, its plain text)"""
    html = text.clean(html).strip()
    if "<" not in html and "&" not in html:
        return escape(html, quote=False).replace("\xa0", "&nbsp;"), folded(html)
    html = _lightened(html)
    pieces = _TAG.split(html)
    found = tags.read(pieces[1::2])
    is_whole = html.count("<") == len(found) and len(html) <= MAX_HTML
    if not (is_whole and is_plain(pieces[::2], found)):
        pieces = _TAG.split(_made_plain(html))
        found = tags.read(pieces[1::2])
    return _written(pieces, found, base)


def _lightened(html: str) -> str:
    # A parser takes what is in it for text, and we run no scripts.
    if "<noscript" in html or "<NOSCRIPT" in html:
        html = _NOSCRIPT.sub("", html)
    if "<!--" in html:
        html = _COMMENT.sub("", html)
    if "<script" in html or "<style" in html or "<iframe" in html:
        html = _UNREAD.sub("", html)
    if html.count("<span") > _MANY_SPANS:
        html = _SPAN.sub("", html).replace("</span>", "")
    return html


def _made_plain(html: str) -> str:
    if is_costly(html):
        return from_text(text_of(html))
    return text.clean(_CLEANER.clean(html).replace("\r", "\n"))


def _written(pieces: list[str], found: list[Tag | None], base: str) -> tuple[str, str]:
    """The pieces (text, tag, text, ... text) put together again: as HTML, and as plain text."""
    texts = _BETWEEN.join(pieces[::2])
    if "&" in texts:
        texts, is_clean = unescaped(texts)
        if not is_clean:
            texts = texts.replace("\r", "\n")  # a reference made it: a line end by itself, whatever follows
            texts = _BETWEEN.join(map(text.clean, texts.split(_BETWEEN)))
    words = pieces.copy()
    words[::2] = texts.split(_BETWEEN)
    words[1::2] = [one.mark if one else "" for one in found]
    if sum(1 for one in found if one and one.attributes) * len(base) > _most_repeated(pieces):
        base = ""
    said = [(written_at(one, base) if one.attributes else one.written) if one else "" for one in found]
    pieces[::2] = _escaped(texts).split(_BETWEEN)
    pieces[1::2] = said
    safe = "".join(pieces).strip()
    return _FIRST_LINES.sub(r"\1", safe) if "<pre" in safe else safe, folded("".join(words))


def _most_repeated(pieces: list[str]) -> int:
    """How long relative links may become: each repeats its base, and a short one makes a hundred times itself."""
    return 10_000 + 8 * sum(map(len, pieces))


def _escaped(words: str) -> str:
    """Text the way nh3 writes it."""
    return escape(words, quote=False).replace("\xa0", "&nbsp;")
