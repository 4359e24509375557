"""Which reader a file is of, by its first bytes."""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import InputError
from . import databases, dumps, exports
from .library import Library, opened, reading

_HEAD = 4096
_ANSWER = re.compile(rb'\s*\{\s*"(?:total|entries)"\s*:')
_STREAM = re.compile(rb'\s*\{\s*"id"\s*:\s*"user\\?/[^"]*\\?/state\\?/')  # as Google Reader had it
_URLS = re.compile(rb'(?:\s*(?:#.*)?\n)*\s*"?(?:https?://|query:|filter:|exec:)')  # of newsboat
_DUMP = re.compile(rb"-- PostgreSQL database (?:cluster )?dump")
_WHOLE = "is a whole archive: `aggregator restore` takes it, into an empty place"
_ELSEWHERE = {
    rb'\s*\{"aggregator_archive"': _WHOLE,
    rb"\x28\xb5\x2f\xfd": _WHOLE,
    rb"\s*<(?:.*<)?opml\b": "is a list of subscriptions: `aggregator sources import` takes it",
    rb"PGDMP": "is a dump that only PostgreSQL reads: `pg_restore -f FILE.sql` makes a plain one of it",
    rb".{,200}?-- (?:MySQL|MariaDB) dump": "is a dump of MySQL, which is not read: let the reader export its articles",
}


def library(path: Path) -> Library | None:
    """What another reader left; None for what is none of theirs. Raises InputError, saying what to do instead."""
    if path.exists() and not path.is_file():
        return None  # a pipe can be read once only
    with reading(), opened(path) as stream:
        head = stream.read(_HEAD)
    start = head.removeprefix(b"\xef\xbb\xbf")
    for pattern, sentence in _ELSEWHERE.items():
        if re.match(pattern, start, re.IGNORECASE | re.DOTALL):
            raise InputError(sentence)
    if head.startswith(databases.MAGIC):
        return databases.library(path)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return exports.packed(path)
    if start.lstrip().startswith(b"<") and b"<articles" in start:
        return exports.ttrss_xml(path)
    if _DUMP.search(head):
        return dumps.library(path)
    if _STREAM.match(start):
        return exports.freshrss_json(path)
    if _URLS.match(start):
        return databases.newsboat_subscriptions(path)
    return exports.miniflux_answer(path) if _ANSWER.match(start) else None
