"""Whether the tags of an HTML text nest so plainly that an HTML parser would leave them as they stand.

The rules are stricter than the HTML standard's section 13.2.6: what they refuse may still be well nested.
"""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.feeds.tags import BLOCKS, TAGS, VOID, Tag

DEEPEST = 100  # open elements

# Elements for which a parser has rules that are not checked here.
_INVOLVED = frozenset("rp rt ruby caption col colgroup".split())
# They are dropped, and are nothing to a parser but their tags.
_ORDINARY = frozenset("span font label data abbr bdi dialog search hgroup".split())
_SIMPLE = (TAGS - _INVOLVED) | _ORDINARY
_PARENTS = {
    "li": ("ul", "ol"),
    "dt": ("dl",),
    "dd": ("dl",),
    "thead": ("table",),
    "tbody": ("table",),
    "tfoot": ("table",),
    "tr": ("thead", "tbody", "tfoot"),
    "td": ("tr",),
    "th": ("tr",),
}
# In these a parser moves all text and all other elements out of the table.
_FRAME = {
    "table": frozenset(("thead", "tbody", "tfoot")),
    "thead": frozenset(("tr",)),
    "tbody": frozenset(("tr",)),
    "tfoot": frozenset(("tr",)),
    "tr": frozenset(("td", "th")),
}
_UNENDED = VOID - {"br"}
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_CLOSE_P = BLOCKS | {"dialog", "search", "hgroup"}
_ONCE = _HEADINGS | {"a", "p"}  # a second one would close the first
_CHECKED = frozenset(_PARENTS) | _CLOSE_P | _ONCE | {"pre"}


def is_plain(texts: Sequence[str], tags: Sequence[Tag | None]) -> bool:
    """Whether every element is known, opens where it may, and closes in its turn.

    `texts` are the pieces around the tags: one more than there are of those.
    """
    open_: list[str] = []
    within = ""  # the innermost open element
    for index, tag in enumerate(tags, start=1):
        if tag is None:
            return False
        name = tag.name
        if not name or (tag.is_end and name in _UNENDED):  # a comment; what a parser passes over
            pass
        elif tag.is_end:
            if name != within:
                return False
            open_.pop()
            within = open_[-1] if open_ else ""
        else:
            if name not in _SIMPLE or not _may_open(name, within, open_, texts[index]):
                return False
            if name not in VOID:
                open_.append(name)
                within = name
                if len(open_) > DEEPEST:
                    return False
        if within in _FRAME and texts[index].strip(" \t\n\r\f"):
            return False
    return not open_


def _may_open(name: str, within: str, open_: list[str], following: str) -> bool:
    if within in _FRAME and name not in _FRAME[within]:
        return False
    if name not in _CHECKED:
        return True
    if name in _PARENTS and within not in _PARENTS[name]:
        return False
    if name in _CLOSE_P and "p" in open_:
        return False
    if name in _ONCE and (name in open_ or (name in _HEADINGS and not _HEADINGS.isdisjoint(open_))):
        return False
    return name != "pre" or not following.startswith(("\n", "&#", "&N"))  # a first line end is dropped
