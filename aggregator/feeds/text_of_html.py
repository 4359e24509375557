"""HTML to plain paragraphs, by its tags alone."""

from __future__ import annotations

import re
from html import unescape

from aggregator import text
from aggregator.feeds.tags import BREAKS, END_PRE, LINE, PARAGRAPH, PRE

_SIMPLE_TAG = re.compile(r"<(/?[a-z][\w:-]*)[^<>]*>")
_SAFE_TAG = re.compile("<(/?[a-z0-9]+)[^<>]*>")
_SAFE_REFERENCES = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
# A ">" in quotes does not end a tag.
_ANY_TAG = re.compile(r"<(/?[a-zA-Z][\w:-]*)(?:\s(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)?/?>")
# What is never closed hides the rest, as the HTML standard has it.
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<!doctype[^<>]*>"
    r"|<(script|style|template|iframe|noembed)\b[^<>]*>.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_NOTHING = frozenset(("", " "))
_PRE = re.compile(f"{PRE}([^{END_PRE}]*){END_PRE}?")


def text_of(html: str) -> str:
    """Paragraphs of any HTML, separated by a blank line; one `<br>` is a line end, two end a paragraph."""
    html = text.clean(html)
    if "<!" in html or "<s" in html or "<S" in html or "<i" in html or "<t" in html:
        html = _UNSEEN.sub("", html)
    if "<" in html:
        html = _ANY_TAG.sub(lambda tag: f"<{tag[1].lower()}>", html)
        pieces = _SIMPLE_TAG.split(html)
        pieces[1::2] = [BREAKS.get(name, "") for name in pieces[1::2]]
        html = "".join(pieces)
    if "&" in html:
        html = unescape(html)
    return text.clean(folded(html))


def text_of_safe(html: str) -> str:
    """The same of HTML as nh3 writes it."""
    if "<" in html:
        pieces = _SAFE_TAG.split(html)
        pieces[1::2] = [BREAKS.get(name, "") for name in pieces[1::2]]
        html = "".join(pieces)
    if "&" in html:
        for reference, character in _SAFE_REFERENCES:
            html = html.replace(reference, character)
    found = folded(html)
    return text.clean(found) if text.OVERLAY in found else found  # it may compose now with a "<" before it


def folded(said: str) -> str:
    """Paragraphs, parted by a blank line, of text with the marks of its tags in it."""
    if PRE in said or END_PRE in said:
        said = _PRE.sub(lambda match: match[1].replace("\n", LINE), said)
        said = said.replace(PRE, "").replace(END_PRE, "")  # of one in another, or that never began
    said = said.replace("\n", " ").replace("\t", " ")
    found = []
    for part in said.split(PARAGRAPH):
        if part in _NOTHING:  # between the end of one block and the start of the next
            continue
        if LINE in part:
            part = " ".join(part.split()).replace(f" {LINE}", LINE).replace(f"{LINE} ", LINE)
            found += [line.strip(f" {LINE}") for line in part.split(LINE * 2)]
        else:
            is_simple = part.isprintable() and "  " not in part
            found.append(part.strip(" ") if is_simple else " ".join(part.split()))
    return "\n\n".join(filter(None, found)).replace(LINE, "\n")
