"""HTML to plain paragraphs, by its tags alone."""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

from aggregator import text
from aggregator.feeds.tags import END_MARKS, END_PRE, LINE, MARKS, PARAGRAPH, PRE

_BREAKS = {**MARKS, **{f"/{name}": mark for name, mark in END_MARKS.items()}}

_SIMPLE_TAG = re.compile(r"<(/?[a-z][\w:-]*)[^<>]*>")
# A ">" in quotes does not end a tag.
_ANY_TAG = re.compile(r"<(/?[a-zA-Z][\w:-]*)(?:\s(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)?/?>")
# What is never closed hides the rest, as the HTML standard has it.
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<!doctype[^<>]*>"
    r"|<(script|style|template|iframe|noembed)\b[^<>]*>.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_REFERENCE = re.compile(r"&[#\w]*;?")
_HARMLESS = re.compile("[ -~\xa0-\u02ff\u2010-\u2027\u2030-\u214f\u2190-\u22ff]")
_FEW = 30
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
        pieces[1::2] = [_BREAKS.get(name, "") for name in pieces[1::2]]
        html = "".join(pieces)
    if "&" in html:
        html = unescape(html)
    return text.clean(folded(html))


def unescaped(said: str) -> tuple[str, bool]:
    """Clean text with its references as characters, and whether it is clean still.

    A text repeats few references often: replacing one at a time is many times faster than finding each.
    """
    found = set(_REFERENCE.findall(said))
    if len(found) > _FEW or not all(map(_is_harmless, found)):
        return unescape(said), False
    for reference in found - {"&amp;"}:
        said = said.replace(reference, unescape(reference))
    return said.replace("&amp;", "&"), True


@lru_cache(maxsize=1024)
def _is_harmless(reference: str) -> bool:
    """Whether it is one character, not "&", that composes with no other; or `&amp;`, which comes last."""
    character = unescape(reference)
    if reference == "&amp;":
        return True
    return (
        len(character) == 1
        and character != "&"
        and reference[-1] == ";"
        and _HARMLESS.match(character) is not None
    )


def folded(said: str) -> str:
    """Paragraphs, parted by a blank line, of text with the marks of its tags in it."""
    if PRE in said:
        said = _PRE.sub(lambda match: match[1].replace("\n", LINE), said)
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
