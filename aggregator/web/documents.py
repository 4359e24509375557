"""The files of public/ and our own style sheet, as any good web server would serve them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .conditional import Representation

# suffix -> media type, and what a person calls it; the order is that in which they are offered
MEDIA_TYPES = {
    ".atom": ("application/atom+xml; charset=utf-8", "Atom"),
    ".rss": ("application/rss+xml; charset=utf-8", "RSS"),
    ".json": ("application/feed+json; charset=utf-8", "JSON Feed"),
    ".opml": ("text/x-opml; charset=utf-8", "OPML"),
    ".xml": ("application/xml; charset=utf-8", "XML"),
    ".css": ("text/css; charset=utf-8", ""),
    ".svg": ("image/svg+xml", ""),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A file in its forms; `packed` is its precompressed sibling where that is of the same writing."""

    plain: Representation
    packed: Representation | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as a page names it."""

    name: str
    media_type: str  # without parameters
    format: str
    modified: datetime
    size: int  # bytes


class Folder:
    """The documents of one folder, kept in memory until the files change: asking costs two calls of `stat`.

    It runs on the event loop: what it reads are a few files of at most some hundred KB, once a change.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, tuple[object, Document]] = {}

    def find(self, name: str) -> Document | None:
        """The document under that name; None for what is not there, hidden, or of no known kind."""
        path = self._path / name
        if name.startswith(".") or os.sep in name or "\0" in name or path.suffix not in MEDIA_TYPES:
            return None
        state = (_state(path), _state(_packed(path)))
        if state[0] is None:
            return None
        kept = self._kept.get(name)
        if kept is None or kept[0] != state:
            try:
                kept = self._kept[name] = (state, _read(path))
            except FileNotFoundError:
                return None
        return kept[1]

    def list(self) -> list[Listed]:
        """The feeds in the folder, in the order of `MEDIA_TYPES`."""
        order = list(MEDIA_TYPES)
        paths = [path for path in self._path.glob("[!.]*") if path.suffix in MEDIA_TYPES and path.is_file()]
        return [
            _listed(path) for path in sorted(paths, key=lambda path: (order.index(path.suffix), path.name))
        ]


def _packed(path: Path) -> Path:
    return path.with_name(path.name + ".gz")


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path) -> Document:
    body, modified = _whole(path)
    media_type = MEDIA_TYPES[path.suffix][0]
    plain = Representation(body, media_type, modified)
    try:
        packed, written = _whole(_packed(path))
    except FileNotFoundError:
        return Document(plain)
    # between the two renames of one publishing, the gzip form is of another text
    return Document(
        plain, Representation(packed, media_type, modified, "gzip") if written == modified else None
    )


def _whole(path: Path) -> tuple[bytes, datetime]:
    """Content and modification time of one and the same file, even if it is being replaced."""
    with path.open("rb") as file:
        return file.read(), datetime.fromtimestamp(int(os.fstat(file.fileno()).st_mtime), UTC)


def _listed(path: Path) -> Listed:
    found = path.stat()
    media_type, kind = MEDIA_TYPES[path.suffix]
    modified = datetime.fromtimestamp(int(found.st_mtime), UTC)
    return Listed(path.name, media_type.partition(";")[0], kind, modified, found.st_size)
