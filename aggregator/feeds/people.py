"""Authors as feeds write them on one line: "me@example.com (Name)", "Name <me@example.com>", and the rest."""

from __future__ import annotations

import re

from aggregator.feeds.markup import plain
from aggregator.model import Person

# It begins where a word does: one that has no "@" is looked at once, not once for each of its letters.
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++")
_BEFORE, _BEHIND = " (<[,;:-", " )>],;:-"


def person(said: str) -> Person:
    """A name and an address from one line; either may be empty."""
    said = said.replace("mailto:", "")
    match = _ADDRESS.search(said) if "@" in said else None
    if match is None:
        return Person(name=_name(said))
    rest = said[: match.start()] + " " + said[match.end() :]
    rest = re.sub(r"\(\s*\)|<\s*>|\[\s*\]", " ", rest)
    return Person(name=_name(rest), email=match[0])


def _name(said: str) -> str:
    name = plain(said)
    if name[:1] in _BEFORE or name.count("(") != name.count(")"):
        return name.lstrip(_BEFORE).rstrip(_BEHIND)
    return name
