"""One way of splitting and folding words for both databases, so that both answer alike. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from . import frames

LONGEST_WORD = 64  # a longer one is not a word that anybody looks for
MOST_WORDS = 16_000  # of one text: the rest of a book is not searched
_ACCENTS = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class Words:
    """Words that must stand side by side, anywhere or in the title."""

    words: tuple[str, ...]
    in_title: bool = False


Clause = Sequence[Words]  # one of them must be there


class _Apart(dict[int, str]):
    """For str.translate: letters, digits and marks stay; scripts without blanks fall into single letters."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if unicodedata.category(letter)[0] not in "LNM":
            self[code] = " "
        elif unicodedata.name(letter, "").startswith(
            ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO")
        ):
            self[code] = f" {letter} "
        else:
            self[code] = letter
        return self[code]


_apart = _Apart()


def words(text: str) -> list[str]:
    """The words of a text, without case and accents, each letter of Chinese or Japanese its own."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))
    return [word for word in text.casefold().translate(_apart).split() if len(word) <= LONGEST_WORD][
        :MOST_WORDS
    ]


def places(text: str) -> Iterator[tuple[str, int, int]]:
    """(word, start, end) of each word as `words` folds it, with its place in the text."""
    word, start, end = "", 0, 0
    for at, letter in enumerate(text):
        for piece in _folded(letter):
            if piece.isspace():
                if word:
                    yield word, start, end
                word = ""
            else:
                start = start if word else at
                word, end = word + piece, at + 1
    if word:
        yield word, start, end


@lru_cache(maxsize=8192)
def _folded(letter: str) -> tuple[str, ...]:
    """What one character comes to: parts of words, and " " where one ends."""
    plain = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", letter)))
    return tuple(re.findall(r"\s|\S+", plain.casefold().translate(_apart)))


def holds(text: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the words occur in a text of words, side by side."""
    count = len(wanted)
    return any(text[at : at + count] == wanted for at in range(len(text) - count + 1))


def wanted(clause: Clause) -> str:
    """For `words_held`."""
    return json.dumps([[one.words, one.in_title] for one in clause])


def words_held(title: str, frame: bytes, wanted: str) -> bool:
    """Whether a text holds one of the things asked for: [[words, in the title only?], ...] in JSON.

    One that is damaged holds nothing; `verify` names it.
    """
    body: list[str] | None = None
    for asked, in_title in json.loads(wanted):
        if holds(words(title), asked):
            return True
        if not in_title:
            body = of_frame(frame) if body is None else body
            if holds(body, asked):
                return True
    return False


def of_frame(frame: bytes) -> list[str]:
    """The words of a text as it is kept; none where it is damaged."""
    try:
        return words(frames.decoded(frames.content(frame)))
    except ValueError:
        return []
