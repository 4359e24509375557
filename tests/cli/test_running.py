"""run, once, collect, canonicalise, publish: the four verbs by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from aggregator.archive import Archive
from aggregator.errors import ArchiveBusy, ArchiveError
from aggregator.model import Collected, Entry, Ingested

from .conftest import Person


def test_the_seeds_become_one_story_with_two_copies(person: Person) -> None:
    ran = person.do("once")
    assert "1 source asked: 2 new, 0 revised" in ran.out
    assert "2 copies placed" in ran.out
    [story] = person.do("stories", "--json").json
    assert story["copies"] == 2
    assert story["public_id"].startswith("tag:example.org,")
    assert "Mediators meet in Cairo" in (person.folder / "public" / "feed.atom").read_text(encoding="utf-8")


def test_a_second_pass_changes_nothing(person: Person) -> None:
    person.do("once")
    feed = person.folder / "public" / "feed.atom"
    before = feed.stat()
    again = person.do("once", "--json").json
    assert (again["sources"], again["new"], again["placed"], again["written"]) == (0, 0, 0, [])
    assert (feed.stat().st_ino, feed.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_verbs_one_by_one_do_the_same(person: Person) -> None:
    [line] = person.do("collect", "--json").json
    assert (line["source"], line["outcome"], line["new"]) == ("seeds", "changed", 2)
    assert person.do("canonicalise", "--json").json == {"placed": 2}
    published = person.do("publish", "--to", "elsewhere", "--json").json
    assert published["stories"] == 1
    assert str(Path("elsewhere/feed.atom")) in published["written"]
    assert "nothing changed" in person.do("publish", "--to", "elsewhere").out


def test_collect_asks_only_what_is_due_unless_forced(person: Person) -> None:
    assert "seeds" in person.do("collect").out
    assert "no source is due" in person.do("collect").out
    named = person.do("collect", "seeds")
    assert "seeds: is not due before" in named.err
    forced = person.do("collect", "seeds", "--force", "--json").json
    assert [line["source"] for line in forced] == ["seeds"]


def test_a_source_that_fails_is_named_and_the_others_go_on(person: Person) -> None:
    with (person.folder / "config.toml").open("a") as config:
        config.write('\n[[source]]\nname = "lost"\nkind = "directory"\npath = "not-there"\n')
    ran = person.type("collect", "--json")
    assert ran.code == 1
    assert "lost: " in ran.err
    assert {line["source"]: bool(line["error"]) for line in ran.json} == {"seeds": False, "lost": True}


def test_a_source_that_nobody_declared_is_said(person: Person) -> None:
    ran = person.type("collect", "nobody")
    assert ran.code == 2
    assert "nobody" in ran.err
    assert ran.err.count("\n") == 1


def test_without_any_configuration_the_default_one_works_in_an_empty_folder(person: Person) -> None:
    (person.folder / "config.toml").unlink()
    (person.folder / "archive.db").unlink()
    ran = person.run("once")
    assert ran.code == 0, ran
    assert (person.folder / "archive.db").exists()
    assert (person.folder / "public" / "feed.atom").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_says_where_to_subscribe_and_stops_when_told(person: Person, number: int) -> None:
    person.environ["AGGREGATOR_SERVE_PORT"] = str(_free_port())
    with person.start("run") as daemon:
        assert daemon.stdout is not None
        said = ""
        while "Subscribe to" not in said:
            line = daemon.stdout.readline().decode()
            assert line, daemon.stderr and daemon.stderr.read()
            said += line
        assert f"http://127.0.0.1:{person.environ['AGGREGATOR_SERVE_PORT']}/feed.atom" in said
        feed = person.folder / "public" / "feed.atom"
        deadline = time.monotonic() + 20
        while not (feed.exists() and "Cairo" in feed.read_text(encoding="utf-8")):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        daemon.send_signal(number)
        assert daemon.wait(timeout=15) == 0
    assert person.do("stories", "--json").json[0]["copies"] == 2


def test_a_port_that_is_taken_is_said_in_one_sentence(person: Person) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        person.environ["AGGREGATOR_SERVE_PORT"] = str(taken.getsockname()[1])
        ran = person.run("run")
    assert ran.code == 2
    assert ran.err.startswith("error: cannot serve on 127.0.0.1 port")


def test_an_archive_that_cannot_be_opened_is_said(person: Person) -> None:
    (person.folder / "archive.db").write_bytes(b"this is no database, " * 100)
    ran = person.run("status")
    assert ran.code == 3
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1


def test_nobody_reading_the_output_is_quiet(person: Person) -> None:
    person.import_lines(*({"_source": "a", "id": str(n), "content_text": "x" * 500} for n in range(500)))
    read, write = os.pipe()
    os.close(read)
    with person.start("export", stdout=write) as process:
        os.close(write)
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(timeout=15) == 141


def test_ctrl_c_in_a_command_is_130(person: Person) -> None:
    with person.start("import", "-", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps({"_source": "a", "id": "1", "title": "x"}).encode() + b"\n")
        process.stdin.flush()
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=15) in {
            130,
            -signal.SIGINT,
        }  # Python may choose to die of it: the same to a shell


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_document_that_cannot_be_stored_is_a_failure_of_its_source_and_the_others_go_on(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive refuses whatever brings entries, as on a full disk; what is small it takes."""
    record = Archive.record_all

    def full(
        self: Archive, arrivals: Sequence[tuple[Collected, Sequence[Entry]]], now: datetime
    ) -> list[Ingested | ArchiveBusy]:
        if any(entries for _, entries in arrivals):
            raise ArchiveError("the disk of archive.db is full: make room, then run again", code="disk-full")
        return record(self, arrivals, now)

    monkeypatch.setattr(Archive, "record_all", full)
    ran = person.type("collect")
    assert ran.code == 1
    assert "disk" in ran.out
    [source] = person.do("sources", "--json").json
    assert (source["failures"], source["error_code"]) == (1, "disk-full")
    monkeypatch.setattr(Archive, "record_all", record)
    assert person.do("collect", "--force", "--json").json[0]["new"] == 2
