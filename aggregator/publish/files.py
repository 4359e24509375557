"""Documents as files: a reader sees the old bytes or the new, never half of either.

The folder is what any web server may serve as it is: beside each document lies its gzip form (`feed.atom.gz`,
for nginx's gzip_static or our own server), with the same modification time.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ..errors import AggregatorError

ABANDONED = 3600  # seconds after which a temporary file is nobody's


def write(folder: Path, name: str, body: bytes, *, modified: datetime | None = None) -> bool:
    """Put `body` under `name`, and its gzip form beside it; True if the bytes are others than before.

    Bytes that are there already are not written again, so that modification times mean something. `modified`
    becomes the modification time and hence Last-Modified, but a changed file is always at least a second
    newer than it was: two different bodies under one date would earn a reader a wrong 304. Raises
    AggregatorError when the file cannot be written; the old one is then as it was.
    """
    path = folder / name
    packed = path.with_name(path.name + ".gz")
    bodies = {packed: gzip.compress(body, mtime=0), path: body}  # the document last: it stands for both
    try:
        if all(holds(each, content) for each, content in bodies.items()):
            return False
        changed = not holds(path, body)
        stamp = _stamp(path, modified, changed)
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        for each, content in bodies.items():
            _replace(each, content, stamp)
    except OSError as error:
        raise AggregatorError(
            f"{path} cannot be written: {error.strerror or error}. Free some space or make it writable.",
            code="publish",
        ) from error
    return changed


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


def _replace(path: Path, body: bytes, stamp: int | None) -> None:
    """A temporary file in the same folder, flushed to the disk, renamed over the old one."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            os.fchmod(file.fileno(), 0o644)  # mkstemp's 0600 would hide it from another web server's user
            file.flush()
            if stamp is not None:
                os.utime(file.fileno(), (stamp, stamp))
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _sweep(path: Path) -> None:
    """Remove what a killed process left of its temporary files; those of a living one are younger."""
    for left in path.parent.glob(f".{path.name}.*"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_ctime > ABANDONED:  # ctime: the other times are set by us
                left.unlink()


def _sync_folder(folder: Path) -> None:
    """Without this the rename itself may be lost with the power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
