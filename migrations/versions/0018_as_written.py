"""On PostgreSQL what decisions were made of is kept as it was written: JSONB takes twice the room for many numbers."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# JSONB is told with blanks, which are dropped where none can be part of a word.
AS_WRITTEN = (
    """(CASE WHEN strpos({0}::text, '"') = 0 THEN replace({0}::text, ' ', '') ELSE {0}::text END)::json"""
)


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        return
    changes = (
        f"ALTER COLUMN {name} TYPE json USING {AS_WRITTEN.format(name)}" for name in ("features", "evidence")
    )
    op.execute(f"ALTER TABLE decision {', '.join(changes)}")
