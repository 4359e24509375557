"""Whose clock counts, and who may no longer write."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from sqlalchemy import Engine, text

from aggregator.archive import Archive, dialect, opening, writing
from aggregator.errors import ArchiveBusy, ArchiveTooNew
from tests.conftest import NOON

from .making import LEASE, a_spec, a_visit, an_entry

AWAY = timedelta(hours=3)
PATIENCE = timedelta(seconds=5)


class WrongClock(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + AWAY


def connected(url: str) -> Engine:
    return opening.connect(opening.address(url), PATIENCE, migrating=True)


def test_the_clock_of_the_database_counts_and_not_that_of_the_machine(
    archive_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.open(archive_url) as right:
        right.declare([a_spec("one")], right.clock())
        [leased] = right.claim(right.clock(), 1, LEASE)
        monkeypatch.setattr(writing, "datetime", WrongClock)
        with Archive.open(archive_url) as wrong:
            off = wrong.clock() - datetime.now(UTC)
            if archive_url.startswith("sqlite"):
                assert off > AWAY / 2, "one machine has one clock"
                return
            assert abs(off) < timedelta(seconds=5)
            assert wrong.claim(wrong.clock(), 1, LEASE) == [], (
                "its lease is not over, whatever the machine says"
            )
            assert right.keep(leased, right.clock(), LEASE)


def test_who_knows_the_former_schema_writes_no_more(archive_url: str) -> None:
    with Archive.open(archive_url) as older:
        older.declare([a_spec("one")], NOON)
        engine = connected(archive_url)
        with engine.begin() as conn:
            conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(ArchiveTooNew, match="9999: start this one again"):
            older.declare([a_spec("two")], NOON)
        with pytest.raises(ArchiveTooNew):
            older.look()
        assert [source.name for source in older.sources()] == ["one"]
        engine.dispose()


def test_nobody_writes_while_another_migrates(postgres: Callable[[str], str]) -> None:
    url = postgres("template0")
    with Archive.open(url) as archive:
        engine = connected(url)
        with engine.execution_options(writes=True).begin() as conn:
            dialect.hold(conn, dialect.MIGRATION, wait=True)
            with pytest.raises(ArchiveBusy, match="is being migrated"):
                archive.declare([a_spec("one")], NOON)
            assert archive.sources() == [], "reading goes on"
        archive.declare([a_spec("one")], NOON)
        engine.dispose()


def test_processes_that_start_at_once_on_an_empty_archive_declare_the_sources_once(archive_url: str) -> None:
    specs = [a_spec(f"s{number}") for number in range(200)]

    def start(_: int) -> None:
        with Archive.open(archive_url) as archive:
            archive.declare(specs, NOON)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    with Archive.open(archive_url) as archive:
        assert len(archive.sources()) == len(specs)


def test_what_was_asked_by_a_clock_that_was_far_ahead_is_due_when_it_is_right(archive: Archive) -> None:
    ahead = NOON + timedelta(days=400)
    archive.declare([a_spec("asked"), a_spec("leased")], ahead)
    for source in archive.claim(ahead, 2, LEASE):
        if source.name == "asked":
            well = replace(source, last_fetch_at=ahead, next_fetch_at=ahead + timedelta(hours=1))
            archive.record(a_visit(well, [an_entry()]), [an_entry()], ahead)
    archive.declare([a_spec("asked"), a_spec("leased")], NOON)
    assert sorted(source.name for source in archive.claim(NOON, 2, LEASE)) == ["asked", "leased"]
