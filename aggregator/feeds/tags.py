"""One tag of an HTML text: what of it the allow-list leaves, and what it is to the plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import unescape
from html.entities import html5
from typing import NamedTuple

from aggregator.feeds.addresses import PLAIN, absolute
from aggregator.text import clean

TAGS = frozenset(
    """
    a abbr acronym address article aside audio b bdi big blockquote br caption center cite code col
    colgroup dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins
    kbd li main mark nav ol p picture pre q rp rt ruby s samp section small source strike strong sub summary
    sup table tbody td tfoot th thead time tr track tt u ul var video wbr
    """.split()
)
ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "img": {"src", "alt", "width", "height"},
    "audio": {"src"},  # readers give it controls of their own
    "video": {"src", "poster", "width", "height"},
    "source": {"src", "type"},
    "track": {"src", "kind", "srclang", "label"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "del": {"cite", "datetime"},
    "ins": {"cite", "datetime"},
    "time": {"datetime"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
}
BLOCKS = frozenset(
    """
    address article aside blockquote caption center dd details dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section summary table tbody tfoot thead
    tr ul
    """.split()
)
VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# What a tag is to the plain text: marks that clean text cannot hold, and that `str.split` leaves alone.
LINE, PARAGRAPH, PRE, END_PRE = "\x01", "\x02", "\x04", "\x05"
MARKS = dict.fromkeys(BLOCKS, PARAGRAPH) | {"br": LINE, "td": " ", "th": " ", "pre": PARAGRAPH + PRE}
END_MARKS = MARKS | {"pre": END_PRE + PARAGRAPH}

LONGEST, MOST = 500, 16_384  # characters of a tag worth remembering; tags
_URLS = frozenset("href src poster cite".split())
_GLOBAL = ATTRIBUTES["*"]

_START = re.compile(
    r"([a-zA-Z][a-zA-Z0-9]*+)((?:\s++[a-zA-Z_:][\w:.-]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'=`]++))?+)*+)\s*+/?",
    re.ASCII,
)
_END = re.compile(r"/([a-zA-Z][a-zA-Z0-9]*+)\s*+", re.ASCII)
_WHOLE_COMMENT = re.compile(r"!--(?!-?\Z)(?:(?!--).)*+--", re.DOTALL)
_ATTRIBUTE = re.compile(
    r"([a-zA-Z_:][\w:.-]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'=`]++)))?+", re.ASCII
)
# The HTML standard, section 13.2.5.73: in a value a name without ";" before "=" or a letter is no reference.
_REFERENCE = re.compile(
    r"&(?:#(?:[0-9]++|[xX][0-9a-fA-F]++);?|([a-zA-Z][a-zA-Z0-9]*+)(?:(;)|(?!=)))", re.ASCII
)
_SPECIAL = re.compile('[&"<>\xa0]')
_plain = re.compile(PLAIN).fullmatch

_TINY = re.compile(r"\s*[01](?:px)?\s*")
# Hosts and paths that serve counting pixels and share buttons to feed readers.
_PIXELS = re.compile(
    r"//(?:feeds\.feedburner\.com/~|[a-z0-9.-]*feedsportal\.com/|pixel\.|[a-z0-9.-]*doubleclick\.net/|stats\.wordpress\.com/"
    r"|pixel\.wp\.com/|[a-z0-9.-]*google-analytics\.com/|feedads\.|[a-z0-9.-]*scorecardresearch\.com/|[a-z0-9.-]*pheedo\.com/"
    r"|feeds\.wordpress\.com/1\.0/|www\.assoc-amazon\.com/e/ir|[a-z0-9.-]*quantserve\.com/|a\.rfihub\.|[a-z0-9.-]*pheedcontent\.com/"
    r"|count\.|counter\.|visitor\.|rss\.buysellads\.com/|da\.feedsportal|matomo\.|piwik\.)"
)


class Tag(NamedTuple):
    """`name` is lower case and "" for a comment; `written` is "" where nothing of the tag is left.

    `attributes` are given where an address is among them that is yet to be made absolute, by `written_at`.
    """

    name: str
    is_end: bool
    written: str
    mark: str
    attributes: Mapping[str, str] = {}


_COMMENT = Tag("", False, "", "")


def read(said: Iterable[str]) -> list[Tag | None]:
    """What stands between each "<" and its ">"; None where only an HTML parser knows what it is."""
    return list(map(_known.__getitem__, said))


def written_at(tag: Tag, base: str) -> str:
    """A start tag with its addresses absolute."""
    found = dict(tag.attributes)
    for attribute in _URLS & found.keys():
        address = found[attribute]
        if not address.startswith("mailto:"):
            address = absolute(base, address)
        if address:
            found[attribute] = address
        else:
            del found[attribute]
    return _written(tag.name, found)


def _read(said: str) -> Tag | None:
    if said[:1] in ("!", "?"):  # a doctype and the like count as comments
        return _COMMENT if not said.startswith("!--") or _WHOLE_COMMENT.fullmatch(said) else None
    if end := _END.fullmatch(said):
        name = end[1].lower()
        if name in VOID:
            return Tag(name, True, "", "")
        return Tag(name, True, f"</{name}>" if name in TAGS else "", END_MARKS.get(name, ""))
    start = _START.fullmatch(said)
    if start is None:
        return None
    name = start[1].lower()
    mark = MARKS.get(name, "")
    if name not in TAGS:
        return Tag(name, False, "", mark)
    if not start[2] and name != "img":
        return Tag(name, False, f"<{name}>", mark)
    found = _allowed(name, start[2])
    for attribute, value in found.items():
        if attribute in _URLS and not _plain(value):
            return Tag(name, False, "", mark, found)
    return Tag(name, False, _written(name, found), mark)


class _Known(dict[str, Tag | None]):
    """Tags read before: feeds repeat themselves. A full one begins anew, which costs less than order would."""

    def __missing__(self, said: str) -> Tag | None:
        found = _read(said)
        if len(said) <= LONGEST:
            if len(self) >= MOST:
                self.clear()
            self[said] = found
        return found


_known = _Known()


def _written(name: str, attributes: dict[str, str]) -> str:
    if name == "img" and _is_pixel(attributes):
        return ""
    return "<" + name + "".join(f' {key}="{_escaped(value)}"' for key, value in attributes.items()) + ">"


def _allowed(tag: str, said: str) -> dict[str, str]:
    """The allowed attributes of a tag with their values; of one that is given twice the first counts."""
    own = ATTRIBUTES.get(tag, _GLOBAL)
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(said):
        attribute = name.lower()
        if (attribute in own or attribute in _GLOBAL) and attribute not in found:
            value = double or single or bare
            found[attribute] = clean(_REFERENCE.sub(_character, value)) if "&" in value else value
    return found


def _character(match: re.Match[str]) -> str:
    if match[1] is None:
        return unescape(match[0])
    return html5.get(match[1] + (match[2] or ""), match[0])


def _is_pixel(attributes: dict[str, str]) -> bool:
    source = attributes.get("src", "")
    if not source or _PIXELS.search(source):
        return True
    return any(name in attributes and _TINY.fullmatch(attributes[name]) for name in ("width", "height"))


def _escaped(value: str) -> str:
    """In an attribute, the way nh3 writes it."""
    if not _SPECIAL.search(value):
        return value
    if "&" in value:
        value = value.replace("&", "&amp;")
    return value.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;").replace("\xa0", "&nbsp;")
