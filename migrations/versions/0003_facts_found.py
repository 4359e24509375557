"""Search asks for agencies and places."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("agency", "place"):
        said = sa.text(f"{name} <> ''")
        op.create_index(f"copy_{name}", "copy", [name], sqlite_where=said, postgresql_where=said)
