"""The files of public/ and our own style sheet, as any good web server would serve them."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .conditional import Representation, best_encoding

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
FEEDS = (".atom", ".rss", ".json")
PARTS = "feeds"  # the folder of the feeds of a part of the stories
OPERATIONS = "operations.atom"  # of notices, not of stories
CLOSED = "archive/"  # documents that never change
ENCODINGS = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}  # the smallest form first
KEPT = 64_000_000  # bytes of documents in memory


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Document:
    """A file in its forms: the plain one first, then those of its precompressed siblings that are of one writing."""

    forms: tuple[Representation, ...]

    @property
    def plain(self) -> Representation:
        return self.forms[0]

    def best(self, accept_encoding: str) -> Representation:
        """The form that the client wants."""
        wanted = best_encoding(accept_encoding, tuple(form.encoding for form in self.forms[1:]))
        return next(form for form in self.forms if form.encoding == wanted)

    def size(self) -> int:
        return sum(len(form.body) for form in self.forms)


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as a page names it."""

    name: str  # "feed.atom", "feeds/gaza.atom"
    media_type: str  # without parameters
    format: str
    modified: datetime
    size: int  # bytes

    @property
    def part(self) -> str:
        """The name of a feed of a part of the stories; "" of that of all."""
        return self.name.removeprefix(f"{PARTS}/").rpartition(".")[0] if "/" in self.name else ""


class Folder:
    """The documents of one folder, kept in memory until they change: asking costs two calls of `stat`.

    One is of the file, one of its folder, whose time moves when a sibling is put beside it. It runs on the event
    loop: what it reads are a few files of at most some hundred KB, once a change.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._kept: OrderedDict[str, tuple[object, Document]] = OrderedDict()
        self._held = 0  # bytes

    def find(self, name: str) -> Document | None:
        """The document under that name, such as "feed.atom" or "archive/1.atom".

        None for what is not there, hidden, or of no known kind.
        """
        suffix = name[name.rfind(".") :]
        if suffix not in MEDIA_TYPES or "\0" in name or "/." in f"/{name}" or "\\" in name:
            return None
        path = f"{self._path}/{name}"
        state = (_state(path), _state(path[: path.rfind("/")]))
        if state[0] is None:
            return None
        kept = self._kept.get(name)
        if kept is not None and kept[0] == state:
            return kept[1]
        try:
            document = _read(Path(path))
        except (FileNotFoundError, IsADirectoryError, ValueError):
            return None
        self._keep(name, state, document)
        return document

    def _keep(self, name: str, state: object, document: Document) -> None:
        """The documents asked for last stay, as many as memory is meant to hold."""
        for old in (name, *self._kept):
            if old != name and self._held + document.size() <= KEPT:
                break
            if gone := self._kept.pop(old, None):
                self._held -= gone[1].size()
        self._kept[name] = (state, document)
        self._held += document.size()

    def list(self) -> list[Listed]:
        """The feeds of stories: of everything, then those of a part, each in the order of `MEDIA_TYPES`."""
        order, root = list(MEDIA_TYPES), Path(self._path)
        found: list[Listed] = []
        for folder in (root, root / PARTS):
            paths = [path for path in folder.glob("[!.]*") if path.suffix in order and path.is_file()]
            paths = [path for path in paths if path.name != OPERATIONS or folder != root]
            paths.sort(
                key=lambda path: (path.stem if folder != root else "", order.index(path.suffix), path.name)
            )
            found += [_listed(path, path.relative_to(root).as_posix()) for path in paths]
        return found


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - making a Path costs more than the call
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path) -> Document:
    body, modified = _whole(path)
    plain = Representation(body, MEDIA_TYPES[path.suffix][0], modified)
    return Document((plain, *_packed(path, plain)))


def _packed(path: Path, plain: Representation) -> Iterator[Representation]:
    for encoding, suffix in ENCODINGS.items():
        try:
            body, written = _whole(path.with_name(path.name + suffix))
        except FileNotFoundError:
            continue
        # between the renames of one publishing, the packed form is of another text
        if written == plain.modified:
            yield Representation(body, plain.media_type, written, encoding)


def _whole(path: Path) -> tuple[bytes, datetime]:
    """Content and modification time of one and the same file, even if it is being replaced."""
    with path.open("rb") as file:
        return file.read(), datetime.fromtimestamp(int(os.fstat(file.fileno()).st_mtime), UTC)


def _listed(path: Path, name: str) -> Listed:
    found = path.stat()
    media_type, kind = MEDIA_TYPES[path.suffix]
    modified = datetime.fromtimestamp(int(found.st_mtime), UTC)
    return Listed(name, media_type.partition(";")[0], kind, modified, found.st_size)
