"""WebSub: what hubs tell us, and what we tell hubs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
words, flag = sa.Text(), sa.Boolean()


def upgrade() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", number, nullable=False),
        sa.Column("source_id", number, nullable=False),
        *(
            sa.Column(name, words, nullable=False)
            for name in ("hub", "topic", "base", "token", "secret", "state")
        ),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("failures", number, nullable=False),
        sa.Column("error", words, nullable=False),
        sa.Column("working", flag, nullable=False),
        sa.Column("heard_at", moment, nullable=True),
        sa.Column("poll_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id", "hub", "topic"),
        sa.UniqueConstraint("token"),
    )
    op.create_index("subscription_due", "subscription", ["due_at"])
    op.create_table(
        "announcement",
        *(sa.Column(name, words, nullable=False) for name in ("hub", "topic", "digest", "told")),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("failures", number, nullable=False),
        sa.Column("error", words, nullable=False),
        sa.PrimaryKeyConstraint("hub", "topic"),
    )
    waiting = sa.text("due_at IS NOT NULL")
    op.create_index(
        "announcement_due", "announcement", ["due_at"], sqlite_where=waiting, postgresql_where=waiting
    )
