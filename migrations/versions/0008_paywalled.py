"""Sources whose pages must be paid for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no = sa.text("false")
    op.add_column("source", sa.Column("paywalled", sa.Boolean(), nullable=False, server_default=no))
