"""Text to an XML tree: strict first; then its characters mended; then its structure. libxml2's own recovery
is not used: after the first error it silently drops every `&lt;`."""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree

from aggregator.feeds import repair
from aggregator.feeds.balance import balanced
from aggregator.feeds.names import is_known, key
from aggregator.feeds.notes import Notes

_BEGINNING = re.compile(
    r"<(?:\?xml|!DOCTYPE\s+rss|(?:[\w.-]+:)?(?:rss|rdf|feed|urlset|channel)[\s>])", re.IGNORECASE
)
_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry|url)[\s/>]", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][\w:.-]*)")
_ENDING = re.compile(r"</([\w:.-]+)\s*>\s*(?:<!--(?>.*?-->)\s*)*+\Z", re.DOTALL)
_FEW = 2_000_000  # characters; of a shorter document all entries may be in a tree


def tree(text: str, notes: Notes, max_entries: int) -> etree._Element | None:
    """The root element of a document, mended as far as it takes; None where no element is in it at all.

    Flaws: "junk-before", "junk-behind", "not-well-formed", "truncated" (the root never ends), "too-many-entries".
    """
    text = _from_beginning(repair.normalised(text), notes)
    if len(text) >= _FEW:
        text = _bounded(text, max_entries, notes)
    try:
        return _strict(text)
    except _Unfit as unfit:
        why = unfit
    if not _ends(text) and (whole := _without_rest(text)):
        for repaired in (str, repair.characters):  # as it is, if it can be
            if (root := _tried(repaired(whole))) is not None:
                notes.flaw("junk-behind", "There is something behind the end of the document.")
                return root
    notes.flaw("not-well-formed", f"The XML is not well-formed: {why}.", f"line {why.line}")
    if not _ends(text):
        notes.flaw("truncated", "The document ends before its root element does.")
    mended = repair.characters(_bounded(text, max_entries, notes) if len(text) < _FEW else text)
    root = _tried(mended)
    return root if root is not None else _tried(balanced(mended))


def _tried(text: str) -> etree._Element | None:
    try:
        return _strict(text)
    except _Unfit:
        return None


def _ends(text: str) -> bool:
    """Whether the last thing in the text is the end of its root."""
    root, ending = _ROOT.search(text), _ENDING.search(text[-4096:])
    return root is not None and ending is not None and root[1].lower() == ending[1].lower()


def _without_rest(text: str) -> str:
    """The document up to the end of its root; "" where there is none, or more entries come behind it."""
    root = _ROOT.search(text)
    start = text.rfind(f"</{root[1]}") if root else -1
    end = text.find(">", start) + 1 if start >= 0 else 0
    return text[:end] if end and not _ENTRY.search(text, end) else ""


class _Unfit(Exception):
    """The text is no XML that can be read as it is."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def _strict(text: str) -> etree._Element:
    """Raises _Unfit."""
    try:
        root = etree.fromstring(text.encode("utf-8", "ignore"), _parser())
    except etree.XMLSyntaxError as error:
        raise _Unfit(error.msg or "", error.lineno or 1) from error
    if root.getroottree().docinfo.internalDTD is not None:  # entities would be nodes of their own
        raise _Unfit("it has a document type of its own", 1)
    uri, _, name = root.tag[1:].partition("}") if root.tag[0] == "{" else ("", "", root.tag)
    if uri and (not is_known(uri) or (name.lower() == "rss" and key(root.tag) != "rss")):
        return _without(root)
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


def _without(root: etree._Element) -> etree._Element:
    """A root in a namespace of its own invention, or an rss in another's, is taken for one without: so people read it.

    What has another prefix for that namespace is meant to be in it.
    """
    own = root.tag[: root.tag.index("}") + 1]
    for element in root.iter(own + "*"):
        name = element.tag[len(own) :]
        if ":" not in name and element.prefix == root.prefix:
            element.tag = name
    return root


def _from_beginning(text: str, notes: Notes) -> str:
    """Warnings of a script, blank lines and the like before the document go."""
    if text.startswith("<") and _BEGINNING.match(text):
        return text
    match = _BEGINNING.search(text[:100_000])
    if match is None or text[: match.start()].lstrip().startswith("<!--"):
        return text
    if text[: match.start()].strip():
        notes.flaw("junk-before", "There is something before the beginning of the document.")
    return repair.normalised(text[match.start() :])


def _bounded(text: str, max_entries: int, notes: Notes) -> str:
    """The document up to its last entry that counts; the reader of a tree would hold all of them at once."""
    starts = _ENTRY.finditer(text)
    beyond = next(islice(starts, max_entries, None), None)
    if beyond is None:
        return text
    notes.flaw("too-many-entries", f"Only the first {max_entries} entries are read.")
    return text[: beyond.start()] + _closing(text)


def _closing(text: str) -> str:
    """The end tags of what encloses the entries, taken from the end of the document itself."""
    return "".join(
        re.findall(r"</(?:channel|rss|feed|urlset|(?:[\w.-]+:)?rdf)\s*>", text[-2000:], re.IGNORECASE)[-2:]
    )
