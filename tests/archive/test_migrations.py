"""Migrations: they make what `schema` names, keep every row, and happen whole or not at all."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import SchemaItem

from aggregator.archive import Archive, opening, schema, types, whole
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
    def ours(object: SchemaItem, name: str | None, kind: str, *_: object) -> bool:
        if kind == "table":
            return not (name or "").startswith(("copy_text", "copy_title", "sqlite_", "alembic_"))
        return object.info.get("only", conn.dialect.name) == conn.dialect.name

    context = MigrationContext.configure(conn, opts={"include_object": ours, "compare_type": False})
    assert compare_metadata(context, schema.Base.metadata) == []


@pytest.mark.parametrize("table", ["fetch", "response", "revision", "decision", "occasion"])
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


# ---------------------------------------------------------------- from every revision that ever was

PAST = sorted(path.stem.partition("_")[0] for path in (opening.migrations() / "versions").glob("[0-9]*.py"))
FIRST = {"setting", "source", "fetch", "story", "copy", "revision", "decision", "story_link", "ruling"}
LATER_ON = {"namespace", "occasion"}  # what was columns of these, and is tables now


@pytest.fixture(scope="session")
def old_rows(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What an archive of the first schema could hold: stories, merges, rulings, revisions."""
    with Archive.open(f"sqlite:///{tmp_path_factory.mktemp('old') / 'archive.db'}") as archive:
        archive.authority("example.org", NOON)
        ingest(archive, [an_entry(n, raw=f"<item>{n}</item>") for n in range(9)])
        ingest(archive, [an_entry(9, guid="https://outlet.example/9")])
        one, two, three, *_ = each_alone(archive)
        ingest(archive, [an_entry(2, title="Again")], at=NOON + timedelta(seconds=1.5))
        archive.merge(one, two, "person", NOON)
        archive.apart(one, three, "person", NOON + timedelta(hours=1))
        return [line for line in archive.whole() if json.loads(line).get("_") in FIRST | LATER_ON]


def resolved(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The rows of tables of the first schema, each with what it has from other rows by now."""
    rows = [json.loads(line) for line in lines]
    told = {(row["_"], row.get("id")): row for row in rows if "_" in row}
    for row in (row for row in rows if row.get("_") in FIRST):
        if row["_"] == "story":
            row["public_id"] = told["namespace", row.pop("namespace_id")]["prefix"] + row["ulid"]
            del row["changed"]
        if row["_"] == "decision":
            row = told["occasion", row.pop("occasion_id")] | row
            del row["sum"]
        if row["_"] == "revision":
            row["at"] = row["at"] or told["copy", row["copy_id"]]["first_seen"]
            del row["sum"]
        if row["_"] == "copy":
            current = told["revision", row["revision_id"]]
            row |= {"url": current["url"], "url_key": current["url"], "fingerprint": current["fingerprint"]}
        yield row


def fitting(conn: Connection, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Rows as told today, less the columns that came to their tables later, with those that went since."""
    known: dict[str, set[str]] = {}
    for row in resolved(lines):
        table = row["_"]
        known.setdefault(table, {"_", *(column["name"] for column in inspect(conn).get_columns(table))})
        yield {name: value for name, value in row.items() if name in known[table]}


def filled_at(url: str, revision: str, old_rows: list[bytes]) -> None:
    """An archive that was begun at the first revision and has come to this one."""
    opening.upgrade(opening.address(url), PATIENCE, "0001")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            types, "as_text", lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
        )  # as it was until 0013
        with Archive(opening.connect(opening.address(url), PATIENCE)) as archive, archive._write() as conn:
            whole.store(conn, fitting(conn, old_rows))
    if revision != "0001":
        opening.upgrade(opening.address(url), PATIENCE, revision)


def counted(url: str) -> dict[str, int]:
    for conn in _connection(url):
        return {t: conn.execute(text(f'SELECT count(*) FROM "{t}"')).scalar_one() for t in sorted(FIRST)}
    return {}


@pytest.mark.parametrize("revision", PAST)
def test_every_past_revision_comes_to_the_newest_with_all_its_rows(
    empty_url: str, revision: str, old_rows: list[bytes]
) -> None:
    filled_at(empty_url, revision, old_rows)
    before = counted(empty_url)
    assert sum(before.values()) == len(list(resolved(old_rows)))
    with Archive.open(empty_url) as archive:
        assert archive.status().schema == NEWEST
        assert archive.verify() == []
        assert {copy.title for copy in archive.export()} >= {"Again", "Title 1"}
        assert list(resolved(archive.whole())) == list(resolved(old_rows))
    assert counted(empty_url) == before


def test_an_upgrade_leaves_out_what_follows_from_something_else(
    tmp_path: Path, old_rows: list[bytes]
) -> None:
    url = f"sqlite:///{tmp_path / 'archive.db'}"
    filled_at(url, "0013", old_rows)
    Archive.open(url).close()
    for conn in _connection(url):
        came = conn.execute(text("SELECT title, at FROM revision WHERE at IS NOT NULL")).all()
        assert [tuple(row) for row in came] == [("Again", "2026-11-22T12:00:01.5")]
        for place, when in (("story.updated_at", 11), ("occasion.at", 12), ("copy.first_seen", 12)):
            table, column = place.split(".")
            said = conn.scalars(text(f"SELECT DISTINCT {column} FROM {table}")).all()
            assert f"2026-11-22T{when}:00:00" in said and not any(each.endswith("Z") for each in said)


def test_a_table_that_is_written_anew_keeps_what_hangs_on_it(
    postgres: Callable[[str], str], old_rows: list[bytes]
) -> None:
    """Who may read it, what a person set on it, and the number of its next row; and it has no gaps."""
    url = postgres("template0")
    filled_at(url, "0023", old_rows)
    for conn in _connection(url):
        conn.execute(text("GRANT SELECT ON copy TO PUBLIC"))
        conn.execute(text("ALTER TABLE copy SET (autovacuum_enabled = false)"))
        last = conn.execute(text("SELECT max(id) FROM copy")).scalar_one()
        conn.commit()
    with Archive.open(url) as archive:
        ingest(archive, [an_entry(77)])
        assert archive.verify() == []
    for conn in _connection(url):
        assert conn.execute(text("SELECT max(id) FROM copy")).scalar_one() == last + 1
        assert conn.execute(text(_HANGS)).one() == ("{=r", "{autovacuum_enabled=false}", 0)


_HANGS = """
    SELECT '{' || substring(relacl::text FROM '=r'), reloptions::text,
        (SELECT count(*) FROM pg_attribute WHERE attrelid = 'copy'::regclass AND attisdropped)
    FROM pg_class WHERE oid = 'copy'::regclass"""
_SLOW = """
import pathlib, time
from alembic import op
revision, down_revision, branch_labels, depends_on = "{later}", "{newest}", None, None
def upgrade() -> None:
    op.execute("UPDATE copy SET guid = guid || 'changed'")
    op.execute("CREATE TABLE half_done (id INTEGER)")
    pathlib.Path({marker!r}).touch()
    time.sleep(60)
"""
_UPGRADE = """
import pathlib, sys
from datetime import timedelta
from aggregator.archive import opening
opening.migrations = lambda: pathlib.Path(sys.argv[2])
opening.upgrade(opening.address(sys.argv[1]), timedelta(seconds=5))
"""


def test_a_migration_that_is_killed_in_the_middle_never_happened(
    empty_url: str, later: Path, tmp_path: Path, old_rows: list[bytes]
) -> None:
    later.unlink()
    filled_at(empty_url, NEWEST, old_rows)
    before, marker = counted(empty_url), tmp_path / "in the middle"
    later.write_text(_SLOW.format(later=LATER, newest=NEWEST, marker=str(marker)))
    command = [sys.executable, "-c", _UPGRADE, empty_url, str(later.parent.parent)]
    with subprocess.Popen(command) as process:
        deadline = time.monotonic() + 60
        while not marker.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
    assert marker.exists()
    later.unlink()
    with Archive.open(empty_url) as archive:
        assert archive.status().schema == NEWEST
        assert archive.verify() == []
        assert not any("changed" in copy.guid for copy in archive.export())
    for conn in _connection(empty_url):
        assert not inspect(conn).has_table("half_done")
    assert counted(empty_url) == before
