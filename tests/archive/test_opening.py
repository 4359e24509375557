"""Opening: an archive is made where there is none, and whatever stands in the way is said in one sentence."""

from __future__ import annotations

import builtins
import random
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import create_engine, event, text

from aggregator.archive import Archive, Finding, dialect, opening
from aggregator.errors import ArchiveBusy, ArchiveError, ArchiveTooNew
from tests.conftest import NOON

from .making import an_entry, ingest


def sentence(error: pytest.ExceptionInfo[ArchiveError]) -> str:
    said = str(error.value)
    assert "\n" not in said
    return said


def test_an_empty_place_becomes_an_archive_and_is_one_when_opened_again(empty_url: str) -> None:
    with Archive.open(empty_url) as archive:
        archive.set_setting("colour", "blue")
    with Archive.open(empty_url, migrate=False) as archive:
        assert archive.setting("colour") == "blue"
        assert archive.verify() == []


def test_threads_of_one_process_may_make_archives_at_the_same_time(tmp_path: Path) -> None:
    begin = Barrier(4)

    def make(number: int) -> list[Finding]:
        begin.wait()
        with Archive.open(f"sqlite:///{tmp_path / f'{number}.db'}") as archive:
            return archive.verify()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(make, range(4))) == [[]] * 4


def test_an_archive_that_may_not_be_migrated_is_refused(empty_url: str) -> None:
    with pytest.raises(ArchiveError, match="aggregator migrate"):
        Archive.open(empty_url, migrate=False)


def test_an_archive_of_a_newer_program_is_refused_untouched(archive_url: str) -> None:
    engine = create_engine(dialect.engine(opening.address(archive_url), timedelta(1)).url)
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ArchiveTooNew) as error:
        Archive.open(archive_url)
    assert "9999" in sentence(error)


def test_the_authority_is_minted_once(empty_url: str) -> None:
    with Archive.open(empty_url) as archive:
        assert archive.authority("example.org", NOON) == "example.org,2026-11-22"
        assert archive.authority("elsewhere.net", NOON + timedelta(days=9)) == "example.org,2026-11-22"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:////no/such/folder/archive.db", "/no/such/folder"),
        ("sqlite://", "in memory"),
        ("sqlite:////tmp", "is a folder"),
        ("mysql://user@host/name", "not in mysql"),
        ("archive.db", "is no database URL"),
        ("postgresql://someone:secret@127.0.0.1:1/nothing", "cannot be reached"),
    ],
)
def test_an_address_that_cannot_be_is_explained(url: str, words: str) -> None:
    with pytest.raises(ArchiveError) as error:
        Archive.open(url)
    assert words in sentence(error)
    assert "secret" not in str(error.value)


def test_a_database_that_does_not_exist_is_named(postgres: object) -> None:
    url = postgres("template0")  # type: ignore[operator]
    with pytest.raises(ArchiveError, match="no_such_database"):
        Archive.open(url.replace("/test_", "/no_such_database_"))


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 1000)
    with pytest.raises(ArchiveError) as error:
        Archive.open(f"sqlite:///{path}")
    assert "letter.txt is not an archive" in sentence(error)
    assert path.read_text().startswith("Dear reader")


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipe (name TEXT)")
    with pytest.raises(ArchiveError) as error:
        Archive.open(f"sqlite:///{path}")
    assert "another program" in sentence(error)


def test_a_missing_driver_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ArchiveError) as error:
        Archive.open("postgresql://user@127.0.0.1/name")
    assert "aggregator[postgres]" in sentence(error)


def test_the_driver_of_postgresql_is_loaded_only_for_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    Archive.open(f"sqlite:///{tmp_path / 'archive.db'}").close()


def test_an_archive_that_is_up_to_date_opens_without_alembic(
    archive_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = builtins.__import__

    def guarded(name: str, *rest: object, **more: object) -> object:
        assert not name.startswith("alembic")
        return imported(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", guarded)
    Archive.open(archive_url).close()


# ---------------------------------------------------------------- while it is open


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "archive.db"
    Archive.open(f"sqlite:///{path}").close()
    return path


def test_a_file_that_another_writer_holds_is_busy(file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Archive.open(f"sqlite:///{file}", patience=timedelta(milliseconds=50)) as archive:
        with pytest.raises(ArchiveBusy) as error:
            archive.set_setting("a", "b")
        assert "another process" in sentence(error)
        assert archive.setting("a") is None  # reading goes on
        other.execute("ROLLBACK")
        archive.set_setting("a", "b")
    other.close()


def test_a_read_only_file_is_said_to_be_read_only(file: Path) -> None:
    url = f"sqlite:///file:{file}?mode=ro&uri=true"
    with Archive.open(url) as archive, pytest.raises(ArchiveError) as error:
        archive.set_setting("check", "writable")
    assert "read-only" in sentence(error)


def test_an_archive_on_a_disk_that_cannot_be_written_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with Archive.open(f"sqlite:///{path}") as archive:
        ingest(archive, [an_entry()])
        lines = list(archive.whole())
    with Archive.open(f"sqlite:///file:{path}?immutable=1&uri=true") as fixed:
        assert fixed.verify() == []
        assert list(fixed.whole()) == lines
        with pytest.raises(ArchiveError, match="read-only"):
            fixed.set_setting("colour", "blue")


def test_a_full_disk_is_said_to_be_full_and_nothing_is_half_stored(file: Path) -> None:
    with Archive.open(f"sqlite:///{file}") as archive:
        event.listen(archive._writer, "connect", _no_room)
        archive._writer.dispose()
        long = random.Random(1).randbytes(300_000).hex()  # nothing that zstd could make small
        with pytest.raises(ArchiveError) as error:
            ingest(archive, [an_entry(n, text=long[n:] + long[:n]) for n in range(9)])
        assert "full" in sentence(error)
        assert error.value.code == "disk-full"
        assert archive.status().copies == archive.status().fetches == 0


def _no_room(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA max_page_count = 120").close()
