"""The checksum of a revision covers the guid of its copy and when it came; what was decided together has one, too."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
document = sa.JSON().with_variant(JSONB(), "postgresql")
SAID = (
    *("copy_id", "fetch_id", "at", "fingerprint", "url", "canonical_url", "title", "summary"),
    *("published", "updated", "language", "words", "details"),
)
DECIDED = (
    *("id", "method", "story_id", "copy_id", "revision_id", "other_story_id", "score", "matched_copy_id"),
    *("runner_up_story_id", "runner_up_score", "note", "features", "evidence"),
)
OCCASION = ("at", "rules_version", "threshold", "by")
DOCUMENTS = {"details", "features", "evidence"}
STEP = 5_000  # rows at a time


def _table(name: str, *columns: str) -> sa.TableClause:
    """Times and numbers as the driver has them."""
    kinds = {each: document if each in DOCUMENTS else None for each in columns}
    return sa.table(name, *(sa.column(each, kind) for each, kind in kinds.items()))


COPY = _table("copy", "id", "guid", "first_seen")
REVISION = _table("revision", "id", "sum", *SAID)
DECISION = _table("decision", "occasion_id", *DECIDED)
OCCASIONS = _table("occasion", "id", "sum", *OCCASION)


def upgrade() -> None:
    conn = op.get_bind()
    on_sqlite = op.get_context().dialect.name == "sqlite"
    op.add_column("occasion", sa.Column("sum", sa.Integer(), nullable=False, server_default="0"))
    names = ("revision_no_update", "occasion_no_update") if on_sqlite else ("revision", "occasion")
    made = [_let_change(conn, name, on_sqlite) for name in names]
    _revisions(conn)
    _occasions(conn)
    for statement in made:
        conn.exec_driver_sql(statement)


def _let_change(conn: sa.Connection, name: str, on_sqlite: bool) -> str:
    """Without the trigger that forbids it; the statement that makes it anew."""
    if on_sqlite:
        made = f"SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = '{name}'"
        found = conn.exec_driver_sql(made).scalar_one()
        conn.exec_driver_sql(f"DROP TRIGGER {name}")
        return str(found)
    made = f"SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = '{name}_append_only'"
    found = conn.exec_driver_sql(f"{made} AND tgrelid = '{name}'::regclass").scalar_one()
    conn.exec_driver_sql(f"DROP TRIGGER {name}_append_only ON {name}")
    return str(found)


def _revisions(conn: sa.Connection) -> None:
    last = 0
    query = sa.select(REVISION, COPY.c.guid, COPY.c.first_seen).join(COPY, COPY.c.id == REVISION.c.copy_id)
    query = query.order_by(REVISION.c.id).limit(STEP)
    change = sa.update(REVISION).where(REVISION.c.id == sa.bindparam("of"))
    while page := conn.execute(query.where(REVISION.c.id > last)).all():
        last = page[-1].id
        conn.execute(change, [{"of": row.id, "sum": _kept(_added(0, _said(row)))} for row in page])


def _said(row: Any) -> list[Any]:
    said = row._asdict()
    said["at"] = said["at"] or said["first_seen"]
    return [said[name] for name in ("guid", *SAID)]


def _occasions(conn: sa.Connection) -> None:
    rows = conn.execute(sa.select(OCCASIONS)).all()
    sums = {row.id: _added(0, [getattr(row, name) for name in OCCASION]) for row in rows}
    last = 0
    query = sa.select(DECISION).order_by(DECISION.c.id).limit(STEP)
    while page := conn.execute(query.where(DECISION.c.id > last)).all():
        last = page[-1].id
        for row in page:
            sums[row.occasion_id] = _added(sums[row.occasion_id], [getattr(row, name) for name in DECIDED])
    change = sa.update(OCCASIONS).where(OCCASIONS.c.id == sa.bindparam("of"))
    if sums:
        conn.execute(change, [{"of": id, "sum": _kept(sum)} for id, sum in sums.items()])


def _added(sum: int, row: Sequence[Any]) -> int:
    return zlib.crc32(encode(row).encode(), sum)


def _kept(sum: int) -> int:
    return sum - 2**31


def _moment(value: datetime) -> str:
    told = value.astimezone(UTC).replace(tzinfo=None).isoformat()
    return told.rstrip("0") if "." in told else told


encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_moment).encode
