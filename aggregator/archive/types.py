"""Columns that keep the archive's promises, aware UTC times, JSON, compressed texts, and kinds of index on them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from . import frames

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
AnySelect: TypeAlias = Select[*tuple[Any, ...]]

# A whole number of 64 bits; SQLite gives a row its number only where the column is called INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")
Small = Integer()  # of 32 bits: for what there are never two thousand million of
Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Numbers = JSON(none_as_null=True)  # mostly lists of numbers, of which JSONB takes twice the room

# Of an index: its rows come nearly in the order of what it is on, so that a few bytes for each 32 pages of them do.
NEARLY_IN_ORDER: dict[str, Any] = {
    "postgresql_using": "brin",
    "postgresql_with": {"pages_per_range": 32, "autosummarize": True},
}


def where(condition: str, name: str, *columns: str) -> Index:
    """An index on the rows of which the condition is true. SQLite is asked for `flag = 1`, so it must say so too."""
    narrow = f"{condition} = 1" if condition.isidentifier() else condition
    return Index(name, *columns, sqlite_where=text(narrow), postgresql_where=text(condition))


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC: timestamptz, or on SQLite text, which sorts as time does.

    A naive datetime is refused with ValueError: nobody knows when that was.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = Text() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return as_text(aware(value)) if dialect.name == "sqlite" else aware(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        told: datetime = (
            datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
        )
        return told.astimezone(UTC)


def aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be archived: {moment!r}")
    return moment.astimezone(UTC)


def as_text(moment: datetime) -> str:
    """ISO 8601 in UTC without naming it, and of a second no more digits than it has: what is earlier sorts first."""
    said = moment.replace(tzinfo=None).isoformat()
    return said.rstrip("0") if "." in said else said


class Words(TypeDecorator[str]):
    """A text as it is kept. Any str comes back as it was, lone surrogates and NUL included."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else frames.decoded(frames.content(value))
