"""What PostgreSQL writes beside the archive's own bytes becomes less: narrower entries, fuller pages.

A guid is found by its digest, and stays unique by it. What rises, as row numbers do, fills its pages to the end. Pages
of the full-text index lie side by side in those of the database: the server puts whatever has more than 2,000 bytes
away in pieces of 1,996, of which the second was mostly a short one.
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

DIGEST = r"substr(sha256(decode(replace(guid, '\', '\\'), 'escape')), 1, 15)"
RISING = ("revision_pkey", "revision_of_copy", "decision_pkey", "decision_of_copy", "copy_pkey", "fetch_pkey")
HALF_A_PAGE = 4_080  # of the database: what is larger is put away in pieces still


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        return
    op.execute("ALTER TABLE copy DROP CONSTRAINT copy_guid")
    op.execute(f"CREATE UNIQUE INDEX copy_digest ON copy (source_id, {DIGEST})")
    for index in RISING:
        op.execute(f"ALTER INDEX {index} SET (fillfactor = 100)")
        op.execute(f"REINDEX INDEX {index}")
    op.execute(f"ALTER TABLE copy_text_page SET (toast_tuple_target = {HALF_A_PAGE})")
    written_anew = "ALTER COLUMN body TYPE bytea USING body || ''::bytea"
    op.execute(f"ALTER TABLE copy_text_page {written_anew}")
