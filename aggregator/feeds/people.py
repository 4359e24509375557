"""Authors as feeds write them on one line: "me@example.com (Name)", "Name <me@example.com>", and the rest."""

from __future__ import annotations

import re

from aggregator.feeds.markup import plain
from aggregator.model import Person

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_AROUND = re.compile(r"^[\s(<\[,;:-]+|[\s)>\],;:-]+$")


def person(said: str) -> Person:
    """A name and an address from one line; either may be empty."""
    said = said.replace("mailto:", "")
    match = _ADDRESS.search(said)
    if match is None:
        return Person(name=_name(said))
    rest = said[: match.start()] + " " + said[match.end() :]
    rest = re.sub(r"\(\s*\)|<\s*>|\[\s*\]", " ", rest)
    return Person(name=_name(rest), email=match[0])


def _name(said: str) -> str:
    name = plain(said)
    return _AROUND.sub("", name) if name[:1] in "(<[,;:-" or name.count("(") != name.count(")") else name
