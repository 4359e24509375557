"""What a copy repeats of another one, or of itself, is kept once.

A text may be kept as the difference to that of another revision, which no old one is. The URL of a copy is that of
its current revision, and is looked up by a hash. What is furniture is told in a few letters. A story's public id ends
with its ULID, so one index on the latter makes both unique.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
document = sa.JSON().with_variant(JSONB(), "postgresql")
COPY = sa.table(
    "copy",
    sa.column("id", number),
    sa.column("url_key", sa.Text()),
    sa.column("url_hash", number),
    sa.column("facts", document),
)
STEP = 5_000  # copies at a time
LETTERS = {
    "advertisement": "a", "agency": "g", "breadcrumb": "b", "byline": "y", "comments": "m", "cookies": "k",
    "copyright": "c", "counter": "n", "credit": "r", "date": "d", "dateline": "e", "disclaimer": "i",
    "ellipsis": "o", "learned": "f", "link": "l", "list": "s", "newsletter": "w", "photo": "p", "rule": "u",
    "share": "h", "tags": "x", "title": "t",
}  # fmt: skip
KEPT = (
    "id, copy_id, fetch_id, at, fingerprint, url, canonical_url, title, summary, published, updated, language, "
    "words, details"
)
# A text may go (the frame of an empty one takes 9 to 13 bytes) or come to stand alone; nothing else may happen to it.
CHANGED = (
    "({0}(NEW.text) NOT BETWEEN 9 AND 13 AND NEW.text {1} OLD.text "
    "AND NOT (OLD.base_id IS NOT NULL AND NEW.base_id IS NULL)) "
    "OR (NEW.base_id IS NOT NULL AND NEW.base_id {1} OLD.base_id) "
    "OR (NEW.html IS NOT NULL AND NEW.html {1} OLD.html) OR (NEW.raw IS NOT NULL AND NEW.raw {1} OLD.raw)"
)


def upgrade() -> None:
    on_sqlite = op.get_context().dialect.name == "sqlite"
    op.add_column("copy", sa.Column("url_hash", number))
    _repack_copies(op.get_bind())
    op.drop_index("copy_url", "copy")
    op.execute("ALTER TABLE copy DROP COLUMN url_key")
    op.execute("ALTER TABLE copy DROP COLUMN url")
    known = sa.text("url_hash IS NOT NULL")
    op.create_index("copy_url", "copy", ["url_hash"], sqlite_where=known, postgresql_where=known)
    if on_sqlite:
        op.execute("ALTER TABLE revision ADD COLUMN base_id INTEGER REFERENCES revision (id)")
    else:
        op.execute("ALTER TABLE revision ADD COLUMN base_id BIGINT REFERENCES revision (id)")
    based = sa.text("base_id IS NOT NULL")
    op.create_index("revision_base", "revision", ["base_id"], sqlite_where=based, postgresql_where=based)
    if on_sqlite:
        _for_sqlite()
    else:
        _for_postgresql()


def _for_sqlite() -> None:
    op.execute("DROP TRIGGER revision_only_emptied")
    op.execute(
        "CREATE TRIGGER revision_only_emptied BEFORE UPDATE OF text, html, raw, base_id ON revision "
        f"WHEN {CHANGED.format('length', 'IS NOT')} BEGIN SELECT RAISE(ABORT, 'revision is append-only'); END"
    )
    _rebuild_stories(op.get_bind())


def _for_postgresql() -> None:
    op.execute("DROP TRIGGER revision_only_emptied ON revision")
    op.execute(
        "CREATE TRIGGER revision_only_emptied BEFORE UPDATE OF text, html, raw, base_id ON revision FOR EACH ROW "
        f"WHEN ({CHANGED.format('octet_length', 'IS DISTINCT FROM')}) EXECUTE FUNCTION append_only()"
    )
    op.execute("ALTER TABLE story DROP CONSTRAINT story_public_id_key")


def _repack_copies(conn: sa.Connection) -> None:
    last = 0
    query = sa.select(COPY.c.id, COPY.c.url_key, COPY.c.facts).order_by(COPY.c.id).limit(STEP)
    change = sa.update(COPY).where(COPY.c.id == sa.bindparam("of"))
    while page := conn.execute(query.where(COPY.c.id > last)).all():
        last = page[-1].id
        conn.execute(
            change, [{"of": id, "url_hash": _hash(key), "facts": _facts(said)} for id, key, said in page]
        )


def _hash(key: str) -> int | None:
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) if key else None


def _facts(said: dict[str, Any]) -> dict[str, Any]:
    if "furniture" not in said:
        return said
    parts, last = [], 0
    for start, end, reason in said["furniture"]:
        parts.append(f"{start - last}.{end - start}{LETTERS.get(reason, reason)}")
        last = end
    return {**said, "furniture": "".join(parts)}


def _rebuild_stories(conn: sa.Connection) -> None:
    """SQLite cannot drop a constraint: the table is copied. Foreign keys are off meanwhile."""
    made = conn.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'story'"
    ).scalar_one()
    indexes = (
        conn.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'story' AND sql IS NOT NULL"
        )
        .scalars()
        .all()
    )
    columns = ", ".join(row[1] for row in conn.exec_driver_sql("PRAGMA table_info(story)"))
    without = re.sub(r"UNIQUE \(public_id\),\s*", "", made)
    op.execute(re.sub(r'^CREATE TABLE "?story"?', "CREATE TABLE story_copied", without))
    op.execute(f"INSERT INTO story_copied ({columns}) SELECT {columns} FROM story ORDER BY id")
    op.execute("DROP TABLE story")
    op.execute("ALTER TABLE story_copied RENAME TO story")
    for index in indexes:
        op.execute(index)
