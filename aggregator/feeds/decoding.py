"""Bytes to text: which encoding a document is really in, whatever it says.

Order of belief: byte order mark, HTTP charset (RFC 7303 section 3), XML declaration, UTF-8; and whoever is
shown wrong by the bytes is not believed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from aggregator.feeds.notes import Notes

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SILENT = (  # XML 1.0 appendix F.1: without a mark, "<" and its zero bytes tell
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:-]+)""", re.IGNORECASE)
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?\bencoding\s*=\s*["']\s*([A-Za-z0-9._:-]+)""")
# The web's habits (WHATWG Encoding, section 4.2): a name stands for the superset that is really used.
_HABITS = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "latin-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030",
    "euc_kr": "cp949", "shift_jis": "cp932", "big5": "big5hkscs", "iso8859-9": "cp1254", "tis-620": "cp874",
    "iso8859-11": "cp874",
}  # fmt: skip
# Names of the web (WHATWG Encoding, section 4.2) that Python does not know.
_LABELS = {
    "iso-8859-8-i": "cp1255", "iso-8859-8-e": "cp1255", "logical": "cp1255", "visual": "cp1255",
    "windows-31j": "cp932", "dos-874": "cp874", "x-mac-cyrillic": "mac_cyrillic",
}  # fmt: skip
# Codecs of Python's that are no encodings of the web; some are quadratic, all could hide markup.
_REFUSED = frozenset("utf-7 punycode idna unicode_escape raw_unicode_escape undefined mbcs oem".split())
_SINGLE_BYTE = ("cp125", "iso8859", "koi8", "cp874", "mac")
_ENOUGH = 32  # characters to guess an encoding from; fewer are Windows' own
_SAMPLE = 8 * 1024


def decode(body: bytes, content_type: str, notes: Notes) -> str:
    """The text of a document; a wrong or broken encoding is healed and noted as "wrong-charset"."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _whole(body[len(mark) :], name, notes)
    for mark, name in _SILENT:
        if body.startswith(mark):
            return _whole(body, name, notes)
    names = list(_named(body, content_type, notes))
    return _believed(body, names, notes)


def codec(label: str) -> str:
    """Python's codec for an encoding's name, by the web's habits; "" where there is none."""
    label = label.strip().lower()
    try:
        name = codecs.lookup(_LABELS.get(label, label.removeprefix("x-"))).name
    except (LookupError, ValueError):
        return ""
    if name in _REFUSED or not codecs.lookup(name)._is_text_encoding:
        return ""
    return _HABITS.get(name, name)


def _named(body: bytes, content_type: str, notes: Notes) -> Iterator[str]:
    header = _CHARSET.search(content_type)
    declared = _DECLARED.match(body[:1024])
    for label in (header[1] if header else "", declared[1].decode("ascii") if declared else ""):
        name = codec(label) if label else ""
        if label and not name:
            notes.flaw("wrong-charset", f"The encoding {label[:40]!r} is unknown.")
        if name and not name.startswith(
            ("utf-16", "utf-32", "utf_16", "utf_32")
        ):  # the bytes would have shown it
            yield name


def _believed(body: bytes, names: list[str], notes: Notes) -> str:
    utf8 = _strict(body, "utf-8")
    if utf8 is not None:
        if names and names[0] != "utf-8" and not body.isascii() and names[0].startswith(_SINGLE_BYTE):
            notes.flaw("wrong-charset", f"The document says {names[0]} but is UTF-8.")
            return utf8
        if not names or names[0] == "utf-8" or (body.isascii() and not _is_stateful(names[0])):
            return utf8
    for name in names:
        text = _strict(body, name)
        if text is not None:
            if name != names[0]:
                notes.flaw("wrong-charset", f"The document says {names[0]} but is {name}.")
            return text
    return utf8 if utf8 is not None else _healed(body, names, notes)


def _is_stateful(name: str) -> bool:
    return name.startswith(("iso2022", "hz"))


def _strict(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except (UnicodeError, ValueError):
        return None


def _healed(body: bytes, names: list[str], notes: Notes) -> str:
    """No name fits. Mostly UTF-8: the odd bytes are Windows'. Else what the bytes look like."""
    notes.flaw("wrong-charset", f"The document is not the {names[0] if names else 'utf-8'} it is said to be.")
    if names and names[0] != "utf-8":
        return body.decode(names[0], "replace")
    good = body.decode("utf-8", "ignore")
    odd = len(body.decode("utf-8", "replace")) - len(good)
    if len(good) - len(good.encode("ascii", "ignore")) >= odd:
        return body.decode("utf-8", "aggregator.windows")
    name = _guessed(_sample(body)) if odd >= _ENOUGH else ""
    return (name and _strict(body, name)) or body.decode("cp1252", "replace")


def _guessed(sample: bytes) -> str:
    from charset_normalizer import from_bytes  # late: 3 MB and 50 ms that few documents need

    guess = from_bytes(sample).best()
    return codec(guess.encoding) if guess else ""


def _sample(body: bytes) -> bytes:
    """The lines around the first bytes that are not ASCII."""
    start = next((index for index, byte in enumerate(body) if byte > 127), 0)
    return body[max(0, start - 100) : start + _SAMPLE]


def _whole(body: bytes, name: str, notes: Notes) -> str:
    text = _strict(body, name)
    if text is not None:
        return text.removeprefix("\ufeff")
    notes.flaw("wrong-charset", f"The document holds bytes that are not {name}.")
    return body.decode(name, "aggregator.windows" if name == "utf-8" else "replace")


def _windows(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("aggregator.windows", _windows)
