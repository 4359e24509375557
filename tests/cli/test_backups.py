"""Backups at the command line: a file that is whole or not there, and back to the same published bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Person


@pytest.fixture
def settled(person: Person) -> Person:
    person.do("once")
    return person


def published(folder: Path) -> dict[str, bytes]:
    packed = {".gz", ".br", ".zst"}
    return {path.name: path.read_bytes() for path in folder.glob("feed.*") if path.suffix not in packed}


def test_what_is_restored_publishes_the_same_bytes(settled: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    said = settled.do("backup", "all.zst", "--json").json
    assert said["rows"] > 5
    assert said["bytes"] == (settled.folder / "all.zst").stat().st_size
    assert "is whole" in settled.do("restore", "--check", "all.zst").out
    monkeypatch.setenv("AGGREGATOR_ARCHIVE_URL", "sqlite:///other.db")
    settled.do("restore", "all.zst")
    settled.do("publish", "--to", "elsewhere")
    there = published(settled.folder / "elsewhere")
    assert there == published(settled.folder / "public")
    assert len(there) == 3
    assert settled.do("verify").out == "the archive is sound\n"


def test_an_exported_archive_is_lines_of_json_that_restore_takes(
    settled: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled.do("export", "--archive", "one.jsonl")
    monkeypatch.setenv("AGGREGATOR_ARCHIVE_URL", "sqlite:///other.db")
    settled.do("restore", "one.jsonl")
    settled.do("export", "--archive", "two.jsonl")
    one = (settled.folder / "one.jsonl").read_bytes()
    assert one == (settled.folder / "two.jsonl").read_bytes()
    assert one.startswith(b'{"aggregator_archive":1')


def test_nothing_is_restored_over_an_archive(settled: Person) -> None:
    settled.do("backup", "all.zst")
    ran = settled.type("restore", "all.zst")
    assert (ran.code, ran.out) == (3, "")
    assert "empty place" in ran.err


@pytest.mark.parametrize("at", [0.3, 0.9])
def test_a_damaged_backup_is_named(settled: Person, at: float, monkeypatch: pytest.MonkeyPatch) -> None:
    settled.do("backup", "all.zst")
    path = settled.folder / "all.zst"
    whole = path.read_bytes()
    middle = int(len(whole) * at)
    monkeypatch.setenv("AGGREGATOR_ARCHIVE_URL", "sqlite:///other.db")
    for bad in (whole[:middle], whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]):
        path.write_bytes(bad)
        for words in (("restore", "--check"), ("restore",)):
            ran = settled.type(*words, "all.zst")
            assert ran.code == 1, ran
            assert "all.zst is " in ran.err
    path.write_bytes(whole)
    settled.do("restore", "all.zst")


def test_a_backup_that_fails_leaves_the_last_one(settled: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    settled.do("backup", "all.zst")
    before = (settled.folder / "all.zst").read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    ran = settled.type("backup", "all.zst")
    assert ran.code == 1
    assert "No space left" in ran.err
    assert (settled.folder / "all.zst").read_bytes() == before
    assert list(settled.folder.glob(".*.part")) == []


def test_verify_mends_what_follows_from_decisions(settled: Person) -> None:
    import sqlite3

    with sqlite3.connect(settled.folder / "archive.db") as conn:
        conn.execute("UPDATE copy SET story_id = NULL")
    conn.close()
    assert settled.type("verify").code == 1
    ran = settled.do("verify", "--repair")
    assert ran.out.endswith("the archive is sound\n")
    assert "projection" in ran.out
    assert settled.do("verify", "--repair", "--json").json == {"found": [], "repaired": [], "left": []}
