"""Which version of a story stands in which published document, and the archive documents themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
words, flag, body = sa.Text(), sa.Boolean(), sa.LargeBinary()


def upgrade() -> None:
    op.add_column("story", sa.Column("changed", number, nullable=False, server_default="1"))
    _index("story_changed", "story", ["updated_at", "id"], "changed > 0")
    op.create_table(
        "publication",
        sa.Column("story_id", number, autoincrement=False, nullable=False),
        sa.Column("number", number),
        sa.Column("at", moment, nullable=False),
        sa.Column("updated", moment, nullable=False),
        sa.Column("version", words, nullable=False),
        sa.Column("gone", flag, nullable=False),
        sa.Column("document", number),
        sa.Column("problem", words, nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"]),
        sa.PrimaryKeyConstraint("story_id"),
        sa.UniqueConstraint("number"),
    )
    _index("publication_open", "publication", ["number"], "document IS NULL")
    _index("publication_failed", "publication", ["story_id"], "problem <> ''")
    op.create_table(
        "closed",
        sa.Column("number", number, autoincrement=False, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("base_url", words, nullable=False),
        sa.Column("updated", moment, nullable=False),
        sa.Column("body", body, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    if op.get_context().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER closed_no_{act.lower()} BEFORE {act} ON closed "
                "BEGIN SELECT RAISE(ABORT, 'closed is append-only'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER closed_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON closed "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
        op.execute("ALTER TABLE closed ALTER COLUMN body SET STORAGE EXTERNAL")  # zstd frames


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
