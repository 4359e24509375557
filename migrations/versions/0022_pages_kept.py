"""Web pages and older documents are kept as well: which of the three a response is, and of a page whose it is.

What is there came from a visit to its source.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    said = sa.Column("kind", sa.Text(), nullable=False, server_default=sa.text("'document'"))
    op.add_column("response", said)
    number = "INTEGER" if op.get_context().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE response ADD COLUMN copy_id {number} REFERENCES copy (id)")
    op.drop_index("response_of_source", "response")
    op.create_index("response_of_source", "response", ["source_id", "kind", "fetch_id"])
    narrow = sa.text("copy_id IS NOT NULL")
    op.create_index(
        "response_of_copy", "response", ["copy_id", "fetch_id"], sqlite_where=narrow, postgresql_where=narrow
    )
