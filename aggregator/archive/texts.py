"""The three texts of a revision, each kept as what it adds to the one before: plain text, HTML, the item as served.

The first byte says what a frame is folded on; a frame alone begins with zstd's magic number. What is folded on what:

    1  HTML on the text, the item on the HTML, or on the text where there is none
    2  HTML on the text as paragraphs
    3  the item on its address, its title, and the escaped HTML, or the text as paragraphs where there is none
    4  HTML that is the text as paragraphs: nothing follows
    5  the item on its address, its title, and as JSON the text, or the HTML where that is not the text as paragraphs
    6  the item on the words that items of XML have in common, then as in 3
    7  the item on the words that items of JSON have in common, then as in 5
    8  the item on the escaped HTML, the words of XML, its address and its title
    9  as 8, with the HTML as it is: so it stands in CDATA
   10  the item on the text or the HTML as JSON, the words of JSON, its address and its title

1, 3 and 5 to 7 are how older versions wrote. What is near the end is told in fewer bytes, so what is short comes last.
"""

from __future__ import annotations

import json
from html import escape

from . import frames
from .frames import decoded, encoded

_PLAIN, _PARAGRAPHS, _ITEM, _ALL, _JSON, _XML_WORDS, _JSON_WORDS, _XML, _CDATA, _OBJECT = (
    bytes([kind]) for kind in range(1, 11)
)
# For good: what was kept by these words is read by them.
_WORDS = {
    _XML_WORDS: (
        "<entry><id></id><published></published><updated>2026-01-01T00:00:00Z</updated>"
        '<link rel="alternate" type="text/html" href=""/><summary type="html"></summary>'
        '<content type="html"></content><author><name></name></author></entry><item><title></title><link></link>'
        "<description><![CDATA[]]></description><dc:creator><![CDATA[]]></dc:creator>"
        "<pubDate>Thu, 01 Jan 2026 00:00:00 +0000</pubDate><category><![CDATA[]]></category>"
        '<guid isPermaLink="false"></guid><content:encoded><![CDATA[]]></content:encoded>'
        '<media:content url="" type="image/jpeg" medium="image" width="" height=""/>'
        '<enclosure url="" length="" type=""/><comments></comments></item>'
    ),
    _JSON_WORDS: (
        '{"id":"","url":"","external_url":"","title":"","content_text":"","content_html":"<p></p>","summary":"",'
        '"image":"","date_published":"2026-01-01T00:00:00Z","date_modified":"","authors":[{"name":""}],"tags":[""],'
        '"language":"en","attachments":[{"url":"","mime_type":""}]}{"id": "", "url": "", "title": "", '
        '"content_text": "", "content_html": "", "summary": "", "date_published": "", "authors": [{"name": ""}], '
        '"tags": []}'
    ),
}
_WORDS[_XML] = _WORDS[_CDATA] = _WORDS[_XML_WORDS] + (
    "<item><title></title><link></link><guid></guid><description></description></item>"
)
_WORDS[_OBJECT] = (
    '{"_source": "", "id": "", "url": "https://", "title": "", "content_text": "", "content_html": "", '
    '"summary": "", "date_published": "2026-01-01T00:00:00Z", "date_modified": "", "authors": [{"name": ""}], '
    '"tags": ["", ""], "language": "", "image": "", "attachments": [{"url": "", "mime_type": ""}]}'
) + _WORDS[_JSON_WORDS]


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
    kind = _OBJECT if item.startswith("{") else _XML if "&lt;" in item else _CDATA
    return _folded(kind, item, _of_item(kind, html, text, url, title))


def unfold_item(stored: bytes | None, html: str, text: str, url: str, title: str) -> str:
    if stored is None:
        return ""
    kind = stored[:1]
    if kind in {_ITEM, _JSON, *_WORDS}:
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
    if kind in {_JSON, _JSON_WORDS, _OBJECT}:
        said = json.dumps(text if html in {"", _paragraphs(text)} else html, ensure_ascii=False)
    elif kind == _CDATA:
        said = html or _paragraphs(text)
    else:
        said = escaped(html) or _paragraphs(text)
    words, head = _WORDS.get(kind, ""), f"{url}\n{title}\n"
    return said + words + head if kind in {_XML, _CDATA, _OBJECT} else words + head + said
