"""HTML and plain text, one into the other, by the paragraphs that a reader sees."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import lxml.html
from lxml import etree

from aggregator import text as texts
from aggregator.feeds.bounds import is_costly
from aggregator.feeds.markup import from_text as _from_text
from aggregator.feeds.tags import BLOCKS
from aggregator.feeds.text_of_html import text_of

_INLINE_WITH_CONTENT = frozenset("img audio video picture source hr br".split())

# Where a run of text is kept in a tree: (element, True) is its text, (element, False) its tail.
_Slot = tuple[etree._Element, bool]


def to_text(html: str) -> str:
    """The text of HTML, sanitised or not: paragraphs separated by a blank line."""
    return text_of(html)


_VOID_ENDS = re.compile("</(?:source|track|wbr)>")  # libxml2 is older than these elements


def from_text(text: str) -> str:
    """HTML of plain text: a `<p>` for each paragraph, escaped; "" for none."""
    said = _from_text(text)
    return f"<p>{said}</p>" if said and not said.startswith("<p>") else said


def without(html: str, dropped: Collection[str], prefix: str = "") -> str:
    """Sanitised HTML less the paragraphs whose text (as `text.paragraphs` folds it) is in `dropped`.

    A paragraph is what `to_text` parts: a block element, or a run of text between two of them or two `<br>`.
    Then `prefix` is taken from the start of the first paragraph that begins with it (a heading may stand
    before); markup inside the paragraph stays. HTML that needs no change comes back as it was.
    """
    if not html or not (dropped or prefix) or is_costly(html):
        return html
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    changed = False
    left = " ".join(texts.clean(prefix).split())
    for run in list(_runs(root)):
        said = _text_of(run)
        if said and said in dropped:
            _blank(run)
            changed = True
        elif left and said.startswith(left) and _take(run, left):
            changed, left = True, ""
    return _written(root) if changed else html


def _runs(root: etree._Element) -> Iterator[list[_Slot]]:
    """The slots of each paragraph, in document order."""
    run: list[_Slot] = [(root, True)]
    breaks = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element is root:
            continue
        if element.tag in BLOCKS:
            if _text_of(run):
                yield run
            run, breaks = [], 0
        elif event == "start" and element.tag == "br":
            breaks += 1
            if breaks > 1 and _text_of(run):
                yield run
                run = []
        slot = (element, event == "start")
        run.append(slot)
        if (_get(slot) or "").strip():
            breaks = 0
    if _text_of(run):
        yield run


def _get(slot: _Slot) -> str | None:
    element, is_text = slot
    return element.text if is_text else element.tail


def _set(slot: _Slot, value: str) -> None:
    element, is_text = slot
    if is_text:
        element.text = value or None
    else:
        element.tail = value or None


def _text_of(run: list[_Slot]) -> str:
    parts = (
        f" {_get(slot) or ''}" if slot[0].tag in ("br", "td", "th") else _get(slot) or "" for slot in run
    )
    return " ".join(texts.clean("".join(parts)).split())


def _blank(run: list[_Slot]) -> None:
    """Takes a paragraph out, and the elements that held nothing else."""
    for slot in run:
        _set(slot, "")
    for element, is_text in run:
        if is_text and element.tag == "br":
            _drop(element)
    for element, _ in reversed(run):
        _prune(element)


def _prune(element: etree._Element) -> None:
    parent = element.getparent()
    is_empty = (
        not len(element) and not (element.text or "").strip() and element.tag not in _INLINE_WITH_CONTENT
    )
    if parent is not None and is_empty and element.tag not in ("td", "th"):
        _drop(element)
        if parent.getparent() is not None:
            _prune(parent)


def _drop(element: etree._Element) -> None:
    """Removes an element and keeps the text behind it."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if element.tail:
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _take(run: list[_Slot], prefix: str) -> bool:
    """Takes a prefix off the front of a paragraph, however its characters are spread over elements."""
    if not _text_of(run).startswith(prefix):
        return False
    left = "".join(prefix.split())
    for slot in run:
        said = _get(slot) or ""
        taken = 0
        while taken < len(said) and (left or said[taken].isspace()):
            if not said[taken].isspace():
                if not left.startswith(said[taken]):
                    break
                left = left[1:]
            taken += 1
        _set(slot, said[taken:])
        if not left and said[taken:]:
            break
    for element, _ in reversed(run):
        if element.tag not in BLOCKS and element.getparent() is not None:
            _prune(element)
    return True


def _written(root: etree._Element) -> str:
    """The inside of the root, as HTML."""
    html = _VOID_ENDS.sub("", etree.tostring(root, method="html", encoding="unicode"))
    return html[html.index(">") + 1 : html.rindex("</")].strip()
