"""The bytes of every changed document: kept once each, as the difference to an earlier one where that is less."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "body",
        sa.Column("id", number, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", number, nullable=False),
        sa.Column("base_id", number),
        sa.Column("frame", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["base_id"], ["body.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    narrow = sa.text("base_id IS NOT NULL")
    op.create_index("body_base", "body", ["base_id"], sqlite_where=narrow, postgresql_where=narrow)
    op.create_table(
        "response",
        sa.Column("fetch_id", number, autoincrement=False, nullable=False),
        sa.Column("source_id", number, nullable=False),
        sa.Column("body_id", number, nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["fetch_id"], ["fetch.id"]),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"]),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"]),
        sa.PrimaryKeyConstraint("fetch_id"),
    )
    op.create_index("response_of_source", "response", ["source_id", "fetch_id"])
    op.create_index("response_body", "response", ["body_id"])
    if op.get_context().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            _refuse_on_sqlite("response", act, "append-only")
        _refuse_on_sqlite("body", "DELETE", "never deleted")
        _refuse_on_sqlite("body", "UPDATE OF id, sha256, size", "append-only but for its bytes")
        return
    op.execute("ALTER TABLE body ALTER COLUMN frame SET STORAGE EXTERNAL")
    op.execute(
        "CREATE TRIGGER response_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON response "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )
    op.execute(
        "CREATE TRIGGER body_append_only BEFORE UPDATE OF id, sha256, size OR DELETE OR TRUNCATE ON body "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def _refuse_on_sqlite(table: str, act: str, why: str) -> None:
    name = f"{table}_no_{act.split()[0].lower()}"
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {act} ON \"{table}\" BEGIN SELECT RAISE(ABORT, '{table} is {why}'); END"
    )
