"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
document = sa.JSON().with_variant(JSONB(), "postgresql")
words, flag, real, body = sa.Text(), sa.Boolean(), sa.Float(), sa.LargeBinary()

APPEND_ONLY = ("fetch", "revision", "decision")


def upgrade() -> None:
    _sources()
    _stories()
    _revisions()
    _decisions()
    _sketches()
    _full_text()
    if _on_sqlite():
        _for_sqlite()
    else:
        _for_postgresql()


def _on_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _index(name: str, table: str, columns: list[str], where: str = "") -> None:
    """`where` narrows the index. SQLite is asked for `flag = 1`, so an index on a flag must say so too."""
    wide = sa.text(where) if where else None
    narrow = sa.text(f"{where} = 1") if where.isidentifier() else wide
    op.create_index(name, table, columns, sqlite_where=narrow, postgresql_where=wide)


def _for_sqlite() -> None:
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f'CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON "{table}" '
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    # Contentless: the texts stay compressed in `revision`. Words are split and folded before they come here.
    op.execute(
        "CREATE VIRTUAL TABLE copy_text USING fts5("
        "title, body, content='', tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* Co M*'\")"
    )


def _for_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f'CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
    for column in ("text", "html", "raw"):  # zstd frames: pglz would only cost time
        op.execute(f"ALTER TABLE revision ALTER COLUMN {column} SET STORAGE EXTERNAL")
    for column in ("numbers", "holders"):  # hashes do not shrink, and a page fits in the row
        op.execute(f"ALTER TABLE sketch_page ALTER COLUMN {column} SET STORAGE PLAIN")
    op.execute("ALTER TABLE sketch_run ALTER COLUMN sieve SET STORAGE EXTERNAL")
    op.create_table(
        "copy_text", sa.Column("copy_id", number, primary_key=True), sa.Column("document", TSVECTOR())
    )
    op.execute("CREATE INDEX copy_text_document ON copy_text USING gin (document)")


def _sources() -> None:
    """What is polled, and what came of it."""
    op.create_table(
        "setting",
        sa.Column("key", words, nullable=False),
        sa.Column("value", words, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "source",
        sa.Column("id", number, nullable=False),
        sa.Column("name", words, nullable=False),
        sa.Column("kind", words, nullable=False),
        sa.Column("location", words, nullable=False),
        sa.Column("every", words, nullable=False),
        sa.Column("title", words, nullable=False),
        sa.Column("tags", document, nullable=False),
        sa.Column("allow_private", flag, nullable=False),
        sa.Column("prefer", number, nullable=False),
        sa.Column("origin", words, nullable=False),
        sa.Column("active", flag, nullable=False),
        sa.Column("host", words, nullable=False),
        sa.Column("moved_to", words, nullable=False),
        sa.Column("etag", words, nullable=False),
        sa.Column("last_modified", words, nullable=False),
        sa.Column("body_hash", words, nullable=False),
        sa.Column("outlet", words, nullable=False),
        sa.Column("site_url", words, nullable=False),
        sa.Column("next_fetch_at", moment),
        sa.Column("not_before", moment),
        sa.Column("gone", flag, nullable=False),
        sa.Column("failures", number, nullable=False),
        sa.Column("error_code", words, nullable=False),
        sa.Column("error", words, nullable=False),
        sa.Column("flaws", document, nullable=False),
        sa.Column("last_fetch_at", moment),
        sa.Column("last_success_at", moment),
        sa.Column("last_changed_at", moment),
        sa.Column("lease_token", number, nullable=False),
        sa.Column("leased_until", moment),
        sa.Column("memory", document, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    _index("source_due", "source", ["next_fetch_at"], "active")
    _index("source_leased", "source", ["leased_until"], "leased_until IS NOT NULL")
    op.create_table(
        "fetch",
        sa.Column("id", number, nullable=False),
        sa.Column("source_id", number, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("outcome", words, nullable=False),
        sa.Column("status", number),
        sa.Column("bytes", number, nullable=False),
        sa.Column("elapsed", sa.Double(), nullable=False),
        sa.Column("error_code", words, nullable=False),
        sa.Column("error", words, nullable=False),
        sa.Column("url", words, nullable=False),
        sa.Column("new", number, nullable=False),
        sa.Column("revised", number, nullable=False),
        sa.Column("flaws", document, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("fetch_of_source", "fetch", ["source_id", "id"])


def _stories() -> None:
    """The articles and their printings."""
    op.create_table(
        "story",
        sa.Column("id", number, nullable=False),
        sa.Column("ulid", words, nullable=False),
        sa.Column("public_id", words, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("title", words, nullable=False),
        sa.Column("published_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("lead_copy_id", number),
        sa.Column("copies", number, nullable=False),
        sa.Column("merged_into", number),
        sa.ForeignKeyConstraint(["merged_into"], ["story.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("public_id"),
        sa.UniqueConstraint("ulid"),
    )
    _index("story_merged", "story", ["merged_into"], "merged_into IS NOT NULL")
    _index("story_newest", "story", ["updated_at", "id"], "merged_into IS NULL")
    op.create_table(
        "copy",
        sa.Column("id", number, nullable=False),
        sa.Column("source_id", number, nullable=False),
        sa.Column("guid", words, nullable=False),
        sa.Column("url", words, nullable=False),
        sa.Column("url_key", words, nullable=False),
        sa.Column("fingerprint", words, nullable=False),
        sa.Column("first_seen", moment, nullable=False),
        sa.Column("last_seen", moment, nullable=False),
        sa.Column("revisions", number, nullable=False),
        sa.Column("revision_id", number, nullable=False),
        sa.Column("judged_revision_id", number),
        sa.Column("waiting", flag, nullable=False),
        sa.Column("story_id", number),
        sa.Column("agency", words, nullable=False),
        sa.Column("place", words, nullable=False),
        sa.Column("language", words, nullable=False),
        sa.Column("facts", document, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"]),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id", "guid", name="copy_guid"),
    )
    _index("copy_of_story", "copy", ["story_id", "source_id"])
    _index("copy_url", "copy", ["url_key"], "url_key <> ''")
    _index("copy_waiting", "copy", ["id"], "waiting")


def _revisions() -> None:
    """What the copies said, version by version."""
    op.create_table(
        "revision",
        sa.Column("id", number, nullable=False),
        sa.Column("copy_id", number, nullable=False),
        sa.Column("fetch_id", number, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("fingerprint", words, nullable=False),
        sa.Column("url", words, nullable=False),
        sa.Column("canonical_url", words, nullable=False),
        sa.Column("title", words, nullable=False),
        sa.Column("summary", words, nullable=False),
        sa.Column("published", moment),
        sa.Column("updated", moment),
        sa.Column("language", words, nullable=False),
        sa.Column("words", number, nullable=False),
        sa.Column("details", document, nullable=False),
        sa.Column("text", body, nullable=False),
        sa.Column("html", body),
        sa.Column("raw", body),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"]),
        sa.ForeignKeyConstraint(["fetch_id"], ["fetch.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("revision_of_copy", "revision", ["copy_id", "id"])


def _decisions() -> None:
    """Why a copy is where it is."""
    op.create_table(
        "decision",
        sa.Column("id", number, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("method", words, nullable=False),
        sa.Column("story_id", number, nullable=False),
        sa.Column("copy_id", number),
        sa.Column("revision_id", number),
        sa.Column("other_story_id", number),
        sa.Column("score", sa.Double()),
        sa.Column("threshold", sa.Double()),
        sa.Column("matched_copy_id", number),
        sa.Column("runner_up_story_id", number),
        sa.Column("runner_up_score", sa.Double()),
        sa.Column("rules_version", words, nullable=False),
        sa.Column("by", words, nullable=False),
        sa.Column("note", words, nullable=False),
        sa.Column("features", document, nullable=False),
        sa.Column("evidence", document, nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"]),
        sa.ForeignKeyConstraint(["other_story_id"], ["story.id"]),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"]),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("decision_of_copy", "decision", ["copy_id", "id"])
    _index("decision_of_story", "decision", ["story_id"])
    _index("decision_other", "decision", ["other_story_id"], "other_story_id IS NOT NULL")
    op.create_table(
        "story_link",
        sa.Column("story_id", number, nullable=False),
        sa.Column("other_story_id", number, nullable=False),
        sa.Column("kind", words, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["other_story_id"], ["story.id"]),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"]),
        sa.PrimaryKeyConstraint("story_id", "other_story_id", "kind"),
        sqlite_with_rowid=False,
    )
    _index("story_link_back", "story_link", ["other_story_id"])
    op.create_table(
        "ruling",
        sa.Column("copy_id", number, nullable=False),
        sa.Column("other_copy_id", number, nullable=False),
        sa.Column("together", flag, nullable=False),
        sa.Column("decision_id", number, nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"]),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"]),
        sa.ForeignKeyConstraint(["other_copy_id"], ["copy.id"]),
        sa.PrimaryKeyConstraint("copy_id", "other_copy_id"),
        sqlite_with_rowid=False,
    )
    _index("ruling_back", "ruling", ["other_copy_id"])


def _sketches() -> None:
    """What the canonicaliser looks copies up by."""
    op.create_table(
        "sketch_run",
        sa.Column("id", number, nullable=False),
        sa.Column("kind", number, nullable=False),
        sa.Column("level", number, nullable=False),
        sa.Column("first_day", number, nullable=False),
        sa.Column("last_day", number, nullable=False),
        sa.Column("size", number, nullable=False),
        sa.Column("firsts", body, nullable=False),
        sa.Column("sieve", body, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "sketch_page",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("numbers", body, nullable=False),
        sa.Column("holders", body, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _full_text() -> None:
    """Search: what is in the index, and what waits for it."""
    op.create_table(
        "text_queue",
        sa.Column("copy_id", number, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("copy_id"),
    )
    op.create_table(
        "text_indexed",
        sa.Column("copy_id", number, autoincrement=False, nullable=False),
        sa.Column("revision_id", number, nullable=False),
        sa.PrimaryKeyConstraint("copy_id"),
    )
