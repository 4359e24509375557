"""Migrations: they make what `schema` names, keep every row, and happen whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from aggregator.archive import Archive, opening, schema
from aggregator.errors import AggregatorError
from tests.conftest import NOON

from .making import a_spec, a_visit, an_entry, each_alone, ingest

PATIENCE = timedelta(seconds=5)
NEWEST = opening.newest()
LATER = "9001"
# A later migration of the kind that batch mode does by copying the table, with children that hang on it.
_LATER = f"""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{LATER}", "{NEWEST}", None, None
def upgrade() -> None:
    with op.batch_alter_table("source", recreate="auto") as batch:
        batch.alter_column("title", new_column_name="called", existing_type=sa.Text(), existing_nullable=False)
        batch.add_column(sa.Column("colour", sa.Text(), server_default="blue", nullable=False))
"""


def _connection(url: str) -> Iterator[Connection]:
    engine = opening.connect(opening.address(url), PATIENCE)
    with engine.connect() as conn:
        yield conn
    engine.dispose()


@pytest.fixture
def conn(archive_url: str) -> Iterator[Connection]:
    yield from _connection(archive_url)


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that has one migration more, which the test may write over."""
    folder = tmp_path / "migrations"
    shutil.copytree(opening.migrations(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    second = folder / "versions" / f"{LATER}_later.py"
    second.write_text(_LATER)
    monkeypatch.setattr(opening, "migrations", lambda: folder)
    return second


def rows(conn: Connection) -> dict[str, int]:
    return {
        table: conn.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()
        for table in schema.Base.metadata.tables
    }


def test_the_migrations_make_what_the_classes_name(conn: Connection) -> None:
    def ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or not (name or "").startswith(("copy_text", "sqlite_", "alembic_"))

    context = MigrationContext.configure(conn, opts={"include_object": ours, "compare_type": False})
    assert compare_metadata(context, schema.Base.metadata) == []


@pytest.mark.parametrize("table", ["fetch", "response", "revision", "decision"])
@pytest.mark.parametrize("act", ["DELETE FROM {0}", "UPDATE {0} SET {1} = {1} + 1"])
def test_what_is_append_only_cannot_be_changed_even_by_hand(archive_url: str, table: str, act: str) -> None:
    with Archive.open(archive_url) as archive:
        archive.authority("example.org", NOON)
        source = archive.add_source(a_spec(), NOON)
        archive.record(a_visit(source, [an_entry()], body=b"<rss/>"), [an_entry()], NOON)
        each_alone(archive)
        with pytest.raises((DBAPIError, AggregatorError), match="append-only"), archive._write() as conn:
            conn.execute(text(act.format(f'"{table}"', "fetch_id" if table == "response" else "id")))


def test_an_upgrade_that_copies_a_table_keeps_every_row_of_its_children(empty_url: str, later: Path) -> None:
    second = later.read_text()
    later.unlink()
    with Archive.open(empty_url) as archive:
        archive.authority("example.org", NOON)
        ingest(archive, [an_entry(n) for n in range(5)])
        each_alone(archive)
        with archive._read() as conn:
            before = rows(conn)
    later.write_text(second)
    opening.upgrade(opening.address(empty_url), PATIENCE)
    for conn in _connection(empty_url):
        assert opening.version(conn) == LATER
        assert rows(conn) == before
        assert before["revision"] == before["copy"] == 5
        assert conn.execute(text("SELECT colour FROM source")).scalar_one() == "blue"


def test_an_upgrade_that_fails_leaves_the_archive_as_it_was(archive_url: str, later: Path) -> None:
    later.write_text(_LATER + "        raise RuntimeError('no')\n")
    with pytest.raises(RuntimeError):
        Archive.open(archive_url)
    for conn in _connection(archive_url):
        assert opening.version(conn) == NEWEST
        assert "colour" not in {column["name"] for column in inspect(conn).get_columns("source")}


def test_an_upgrade_that_would_orphan_rows_is_undone(tmp_path: Path, later: Path) -> None:
    url = f"sqlite:///{tmp_path / 'archive.db'}"
    orphaning = _LATER + "    op.execute('DELETE FROM source')\n"
    later.unlink()
    with Archive.open(url) as archive:
        ingest(archive, [an_entry()])
    later.write_text(orphaning)
    with pytest.raises(AggregatorError, match="undone"):
        Archive.open(url)
    for conn in _connection(url):
        assert rows(conn)["source"] == 1
