"""HTML to plain paragraphs, by its tags alone: fast, and exact for HTML that nh3 wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from aggregator import text

BLOCKS = frozenset(
    """
    address article aside blockquote caption center dd details dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section summary table tbody tfoot thead
    tr ul
    """.split()
)
# Marks that clean text cannot hold, and that `str.split` does not take for white space.
_LINE, _PARAGRAPH = "\x01", "\x02"
_BREAKS = dict.fromkeys(("br", "/br"), _LINE) | dict.fromkeys(("td", "th", "/td", "/th"), " ")
_BREAKS |= {mark: _PARAGRAPH for name in BLOCKS for mark in (name, f"/{name}")}

# nh3 escapes ">" in values, so the first one ends the tag; in other HTML only one outside of quotes does.
_SAFE_TAG = re.compile(r"<(/?[a-z][\w:-]*)[^<>]*>")
_ANY_TAG = re.compile(r"<(/?[a-zA-Z][\w:-]*)(?:\s(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)?/?>")
# What is never closed hides the rest, as the HTML standard has it.
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<!doctype[^<>]*>"
    r"|<(script|style|template|iframe|noembed)\b[^<>]*>.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_WRITTEN = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&nbsp;", "\xa0"), ("&amp;", "&"))
_PRE = re.compile(r"<pre\b.*?(?:</pre>|\Z)", re.IGNORECASE | re.DOTALL)


def text_of(html: str) -> str:
    """Paragraphs of any HTML, separated by a blank line; one `<br>` is a line end, two end a paragraph."""
    html = text.clean(html)
    if "<!" in html or "<s" in html or "<S" in html or "<i" in html or "<t" in html:
        html = _UNSEEN.sub("", html)
    html = _ANY_TAG.sub(lambda tag: f"<{tag[1].lower()}>", html)
    return text.clean(_text(html, unescape))


def text_of_safe(html: str) -> str:
    """The same of HTML that nh3 wrote: clean, and with no element that is not meant to be read."""
    return _text(html, _unescaped)


def _unescaped(html: str) -> str:
    """Without the only five references that nh3 writes."""
    for reference, character in _WRITTEN:
        html = html.replace(reference, character)
    return html


def _text(html: str, unescaped: Callable[[str], str]) -> str:
    if "<pre" in html:
        html = _PRE.sub(lambda match: match[0].replace("\n", _LINE), html)
    if "<" in html:
        pieces = _SAFE_TAG.split(html)
        pieces[1::2] = [_BREAKS.get(name, "") for name in pieces[1::2]]
        html = "".join(pieces)
    if "&" in html:
        html = unescaped(html)
    said = " ".join(html.split())
    if _LINE in said:
        said = said.replace(f" {_LINE}", _LINE).replace(f"{_LINE} ", _LINE).replace(_LINE * 2, _PARAGRAPH)
    parts = [part.strip(f" {_LINE}") for part in said.split(_PARAGRAPH)]
    return "\n\n".join(filter(None, parts)).replace(_LINE, "\n")
