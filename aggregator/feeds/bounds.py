"""What a document may cost. Everything is checked before a slow reader (nh3, feedparser) sees it.

nh3 is quadratic in nesting, copies open formatting elements into every block (the HTML standard's
"reconstruct the active formatting elements"), is quadratic in the attributes of one tag, and takes a microsecond
for each "&", more in a long text; feedparser is all of that, and slow.
"""

from __future__ import annotations

import re

MAX_ENTRIES = 5_000  # of one document
MAX_HTML = 2_000_000  # characters of one entry's content
MAX_DEPTH = 200  # open elements, well under libxml2's own 256
MAX_ATTRIBUTES = 200  # of one tag
MAX_FORMATTING_COST = (
    2  # open formatting elements times tags, for each character: what a parser may be made to copy
)
MAX_TAGS_WITH_TABLE = (
    60_000  # of one text: what is in a table but in no cell is put before it, past all that is there
)
MAX_REFERENCES = 50_000  # in one text; no writing needs them closer together than every third character
FALLBACK_LENGTH = 200_000  # characters; feedparser reads about 1 MB a second
FALLBACK_TAGS = 5_000

_FEW_TAGS = 40  # whatever they are, they cost nh3 0.1 ms
_LINE = 150  # characters
_SHORT = 40_000  # characters; all of them attributes of one tag cost nh3 25 ms

_TABLE = re.compile("<table", re.IGNORECASE)
_NAME = re.compile(r"<(/?[a-zA-Z][^\s/>]*)")
_LEAF = re.compile(r"(?<!\S)([^\s/]\S*+) /\1(?!\S)")
# A start tag as the HTML standard tokenises it: a ">" in a quoted value does not end it.
_TAG = re.compile(r"<[a-zA-Z](?:[^>\"'=]++|=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))?|[\"'])*+", re.DOTALL)
_QUOTED = re.compile(r"=\s*(?:\"[^\"]*+\"?|'[^']*+'?)")
_BETWEEN = re.compile(r"[\s/]+")
_FORMATTING = frozenset(
    ("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
)
# These never stay open: they are void, or the next one of their kind closes them, whatever they stand in.
_SHALLOW = frozenset(
    "area base br col embed hr img input link meta param source track wbr "
    "p li dt dd tr td th thead tbody tfoot option colgroup".split(" ")
)
_SHALLOW_TAGS = _SHALLOW | {f"/{name}" for name in _SHALLOW}


def is_costly(html: str) -> bool:
    """Whether markup could keep an HTML parser busy out of all proportion to its length."""
    references = html.count("&")
    if len(html) > MAX_HTML or references > MAX_REFERENCES or references * 3 > len(html) > _LINE:
        return True
    tags = html.count("<")
    if tags > MAX_TAGS_WITH_TABLE and _TABLE.search(html):
        return True
    return (tags > _FEW_TAGS and _nests(html)) or (len(html) > _SHORT and _has_many_attributes(html))


def _nests(html: str) -> bool:
    """Whether it nests too deep, by a count of each element's open tags that are not yet closed.

    The count is never less than what a parser keeps open: an end tag only counts against its own kind. Most elements
    have no other in them: they never add more than one, and are passed over.
    """
    names = _NAME.findall(html)
    nesting = _LEAF.sub("", " ".join(names).lower()).split()
    opened: dict[str, int] = {}
    depth = formatting = worst = 1
    for name in nesting:
        if name in _SHALLOW_TAGS:
            continue
        step = 1
        if name[0] == "/":
            name, step = name[1:], -1
        count = opened.get(name, 0) + step
        if count < 0:
            continue
        opened[name] = count
        depth += step
        if name in _FORMATTING:
            formatting += step
            worst = max(worst, formatting)
        if depth > MAX_DEPTH:
            return True
    return worst > 3 and worst * len(names) > MAX_FORMATTING_COST * len(html)


def _has_many_attributes(markup: str) -> bool:
    """Whether any tag has more than MAX_ATTRIBUTES. Quoted values may hold anything: they do not count."""
    tags = (tag for tag in _TAG.findall(markup) if len(tag) > 2 * MAX_ATTRIBUTES)
    return any(len(_BETWEEN.split(_QUOTED.sub(" ", tag))) > MAX_ATTRIBUTES for tag in tags)


def suits_feedparser(text: str) -> bool:
    """Whether the slowest reader may have it."""
    return (
        len(text) <= FALLBACK_LENGTH
        and text.count("<") <= FALLBACK_TAGS
        and not _nests(text)
        and not _has_many_attributes(text)
    )
