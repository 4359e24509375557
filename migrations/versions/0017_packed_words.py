"""On PostgreSQL the full-text index is packed lists of the copies that hold a word, where it was a tsvector under GIN.

They are made again from the queue, as after any change of how texts are split.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        return
    op.execute("DROP TABLE copy_text")
    op.create_table(
        "copy_text_run",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("postings", sa.BigInteger(), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("copies", sa.LargeBinary(), nullable=False),
        sa.Column("gone", sa.LargeBinary(), nullable=True),
    )
    op.create_table(
        "copy_text_page",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    for column in ("run ALTER COLUMN copies", "page ALTER COLUMN body"):  # packed already
        op.execute(f"ALTER TABLE copy_text_{column} SET STORAGE EXTERNAL")
    op.execute("DELETE FROM text_queue")
    op.execute("INSERT INTO text_queue (copy_id) SELECT id FROM copy")
