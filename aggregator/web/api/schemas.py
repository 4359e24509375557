"""A type to its JSON Schema (2020-12). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints, is_typeddict

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
WHERE = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Kind:
    """Beside a type in `Annotated`: the format of a string. (A string there is its description.)"""

    format: str


def schema(kind: Any) -> dict[str, Any]:
    """Of a type; a TypedDict is only referred to. Raises TypeError for what has none."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return {}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if is_typeddict(kind):
        return {"$ref": WHERE + kind.__name__}
    if origin is Annotated:
        notes = [{"format": n.format} if isinstance(n, Kind) else {"description": n} for n in inner[1:]]
        return {key: value for said in (schema(inner[0]), *notes) for key, value in said.items()}
    if origin is list:
        return {"type": "array", "items": schema(inner[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema(inner[1])}
    if origin in (Union, UnionType):
        return {"anyOf": [schema(one) for one in inner]}
    raise TypeError(f"{kind} has no schema")


def whole(kind: type) -> dict[str, Any]:
    """Of a TypedDict, with its fields; all of them are always there."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        "type": "object",
        "description": " ".join((kind.__doc__ or "").split()),
        "properties": {name: schema(each) for name, each in hints.items()},
        "required": list(hints),
    }


def named(kind: Any) -> Iterator[type]:
    """Every TypedDict in a type, itself first; one that is met twice is given twice."""
    if is_typeddict(kind):
        yield kind
        for each in get_type_hints(kind, include_extras=True).values():
            yield from named(each)
    for each in get_args(kind):
        yield from named(each)
