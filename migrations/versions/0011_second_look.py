"""Copies that are to be judged once more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "second_look",
        sa.Column("copy_id", number, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"]),
        sa.PrimaryKeyConstraint("copy_id"),
    )
