"""Which reader a file is of, by its first bytes."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from ...errors import InputError
from . import databases, exports
from .library import Library

_HEAD = 4096
_ANSWER = re.compile(rb'\s*\{\s*"(?:total|entries)"\s*:')
_ARCHIVE = b'{"aggregator_archive"'
_ZSTD = b"\x28\xb5\x2f\xfd"


def library(path: Path) -> Library | None:
    """What another reader left; None for what is none of theirs. Raises InputError, saying what to do instead."""
    if path.exists() and not path.is_file():
        return None  # a pipe can be read once only
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}") from error
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(databases.MAGIC):
        return databases.library(path)
    if head.startswith(_ZSTD) or start.startswith(_ARCHIVE):
        raise InputError("is a whole archive: `aggregator restore` takes it, into an empty place")
    if re.search(rb"<opml\b", start, re.IGNORECASE) and start.startswith(b"<"):
        raise InputError("is a list of subscriptions: `aggregator sources import` takes it")
    if start.startswith(b"<") and b"<articles" in start:
        return exports.ttrss_xml(path)
    if head.startswith(b"PK") and zipfile.is_zipfile(path):
        return exports.ttrss_zip(path)
    if _ANSWER.match(start):
        return exports.miniflux_answer(path)
    return exports.miniflux_dump(path) if b"PostgreSQL database dump" in head else None
