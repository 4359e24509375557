"""What follows from something else is no longer kept beside it, and what a revision says has a checksum.

A revision came when its copy was first seen, unless it says otherwise. The fingerprint of a copy is that of its
current revision; agency, place and language are columns. Whatever does not wait for the full-text index is in it by its
current revision. Times on SQLite lose the digits that say nothing, so that every row becomes shorter.
"""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
document = sa.JSON().with_variant(JSONB(), "postgresql")
moment = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
SAID = (
    *("copy_id", "fetch_id", "at", "fingerprint", "url", "canonical_url", "title", "summary"),
    *("published", "updated", "language", "words", "details"),
)
KINDS = {"at": moment, "published": moment, "updated": moment, "details": document}
REVISION = sa.table(
    "revision",
    sa.column("id", number),
    sa.column("sum", sa.Integer()),
    *(sa.column(name, KINDS.get(name, sa.Text())) for name in SAID),
)
STEP = 5_000  # rows at a time
KEPT = f"id, {', '.join(SAID)}, sum"
MOMENTS = {
    "source": (
        *("next_fetch_at", "not_before", "last_fetch_at", "last_success_at", "last_changed_at"),
        "leased_until",
    ),
    "subscription": ("lease_until", "due_at", "heard_at", "poll_at"),
    "announcement": ("due_at",),
    "fetch": ("at",),
    "story": ("created_at", "published_at", "updated_at"),
    "copy": ("first_seen", "last_seen"),
    "revision": ("came", "published", "updated"),
    "decision": ("at",),
    "publication": ("at", "updated"),
    "closed": ("at", "updated"),
    "errand": ("due_at", "leased_until"),
    "robots": ("expires",),
}
SHORT = "{0} = CASE WHEN {0} LIKE '%Z' THEN rtrim(rtrim(substr({0}, 1, 26), '0'), '.') ELSE {0} END"
TOLD = (
    "coalesce({0}agency'{1}, '') = agency AND coalesce({0}place'{1}, '') = place "
    "AND coalesce({0}language'{1}, language) = language"
)


def upgrade() -> None:
    conn = op.get_bind()
    op.add_column("revision", sa.Column("sum", sa.Integer(), nullable=False, server_default="0"))
    _queue()
    if op.get_context().dialect.name == "sqlite":
        triggers = _let_change(conn)
        _for_sqlite()
        _add_up(conn)
        for statement in triggers:
            conn.exec_driver_sql(statement)
    else:
        op.execute("DROP TRIGGER revision_append_only ON revision")
        _for_postgresql()
        _add_up(conn)
        op.execute(
            f"CREATE TRIGGER revision_append_only BEFORE UPDATE OF {KEPT} OR DELETE OR TRUNCATE ON revision "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
    op.execute("ALTER TABLE copy DROP COLUMN fingerprint")
    for table in ("revision", "decision"):  # the row's number ends every entry anyway
        op.drop_index(f"{table}_of_copy", table)
        op.create_index(f"{table}_of_copy", table, ["copy_id"])


def _queue() -> None:
    """What was neither indexed by its current revision nor on the way there is on the way from here on."""
    op.add_column("text_queue", sa.Column("revision_id", number, nullable=True))
    op.execute(
        "UPDATE text_queue SET revision_id = "
        "(SELECT revision_id FROM text_indexed WHERE text_indexed.copy_id = text_queue.copy_id)"
    )
    op.execute(
        "INSERT INTO text_queue (copy_id, revision_id) SELECT copy.id, text_indexed.revision_id FROM copy "
        "LEFT JOIN text_indexed ON text_indexed.copy_id = copy.id WHERE (text_indexed.revision_id IS NULL "
        "OR text_indexed.revision_id <> copy.revision_id) AND copy.id NOT IN (SELECT copy_id FROM text_queue)"
    )
    op.drop_table("text_indexed")


def _let_change(conn: sa.Connection) -> list[str]:
    """Without the triggers that forbid it; the statements that make them anew."""
    query = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' "
        "AND tbl_name IN ('fetch', 'revision', 'decision', 'closed')"
    )
    found = conn.exec_driver_sql(query).all()
    for name, _ in found:
        conn.exec_driver_sql(f"DROP TRIGGER {name}")
    refuse = "BEGIN SELECT RAISE(ABORT, 'revision is append-only'); END"
    kept = f"CREATE TRIGGER revision_no_update BEFORE UPDATE OF {KEPT} ON revision {refuse}"
    return [kept if name == "revision_no_update" else sql for name, sql in found]


def _for_sqlite() -> None:
    op.execute("ALTER TABLE revision ADD COLUMN came TEXT")
    op.execute(
        "UPDATE revision SET came = at WHERE at <> (SELECT first_seen FROM copy WHERE copy.id = copy_id)"
    )
    op.execute("ALTER TABLE revision DROP COLUMN at")
    op.execute(
        "UPDATE revision SET details = json_remove(details, '$.base') WHERE json_extract(details, '$.base') = 0"
    )
    for table, columns in MOMENTS.items():
        op.execute(f'UPDATE "{table}" SET {", ".join(map(SHORT.format, columns))}')
    op.execute("ALTER TABLE revision RENAME COLUMN came TO at")
    told = TOLD.format("json_extract(facts, '$.", ")")
    op.execute(
        f"UPDATE copy SET facts = json_remove(facts, '$.agency', '$.place', '$.language') WHERE {told}"
    )
    for index in ("copy_text", "copy_title"):
        op.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('automerge', 2)")


def _for_postgresql() -> None:
    op.execute("ALTER TABLE revision ALTER COLUMN at DROP NOT NULL")
    op.execute("UPDATE revision SET details = details - 'base' WHERE details -> 'base' = '0'")
    told = TOLD.format("facts ->> '", "")
    op.execute(f"UPDATE copy SET facts = facts - 'agency' - 'place' - 'language' WHERE {told}")


def _add_up(conn: sa.Connection) -> None:
    last = 0
    query = sa.select(REVISION).order_by(REVISION.c.id).limit(STEP)
    change = sa.update(REVISION).where(REVISION.c.id == sa.bindparam("of"))
    while page := conn.execute(query.where(REVISION.c.id > last)).all():
        last = page[-1].id
        conn.execute(change, [{"of": row.id, "sum": _sum(row._asdict())} for row in page])


def _sum(said: dict[str, Any]) -> int:
    return zlib.crc32(encode([said[name] for name in SAID]).encode()) - 2**31


def _moment(value: datetime) -> str:
    told = value.astimezone(UTC).replace(tzinfo=None).isoformat()
    return told.rstrip("0") if "." in told else told


encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_moment).encode
