"""What is wrong with a configuration, one sentence each, with the line where it stands."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from .document import keys
from .environment import Place

TABLES = ("source", "feed")  # that repeat
_TABLE = re.compile(r"\s*(\[{1,2})\s*([^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")
_RANGES = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}
_TYPES = {
    "string": 'text in quotes, such as "…"',
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "path": 'a path in quotes, such as "…"',
    "tuple": 'a list, such as ["…", "…"]',
}


def lines(text: str) -> dict[Place, int]:
    """Where each table and key of a TOML text stands: ("site", "title") -> line, ("source", 0) -> line.

    A scan, not a parser (tomllib keeps no positions): a place it does not know only costs the line number.
    """
    found: dict[Place, int] = {}
    counts: dict[str, int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            table = (header[2],)
            found.setdefault(table, number)
            if header[1] == "[[":
                counts[header[2]] = counts.get(header[2], -1) + 1
                table = (header[2], counts[header[2]])
                found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1]), number)
    return found


def sentence(error: ErrorDetails, document: Mapping[str, Any]) -> str:
    """One problem in words: the section, the key, and what it has to be."""
    place = error["loc"]
    if error["type"] == "extra_forbidden":
        return _unknown(place, document)
    said = document_value(document, place)
    if error["type"] == "missing":
        return f"{section(place[:-1], document)} needs `{place[-1]}`"
    if len(place) == 1 or (place[0] in TABLES and len(place) == 2):
        return _about_table(place, error, document)
    return f"{section(place, document)} `{_key(place)}` {_must(error)}{_but(error, said)}"


def section(place: Place, document: Mapping[str, Any]) -> str:
    """ "[site]", or for a source its name: "[[source]] `bbc`"."""
    if not place or place[0] not in TABLES:
        return f"[{place[0]}]" if place else ""
    if len(place) < 2:
        return f"[[{place[0]}]]"
    name = document_value(document, (place[0], place[1], "name"))
    return (
        f"[[{place[0]}]] `{name}`" if isinstance(name, str) else f"[[{place[0]}]] number {int(place[1]) + 1}"
    )


def document_value(document: Any, place: Place) -> Any:
    """What the file says at a place, None where nothing is."""
    for step in place:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def _key(place: Place) -> str:
    index = 2 if place[0] in TABLES else 1
    return str(place[index]) + "".join(f"[{step}]" for step in place[index + 1 :])


def _unknown(place: Place, document: Mapping[str, Any]) -> str:
    known = keys()
    name = str(place[-1])
    if len(place) == 1:
        return _unknown_section(name, list(known), document)
    head = section(place[:-1], document)
    own = known[str(place[0])]
    if near := _nearest(name, own):
        return f"{head} has no key `{name}`; did you mean `{near}`?"
    elsewhere = [_written(other) for other, names in known.items() if name in names]
    if elsewhere:
        return f"{head} has no key `{name}`; it belongs in {elsewhere[0]}"
    return f"{head} has no key `{name}`; it knows {', '.join(own)}"


def _unknown_section(name: str, known: Sequence[str], document: Mapping[str, Any]) -> str:
    if not isinstance(document.get(name), dict | list):
        homes = [_written(other) for other, names in keys().items() if name in names]
        where = f"; it belongs in {homes[0]}" if homes else ""
        return f"`{name}` stands outside of any section{where}"
    near = _nearest(name, known)
    if not near:
        return f"there is no section [{name}]; there are {', '.join(map(_written, known))}"
    return f"there is no section [{name}]; did you mean {_written(near)}?"


def _written(name: str) -> str:
    return f"[[{name}]]" if name in TABLES else f"[{name}]"


def _nearest(name: str, known: Sequence[str]) -> str:
    folded = name.lower().replace("-", "_")
    return next(iter(difflib.get_close_matches(folded, known, n=1, cutoff=0.6)), "")


def _about_table(place: Place, error: ErrorDetails, document: Mapping[str, Any]) -> str:
    if error["type"] == "value_error":
        return f"{section(place, document)} {_must(error)}"
    if place[0] in TABLES:
        name = place[0]
        return f"[{name}] needs two brackets: [[{name}]], one such table for each {name}"
    return f"`{place[0]}` must be a section: write [{place[0]}] and its keys below"


def _must(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in _RANGES:
        bound, words = _RANGES[kind]
        return f"must be {words} {context[bound]}"
    if kind == "literal_error":
        return f"must be one of {context['expected']}"
    if kind == "string_too_short":
        return "must not be empty"
    return f"must be {_TYPES.get(kind.split('_')[0], error['msg'].lower())}"


def _but(error: ErrorDetails, said: Any) -> str:
    """What stood there instead; long values and whole tables are not repeated."""
    if error["type"] == "string_too_short" or isinstance(said, dict | list) or said is None:
        return ""
    shown = (
        f'"{said}"' if isinstance(said, str) else str(said).lower() if isinstance(said, bool) else str(said)
    )
    return f", not {shown}" if len(shown) <= 60 and _must(error).startswith("must") else ""
