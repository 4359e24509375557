"""What can be asked, in one table: the routes, their parameters and answers, and the OpenAPI document of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ... import __version__
from ..report import PERIODS
from ..wishes import FIELDS, MOST_PAGES
from . import shapes
from .schemas import named, schema, whole

MOST = 100  # items on a page
USUAL = 40
CURSOR = r"(-?[0-9]{1,17})-([0-9]{1,15})"  # where a page begins: microseconds since 1970, and a number


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    description: str
    schema: dict[str, Any]
    inside: str = "query"

    def described(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "in": self.inside,
            "required": self.inside == "path",
            "description": self.description,
            "schema": self.schema,
        }


@dataclass(frozen=True, slots=True)
class Operation:
    """`name` is that of the endpoint; `refusals` the statuses of problems beside 503, which any may have."""

    name: str
    path: str
    summary: str
    answer: type
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[int, ...] = ()

    def described(self) -> dict[str, Any]:
        return {
            "operationId": self.name,
            "summary": self.summary,
            "parameters": [parameter.described() for parameter in self.parameters],
            "responses": {
                "200": _response("It is answered.", "application/json", self.answer),
                **{str(s): _response(_REFUSALS[s], _PROBLEM, shapes.Problem) for s in (*self.refusals, 503)},
            },
        }


_PROBLEM = "application/problem+json"
_REFUSALS = {
    400: "A parameter cannot be understood.",
    404: "There is nothing of this name.",
    429: "Too much was asked for; Retry-After says when to come again.",
    503: "The archive does not answer for the moment.",
}
_TEXT: dict[str, Any] = {"type": "string"}
_WORDS = Parameter("q", "words, and fields, in the query language of the search", _TEXT)
_LIMIT = Parameter(
    "limit", "items on a page", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
)
_FILTERS = tuple(
    Parameter(name, label, {"type": "string", "format": "date"} if name in ("from", "until") else _TEXT)
    for name, (_, label) in FIELDS.items()
)
OPERATIONS = (
    Operation(
        "stories",
        "/api/v1/stories",
        "The newest stories, or the newest of those that answer.",
        shapes.Stories,
        (
            _WORDS,
            *_FILTERS,
            _LIMIT,
            Parameter(
                "before", "from `next` of the page before", {"type": "string", "pattern": f"^{CURSOR}$"}
            ),
        ),
        (400, 429),
    ),
    Operation(
        "story",
        "/api/v1/stories/{id}",
        "One story: its text, copies and versions, and why they are one. Another name of it redirects (301).",
        shapes.StoryWhole,
        (Parameter("id", "ULID, an unambiguous beginning of it, or the number", _TEXT, "path"),),
        (404,),
    ),
    Operation(
        "search",
        "/api/v1/search",
        "Stories that answer a query, the best first.",
        shapes.Hits,
        (
            _WORDS,
            *_FILTERS,
            _LIMIT,
            Parameter(
                "page",
                "of the answer",
                {"type": "integer", "minimum": 1, "maximum": MOST_PAGES, "default": 1},
            ),
        ),
        (400, 429),
    ),
    Operation("sources", "/api/v1/sources", "Every source and how it fares.", shapes.Sources),
    Operation(
        "report",
        "/api/v1/report",
        "Who copies whom.",
        shapes.Report,
        (
            Parameter(
                "days", "how far back", {"type": "string", "enum": list(map(str, PERIODS)), "default": "7"}
            ),
        ),
        (400,),
    ),
    Operation("description", "/api/openapi.json", "This description.", shapes.Description),
)


def openapi(server: str) -> dict[str, Any]:
    """The description of the whole (OpenAPI 3.1); `server`: the path under which the site stands."""
    kinds = [kind for each in OPERATIONS for kind in named(each.answer)] + [shapes.Problem]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "aggregator",
            "version": __version__,
            "description": "What the pages show, for programs. Within v1 nothing is taken away.",
        },
        "servers": [{"url": server.rstrip("/") or "/"}],
        "paths": {each.path: {"get": each.described()} for each in OPERATIONS},
        "components": {"schemas": {kind.__name__: whole(kind) for kind in kinds}},
    }


def _response(description: str, media_type: str, answer: type) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema(answer)}}}
