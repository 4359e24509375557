"""What rows have in common is kept once: the beginning of public ids, and when and by which rules a batch was decided.

What is furniture is a column of its own. Sieves take 8 bits a number instead of 12, with four probes instead of two.
"""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
RUN = sa.table("sketch_run", *(sa.column(name) for name in ("id", "size", "firsts", "sieve")))
PAGE = sa.table("sketch_page", *(sa.column(name) for name in ("id", "numbers")))
PAGES, NUMBERS, BITS = 1 << 20, 128, 8
PROBES = tuple(
    map(np.uint64, (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93))
)
HALF = np.uint64(32)
COMMON = ("at", "rules_version", "threshold", "by")
ULID = 26  # letters


def upgrade() -> None:
    conn = op.get_bind()
    on_sqlite = op.get_context().dialect.name == "sqlite"
    triggers = _let_change(conn, on_sqlite)
    _namespaces(on_sqlite)
    _occasions(on_sqlite)
    _furniture(on_sqlite)
    for statement in triggers:
        conn.exec_driver_sql(statement)
    for id, size in conn.execute(sa.select(RUN.c.id, RUN.c.size).order_by(RUN.c.id)).all():
        sieve = _sieve(_numbers(conn, id, size))
        conn.execute(sa.update(RUN).where(RUN.c.id == id).values(sieve=sieve))


def _let_change(conn: sa.Connection, on_sqlite: bool) -> list[str]:
    """Decisions, without the triggers that forbid it; the statements that make these anew, and for occasions."""
    acts = ("UPDATE", "DELETE")
    if on_sqlite:
        for act in acts:
            conn.exec_driver_sql(f"DROP TRIGGER decision_no_{act.lower()}")
        return [
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in ("decision", "occasion")
            for act in acts
        ]
    conn.exec_driver_sql("DROP TRIGGER decision_append_only ON decision")
    return [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        for table in ("decision", "occasion")
    ]


def _refer(table: str, column: str, aim: str, found: str, on_sqlite: bool) -> None:
    """A column that names a row of another table: `found` says which."""
    if on_sqlite:  # foreign keys are off while this runs, and checked before the commit
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0 REFERENCES {aim} (id)"
        )
        op.execute(f"UPDATE {table} SET {column} = {found}")
        return
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} BIGINT REFERENCES {aim} (id)")
    op.execute(f"UPDATE {table} SET {column} = {found}")
    op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")


def _namespaces(on_sqlite: bool) -> None:
    op.create_table(
        "namespace",
        sa.Column("id", number, nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("prefix"),
    )
    prefix = f"substr(story.public_id, 1, length(story.public_id) - {ULID})"
    op.execute(f"INSERT INTO namespace (prefix) SELECT {prefix} FROM story GROUP BY 1 ORDER BY min(id)")
    found = f"(SELECT namespace.id FROM namespace WHERE namespace.prefix = {prefix})"
    _refer("story", "namespace_id", "namespace", found, on_sqlite)
    op.execute("ALTER TABLE story DROP COLUMN public_id")


def _occasions(on_sqlite: bool) -> None:
    op.create_table(
        "occasion",
        sa.Column("id", number, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("rules_version", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    columns = ", ".join(f'"{name}"' for name in COMMON)
    op.execute(
        f"INSERT INTO occasion ({columns}) SELECT {columns} FROM decision GROUP BY {columns} ORDER BY min(id)"
    )
    op.create_index("occasion_at", "occasion", ["at"])
    same = " AND ".join(f'occasion."{name}" = decision."{name}"' for name in COMMON if name != "threshold")
    none = "occasion.threshold IS NULL AND decision.threshold IS NULL"
    found = (
        f"(SELECT occasion.id FROM occasion WHERE {same} "
        f"AND (occasion.threshold = decision.threshold OR {none}))"
    )
    _refer("decision", "occasion_id", "occasion", found, on_sqlite)
    op.drop_index("occasion_at", "occasion")
    for name in COMMON:
        op.execute(f'ALTER TABLE decision DROP COLUMN "{name}"')


def _furniture(on_sqlite: bool) -> None:
    op.add_column("copy", sa.Column("furniture", sa.Text(), nullable=False, server_default=""))
    if on_sqlite:
        told, rest = "json_extract(facts, '$.furniture')", "json_remove(facts, '$.furniture')"
    else:
        told, rest = "facts ->> 'furniture'", "facts - 'furniture'"
    op.execute(f"UPDATE copy SET furniture = {told}, facts = {rest} WHERE {told} IS NOT NULL")


def _numbers(conn: sa.Connection, run: int, size: int) -> np.ndarray:
    """All of a run, as pages have them: by how much each is above the one before."""
    firsts = np.frombuffer(conn.scalars(sa.select(RUN.c.firsts).where(RUN.c.id == run)).one(), "<i8")
    own = PAGE.c.id.between(run * PAGES, run * PAGES + PAGES - 1)
    query = sa.select(PAGE.c.id, PAGE.c.numbers).where(own).order_by(PAGE.c.id)
    pages = [
        firsts[at] + np.cumsum(_gaps(told, min(NUMBERS, size - at * NUMBERS)))
        for at, told in ((id % PAGES, told) for id, told in conn.execute(query))
    ]
    return np.concatenate(pages) if pages else np.zeros(0, np.int64)


def _gaps(page: bytes, count: int) -> np.ndarray:
    """So many numbers, in as many bits each as the first byte says."""
    width = page[0]
    bits = np.unpackbits(np.frombuffer(page, np.uint8, offset=1), bitorder="little")[: count * width]
    return bits.reshape(count, width).astype(np.int64) @ (1 << np.arange(width))


def _sieve(numbers: np.ndarray) -> bytes:
    size = BITS * len(numbers)
    flags = np.zeros(size, bool)
    for probe in PROBES:
        mixed = (numbers.view(np.uint64) * probe) >> HALF
        flags[((mixed * np.uint64(size)) >> HALF).astype(np.int64)] = True
    return np.packbits(flags, bitorder="little").tobytes()
