"""What is fetched once: the pages of entries, older documents of feeds; robots.txt; ids that were healed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
document = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    no, none = sa.text("false"), sa.text("'{}'")
    op.add_column("source", sa.Column("full_text", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("response", sa.Column("renamed", document, nullable=False, server_default=none))
    op.create_table(
        "errand",
        sa.Column("id", number, nullable=False),
        sa.Column("source_id", number, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("copy_id", number),
        sa.Column("due_at", moment),
        sa.Column("tries", number, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("token", number, nullable=False),
        sa.Column("leased_until", moment),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"]),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id", "kind", "url", name="errand_once"),
    )
    for name, column in (("errand_due", "due_at"), ("errand_leased", "leased_until")):
        set_ = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "errand", [column], sqlite_where=set_, postgresql_where=set_)
    op.create_table(
        "robots",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", number, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("expires", moment, nullable=False),
        sa.PrimaryKeyConstraint("origin"),
    )
