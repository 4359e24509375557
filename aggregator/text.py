"""Text at the border: what every string passes before it is stored or published."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from hashlib import blake2b
from itertools import pairwise

# XML 1.0 section 2.2 allows tab, LF, CR and everything from U+0020 but surrogates and the last two of the BMP;
# PostgreSQL refuses U+0000, and a lone surrogate cannot be encoded at all.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_CONTROL_BYTES = bytes((*range(9), 11, 12, *range(14, 32), 127))
_C1_BYTES, _END_BYTES = re.compile(rb"\xc2[\x80-\x9f]"), re.compile(rb"\xef\xbf[\xbe\xbf]")
# The composing mark that makes another character of "<" and ">": it must not eat a bracket of markup.
OVERLAY = "\u0338"
MOST_KEY = 2_000  # bytes of what is looked up: a row of an index of PostgreSQL has room for 2,704
MOST_MARKS = 30  # in a row: what Unicode calls stream-safe (Annex 15, section 13)
_LONG = 2_000  # characters; of fewer no sorting takes long
_LAST_MARK = 0x1F000  # no combining mark comes after it
_SPACE = re.compile(r"[^\S\n]+")
_COLUMN = 40  # characters: lines that are all shorter were not wrapped
_BLANK = re.compile(r"\n\s*\n\s*")


def as_id(text: str) -> str:
    """An id to the letter, as far as it can be stored; of one too long to be looked up its beginning and a hash."""
    text = storable(text)
    if 4 * len(text) <= MOST_KEY or len(said := text.encode()) <= MOST_KEY:
        return text
    return f"{said[: MOST_KEY - 33].decode(errors='ignore')}~{blake2b(said, digest_size=16).hexdigest()}"


def storable(text: str) -> str:
    """The text as it is, less the characters that XML, PostgreSQL or UTF-8 cannot hold."""
    if text.isascii() and text.isprintable():
        return text
    return text if _is_storable(text) else _FORBIDDEN.sub("", text)


def _is_storable(text: str) -> bool:
    """Asked of the bytes, where a search that begins with a fixed byte is many times faster."""
    try:
        said = text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return (
        len(said) == len(said.translate(None, _CONTROL_BYTES))
        and not _C1_BYTES.search(said)
        and not _END_BYTES.search(said)
    )


def clean(text: str) -> str:
    """The storable text in NFC; CR LF becomes LF.

    Markup stays markup: where composing would make "≮" of a "<", or "≯" of a ">", nothing is composed.
    """
    if text.isascii() and text.isprintable():
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = storable(text)
    if text.isascii():
        return text
    composed = nfc(text)
    if OVERLAY in text and any(composed.count(mark) != text.count(mark) for mark in "<>"):
        return text
    return composed


def nfc(text: str) -> str:
    """The text composed (Unicode Annex 15), in a time that grows as its length does.

    Marks that stand in another order than Unicode's are sorted by insertion: half a million behind one letter take
    two minutes. No language has more than a few; of a pile of them the first `MOST_MARKS` stay.
    """
    if unicodedata.is_normalized("NFC", text):  # which sorts nothing that is not in order
        return text
    return unicodedata.normalize("NFC", _piles().sub(r"\1", text) if len(text) > _LONG else text)


@cache
def _piles() -> re.Pattern[str]:
    """Made when it is first needed: Python asks a character for its class one at a time."""
    marks = [chr(code) for code in range(0x300, _LAST_MARK) if unicodedata.combining(chr(code))]
    doubled = [
        chr(code)
        for code in range(0x300, 0x1000)  # of class 0, but made of marks: U+0F73
        if unicodedata.combining(unicodedata.normalize("NFD", chr(code))[0])
    ]
    piled = "".join({*marks, *doubled})
    return re.compile(f"([{piled}]{{{MOST_MARKS}}})[{piled}]+")


def one_line(text: str) -> str:
    """Clean text with every run of white space as one space: titles, names."""
    text = clean(text)
    is_so = text.isprintable() and "  " not in text  # of all white space only the space is printable
    return text.strip(" ") if is_so else " ".join(text.split())


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, which a blank line parts; white space inside each is folded to single spaces."""
    found = (" ".join(_SPACE.sub(" ", part).split()) for part in _BLANK.split(clean(text).strip()))
    return [part for part in found if part]


def parts(text: str) -> list[str]:
    """The paragraphs of plain text, in which some writers end a paragraph with one line end and some wrap lines.

    Lines are wrapped where the next word never had room in the width of the longest; a line that goes on in lower
    case goes on.
    """
    found: list[str] = []
    for block in _BLANK.split(clean(text).strip()):
        found += _unwrapped(block) if "\n" in block else [" ".join(block.split())]
    return [part for part in found if part]


def _unwrapped(block: str) -> list[str]:
    lines = [said for line in block.split("\n") if (said := " ".join(line.split()))]
    width = max(map(len, lines), default=0)
    full = all(len(line) + 1 + len(after.split(" ", 1)[0]) > width for line, after in pairwise(lines))
    if full and width >= _COLUMN:
        return [" ".join(lines)]
    parts = [lines[:1]]
    for line in lines[1:]:
        if line[0].islower():
            parts[-1].append(line)
        else:
            parts.append([line])
    return [" ".join(part) for part in parts]
