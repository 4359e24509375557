"""The whole way of the data through the command line, as a person walks it: from files to one entry a story."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
ATOM = "{http://www.w3.org/2005/Atom}"
UNRELATED = (
    "Lighthouse keeper retires after forty years\n\nThe last keeper of the lamp at Skerry Point handed over his keys "
    "on Sunday, forty years to the day after he first climbed the tower with a can of oil.\n\nA small crowd from the "
    "village watched the lamp go over to a sensor that switches it on at dusk. He said he would miss the fog most.\n"
)


class Place:
    """A folder with a configuration of its own and the command line in it."""

    def __init__(self, folder: Path, sources: str = "") -> None:
        self.folder = folder
        self.seeds = folder / "seeds"
        shutil.copytree(ROOT / "seeds", self.seeds)
        self.port = free_port()
        (folder / "config.toml").write_text(
            f"[serve]\nport = {self.port}\n[schedule]\ncollect = '200ms'\ncanonicalise = '200ms'\npublish = '200ms'\n"
            "[[source]]\nname = 'seeds'\nkind = 'directory'\npath = 'seeds'\nevery = '1s'\n" + sources
        )

    def run(self, *words: str, code: int = 0, given: str | None = None) -> str:
        done = subprocess.run(
            [*command(), *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            input=given,
            env=clean(),
        )
        assert done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        self.complaint = done.stderr
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def entries(self) -> list[ElementTree.Element]:
        return ElementTree.parse(self.folder / "public" / "feed.atom").getroot().findall(f"{ATOM}entry")


def command() -> list[str]:
    return [sys.executable, "-m", "aggregator"]


def clean() -> dict[str, str]:
    """The environment without what it says to the program, and with no patience for late copies."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AGGREGATOR_")}
    return {**ours, "AGGREGATOR_PUBLISH_SETTLE": "0s"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def daemon(place: Place) -> Iterator[subprocess.Popen[str]]:
    with start(place) as process:
        yield process


@contextmanager
def start(place: Place, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A daemon that is killed at the end, if it still runs."""
    with subprocess.Popen(
        [*command(), "run", *options],
        cwd=place.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=clean(),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def welcome(process: subprocess.Popen[str]) -> str:
    """What the daemon says once it serves."""
    assert process.stdout is not None
    return "".join(process.stdout.readline() for _ in range(2))


def eventually(true: Any, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.05)


def test_two_printings_of_one_article_become_one_entry_with_both_copies(place: Place) -> None:
    place.run("once")
    (entry,) = place.entries()
    text = "".join(entry.itertext())
    assert entry.findtext(f"{ATOM}title", "").startswith("Mediators meet in Cairo")
    content = entry.findtext(f"{ATOM}content", "")
    assert "Related Posts" not in content
    assert "1 of 80" not in content
    assert "Reuters" in text and "Cairo" in text
    authors = [name.text for name in entry.iterfind(f"{ATOM}author/{ATOM}name")]
    assert "Ahmed Mohamed Hassan" in authors
    (story,) = place.json("stories")
    assert story["copies"] == 2


def test_the_facts_of_the_seeds_are_read_from_dateline_and_credit_line(place: Place) -> None:
    place.run("once")
    (story,) = place.json("stories")
    shown = place.json("story", story["public_id"])
    for copy in shown["copies"]:
        assert copy["facts"]["agency"] == "Reuters"
        assert copy["facts"]["place"] == "Cairo"
        assert copy["facts"]["reporting"] == ["Ahmed Mohamed Hassan"]
        assert copy["facts"]["writing"] == ["Aidan Lewis"]
        assert copy["facts"]["editing"] == ["Jonathan Oatis"]


def test_an_unrelated_file_stays_its_own_story_and_a_truncated_copy_joins(place: Place) -> None:
    (place.seeds / "lighthouse.txt").write_text(UNRELATED)
    seed = sorted(ROOT.joinpath("seeds").glob("*.txt"))[0].read_text()
    (place.seeds / "cut.txt").write_text("\n\n".join(seed.split("\n\n")[:5]))
    place.run("once")
    assert sorted(story["copies"] for story in place.json("stories")) == [1, 3]


def test_a_second_pass_changes_nothing_and_writes_nothing(place: Place) -> None:
    place.run("once")
    before = (place.folder / "public/feed.atom").read_bytes()
    stamp = (place.folder / "public/feed.atom").stat().st_mtime_ns
    place.run("collect", "--force")
    place.run("canonicalise")
    place.run("publish")
    assert (place.folder / "public/feed.atom").read_bytes() == before
    assert (place.folder / "public/feed.atom").stat().st_mtime_ns == stamp


def test_the_id_and_the_bytes_survive_the_loss_of_the_public_folder(place: Place) -> None:
    place.run("once")
    before = (place.folder / "public/feed.atom").read_bytes()
    shutil.rmtree(place.folder / "public")
    place.run("publish")
    assert (place.folder / "public/feed.atom").read_bytes() == before


def test_a_changed_file_is_a_new_revision_of_the_same_copy(place: Place) -> None:
    (place.seeds / "lighthouse.txt").write_text(UNRELATED)
    place.run("once")
    ids = {story["public_id"] for story in place.json("stories")}
    (place.seeds / "lighthouse.txt").write_text(UNRELATED + "\nHe will keep bees.\n")
    (row,) = place.json("collect", "--force")
    assert (row["new"], row["revised"]) == (0, 1)
    place.run("canonicalise")
    assert {story["public_id"] for story in place.json("stories")} == ids


def test_what_was_exported_can_be_imported_elsewhere_and_comes_to_the_same_stories(
    place: Place, tmp_path: Path
) -> None:
    (place.seeds / "lighthouse.txt").write_text(UNRELATED)
    place.run("once")
    lines = place.run("export")
    other = tmp_path / "other"
    other.mkdir()
    elsewhere = Place(other)
    shutil.rmtree(elsewhere.seeds)
    elsewhere.run("import", "-", given=lines)
    elsewhere.run("canonicalise")

    def groups(text: str) -> set[frozenset[tuple[str, str]]]:
        found: dict[str, set[tuple[str, str]]] = {}
        for row in map(json.loads, text.splitlines()):
            found.setdefault(row["_story"], set()).add((row["_source"], row["id"]))
        return {frozenset(members) for members in found.values()}

    assert groups(elsewhere.run("export")) == groups(lines)


def test_the_daemon_says_where_to_subscribe_and_serves_the_story(
    place: Place, daemon: subprocess.Popen[str]
) -> None:
    feed = f"http://127.0.0.1:{place.port}/feed.atom"
    assert feed in welcome(daemon)
    eventually(lambda: (place.folder / "public/feed.atom").exists() and len(place.entries()) == 1)
    with urllib.request.urlopen(feed, timeout=5) as response:
        body, etag = response.read(), response.headers["ETag"]
        assert response.headers["Content-Type"].startswith("application/atom+xml")
        assert response.headers["Last-Modified"]
    assert body.count(b"<entry") == 1
    assert not etag.startswith("W/")
    again = urllib.request.Request(feed, headers={"If-None-Match": etag})
    with pytest.raises(urllib.error.HTTPError) as unchanged:
        urllib.request.urlopen(again, timeout=5)
    assert unchanged.value.code == 304
    packed = urllib.request.Request(feed, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(packed, timeout=5) as response:
        assert response.headers["Content-Encoding"] == "gzip"


def test_the_daemon_drains_on_sigterm_and_the_id_survives_the_restart(place: Place) -> None:
    ids = []
    for _ in range(2):
        with start(place) as process:
            welcome(process)
            eventually(lambda: (place.folder / "public/feed.atom").exists() and len(place.entries()) == 1)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
            assert time.monotonic() - began < 10
        ids.append(place.entries()[0].findtext(f"{ATOM}id"))
        place.run("verify")
        assert not list((place.folder / "public").glob(".*"))
    assert ids[0] == ids[1]


def test_a_new_file_reaches_the_feed_within_seconds(place: Place, daemon: subprocess.Popen[str]) -> None:
    eventually(lambda: (place.folder / "public/feed.atom").exists() and len(place.entries()) == 1)
    (place.seeds / "lighthouse.txt").write_text(UNRELATED)
    eventually(lambda: len(place.entries()) == 2)


def test_a_second_daemon_on_the_same_port_says_why_it_will_not_start(
    place: Place, daemon: subprocess.Popen[str]
) -> None:
    eventually((place.folder / "public/feed.atom").exists)
    place.run("run", code=2)
    assert re.search(rf"port {place.port}.*another aggregator", place.complaint)


def test_a_second_daemon_on_another_port_shares_the_work(place: Place, daemon: subprocess.Popen[str]) -> None:
    eventually((place.folder / "public/feed.atom").exists)
    config = (place.folder / "config.toml").read_text()
    (place.folder / "second.toml").write_text(config.replace(str(place.port), str(free_port())))
    with start(place, "--config", "second.toml") as second:
        welcome(second)
        (place.seeds / "lighthouse.txt").write_text(UNRELATED)
        eventually(lambda: len(place.entries()) == 2)
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=10) == 0
    assert len(place.json("stories")) == 2
    place.run("verify")


@pytest.mark.parametrize(
    ("name", "body", "named"),
    [
        ("binary.txt", b"\x00\x01\x02\xff\xfe" * 40, "binary.txt"),
        ("empty.txt", b"", "empty.txt"),
    ],
)
def test_a_bad_file_is_named_and_everything_else_goes_on(
    place: Place, name: str, body: bytes, named: str
) -> None:
    (place.seeds / name).write_bytes(body)
    place.run("once")
    assert len(place.entries()) == 1
    assert (
        named in place.run("sources", "list", "--json") + json.dumps(place.json("status")) + place.complaint
    )


def test_a_missing_folder_is_one_clear_sentence_recorded_on_the_source(place: Place) -> None:
    shutil.rmtree(place.seeds)
    place.run("once", code=1)
    assert "seeds" in place.complaint
    (source,) = place.json("sources")
    assert "seeds" in source["error"]


def test_a_server_that_is_down_stops_nothing_else(tmp_path: Path) -> None:
    dead = f"http://127.0.0.1:{free_port()}/feed.xml"
    place = Place(
        tmp_path,
        f"[[source]]\nname = 'dead'\nkind = 'feed'\nurl = '{dead}'\nallow_private = true\nevery = '1h'\n",
    )
    place.run("once", code=1)
    assert "dead" in place.complaint
    assert len(place.entries()) == 1


def test_a_broken_configuration_is_one_sentence_and_exit_code_2(place: Place) -> None:
    (place.folder / "config.toml").write_text("[serve]\nprot = 1\n")
    place.run("once", code=2)
    assert "did you mean `port`" in place.complaint


def test_with_port_0_the_daemon_says_which_port_it_was_given(place: Place) -> None:
    config = (place.folder / "config.toml").read_text()
    (place.folder / "config.toml").write_text(config.replace(f"port = {place.port}", "port = 0"))
    with start(place) as daemon:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/feed\.atom", welcome(daemon))
        assert found
        assert int(found[1]) > 0
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/healthz", timeout=5) as response:
            assert response.status == 200
