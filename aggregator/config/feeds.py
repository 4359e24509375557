"""The [[feed]] tables: a selection of the stories, as a feed of its own."""

from __future__ import annotations

import hashlib
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, StrictBool, field_validator, model_validator

from ..query import Feed, Query, any_of, parse
from .sections import Section, Whole, plain_name

RESERVED = ("search",)  # is answered from what the address asks for
SHORTEST = 16  # characters of a token


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class FeedSection(Section):
    name: str
    title: str = ""
    query: str = ""
    sources: Words = ()
    tags: Words = ()
    agency: Words = ()
    place: Words = ()
    language: Words = ()
    min_copies: Whole = Field(default=1, ge=1)
    events_only: StrictBool = False
    limit: Whole = Field(default=100, ge=1, le=100)  # entries
    token: SecretStr = SecretStr("")

    @field_validator("name")
    @classmethod
    def _free_name(cls, name: str) -> str:
        if name in RESERVED:
            raise ValueError("is taken: feeds/search.atom answers what its address asks for")
        return plain_name(name)

    @field_validator("query")
    @classmethod
    def _understood(cls, query: str) -> str:
        if notes := parse(query).notes:
            raise ValueError(f"cannot be understood: {notes[0].rstrip('.')}")
        return query

    @field_validator("token")
    @classmethod
    def _long_enough(cls, token: SecretStr) -> SecretStr:
        if 0 < len(token.get_secret_value()) < SHORTEST:
            raise ValueError(f"must have at least {SHORTEST} characters")
        return token

    @model_validator(mode="after")
    def _some_selection(self) -> FeedSection:
        if not self.selection():
            raise ValueError("selects nothing: give it a `query`, `sources`, `tags`, `place`, ...")
        return self

    def selection(self) -> Query:
        wanted = parse(self.query)
        fields = {"source": self.sources, "tag": self.tags, "agency": self.agency, "place": self.place}
        for field, values in {**fields, "language": self.language}.items():
            wanted &= any_of(field, values)
        if self.min_copies > 1:
            wanted &= any_of("copies", [str(self.min_copies)])
        return wanted & any_of("is", ["event"] * self.events_only)

    def feed(self) -> Feed:
        token = self.token.get_secret_value()
        digest = hashlib.sha256(token.encode()).hexdigest() if token else ""
        return Feed(self.name, self.selection(), self.title or self.name, self.limit, digest)
