"""Items out of files: JSON Lines, or a whole JSON Feed document, read in bounded memory.

A file is a stream of `Line`s, each an item or the reason why it is none. Of JSON Lines never more than one
line is in memory; a JSON Feed document is read whole.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from ..errors import InputError
from ..text import one_line

LONGEST_LINE = 32_000_000  # bytes
LONGEST_NAME = 200  # characters of a source's name
NO_SOURCE = "no `_source`: add the name of its source"
BAD_SOURCE = f"`_source` must be a name on one line of at most {LONGEST_NAME} characters"
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?://jsonfeed\.org/version/')


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a file: where it stands, and the item with its source's name, or why it is none."""

    unit: str  # "line" or "item"
    number: int  # from 1
    source: str = ""
    title: str = ""  # of the whole feed, in a JSON Feed document
    item: Mapping[str, Any] | None = None
    reason: str = ""
    bytes: int = 0

    @property
    def where(self) -> str:
        """ "line 7" or "item 7"."""
        return f"{self.unit} {self.number}"


def read(stream: BinaryIO, fallback: str) -> Iterator[Line]:
    """Every item of a stream. `fallback` names the source of a JSON Feed document that has no title.

    Raises InputError for a document that is neither.
    """
    buffered = io.BufferedReader(stream, 1 << 16) if isinstance(stream, io.RawIOBase) else stream
    head = buffered.readline(LONGEST_LINE + 1).removeprefix(b"\xef\xbb\xbf")
    if _is_document(head):
        yield from _items(head + buffered.read(), fallback)
        return
    yield from _lines(head, buffered)


def slug(title: str) -> str:
    """A title as a source's name: "The Daily Herald" -> "the-daily-herald"."""
    return re.sub(r"[^\w.]+", "-", one_line(title).casefold()).strip("-._")[:LONGEST_NAME]


def _is_document(head: bytes) -> bool:
    """A JSON Feed on one line says its version; one that is laid out over lines begins with a lone brace."""
    return head.strip() == b"{" or bool(_JSON_FEED.search(head) and b'"items"' in head)


def _lines(head: bytes, stream: BinaryIO) -> Iterator[Line]:
    number, line = 1, head
    while line:
        if len(line) > LONGEST_LINE:
            yield Line("line", number, reason=f"longer than {LONGEST_LINE:,} bytes")
            while line and not line.endswith(b"\n"):
                line = stream.readline(LONGEST_LINE)
        elif line.strip():
            yield _item(number, line)
        number, line = number + 1, stream.readline(LONGEST_LINE + 1)


def _item(number: int, line: bytes) -> Line:
    from .. import feeds  # here, because this module is loaded for every `--help`

    try:
        item = feeds.item_from_line(line)
    except InputError as error:
        return Line("line", number, reason=str(error))
    return _named(Line("line", number, item=item, bytes=len(line)), item.get("_source"))


def _named(line: Line, name: object) -> Line:
    """The line with its source, once the source's name is one that can be kept and given back as it is."""
    if name is None:
        return replace(line, item=None, reason=NO_SOURCE)
    if not isinstance(name, str) or not name or name != one_line(name) or len(name) > LONGEST_NAME:
        return replace(line, item=None, reason=BAD_SOURCE)
    return replace(line, source=name)


def _items(body: bytes, fallback: str) -> Iterator[Line]:
    from .. import feeds

    try:
        document = feeds.loaded(body)
    except InputError as error:
        raise InputError(f"is neither JSON Lines nor a JSON document: {error}") from None
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise InputError("is a JSON document but not a JSON Feed: it has no list `items`")
    said = document.get("title")
    title = one_line(said) if isinstance(said, str) else ""
    name = document.get("_source") or slug(title) or slug(fallback)
    size = len(body) // max(len(items), 1)
    for number, item in enumerate(items, 1):
        if isinstance(item, dict):
            yield _named(Line("item", number, title=title, item=item, bytes=size), item.get("_source", name))
        else:
            yield Line("item", number, reason="not a JSON object")
