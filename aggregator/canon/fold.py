"""Folding: what two printings of one sentence may differ in without being different, in any script.

A text becomes an array of unsigned 64-bit marks, one a word (or sentence end, line end, quotation mark). The
upper 60 bits are the hash of the folded word, stable across processes and machines; the lower four its kind.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import xxhash
from numpy.typing import NDArray

Marks = NDArray[np.uint64]

NUMBER, NAME = 1, 2  # of a word: it begins with a digit; with a capital, or with a letter that has none
SENTENCE, LINE, QUOTE = 4, 5, 6  # not words at all
KIND = 15  # mask of the lower bits

# Punctuation and symbols by block. A word is what is left between them and white space, so that the combining
# vowels of Devanagari or Thai, which `\w` does not match, stay inside their words.
_MARK = (
    r"\s!-/:-@\[-`{-~\xa1-\xa9\xab-\xb1\xb4\xb6-\xb9\xbb\xbf\xd7\xf7\u0589\u05be\u05c0\u05c3\u060c\u061b"
    r"\u061f\u066a-\u066d\u06d4\u0964\u0965\u0e2f\u0e5a\u0e5b\u104a-\u104f\u1361-\u1368\u17d4-\u17da"
    r"\u2000-\u206f\u20a0-\u20cf\u2100-\u2bff\u3000-\u3004\u3008-\u303f\u30fb\ufe10-\ufe1f\ufe30-\ufe6f"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufffd"
)
_QUOTES = '"\u00ab\u00bb\u201c-\u201f\u2039\u203a\u300c-\u300f\u301d-\u301f\uff02'
_QUOTE = re.compile(f"[{_QUOTES}]")
_TOKEN = re.compile(
    rf"[^{_MARK}]+(?:[.,'\u2019:][^{_MARK}]+)*"  # U.S, don't, 1,200.5, 10:30
    rf"|\n|[{_QUOTES}]"
    r"|(?<![A-Z])[.!?](?=[\s\"\u201d\u2019'\)\u00bb]|$)|[\u3002\uff01\uff1f\u061f\u06d4\u0964\u0965\u17d4\u1362]"
)
# Scripts written without spaces: Thai, Lao, Myanmar, Khmer; kana, Han (and its extensions).
_SPACELESS = re.compile(
    "[\u0e01-\u0e2e\u0e30-\u0e4e\u0e81-\u0ece\u1000-\u1049\u1780-\u17d3"
    "\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_PERHAPS_SPACELESS = re.compile("[\u0e01-\u17ff\u3005-\U0003ffff]")  # a quick look
_THIN = re.compile("[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u0640\ufe0e\ufe0f\ufeff]")
_MOJIBAKE = re.compile(
    "\u00e2\u20ac[\u0080-\u00bf\u0152-\u0178\u0192\u02c6-\u2122]?|[\u00c2\u00c3][\u0080-\u00bf\u0152-\u2122]"
)
_CP1252 = {bytes([code]).decode("cp1252", "ignore"): code for code in range(0x80, 0xA0)}

_INNER = re.compile("[.'\u2019]")
_THOUSANDS = re.compile(r"[,'\u2019](?=\d{3}(?!\d))")
_ACCENT = re.compile("[\u0300-\u036f\u064b-\u065f\u0670]")
# Spelling that differs by country, and nothing else; folding the same word alike is all it takes.
_SPELLINGS = (
    (r"(?<=[a-z]{2})is(?=(?:e|ed|es|ing|ation|ations|er|ers)$)", "iz"),
    (r"(?<=[a-z]{2})our(?=(?:|s|ed|ing|ite|ites|able|al|er|ers|hood)$)", "or"),
    (r"(?<=[a-z]{2}[bt])re(?=(?:|s|d)$)", "er"),
    (r"(?<=[a-z][aeiou])ll(?=(?:ed|ing|er|ers)$)", "l"),
    (r"(?<=[a-z])ogue(?=s?$)", "og"),
    (r"(?<=[a-z]{2})ence(?=s?$)", "ense"),
    (r"(?<=[a-z])yse(?=(?:|d|s|r)$)", "yze"),
    (r"^programme(?=s?$)", "program"),
    (r"^grey", "gray"),
    (r"^aluminium$", "aluminum"),
    (r"^tyre", "tire"),
    (r"^cheque", "check"),
    (r"^plough", "plow"),
    (r"^mould", "mold"),
    (r"[ao]e(?=dia|sthe|uvr|nce|strog|mia)", "e"),
)
_PERHAPS_VARIANT = re.compile(
    "is|our|re|ll|ogue|ence|yse|amme|minium|ty|cheq|plou|moul|[ao]e"
)  # a quick look
_VARIANT = re.compile("|".join(f"({pattern})" for pattern, _ in _SPELLINGS))


def signs_of(chunk: str) -> list[str]:
    """`tokens`, with a quick look at a chunk that is a plain word, or one before a comma or the end of a sentence."""
    if chunk.isascii():
        if chunk.isalpha():
            return [chunk]
        bare, end = chunk[:-1], chunk[-1:]
        if bare.isalpha():
            if end == ",":
                return [bare]
            if end == "." and not bare[-1].isupper():
                return [bare, end]
    return tokens(chunk)


def mark(word: str) -> int:
    """What one token of the text stands for."""
    if word == "\n":
        return LINE
    if len(word) == 1 and not word.isalnum():
        return QUOTE if _QUOTE.match(word) else SENTENCE
    folded = fold_word(word)
    kind = NUMBER if folded[:1].isdigit() else NAME if word[0].isupper() or _caseless(word) else 0
    return xxhash.xxh3_64_intdigest(folded.encode("utf-8", "surrogatepass")) & ~KIND | kind


def _caseless(word: str) -> bool:
    """Whether a word is of a script without capitals: any of its words may be a name."""
    return word[0].isalpha() and word.upper() == word.lower()


def fold_word(word: str) -> str:
    """Lower case, Western digits; no accents, points, apostrophes, thousands separators, country spelling."""
    folded = word.lower()
    if not folded.isascii():
        folded = _ACCENT.sub("", unicodedata.normalize("NFKD", folded))
    if folded[:1].isdigit():
        folded = "".join(str(unicodedata.digit(sign, sign)) for sign in folded)
        return _THOUSANDS.sub("", folded)
    if not folded.isalpha():
        folded = _INNER.sub("", folded)
    if len(folded) > 3 and folded.isascii() and _PERHAPS_VARIANT.search(folded):
        folded = _VARIANT.sub(_respelled, folded)
    return folded


def _respelled(found: re.Match[str]) -> str:
    return _SPELLINGS[(found.lastindex or 1) - 1][1]


def mend(text: str) -> str:
    """The text with UTF-8 that was read as Windows-1252 read anew, and without invisible characters."""
    if "\u00e2\u20ac" in text or "\u00c3" in text or "\u00c2" in text:
        text = _MOJIBAKE.sub(_reread, text)
    return _THIN.sub("", text)


def _reread(found: re.Match[str]) -> str:
    said = found.group()
    try:
        return bytes(_CP1252.get(sign, ord(sign)) for sign in said).decode()
    except ValueError:
        return (
            '"' if said.startswith("\u00e2\u20ac") else said
        )  # the closing quote loses its last byte, a control


def spread(found: re.Match[str]) -> str:
    """A run of a script without spaces as words: each character with the two that follow it."""
    run = found.group()
    return " " + " ".join(run[at : at + 3] for at in range(max(1, len(run) - 2))) + " "


def tokens(text: str) -> list[str]:
    """The words, sentence ends, line ends and quotation marks of a text as they are written."""
    if not text.isascii():
        text = mend(text)
        if _PERHAPS_SPACELESS.search(text):
            text = _SPACELESS.sub(spread, text)
    return _TOKEN.findall(text)


def line_words(line: str) -> list[str]:
    """The words of a line as they are written (in a script without spaces: as they are taken)."""
    return [token for token in tokens(line) if len(token) > 1 or token.isalnum()]
