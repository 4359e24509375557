"""On PostgreSQL rows become shorter: numbers that stay small take 4 bytes, and columns lie so that none is padded.

A number of 8 bytes begins at the next eighth byte of its row, and a row that was made before a column was dropped says
so for good: 24 bytes of each copy, 18 of each revision, 20 of each story. So these tables are written anew, in the
order of their rows. Under a guid's digest there are 88 bits, which with the source's number fill three times 8 bytes.
The copies of a story are found by its number alone, on either database.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# As they lie from here on: fixed ones first, of 8 bytes, of 4, of 1; what follows is of any length.
ORDER = {
    "story": (
        *("id", "created_at", "published_at", "updated_at", "lead_copy_id", "merged_into"),
        *("namespace_id", "copies", "changed", "ulid", "title"),
    ),
    "copy": (
        *("id", "first_seen", "last_seen", "revision_id", "judged_revision_id", "story_id", "url_hash"),
        *("source_id", "revisions", "waiting", "guid", "language", "agency", "place", "furniture", "facts"),
    ),
    "revision": (
        *("id", "copy_id", "fetch_id", "published", "base_id", "at", "updated", "words", "sum"),
        *(
            "fingerprint",
            "url",
            "canonical_url",
            "title",
            "summary",
            "language",
            "details",
            "text",
            "html",
            "raw",
        ),
    ),
    "decision": (
        *("id", "story_id", "copy_id", "revision_id", "matched_copy_id", "score", "other_story_id"),
        *("runner_up_story_id", "runner_up_score", "occasion_id", "method", "note", "features", "evidence"),
    ),
    "publication": ("story_id", "number", "at", "updated", "document", "gone", "version", "problem"),
}
SMALL = {"namespace_id", "copies", "changed", "source_id", "revisions", "words", "occasion_id", "document"}
DIGEST = r"substr(sha256(decode(replace(guid, '\', '\\'), 'escape')), 1, 11)"

_COLUMNS = """
    SELECT quote_ident(attname), attname, format_type(atttypid, atttypmod), attnotnull, attstorage,
        pg_get_expr(adbin, adrelid)
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"""
_INDEXES = (
    "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass ORDER BY indexrelid"
)
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, quote_ident(conname), contype, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE (conrelid = %s::regclass AND contype IN ('p', 'u', 'f', 'c'))
        OR (confrelid = %s::regclass AND contype = 'f') ORDER BY contype <> 'p', oid"""
_TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
_GRANTS = """
    SELECT privilege_type, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
        is_grantable
    FROM pg_class, aclexplode(relacl) WHERE oid = %s::regclass AND grantee <> relowner"""
_OPTIONS = "SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = %s::regclass"
_KINDS = {"p": "PRIMARY KEY", "u": "UNIQUE"}
_STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}


def upgrade() -> None:
    op.drop_index("copy_of_story", "copy")
    op.create_index("copy_of_story", "copy", ["story_id"])
    if op.get_context().dialect.name == "sqlite":
        return
    op.execute("DROP INDEX copy_digest")
    for table, order in ORDER.items():
        _write_anew(op.get_bind(), table, order)
    op.execute(f"CREATE UNIQUE INDEX copy_digest ON copy (source_id, {DIGEST})")


def _write_anew(conn: sa.Connection, table: str, order: tuple[str, ...]) -> None:
    """The same table under the same name, with all that hangs on it, its columns in this order."""

    def told(query: str, times: int = 1) -> list[Any]:
        return list(conn.exec_driver_sql(query, (table,) * times))

    columns = {column[1]: column for column in told(_COLUMNS)}
    if set(columns) != set(order):
        raise ValueError(
            f"{table} has not the columns that it is known by: {sorted(set(columns) ^ set(order))}"
        )
    indexes, constraints, triggers = told(_INDEXES), told(_CONSTRAINTS, 2), told(_TRIGGERS)
    grants, [(options,)] = told(_GRANTS), told(_OPTIONS)
    sequence = conn.exec_driver_sql("SELECT pg_get_serial_sequence(%s, %s)", (table, order[0])).scalar_one()
    for owner, name, kind, _ in constraints:
        if kind == "f":
            conn.exec_driver_sql(f"ALTER TABLE {owner} DROP CONSTRAINT {name}")
    named = ", ".join(columns[name][0] for name in order)
    conn.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_before")
    conn.exec_driver_sql(f"CREATE TABLE {table} ({', '.join(_column(columns[name]) for name in order)})")
    for name, _, _, _, storage, _ in columns.values():
        conn.exec_driver_sql(f"ALTER TABLE {table} ALTER {name} SET STORAGE {_STORAGE[storage]}")
    conn.exec_driver_sql(
        f"INSERT INTO {table} ({named}) SELECT {named} FROM {table}_before ORDER BY {order[0]}"
    )
    if sequence:
        conn.exec_driver_sql(f"ALTER SEQUENCE {sequence} OWNED BY {table}.{order[0]}")
    conn.exec_driver_sql(f"DROP TABLE {table}_before")
    if options:
        conn.exec_driver_sql(f"ALTER TABLE {table} SET ({options})")
    for [statement] in indexes:
        conn.exec_driver_sql(statement)
    for owner, name, kind, said in constraints:
        said = f"{_KINDS[kind]} USING INDEX {name}" if kind in _KINDS else said
        conn.exec_driver_sql(f"ALTER TABLE {owner} ADD CONSTRAINT {name} {said}")
    for [statement] in triggers:
        conn.exec_driver_sql(statement)
    for right, whom, may_grant in grants:
        conn.exec_driver_sql(f"GRANT {right} ON {table} TO {whom}{' WITH GRANT OPTION' * may_grant}")
    conn.exec_driver_sql(f"ANALYZE {table}")


def _column(column: Any) -> str:
    quoted, name, kind, never_null, _, default = column
    kind = "integer" if name in SMALL else kind
    return f"{quoted} {kind}{f' DEFAULT {default}' if default else ''}{' NOT NULL' * never_null}"
