"""The three texts of a revision, each kept as what it adds to the one before: plain text, HTML, the item as served.

The first byte says what a frame is folded on; a frame alone begins with zstd's magic number. What is folded on what:

    1  HTML on the text, the item on the HTML, or on the text where there is none
    2  HTML on the text as paragraphs
    3  the item on its address, its title, and the escaped HTML, or the text as paragraphs where there is none

1 is how older versions wrote.
"""

from __future__ import annotations

from html import escape

from . import frames
from .frames import decoded, encoded

_PLAIN, _PARAGRAPHS, _ITEM = b"\x01", b"\x02", b"\x03"


def pack(text: str, dictionary: int) -> bytes:
    return frames.pack(encoded(text), dictionary)


def fold_html(html: str, text: str) -> bytes | None:
    """None for none."""
    return _folded(_PARAGRAPHS, html, _paragraphs(text)) if html else None


def unfold_html(stored: bytes | None, text: str) -> str:
    """Empty for what is not there. Raises ValueError for damage."""
    return _unfolded(stored, {_PLAIN: text, _PARAGRAPHS: _paragraphs(text)} if stored else {})


def fold_item(item: str, html: str, text: str, url: str, title: str) -> bytes | None:
    return _folded(_ITEM, item, _of_item(html, text, url, title)) if item else None


def unfold_item(stored: bytes | None, html: str, text: str, url: str, title: str) -> str:
    return _unfolded(
        stored, {_PLAIN: html or text, _ITEM: _of_item(html, text, url, title)} if stored else {}
    )


def _folded(kind: bytes, said: str, base: str) -> bytes:
    return kind + frames.fold(encoded(said), encoded(base))


def _unfolded(stored: bytes | None, bases: dict[bytes, str]) -> str:
    if stored is None:
        return ""
    if stored[:1] not in bases:
        return decoded(frames.unpack(stored))
    return decoded(frames.unfold(stored[1:], encoded(bases[stored[:1]])))


def escaped(html: str) -> str:
    """As HTML stands in a feed."""
    return escape(html, quote=False)


def _paragraphs(text: str) -> str:
    return "<p>" + escaped(text).replace("\n\n", "</p>\n<p>") + "</p>"


def _of_item(html: str, text: str, url: str, title: str) -> str:
    return f"{url}\n{title}\n{escaped(html) or _paragraphs(text)}"
