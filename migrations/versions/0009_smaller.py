"""A smaller archive: dictionaries for its texts, a full-text index that knows which copies hold a word, not where."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FOLDED = "content='', detail=none, tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* Co M*'\""


number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
document = sa.JSON().with_variant(JSONB(), "postgresql")

# 13 bytes are the frame of an empty text.
EMPTIED = (
    "({0}(NEW.text) > 13 AND NEW.text {1} OLD.text) OR (NEW.html IS NOT NULL AND NEW.html {1} OLD.html) "
    "OR (NEW.raw IS NOT NULL AND NEW.raw {1} OLD.raw)"
)

# A document may stand alone once the texts that it is folded on are let go, and nothing else.
STANDS_OTHERWISE = (
    "NOT (NEW.bases = '[]'{cast} AND OLD.bases <> '[]'{cast} AND NEW.number = OLD.number "
    "AND NEW.at = OLD.at AND NEW.base_url = OLD.base_url AND NEW.updated = OLD.updated)"
)


def upgrade() -> None:
    op.create_table(
        "dictionary",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("revisions", number, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "feature_set",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("names", document, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    none = sa.text("'[]'")
    op.add_column("closed", sa.Column("bases", document, nullable=False, server_default=none))
    if op.get_context().dialect.name == "sqlite":
        _for_sqlite()
    else:
        _for_postgresql()


def _for_sqlite() -> None:
    changed = EMPTIED.format("length", "IS NOT")
    op.execute("DROP TRIGGER revision_only_emptied")
    op.execute(
        f"CREATE TRIGGER revision_only_emptied BEFORE UPDATE OF text, html, raw ON revision WHEN {changed} "
        "BEGIN SELECT RAISE(ABORT, 'revision is append-only'); END"
    )
    op.execute("DROP TRIGGER closed_no_update")
    op.execute(
        "CREATE TRIGGER closed_no_update BEFORE UPDATE ON closed WHEN "
        + STANDS_OTHERWISE.format(cast="")
        + " BEGIN SELECT RAISE(ABORT, 'closed is append-only'); END"
    )
    op.execute("DROP TABLE copy_text")
    op.execute(f"CREATE VIRTUAL TABLE copy_text USING fts5(words, {FOLDED})")
    op.execute(f"CREATE VIRTUAL TABLE copy_title USING fts5(words, columnsize=0, {FOLDED})")
    op.execute("DELETE FROM text_indexed")
    op.execute("INSERT OR IGNORE INTO text_queue (copy_id) SELECT id FROM copy")


def _for_postgresql() -> None:
    changed = EMPTIED.format("octet_length", "IS DISTINCT FROM")
    op.execute("DROP TRIGGER revision_only_emptied ON revision")
    op.execute(
        "CREATE TRIGGER revision_only_emptied BEFORE UPDATE OF text, html, raw ON revision "
        f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION append_only()"
    )
    op.execute("DROP TRIGGER closed_append_only ON closed")
    op.execute(
        "CREATE TRIGGER closed_append_only BEFORE DELETE OR TRUNCATE ON closed "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )
    op.execute(
        "CREATE TRIGGER closed_no_update BEFORE UPDATE ON closed FOR EACH ROW WHEN "
        f"({STANDS_OTHERWISE.format(cast='::jsonb')}) EXECUTE FUNCTION append_only()"
    )
    op.execute("ALTER TABLE dictionary ALTER COLUMN body SET STORAGE EXTERNAL")
