"""Sketches of half the size: 40 bits of a number, as a gap; the copy and day that hold it, from the run's first on.

What runs hold is the same for placing, so each is packed anew: its numbers, its list of pages and its sieve.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED = "first_copy", "number_bytes", "holder_bytes"
RUN = sa.table(
    "sketch_run", *(sa.column(name) for name in ("id", "first_day", "last_day", *ADDED, "firsts", "sieve"))
)
PAGE = sa.table("sketch_page", *(sa.column(name) for name in ("id", "numbers", "holders")))
NUMBERS, PAGES, DAYS, BITS = 240, 1 << 20, 1 << 20, 16
PROBES = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
HALF = np.uint64(32)


def upgrade() -> None:
    for name in ADDED:
        op.add_column("sketch_run", sa.Column(name, number, nullable=False, server_default="0"))
    conn = op.get_bind()
    for run in conn.execute(sa.select(RUN.c.id, RUN.c.first_day, RUN.c.last_day)).all():
        _pack(conn, run)


def _pack(conn: sa.Connection, run: Any) -> None:
    own = PAGE.c.id.between(run.id * PAGES, run.id * PAGES + PAGES - 1)
    pages = conn.execute(sa.select(PAGE.c.numbers, PAGE.c.holders).where(own).order_by(PAGE.c.id)).all()
    numbers, holders = (np.frombuffer(b"".join(page[at] for page in pages), "<i8") for at in (0, 1))
    numbers = ((numbers.view(np.uint64) * PROBES[0]) >> np.uint64(24)).view(np.int64)
    order = np.argsort(numbers, kind="stable")
    numbers, holders = numbers[order], holders[order]
    first_copy = int((holders // DAYS).min(initial=1 << 40))
    span = run.last_day - run.first_day + 1
    kept = (holders // DAYS - first_copy) * span + holders % DAYS - run.first_day
    gaps = np.diff(numbers, prepend=numbers[:1])
    gaps[::NUMBERS] = 0
    sizes = _width(gaps), _width(kept)
    conn.execute(sa.delete(PAGE).where(own))
    made = zip(_cut(gaps, sizes[0]), _cut(kept, sizes[1]), strict=True)
    rows = [{"id": run.id * PAGES + at, "numbers": one, "holders": two} for at, (one, two) in enumerate(made)]
    if rows:
        conn.execute(sa.insert(PAGE), rows)
    conn.execute(
        sa.update(RUN)
        .where(RUN.c.id == run.id)
        .values(
            first_copy=first_copy,
            number_bytes=sizes[0],
            holder_bytes=sizes[1],
            firsts=numbers[::NUMBERS].astype("<i8").tobytes(),
            sieve=_sieve(numbers),
        )
    )


def _width(values: Any) -> int:
    return max(1, (int(values.max(initial=0)).bit_length() + 7) // 8)


def _cut(values: Any, size: int) -> Iterator[bytes]:
    stored = values.astype("<i8").view(np.uint8).reshape(-1, 8)[:, :size].tobytes()
    yield from (stored[start : start + size * NUMBERS] for start in range(0, len(stored), size * NUMBERS))


def _sieve(numbers: Any) -> bytes:
    size = BITS * len(numbers)
    flags = np.zeros(size, bool)
    for probe in PROBES:
        mixed = (numbers.view(np.uint64) * probe) >> HALF
        flags[((mixed * np.uint64(size)) >> HALF).astype(np.int64)] = True
    return np.packbits(flags, bitorder="little").tobytes()
