"""What the environment says: `${NAME}` inside values, and AGGREGATOR_SECTION_KEY instead of a whole value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

_REFERENCE = re.compile(r"\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}")
Place = tuple[str | int, ...]


def substitute(
    value: Any, environ: Mapping[str, str], place: Place = ()
) -> tuple[Any, list[tuple[Place, str]]]:
    """The document with every `${NAME}` replaced, and (place, complaint) for each name that is not set.

    `$${NAME}` stands for a literal `${NAME}`.
    """
    if isinstance(value, str):
        return _in_text(value, environ, place)
    if isinstance(value, dict):
        pairs = {key: substitute(inner, environ, (*place, key)) for key, inner in value.items()}
        return {key: new for key, (new, _) in pairs.items()}, [
            c for _, found in pairs.values() for c in found
        ]
    if isinstance(value, list):
        items = [substitute(inner, environ, (*place, index)) for index, inner in enumerate(value)]
        return [new for new, _ in items], [c for _, found in items for c in found]
    return value, []


def _in_text(text: str, environ: Mapping[str, str], place: Place) -> tuple[str, list[tuple[Place, str]]]:
    unset = [name for literal, name in _REFERENCE.findall(text) if not literal and name not in environ]

    def replacement(match: re.Match[str]) -> str:
        return f"${{{match[2]}}}" if match[1] else environ.get(match[2], "")

    complaints = [(place, f"needs the environment variable {name}, which is not set") for name in unset]
    return _REFERENCE.sub(replacement, text), complaints


def used(text: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that a TOML text refers to, as far as they are set."""
    return {
        name: environ[name] for literal, name in _REFERENCE.findall(text) if not literal and name in environ
    }


def unknown(sections: Mapping[str, Iterable[str]], environ: Mapping[str, str], text: str) -> dict[str, str]:
    """Variables that look like ours and mean nothing -> the nearest that does, "" if none is near.

    One that the TOML text refers to is there for that.
    """
    known = {f"AGGREGATOR_{section}_{key}".upper() for section, keys in sections.items() for key in keys}
    known |= {"AGGREGATOR_CONFIG", *(name for _, name in _REFERENCE.findall(text))}
    strange = sorted(name for name in environ if name.startswith("AGGREGATOR_") and name not in known)
    return {name: next(iter(get_close_matches(name, known, 1, 0.8)), "") for name in strange}


def overrides(
    sections: Mapping[str, Iterable[str]], environ: Mapping[str, str]
) -> dict[tuple[str, ...], str]:
    """(section, key) -> variable, for every AGGREGATOR_SECTION_KEY that is set: AGGREGATOR_ARCHIVE_URL …"""
    return {
        (section, key): variable
        for section, keys in sections.items()
        for key in keys
        if (variable := f"AGGREGATOR_{section}_{key}".upper()) in environ
    }
