"""Ten readers, each reduced to the one thing that decides what its user sees twice: how it knows an entry again.

Read from the sources of newsboat, RSS Guard, tt-rss, reader, rss2email, miniflux and sfeed. Most take the id, some a digest
of it; what they fall back on matters for feeds without ids only, and ours have one always. sfeed sorts its lines apart by id, title and link, so a new title or address is a line more.

A reader keeps what it has seen for ever, and takes what it knows as the same entry, edited.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import feedparser

Identity = Callable[[Any], str]


def _link(entry: Any) -> str:
    return str(entry.get("link", ""))


def _digest(said: str) -> str:
    return hashlib.sha1(said.encode()).hexdigest()


def _plain(said: str) -> str:
    return re.sub(r"<[^>]*>", "", said)  # strip_tags


RULES: dict[str, Identity] = {
    "newsboat": lambda entry: entry.id or _link(entry) + entry.get("published", "") or entry.title,
    "liferea": lambda entry: entry.id,
    "rssguard": lambda entry: entry.id or f"{entry.title} {_link(entry)} {entry.get('author', '')}",
    "freshrss": lambda entry: entry.id,
    "tt-rss": lambda entry: "SHA1:" + _digest(_plain(entry.id) or _plain(_link(entry))),
    "reader": lambda entry: entry.id,  # in Atom nothing else will do
    "rss2email": lambda entry: entry.id or _digest(entry.content[0].value.strip()),
    "miniflux": lambda entry: hashlib.sha256((entry.id or _link(entry)).encode()).hexdigest(),
    "sfeed": lambda entry: f"{entry.id}\t{entry.title}\t{_link(entry)}",
    "feedparser": lambda entry: entry.get("id") or _link(entry),
}
BY_MORE_THAN_ID = frozenset({"sfeed"})


@dataclass
class Reader:
    """One reader's memory. `sees` is what its user was shown as new, in order."""

    name: str
    identity: Identity
    known: dict[str, str] = field(default_factory=dict)  # identity -> the title last shown
    sees: list[str] = field(default_factory=list)  # ids, once for each time something came as new

    def poll(self, entries: Iterable[Any]) -> None:
        for entry in entries:
            key = self.identity(entry)
            if key not in self.known:
                self.sees.append(entry.id)
            self.known[key] = entry.title


def entries_of(body: bytes) -> list[Any]:
    feed = feedparser.parse(body)
    assert not feed.bozo
    return list(feed.entries)


def every_reader() -> list[Reader]:
    return [Reader(name, rule) for name, rule in RULES.items()]
