"""Ten readers, each reduced to the one thing that decides what its user sees twice: how it knows an entry again.

Seven take the id as it is, miniflux a hash of it, tt-rss as much as its column holds, sfeed falls back on link and title.

A reader keeps what it has seen for ever, and takes what it knows as the same entry, edited.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import feedparser

Identity = Callable[[Any], str]


def _link(entry: Any) -> str:
    return str(entry.get("link", ""))


RULES: dict[str, Identity] = {
    "newsboat": lambda entry: entry.id,
    "liferea": lambda entry: entry.id,
    "rssguard": lambda entry: entry.id,
    "freshrss": lambda entry: entry.id,
    "tt-rss": lambda entry: f"1,{entry.id}"[:245],  # its column cuts
    "reader": lambda entry: entry.id or _link(entry),
    "rss2email": lambda entry: entry.id or _link(entry),
    "miniflux": lambda entry: hashlib.sha256(entry.id.encode()).hexdigest(),
    "sfeed": lambda entry: entry.id or f"{_link(entry)} {entry.title}",
    "feedparser": lambda entry: entry.get("id") or _link(entry),
}


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
