"""The tables of what is fetched once; as those of `schema`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base, to


class Errand(Base):
    """Something to be fetched once for a source, and how it went."""

    __tablename__ = "errand"
    __table_args__ = (
        UniqueConstraint("source_id", "kind", "url", name="errand_once"),
        Index(
            "errand_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "errand_leased",
            "leased_until",
            sqlite_where=text("leased_until IS NOT NULL"),
            postgresql_where=text("leased_until IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(to("source.id"))
    kind: Mapped[str]
    url: Mapped[str]
    host: Mapped[str]
    copy_id: Mapped[int | None] = mapped_column(to("copy.id"))
    due_at: Mapped[datetime | None]  # None: it is done, or given up
    tries: Mapped[int]
    error: Mapped[str]  # of the last try
    token: Mapped[int]
    leased_until: Mapped[datetime | None]


class Robots(Base):
    """The robots.txt files that are known, until they expire."""

    __tablename__ = "robots"
    origin: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[int]
    body: Mapped[str]
    expires: Mapped[datetime]
