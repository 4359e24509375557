"""The addresses in safe HTML: made absolute, and the pictures taken out that only count who reads."""

from __future__ import annotations

import re
from html import escape, unescape

from aggregator.feeds.addresses import PLAIN, absolute

# In the form that nh3 writes: names in lower case, values in double quotes and without "<" and ">".
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*+)"')
_RELATIVE = re.compile(  # a tag with an address that may not stay as it is
    r"<([a-z]++)(?=[^<>]*? (?:href|src|poster|cite)="
    rf'"(?:(?!{PLAIN}")|[^"]*&(?!amp;)))([^<>]*+)>'
)
_URLS = frozenset("href src poster cite".split())
# Hosts and paths that serve counting pixels and share buttons to feed readers.
_COUNTERS = (
    r"//(?:feeds\.feedburner\.com/~|[a-z0-9.-]*feedsportal\.com/|pixel\.|[a-z0-9.-]*doubleclick\.net/|stats\.wordpress\.com/"
    r"|pixel\.wp\.com/|[a-z0-9.-]*google-analytics\.com/|feedads\.|[a-z0-9.-]*scorecardresearch\.com/|[a-z0-9.-]*pheedo\.com/"
    r"|feeds\.wordpress\.com/1\.0/|www\.assoc-amazon\.com/e/ir|[a-z0-9.-]*quantserve\.com/|a\.rfihub\.|[a-z0-9.-]*pheedcontent\.com/"
    r"|count\.|counter\.|visitor\.|rss\.buysellads\.com/|da\.feedsportal|matomo\.|piwik\.)"
)
_PIXEL = re.compile(
    r'<img(?:(?![^<>]* src="[^"])|(?=[^<>]* (?:width|height)="\s*[01](?:px)?\s*")'
    rf'|(?=[^<>]* src="[^"]*{_COUNTERS}))[^<>]*+>'
)


def with_targets(safe: str, base: str) -> str:
    """HTML as nh3 writes it, with every address absolute as seen from `base`, or gone; and no tracking pixel."""
    if "<img" in safe:
        safe = _PIXEL.sub("", safe)
    # Each relative link repeats its base, and a short one could make a hundred times itself.
    most = 10_000 + 8 * len(safe)
    if safe.count("<") * len(base) > most and len(_RELATIVE.findall(safe)) * len(base) > most:
        base = ""
    return _RELATIVE.sub(lambda tag: _with_target(tag[1], tag[2], base), safe)


def _with_target(name: str, said: str, base: str) -> str:
    found = dict(_ATTRIBUTE.findall(said))
    for attribute in _URLS & found.keys():
        address = unescape(found[attribute])
        if not address.startswith("mailto:"):
            address = absolute(base, address)
        if address:
            found[attribute] = escape(address, quote=False).replace('"', "&quot;")
        else:
            del found[attribute]
    if name == "img" and "src" not in found:
        return ""
    return "<" + name + "".join(f' {key}="{value}"' for key, value in found.items()) + ">"
