"""Revisions are found by the date that they say, so that a search for a time long ago looks at that time only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UNDATED = sa.text("published IS NULL")


def upgrade() -> None:
    op.create_index(
        "revision_published",
        "revision",
        ["published", "copy_id"],
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": True},
    )
    op.create_index(
        "revision_undated", "revision", ["copy_id"], sqlite_where=UNDATED, postgresql_where=UNDATED
    )
