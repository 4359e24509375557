"""Authors as feeds write them: in elements of their own, or on one line, as "me@example.com (Name)"."""

from __future__ import annotations

import re

from lxml import etree

from aggregator.feeds.addresses import absolute
from aggregator.feeds.markup import based, plain
from aggregator.feeds.names import fields, first, value
from aggregator.model import Person

_NAMES = ("atom:name", "name", "?:name")  # the last is FOAF's, in RDF
_EMAILS = ("atom:email", "email")
_PAGES = ("atom:uri", "atom:url", "atom:homepage", "uri", "url")
_PARTS = frozenset((*_NAMES, *_EMAILS, *_PAGES))

# It begins where a word does: one that has no "@" is looked at once, not once for each of its letters.
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++")
_BEFORE, _BEHIND = " (<[,;:-", " )>],;:-"
_ENCLOSED = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)|\[([^][]*)\]|\"([^\"]*)\"")


def author(element: etree._Element, base: str) -> Person:
    """Who an element names: in parts, as Atom has it, also where other formats borrow that; else on one line."""
    if len(element):
        inside = fields(element)
        if not _PARTS.isdisjoint(inside):
            address = absolute(based(element, base), first(inside, *_PAGES))
            return Person(plain(first(inside, *_NAMES)), address, first(inside, *_EMAILS))
    return person(value(element))


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
    if enclosed := _ENCLOSED.fullmatch(name):
        return next(filter(None, enclosed.groups()), "").strip()
    if name[:1] in _BEFORE or name.count("(") != name.count(")"):
        return name.lstrip(_BEFORE).rstrip(_BEHIND)
    return name
