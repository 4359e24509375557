"""Text at the border: what every string passes before it is stored or published."""

from __future__ import annotations

import re
import unicodedata

# XML 1.0 section 2.2 allows tab, LF, CR and everything from U+0020 but surrogates and the last two of the BMP;
# PostgreSQL refuses U+0000, and a lone surrogate cannot be encoded at all.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACE = re.compile(r"[^\S\n]+")
_BLANK = re.compile(r"\n\s*\n\s*")


def storable(text: str) -> str:
    """The text as it is, less the characters that XML, PostgreSQL or UTF-8 cannot hold: for ids."""
    return text if text.isascii() and text.isprintable() else _FORBIDDEN.sub("", text)


def clean(text: str) -> str:
    """The storable text in NFC; CR LF becomes LF."""
    if text.isascii() and text.isprintable():
        return text
    text = storable(text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    """Clean text with every run of white space as one space: titles, names."""
    return " ".join(clean(text).split())


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, which a blank line parts; white space inside each is folded to single spaces."""
    found = (" ".join(_SPACE.sub(" ", part).split()) for part in _BLANK.split(clean(text).strip()))
    return [part for part in found if part]
