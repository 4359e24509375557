"""Documents as files: a reader sees the old bytes or the new, never half of either.

The folder is what any web server may serve as it is: beside each document lie its compressed forms (`feed.atom.gz`,
`.br`, `.zst`, for nginx's gzip_static and brotli_static, or our own server), with the same modification time.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import brotli
import zstandard

from ..errors import AggregatorError

# suffix -> how; each gives the same bytes for the same body
FORMS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda body: gzip.compress(body, 6, mtime=0),
    ".br": lambda body: bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=6)),
    ".zst": lambda body: zstandard.ZstdCompressor(level=9).compress(body),
}
ABANDONED = 3600  # seconds after which a temporary file is nobody's
UNFINISHED = ".unfinished"  # how the names of temporary files end


def write(folder: Path, name: str, body: bytes, *, modified: datetime | None = None) -> bool:
    """Put `body` under `name`, and its compressed forms beside it; True if the bytes are others than before.

    Bytes that are there already are not written again, so that modification times mean something. `modified`
    becomes the modification time and hence Last-Modified, but a changed file is always at least a second
    newer than it was: two different bodies under one date would earn a reader a wrong 304. Raises
    AggregatorError when the file cannot be written; the old one is then as it was.
    """
    path = folder / name
    try:
        changed = not holds(path, body)
        if not changed and _complete(path):
            return False
        stamp = _stamp(path, modified, changed)
        path.parent.mkdir(parents=True, exist_ok=True)
        bodies = {_beside(path, suffix): pack(body) for suffix, pack in FORMS.items()}
        _replace({path: body, **bodies}, stamp)
    except OSError as error:
        raise AggregatorError(
            f"{path} cannot be written: {error.strerror or error}. Free some space or make it writable.",
            code="publish",
        ) from error
    return changed


def remove(folder: Path, names: Iterable[str]) -> None:
    """Documents with their packed siblings."""
    for name in names:
        path = folder / name
        for left in (path, *(_beside(path, suffix) for suffix in FORMS)):
            left.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what killed processes left of their temporary files, here and below; those of a living one are younger.

    Lists every file: for once an hour, not once a document.
    """
    with suppress(FileNotFoundError):  # a folder went meanwhile
        for left in folder.rglob(f".*{UNFINISHED}"):
            _remove_abandoned(left)


def _remove_abandoned(left: Path) -> None:
    with suppress(OSError):  # another process sweeps too, or it is not ours
        if time.time() - left.stat().st_ctime > ABANDONED:  # ctime: the other times are set by us
            left.unlink()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _complete(path: Path) -> bool:
    """Whether every form is there and of the same writing."""
    try:
        written = path.stat().st_mtime_ns
        return all(_beside(path, suffix).stat().st_mtime_ns == written for suffix in FORMS)
    except FileNotFoundError:
        return False


Mark: TypeAlias = tuple[tuple[int, int], ...]  # bytes and time of writing of each form that is there


def mark(path: Path) -> Mark:
    """What tells at a glance whether a document or folder was touched: others after every writing."""
    found = []
    for each in (path, *(_beside(path, suffix) for suffix in FORMS)):
        with suppress(FileNotFoundError):
            said = each.stat()
            found.append((said.st_size, said.st_mtime_ns))
    return tuple(found)


def names(folder: Path) -> set[str]:
    """What lies in the folder; nothing where there is none."""
    try:
        return {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        return set()


def holds(path: Path, body: bytes) -> bool:
    """Whether the file is there with exactly these bytes."""
    try:
        return path.stat().st_size == len(body) and path.read_bytes() == body
    except FileNotFoundError:
        return False


def _stamp(path: Path, modified: datetime | None, changed: bool) -> int | None:
    """The modification time to set, in whole seconds as HTTP has them; None for that of the writing."""
    before = int(path.stat().st_mtime) if path.exists() else None
    if not changed:
        return before
    if modified is None:
        return None
    return max(int(modified.timestamp()), before + 1 if before is not None else 0)


def _replace(bodies: dict[Path, bytes], stamp: int | None) -> None:
    """Temporary files in the same folder, flushed to the disk, then renamed over the old ones: a document, its forms.

    The forms of the old one go first: whenever we are killed, no web server has a form of another document to give.
    """
    moment = int(time.time()) if stamp is None else stamp
    ready: dict[Path, Path] = {}
    try:
        for path, body in bodies.items():
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=UNFINISHED, dir=path.parent)
            ready[path] = Path(name)
            _fill(handle, body, moment)
        for (
            temporary
        ) in ready.values():  # once all are written: the first flush then carries most of the others
            _sync(temporary)
        for path in list(ready)[1:]:
            path.unlink(missing_ok=True)
        for path, temporary in ready.items():
            temporary.replace(path)
    except BaseException:
        for temporary in ready.values():
            with suppress(OSError):
                temporary.unlink()
        raise
    _sync(next(iter(bodies)).parent)  # without this the rename itself may be lost with the power


def _fill(handle: int, body: bytes, moment: int) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        os.fchmod(file.fileno(), 0o644)  # mkstemp's 0600 would hide it from another web server's user
        file.flush()
        os.utime(file.fileno(), (moment, moment))


def _sync(path: Path) -> None:
    """What the file or folder holds is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
