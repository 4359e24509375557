"""Sketches in bits: 36 of a number, as a gap, and what holds it as a place in a list of the run's own.

What runs hold is the same for placing, so each is packed anew: its numbers, its list of pages and its sieve.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RUN = sa.table(
    "sketch_run",
    *(
        sa.column(name)
        for name in ("id", "first_day", "last_day", "size", "first_copy", "number_bytes", "holder_bytes")
    ),
    *(sa.column(name) for name in ("firsts", "sieve", "holders", "copies", "days")),
)
PAGE = sa.table("sketch_page", *(sa.column(name) for name in ("id", "numbers", "holders")))
BEFORE, NUMBERS, PAGES, BITS = 240, 128, 1 << 20, 16
PROBES = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
HALF = np.uint64(32)


def upgrade() -> None:
    conn = op.get_bind()
    none = sa.text("x''" if op.get_context().dialect.name == "sqlite" else "''::bytea")
    op.add_column("sketch_run", sa.Column("holders", number, nullable=False, server_default="0"))
    for name in ("copies", "days"):
        op.add_column("sketch_run", sa.Column(name, sa.LargeBinary(), nullable=False, server_default=none))
    for run in conn.execute(sa.select(RUN).order_by(RUN.c.id)).all():
        _pack(conn, run)
    for name in ("number_bytes", "holder_bytes"):
        op.execute(f"ALTER TABLE sketch_run DROP COLUMN {name}")


def _pack(conn: sa.Connection, run: Any) -> None:
    own = PAGE.c.id.between(run.id * PAGES, run.id * PAGES + PAGES - 1)
    pages = conn.execute(sa.select(PAGE.c.numbers, PAGE.c.holders).where(own).order_by(PAGE.c.id)).all()
    numbers, kept = _read(pages, run)
    numbers >>= 4
    span = run.last_day - run.first_day + 1
    copies, days = kept // span, kept % span
    pairs, places = np.unique(copies << 20 | days, return_inverse=True)
    copies, days = pairs >> 20, pairs & (1 << 20) - 1
    gaps = np.diff(numbers, prepend=numbers[:1])
    gaps[::NUMBERS] = 0
    first = int(copies[0]) if len(copies) else 0
    conn.execute(sa.delete(PAGE).where(own))
    rows = [
        {"id": run.id * PAGES + at, "numbers": _bits(gaps[start:end]), "holders": _bits(places[start:end])}
        for at, (start, end) in enumerate(_cut(len(numbers)))
    ]
    if rows:
        conn.execute(sa.insert(PAGE), rows)
    conn.execute(
        sa.update(RUN)
        .where(RUN.c.id == run.id)
        .values(
            first_copy=run.first_copy + first,
            firsts=numbers[::NUMBERS].astype("<i8").tobytes(),
            sieve=_sieve(numbers),
            holders=len(pairs),
            copies=_bits(np.diff(copies, prepend=copies[:1])),
            days=_bits(days),
        )
    )


def _read(pages: Any, run: Any) -> tuple[Any, Any]:
    """The numbers of 40 bits and what holds them, as they were kept."""
    gaps = _octets(b"".join(page[0] for page in pages), run.number_bytes)
    kept = _octets(b"".join(page[1] for page in pages), run.holder_bytes)
    firsts = np.frombuffer(run.firsts, "<i8")
    risen = np.cumsum(gaps)
    sizes = np.minimum(BEFORE, len(gaps) - BEFORE * np.arange(len(firsts)))
    return risen + np.repeat(firsts - risen[::BEFORE], sizes), kept


def _octets(stored: bytes, size: int) -> Any:
    whole = np.zeros((len(stored) // size, 8), np.uint8)
    whole[:, :size] = np.frombuffer(stored, np.uint8).reshape(-1, size)
    return whole.view("<i8").reshape(-1).astype(np.int64)


def _cut(count: int) -> Iterator[tuple[int, int]]:
    return ((start, start + NUMBERS) for start in range(0, count, NUMBERS))


def _bits(values: Any) -> bytes:
    width = int(values.max(initial=0)).bit_length()
    bits = np.unpackbits(values.astype("<i8").view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
    return bytes([width]) + np.packbits(bits[:, :width].reshape(-1), bitorder="little").tobytes()


def _sieve(numbers: Any) -> bytes:
    size = BITS * len(numbers)
    flags = np.zeros(size, bool)
    for probe in PROBES:
        mixed = (numbers.view(np.uint64) * probe) >> HALF
        flags[((mixed * np.uint64(size)) >> HALF).astype(np.int64)] = True
    return np.packbits(flags, bitorder="little").tobytes()
