"""An address that is the guid of its copy, as most are, is not kept again beside each revision.

Rows that are there stay as they are: both is understood.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        op.execute("ALTER TABLE revision ALTER COLUMN url DROP NOT NULL")
        return
    conn = op.get_bind()
    made = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'revision_no_update'"
    trigger = conn.exec_driver_sql(made).scalar_one()
    op.execute("DROP TRIGGER revision_no_update")
    op.add_column("revision", sa.Column("address", sa.Text(), nullable=True))
    op.execute("UPDATE revision SET address = nullif(url, (SELECT guid FROM copy WHERE copy.id = copy_id))")
    op.execute("ALTER TABLE revision DROP COLUMN url")
    op.execute("ALTER TABLE revision RENAME COLUMN address TO url")
    conn.exec_driver_sql(trigger)
