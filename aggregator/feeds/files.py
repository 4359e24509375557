"""Text and HTML files of a directory: one article each."""

from __future__ import annotations

import re
from datetime import datetime

import lxml.html
from lxml import etree

from aggregator import text as texts
from aggregator.errors import InputError
from aggregator.feeds import making
from aggregator.feeds.bounds import is_costly
from aggregator.feeds.decoding import decode
from aggregator.feeds.markup import from_text, tag
from aggregator.feeds.notes import Notes
from aggregator.feeds.sanitising import sanitise
from aggregator.model import ParsedFeed

_HTML_NAME = re.compile(r"\.x?html?$", re.IGNORECASE)
_HTML_START = re.compile(
    r"\s*(?:<!--(?>.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_file(name: str, body: bytes, modified: datetime, base_url: str) -> ParsedFeed:
    """One file as a feed of one entry: the guid its name, the title its first line (`<h1>` or `<title>`).

    Raises InputError for a file that is empty or binary.
    """
    if not body.strip():
        raise InputError(
            f"The file {name!r} is empty; write an article into it or take it away.", code="empty"
        )
    if _BINARY.search(body[:8192]) and not body.startswith(_UTF16):
        raise InputError(f"The file {name!r} is binary, not text; take it out of the folder.", code="binary")
    notes = Notes(base_url)
    text = decode(body, "", notes)
    is_html = bool(_HTML_NAME.search(name) or _HTML_START.match(text))
    title, html, language = _page(text) if is_html else _plain(text)
    if not title:
        raise InputError(f"The file {name!r} has no text in it; write an article into it.", code="empty")
    entry = making.finished(
        guid=name, title=title, html=html, language=language, published=modified, base=base_url
    )
    return ParsedFeed(
        format="html" if is_html else "text", entries=(sanitise(entry),), flaws=tuple(notes.flaws)
    )


def _plain(text: str) -> tuple[str, str, str]:
    title, _, rest = texts.clean(text).strip().partition("\n")
    return texts.one_line(title), from_text(rest), ""


def _page(text: str) -> tuple[str, str, str]:
    """(title, HTML of the body, language)"""
    if is_costly(text):
        raise InputError("The page nests too deep to be read; make it plainer.", code="too-costly")
    root = lxml.html.document_fromstring(text.encode("utf-8"), parser=lxml.html.HTMLParser(encoding="utf-8"))
    heading, title = root.find(".//h1"), root.find(".//title")
    body = root.find(".//article") if root.find(".//article") is not None else root.find("body")
    said = _words(title) if title is not None else ""
    if isinstance(heading, lxml.html.HtmlElement) and _words(heading) in (
        said or _words(heading)
    ):  # a title often adds the site's name
        said = _words(heading) or said
        heading.drop_tree()
    html = _inside(body) if body is not None else ""
    return said or _first_words(body), html, tag(root.get("lang") or "")


def _words(element: etree._Element) -> str:
    return texts.one_line("".join(map(str, element.itertext())))


def _first_words(body: etree._Element | None) -> str:
    return _words(body)[:100] if body is not None else ""


def _inside(body: etree._Element) -> str:
    html = etree.tostring(body, method="html", encoding="unicode", with_tail=False)
    return html[html.index(">") + 1 : html.rindex("</")]
