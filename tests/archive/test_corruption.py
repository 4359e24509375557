"""Whatever is changed behind the program's back is found by `verify`, or is named here, and on the archive's page."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table, and_, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from aggregator import stages
from aggregator.archive import Archive, schema
from aggregator.archive.dialect import is_sqlite
from aggregator.archive.verify import verify
from aggregator.canon import Canonicaliser, load_rules
from aggregator.model import FeedMeta
from aggregator.publish.atom import AtomPublisher
from aggregator.stages.publishing import Limits
from tests.conftest import NOON

from .making import a_spec, a_visit, an_entry

META = FeedMeta("tag:example.org,2026:feed", "All", "https://example.org/")

# What moves on by itself, what was noted of an attempt or found in a text, or only a person said.
UNCHECKED: dict[str, set[str]] = {
    "closed": {"at", "base_url", "updated"},
    "copy": {"agency", "facts", "furniture", "language", "last_seen", "place"},
    "fetch": {"at", "bytes", "elapsed", "error", "error_code", "flaws", "new", "outcome", "revised", "url"},
    "publication": {"at", "number", "problem", "version"},
    "response": {"body_id", "content_type", "etag", "last_modified", "renamed"},
    "ruling": {"copy_id", "other_copy_id"},
    "setting": {"key", "value"},
    "source": {column.name for column in schema.Source.__table__.columns} - {"id"},
    "story": {"changed"},
    "story_link": {"kind", "other_story_id", "score", "story_id"},
}


def a_text(number: int) -> str:
    chance = random.Random(number)
    words = ["".join(chance.choices("aeioulnrst", k=6)) for _ in range(96)]
    return "\n\n".join(" ".join(words[at : at + 12]).capitalize() + "." for at in range(0, 96, 12))


def fill(archive: Archive, folder: Path) -> None:
    """Three outlets print five articles; one is edited, one let go of its copy; people decide; all is published."""
    rules = Canonicaliser(load_rules())
    for turn, outlet in enumerate(("herald", "courier", "echo")):
        source, at = archive.add_source(a_spec(outlet), NOON), NOON + timedelta(minutes=turn)
        entries = [an_entry(n, text=a_text(n), url=f"https://{outlet}.example/{n}") for n in range(5)]
        archive.record(a_visit(source, entries, at, body=f"<rss>{outlet}".encode() * 50), entries, at)
        stages.canonicalise(archive, rules, at, 500)
    again = [an_entry(1, title="Otherwise", text=a_text(77), url="https://herald.example/1")]
    source = archive.add_source(a_spec("herald"), NOON)
    later = NOON + timedelta(hours=1)
    archive.record(a_visit(source, again, later, body=b"<rss>herald" * 50 + b"."), again, later)
    stages.canonicalise(archive, rules, later, 500)
    archive.split(1, [11], "person", later)
    archive.merge(2, 4, "person", later)
    archive.apart(1, 3, "person", later)
    archive.index_text()
    with archive._write() as conn:
        conn.execute(insert(schema.StoryLink).values(story_id=1, other_story_id=3, kind="event", score=0.5))
    stages.publish(archive, META, [AtomPublisher()], folder, later, Limits(entries=2))
    assert archive.verify() == []


def values(conn: Connection, column: Column[Any], held: Any) -> Iterator[Any]:
    """Others that the column could hold."""
    for key in column.foreign_keys:
        yield from conn.scalars(select(key.column).where(key.column != held).order_by(key.column).limit(2))
        return
    match held:
        case bool():
            yield not held
        case int():
            yield from (held + 1, held - 1)
        case float():
            yield held + 0.125
        case datetime():
            yield held + timedelta(days=1, seconds=7)
        case bytes():
            yield held[:-1] + bytes([held[-1] ^ 1])
        case str():
            yield held + "x"
        case dict():
            yield held | {"other": "x"}
        case list():
            yield held[:-1] if held else ["x"]


def changed(conn: Connection, table: Table, column: Column[Any]) -> Iterator[None]:
    """The first row that holds something there, changed for a moment."""
    ids = list(table.primary_key)
    rows = conn.execute(select(*ids, column.label("held")).where(column.is_not(None)).order_by(*ids).limit(1))
    for row in rows.all():
        for other in islice(values(conn, column, row.held), 1):
            moment = conn.begin_nested()
            try:
                which = and_(*(key == value for key, value in zip(ids, row, strict=False)))
                conn.execute(update(table).where(which).values({column: other}))
                yield
            except DBAPIError:
                pass  # the database saw to it
            finally:
                moment.rollback()


def unlocked(conn: Connection, table: Table) -> None:
    if is_sqlite(conn):
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        for name in conn.scalars(text(query), {"table": table.name}).all():
            conn.execute(text(f"DROP TRIGGER {name}"))
    else:
        conn.execute(text(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER'))


def test_no_value_of_any_column_changes_unseen(archive: Archive, tmp_path: Path) -> None:
    fill(archive, tmp_path)
    unseen: set[tuple[str, str]] = set()
    with archive._write() as conn:
        for table in schema.Base.metadata.sorted_tables:
            unlocked(conn, table)
            for column in (each for each in table.columns if each.name not in UNCHECKED.get(table.name, ())):
                for _ in changed(conn, table, column):
                    if not verify(conn):
                        unseen.add((table.name, column.name))
        conn.rollback()
    assert unseen == set()


def test_what_the_feed_says_of_a_story_is_set_right(archive: Archive, tmp_path: Path) -> None:
    fill(archive, tmp_path)
    with archive._write() as conn:
        conn.execute(update(schema.Publication).values(updated=NOON - timedelta(days=9)))
    findings = archive.verify()
    assert {finding.check for finding in findings} == {"published"}
    assert archive.repair(findings, NOON) == ["published"]
    stages.publish(archive, META, [AtomPublisher()], tmp_path, NOON + timedelta(hours=1))
    assert archive.verify() == []
