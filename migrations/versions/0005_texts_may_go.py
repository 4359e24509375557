"""A person's policy may let the text of a revision go; it can still not be changed into another."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEPT = (
    "id, copy_id, fetch_id, at, fingerprint, url, canonical_url, title, summary, published, updated, language, "
    "words, details"
)
EMPTIED = (
    "({0}(NEW.text) > 24 AND NEW.text {1} OLD.text) OR (NEW.html IS NOT NULL AND NEW.html {1} OLD.html) "
    "OR (NEW.raw IS NOT NULL AND NEW.raw {1} OLD.raw)"
)


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        refuse = "BEGIN SELECT RAISE(ABORT, 'revision is append-only'); END"
        op.execute("DROP TRIGGER revision_no_update")
        op.execute(f"CREATE TRIGGER revision_no_update BEFORE UPDATE OF {KEPT} ON revision {refuse}")
        changed = EMPTIED.format("length", "IS NOT")
        op.execute(
            f"CREATE TRIGGER revision_only_emptied BEFORE UPDATE OF text, html, raw ON revision WHEN {changed} {refuse}"
        )
        return
    op.execute("DROP TRIGGER revision_append_only ON revision")
    op.execute(
        f"CREATE TRIGGER revision_append_only BEFORE UPDATE OF {KEPT} OR DELETE OR TRUNCATE ON revision "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )
    changed = EMPTIED.format("octet_length", "IS DISTINCT FROM")
    op.execute(
        "CREATE TRIGGER revision_only_emptied BEFORE UPDATE OF text, html, raw ON revision "
        f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION append_only()"
    )
