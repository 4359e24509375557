"""Every run of sketches has a checksum, and it is noted which runs there are: damage and loss are seen."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

PAGES = 1 << 20  # page numbers a run
STEP = 2_000  # pages at a time


def upgrade() -> None:
    op.add_column("sketch_run", sa.Column("sum", sa.Integer(), nullable=False, server_default="0"))
    conn = op.get_bind()
    sums = [
        (id, _sum(conn, id)) for id in conn.scalars(sa.text("SELECT id FROM sketch_run ORDER BY id")).all()
    ]
    for id, sum in sums:
        conn.execute(sa.text("UPDATE sketch_run SET sum = :sum WHERE id = :id"), {"sum": sum, "id": id})
    if sums:
        noted = {"key": "sketch runs", "value": str(_added(0, sums))}
        conn.execute(sa.text("INSERT INTO setting (key, value) VALUES (:key, :value)"), noted)


def _sum(conn: sa.Connection, id: int) -> int:
    said = "kind, level, first_day, last_day, size, first_copy, holders"
    row = conn.execute(
        sa.text(f"SELECT firsts, sieve, copies, days, {said} FROM sketch_run WHERE id = :id"), {"id": id}
    ).one()
    sum = _added(0, row[4:])
    for part in row[:4]:
        sum = zlib.crc32(part, sum)
    last = id * PAGES - 1
    query = sa.text(
        "SELECT id, numbers, holders FROM sketch_page WHERE id > :last AND id < :end ORDER BY id LIMIT :step"
    )
    while pages := conn.execute(query, {"last": last, "end": (id + 1) * PAGES, "step": STEP}).all():
        last = pages[-1].id
        for _, numbers, holders in pages:
            sum = zlib.crc32(holders, zlib.crc32(numbers, sum))
    return sum - 2**31


def _added(sum: int, said: Sequence[Any]) -> int:
    return zlib.crc32(json.dumps(list(said), separators=(",", ":")).encode(), sum)
