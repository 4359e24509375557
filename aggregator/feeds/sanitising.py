"""Sanitising an entry: an allow-list by nh3, absolute URLs, no tracking pixels, and the plain text."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape, unescape

import nh3

from aggregator import text
from aggregator.feeds.addresses import PLAIN, absolute
from aggregator.feeds.bounds import is_costly
from aggregator.feeds.markup import from_text
from aggregator.feeds.text_of_html import text_of, text_of_safe
from aggregator.model import Entry

_TAGS = frozenset(
    """
    a abbr acronym address article aside audio b bdi bdo big blockquote br caption center cite code col
    colgroup dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins
    kbd li main mark nav ol p picture pre q rp rt ruby s samp section small source strike strong sub summary
    sup table tbody td tfoot th thead time tr track tt u ul var video wbr
    """.split()
)
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "img": {"src", "alt", "width", "height"},
    "audio": {"src", "controls"},
    "video": {"src", "poster", "controls", "width", "height"},
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
_SILENCED = {"script", "style", "template", "noscript", "iframe", "object", "head", "title"}
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    attributes=_ATTRIBUTES,
    clean_content_tags={"script", "style"},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
    strip_comments=True,
)

# They carry nothing once class and style are gone, and highlighted code has more of them than of all else.
# Taking them out first is no matter of safety: what is left goes through nh3.
_SPAN = re.compile(r"""</?span(?:\s+[\w:-]+="[^"<>]*")*\s*>""", re.IGNORECASE)
_MANY_SPANS = 20

# nh3 writes every attribute as name="value" with quotes, "<" and ">" escaped: these expressions rely on it.
_IMAGE = re.compile(r"<img( [^>]*)?>")
_TO_MEND = re.compile(
    rf'<[a-z]+(?: [a-z]+="[^"]*")*? (?:href|src|poster|cite)="(?!{PLAIN}"|mailto:)[^"]*"[^>]*>'
)
_ADDRESS = re.compile(r' (href|src|poster|cite)="([^"]*)"')
_TINY = re.compile(r' (?:width|height)="\s*[01](?:px)?\s*"')
# Hosts and paths that serve counting pixels and share buttons to feed readers.
_PIXELS = re.compile(
    r"//(?:feeds\.feedburner\.com/~|[a-z0-9.-]*feedsportal\.com/|pixel\.|[a-z0-9.-]*doubleclick\.net/|stats\.wordpress\.com/"
    r"|pixel\.wp\.com/|[a-z0-9.-]*google-analytics\.com/|feedads\.|[a-z0-9.-]*scorecardresearch\.com/|[a-z0-9.-]*pheedo\.com/"
    r"|feeds\.wordpress\.com/1\.0/|www\.assoc-amazon\.com/e/ir|[a-z0-9.-]*quantserve\.com/|a\.rfihub\.|[a-z0-9.-]*pheedcontent\.com/"
    r"|count\.|counter\.|visitor\.|rss\.buysellads\.com/|da\.feedsportal|matomo\.|piwik\.)"
)


def sanitise(entry: Entry) -> Entry:
    """The entry with safe HTML, absolute URLs and its plain text; itself, if that was done before."""
    if entry.sanitised:
        return entry
    html = safe_html(entry.html, entry.base or entry.url)
    return replace(entry, html=html, text=text_of_safe(html), sanitised=True)


def safe_html(html: str, base: str = "") -> str:
    """HTML of the allow-list alone. What would cost an HTML parser too much becomes plain paragraphs."""
    if "<" not in html and "&" not in html:
        return escape(text.clean(html), quote=False).strip()
    if html.count("<span") > _MANY_SPANS:
        html = _SPAN.sub("", html)
    if is_costly(html):
        return from_text(text_of(html))
    safe = text.clean(_CLEANER.clean(html))
    if '="' in safe:
        safe = _TO_MEND.sub(lambda tag: _ADDRESS.sub(lambda found: _absolute(found, base), tag[0]), safe)
    if "<img" in safe:
        safe = _IMAGE.sub(_without_pixel, safe)
    return safe.strip()


def _without_pixel(match: re.Match[str]) -> str:
    attributes = match[1] or ""
    is_pixel = " src=" not in attributes or _TINY.search(attributes) or _PIXELS.search(attributes)
    return "" if is_pixel else match[0]


def _absolute(match: re.Match[str], base: str) -> str:
    said = unescape(match[2])
    address = said if said.startswith("mailto:") else absolute(base, said)
    return f' {match[1]}="{_written(address)}"' if address else ""


def _written(address: str) -> str:
    """In an attribute, the way nh3 writes it."""
    return address.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
