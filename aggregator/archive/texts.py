"""The three texts of a revision, each kept as what it adds to the one before: plain text, HTML, the item as served.

The first byte says what a frame is folded on; a frame alone begins with zstd's magic number. What is folded on what:

    1  HTML on the text, the item on the HTML, or on the text where there is none
    2  HTML on the text as paragraphs
    3  the item on its address, its title, and the escaped HTML, or the text as paragraphs where there is none
    4  HTML that is the text as paragraphs: nothing follows
    5  the item on its address, its title, and as JSON the text, or the HTML where that is not the text as paragraphs

1 is how older versions wrote.
"""

from __future__ import annotations

import json
from html import escape

from . import frames
from .frames import decoded, encoded

_PLAIN, _PARAGRAPHS, _ITEM, _ALL, _JSON = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"


def fold_html(html: str, text: str) -> bytes | None:
    """None for none."""
    if not html:
        return None
    paragraphs = _paragraphs(text)
    return _ALL if html == paragraphs else _folded(_PARAGRAPHS, html, paragraphs)


def unfold_html(stored: bytes | None, text: str) -> str:
    """Empty for what is not there. Raises ValueError for damage."""
    if stored is None:
        return ""
    kind = stored[:1]
    if kind == _ALL:
        return _paragraphs(text)
    if kind == _PARAGRAPHS:
        return _unfolded(stored, _paragraphs(text))
    return _unfolded(stored, text if kind == _PLAIN else None)


def fold_item(item: str, html: str, text: str, url: str, title: str) -> bytes | None:
    if not item:
        return None
    kind = _JSON if item.startswith("{") else _ITEM
    return _folded(kind, item, _of_item(kind, html, text, url, title))


def unfold_item(stored: bytes | None, html: str, text: str, url: str, title: str) -> str:
    if stored is None:
        return ""
    kind = stored[:1]
    if kind in {_ITEM, _JSON}:
        return _unfolded(stored, _of_item(kind, html, text, url, title))
    return _unfolded(stored, html or text if kind == _PLAIN else None)


def _folded(kind: bytes, said: str, base: str) -> bytes:
    return kind + frames.fold(encoded(said), encoded(base))


def _unfolded(stored: bytes, base: str | None) -> str:
    """`base`: None for a frame alone."""
    if base is None:
        return decoded(frames.unpack(stored))
    return decoded(frames.unfold(stored[1:], encoded(base)))


def escaped(html: str) -> str:
    """As HTML stands in a feed."""
    return escape(html, quote=False)


def _paragraphs(text: str) -> str:
    return "<p>" + escaped(text).replace("\n\n", "</p>\n<p>") + "</p>"


def _of_item(kind: bytes, html: str, text: str, url: str, title: str) -> str:
    if kind == _JSON:
        said = text if html in {"", _paragraphs(text)} else html
        return f"{url}\n{title}\n{json.dumps(said, ensure_ascii=False)}"
    return f"{url}\n{title}\n{escaped(html) or _paragraphs(text)}"
