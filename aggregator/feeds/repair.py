"""The characters of what was meant as XML, mended. Linear in the text."""

from __future__ import annotations

import re
from html.entities import html5
from itertools import islice

from aggregator.feeds.names import USUAL

_DOCTYPE = re.compile(
    r"(\A(?:\s+|<!--.*?-->|<\?.*?\?>)*+)<!DOCTYPE\s[^\[<>]*(?:\[(.*?)\]\s*)?>", re.IGNORECASE | re.DOTALL
)
_VALUE = "(?:[^{quote}%&<]|&#[0-9A-Fa-fx]{{1,7}};)"  # of an entity: what is expanded once, and no further
_ENTITY = re.compile(
    rf"""<!ENTITY\s+([\w.-]+)\s+(?:"({_VALUE.format(quote='"')}{{0,200}})"|'({_VALUE.format(quote="'")}{{0,200}})')\s*>"""
)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?*>")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_C1 = re.compile("[\x80-\x9f]")
_C1_BYTES = re.compile(rb"\xc2[\x80-\x9f]")  # the same in UTF-8, ten times as fast to look for
_C1_REFERENCE = re.compile(r"&#(?:(1[2-5][0-9])|x([89][0-9a-fA-F]));")

_VERBATIM = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))", re.DOTALL)
_BARE = re.compile(r"&(?![#A-Za-z])")
_PAIR = re.compile(r"&#(5[56]\d{3}|[xX][dD][89abAB]\w\w);&#(5[67]\d{3}|[xX][dD][c-fC-F]\w\w);", re.ASCII)
_AMPERSAND = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);)(?:#(\d{1,7});?|#[xX]([0-9a-fA-F]{1,6});?|([A-Za-z][A-Za-z0-9]{1,31});)?"
)
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+\s*=")
_DECLARED = re.compile(r"\sxmlns:([A-Za-z_][\w.-]*)\s*=")
_MOST_PREFIXES = 100
_ROOT = re.compile(r"<[A-Za-z_][\w:.-]*")

_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_TAG_BEFORE = re.compile(r"<([A-Za-z_][\w:.-]*)[^<>]*>\s*\Z")


def normalised(text: str) -> str:
    """Without XML declaration and DOCTYPE, simple entities written out, Windows' characters Unicode's."""
    declaration = _DECLARATION.match(text)
    text = (text[declaration.end() :] if declaration else text).lstrip()
    if text.startswith(("<!", "<?")):
        text = _without_doctype(text)
    if not text.isascii() and _C1_BYTES.search(text.encode("utf-8", "ignore")):
        text = _C1.sub(lambda match: _WINDOWS[ord(match[0])], text)
    if _C1_REFERENCE.search(text):
        text = _C1_REFERENCE.sub(_windows_character, text)
    return text


def _without_doctype(text: str) -> str:
    """An entity that would be expanded again, or is long, is not believed: its references stay as text."""
    match = _DOCTYPE.match(text)
    if match is None:
        return text
    entities = {
        name: double or single for name, double, single in islice(_ENTITY.findall(match[2] or ""), 1000)
    }
    text = match[1] + text[match.end() :]
    if not entities:
        return text
    return re.sub(r"&([\w.-]+);", lambda found: entities.get(found[1], found[0]), text)


def _windows_character(match: re.Match[str]) -> str:
    code = int(match[1]) if match[1] else int(match[2], 16)
    return _WINDOWS[code] if 0x80 <= code < 0xA0 else match[0]


def characters(text: str) -> str:
    """Without forbidden characters; HTML's entities, bare ampersands and undeclared prefixes mended."""
    text = _with_cdata_closed(_FORBIDDEN.sub("", text))
    parts = _VERBATIM.split(text)
    parts[::2] = [
        _AMPERSAND.sub(_reference, _PAIR.sub(_together, _BARE.sub("&amp;", part))) for part in parts[::2]
    ]
    return _with_prefixes("".join(parts))


def _with_cdata_closed(text: str) -> str:
    """A CDATA section that another begins in ends with its element."""
    parts, opened, done = [], -1, 0
    for mark in _CDATA.finditer(text):
        if mark[0] == "]]>":
            opened = -1
            continue
        tag = _TAG_BEFORE.search(text, max(0, opened - 500), opened) if opened >= 0 else None
        end = text.find(f"</{tag[1]}", opened, mark.start()) if tag else -1
        if end >= 0:
            parts.append(text[done:end] + "]]>")
            done = end
        opened = mark.start()
    return "".join((*parts, text[done:]))


def _together(match: re.Match[str]) -> str:
    """The character that two references mean to a program that counts in UTF-16."""
    try:
        high, low = (int(said[1:], 16) if said[0] in "xX" else int(said) for said in match.groups())
    except ValueError:
        return match[0]
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return match[0]
    return f"&#{0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00};"


def _reference(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name:
        return _named(name)
    if not decimal and not hexadecimal:
        return "&amp;"
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if (
        (code < 32 and code not in (9, 10, 13))
        or 0xD800 <= code < 0xE000
        or code in (0xFFFE, 0xFFFF)
        or code > 0x10FFFF
    ):
        return ""
    return f"&#{code};"


def _named(name: str) -> str:
    found = html5.get(name + ";") or html5.get(name.lower() + ";")
    if found is None:
        return f"&amp;{name};"
    return found.replace("&", "&amp;").replace("<", "&lt;")


def _with_prefixes(text: str) -> str:
    """Every prefix in use gets its usual namespace on the root where the document declares none."""
    used = {name for pair in _PREFIX.findall(text) for name in pair if name}
    missing = sorted(used - {"xml", "xmlns"} - set(_DECLARED.findall(text)))[:_MOST_PREFIXES]
    root = _ROOT.search(text)
    if not missing or root is None:
        return text
    declared = "".join(
        f' xmlns:{prefix}="{USUAL.get(prefix.lower(), "urn:undeclared:" + prefix)}"' for prefix in missing
    )
    return text[: root.end()] + declared + text[root.end() :]
