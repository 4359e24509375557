"""The daemon as real processes: in roles, told by one another, by a configuration that changes while it works."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from aggregator.app import give_back_memory
from aggregator.archive import Archive, ArchiveStatus
from aggregator.archive.writing import Clock
from aggregator.config import load
from aggregator.daemon import early, ticking, working
from aggregator.errors import ArchiveError
from aggregator.model import Collected, Fetch, Ingested, Outcome, Source, SourceSpec

from .archive.making import an_entry, each_alone, ingest
from .collect.server import ATOM, Server, answers
from .conftest import NOON
from .test_main_job import UNRELATED, Place, clean, command, place
from .test_main_job import eventually as soon

__all__ = ["place"]
ATOM_TYPE = "application/atom+xml; charset=utf-8"
BAD = {
    "[serve]\nport = 'many'\n": "`port`",
    "[archive]\nurl = 'sqlite:///other.db'\n": "another `url` in [archive] takes a restart",
    "[serve\n": "not valid TOML",
}
SLOW = "[schedule]\ncollect = '1s'\ncanonicalise = '10m'\npublish = '10m'\n"


def eventually(true: Callable[[], object]) -> None:
    soon(true, seconds=60)


@contextmanager
def daemon(place: Place, *options: str, ends_with: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon that writes its log to daemon.log, ready; ended in order afterwards."""
    log = place.folder / f"daemon-{time.monotonic_ns()}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command(), "run", *options],
            cwd=place.folder,
            stdout=subprocess.PIPE,
            stderr=file,
            env=clean() | {"AGGREGATOR_LOG_LEVEL": "info"},
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline(), log.read_text()
            yield process
            process.terminate()
            assert process.wait(timeout=30) == ends_with, log.read_text()
            assert "Traceback" not in log.read_text(), log.read_text()
        finally:
            process.kill()
            process.wait()


def logged(place: Place) -> str:
    return "".join(path.read_text() for path in sorted(place.folder.glob("daemon-*.log")))


def written(place: Place, text: str) -> None:
    (place.folder / "config.toml").write_text(text)


def seeds_of(place: Place, name: str = "seeds") -> str:
    return (
        f"[serve]\nport = {place.port}\n[[source]]\nname = '{name}'\nkind = 'directory'\n"
        "path = 'seeds'\nevery = '1s'\n"
    )


def stories(place: Place) -> int:
    return held(place).stories


def held(place: Place) -> ArchiveStatus:
    with Archive.open(f"sqlite:///{place.folder / 'archive.db'}") as archive:
        return archive.status()


def test_roles_divide_the_work_between_processes(place: Place) -> None:
    with daemon(place, "--only", "collect"):
        eventually(lambda: held(place).copies == 2)
        assert (held(place).waiting, held(place).stories) == (2, 0)
        assert not (place.folder / "public").exists()
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(f"http://127.0.0.1:{place.port}/healthz", timeout=5)
    with daemon(place, "--only", "canonicalise,publish"):
        eventually(lambda: (place.folder / "public/feed.atom").exists() and place.entries())
    (place.seeds / "keeper.txt").write_text(UNRELATED)
    with daemon(place, "--only", "serve"):
        feed = urllib.request.urlopen(f"http://127.0.0.1:{place.port}/feed.atom", timeout=5).read()
        assert b"Mediators meet in Cairo" in feed
        assert held(place).copies == 2, "who only serves does not collect"


def test_a_role_that_is_none_is_refused(place: Place) -> None:
    place.run("run", "--only", "collect,dance", code=2)
    assert "dance is no role; there are collect, canonicalise, publish, serve" in place.complaint


def test_a_changed_configuration_is_taken_over_and_a_bad_one_refused_without_a_restart(place: Place) -> None:
    written(place, seeds_of(place))
    whole = (place.folder / "config.toml").read_text()
    (place.folder / "more").mkdir()
    (place.folder / "more" / "keeper.txt").write_text(UNRELATED)
    more = whole + "[[source]]\nname = 'more'\nkind = 'directory'\npath = 'more'\n"
    with daemon(place) as process:
        eventually(lambda: stories(place) == 1)
        for bad, said in BAD.items():
            written(place, bad if "[serve" in bad else bad + whole)
            eventually(lambda said=said: said in logged(place))  # type: ignore[misc]
        written(place, more)
        eventually(lambda: stories(place) == 2)
        written(place, "[site]\ntitle = 'Other news'\n" + more)
        process.send_signal(signal.SIGHUP)
        feed = place.folder / "public" / "feed.atom"
        eventually(lambda: "Other news" in feed.read_text())
        with urllib.request.urlopen(f"http://127.0.0.1:{place.port}/", timeout=20) as page:
            assert b"Other news" in page.read()
    log = logged(place)
    assert log.count("the configuration was not reloaded, the old one holds: ") == len(BAD)
    assert "the configuration was reloaded" in log


def test_no_request_is_refused_while_the_configuration_changes_and_an_end_comes_before_a_reload(
    place: Place,
) -> None:
    with daemon(place) as process:
        process.send_signal(signal.SIGHUP)
        for _ in range(30):
            urllib.request.urlopen(f"http://127.0.0.1:{place.port}/healthz", timeout=30).read()
            time.sleep(0.05)
        process.send_signal(signal.SIGHUP)


def test_all_that_is_due_is_asked_in_one_go_however_few_may_be_out_at_once(place: Place) -> None:
    many = "".join(f"[[source]]\nname = 's{n}'\nkind = 'directory'\npath = 'seeds'\n" for n in range(50))
    few = "[collect]\nconcurrency = 4\n[schedule]\ncollect = '10m'\n"
    written(place, f"[serve]\nport = {place.port}\n{few}{many}")
    with daemon(place):
        eventually(lambda: held(place).copies == 2 * 50)


def test_a_host_with_many_sources_is_asked_again_as_soon_as_it_has_rested(place: Place) -> None:
    with Server() as web:
        urls = [web.on(f"/{number}", answers()) for number in range(8)]
        many = "".join(
            f"[[source]]\nname = '{url[-1]}'\nurl = '{url}'\nallow_private = true\n" for url in urls
        )
        seldom = "[collect]\ngap = '200ms'\n[schedule]\ncollect = '10m'\n"
        written(place, f"[serve]\nport = {place.port}\n{seldom}{many}")
        with daemon(place):
            eventually(lambda: held(place).copies == 8)
        asked = [request.at for request in web.log]
    assert len(asked) == 8
    assert min(later - earlier for earlier, later in pairwise(asked)) >= 0.2


def test_what_came_home_is_kept_while_the_archive_cannot_be_reached(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "AGAIN", 0.01)
    tries: list[list[Collected]] = []
    away = ArchiveError("it cannot be reached", code="unreachable")

    def ingest_all(come: list[Collected]) -> list[Ingested | ArchiveError]:
        tries.append(come)
        if len(tries) < 4:
            return [Ingested() if each is well else away for each in come]
        return [Ingested()] * len(come)

    archive, config = SimpleNamespace(clock=Clock()), load(place.folder / "config.toml", {})
    app = SimpleNamespace(config=config, ingest_all=ingest_all, archive=archive)
    source = Source(1, SourceSpec("one", location="https://one.example/"))
    home = Collected(source, Fetch(1, NOON, Outcome.UNCHANGED))
    well = replace(home, source=replace(source, id=2))

    async def run() -> None:
        worker = working.Daemon(app, working.Orders(asyncio.Event()))  # type: ignore[arg-type]
        await worker._ingest([home, well], worker.passed())
        assert tries == [[home, well], [home], [home], [home]]
        tries.clear()
        await worker._ingest([home], worker.passed() - 2 * app.config.schedule.lease.total_seconds())
        assert tries == [[home]], "its lease is over: another has it"

    asyncio.run(run())


def test_a_daemon_whose_archive_was_migrated_by_a_newer_one_ends_and_says_why(place: Place) -> None:
    with daemon(place, ends_with=3) as process:
        eventually(lambda: stories(place) == 1)
        with closing(sqlite3.connect(place.folder / "archive.db", timeout=30)) as newer, newer:
            newer.execute("UPDATE alembic_version SET version_num = '9999'")
        assert process.wait(timeout=60) == 3
    assert "another aggregator has brought the archive from schema" in logged(place)


def test_a_clock_that_is_set_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    noticed: list[float] = []
    off = iter([0.0, 0.0, 0.0, -3600.0, 0.0, 0.0])
    monkeypatch.setattr(ticking, "LOOK", 0.01)
    monkeypatch.setattr(ticking.time, "time", lambda: time.monotonic() + next(off))

    async def watch() -> None:
        with suppress(StopIteration, RuntimeError):
            await ticking.leaps(lambda: noticed.append(time.monotonic()))

    asyncio.run(watch())
    assert len(noticed) == 1


def test_on_postgresql_processes_wake_each_other_long_before_their_time(
    place: Place, postgres: Callable[[str], str]
) -> None:
    url = postgres("template0")
    (place.folder / "more").mkdir()
    more = "[[source]]\nname = 'more'\nkind = 'directory'\npath = 'more'\nevery = '1s'\n"
    written(place, f"[archive]\nurl = '{url}'\n[serve]\nport = {place.port}\n{SLOW}{more}")
    roles = ("canonicalise,publish", "collect")
    with ExitStack() as stack:
        for role in roles:
            stack.enter_context(daemon(place, "--only", role))
        time.sleep(1)  # past the first look of each; the next is in ten minutes
        (place.folder / "more" / "keeper.txt").write_text(UNRELATED)
        feed = place.folder / "public" / "feed.atom"
        eventually(lambda: feed.exists() and "Lighthouse" in feed.read_text())


def test_a_large_document_makes_room_for_the_next_as_soon_as_it_is_stored(place: Place) -> None:
    """There is room for one at a time, and whoever waits for two minutes is turned away."""
    prose = b"<content>" + b"Words of a large feed. " * 180_000
    with ExitStack() as stack:
        webs = [stack.enter_context(Server(host=f"127.0.0.{number}")) for number in (2, 3, 4)]
        for web in webs:
            web.on("/feed", answers(body=ATOM.replace(b'<content type="html">', prose)))
        written(
            place,
            f"[serve]\nport = {place.port}\n"
            + "".join(
                f"[[source]]\nname = 's{web.port}'\nurl = 'http://{web.host}:{web.port}/feed'\nallow_private = true\n"
                for web in webs
            ),
        )
        with daemon(place, "--only", "collect"):
            eventually(lambda: held(place).copies == 3)


def test_word_is_heard_from_others_and_not_from_oneself(postgres: Callable[[str], str]) -> None:
    url = postgres("template0")
    with Archive.open(url) as one, Archive.open(url) as other:
        one.authority("example.org", NOON)
        heard: list[str] = []
        with one.listening(heard.append):
            time.sleep(0.3)
            ingest(one, [an_entry(1)])
            ingest(other, [an_entry(2)])
            each_alone(other)
            eventually(lambda: "stories" in heard)
        assert heard == ["copies", "stories"]


def test_nobody_listens_on_sqlite(tmp_path: Path) -> None:
    with Archive.open(f"sqlite:///{tmp_path / 'archive.db'}") as archive, archive.listening(print):
        pass


def test_the_last_feed_is_served_while_the_daemon_starts_and_pages_wait_for_it(place: Place) -> None:
    config = load(place.folder / "config.toml", {})
    public = place.folder / "public"
    public.mkdir()
    (public / "feed.atom").write_text("<feed/>")
    with early.listen(config) as listener:
        with early.answering(listener, config):
            with urllib.request.urlopen(f"http://127.0.0.1:{place.port}/feed.atom", timeout=5) as answer:
                assert (answer.read(), answer.headers["Content-Type"]) == (b"<feed/>", ATOM_TYPE)
                tag = {"If-None-Match": answer.headers["ETag"]}
            with pytest.raises(urllib.error.HTTPError, match="304"):
                urllib.request.urlopen(
                    urllib.request.Request(f"http://127.0.0.1:{place.port}/feed.atom", headers=tag), timeout=5
                )
            for page in ("", "readyz", "..%2fconfig.toml"):
                with pytest.raises(urllib.error.HTTPError, match="503"):
                    urllib.request.urlopen(f"http://127.0.0.1:{place.port}/{page}", timeout=5)
            assert (
                urllib.request.urlopen(f"http://127.0.0.1:{place.port}/healthz", timeout=5).read() == b"ok\n"
            )
        with socket.create_connection(("127.0.0.1", place.port), timeout=5):
            pass  # nobody is refused between the two servers


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library gives nothing back")
def test_memory_between_what_stays_is_given_back() -> None:
    taken = [b"%d" % number * 500 for number in range(10_000, 50_000)]
    left = taken[::100]
    del taken
    before = resident()
    give_back_memory()
    assert before - resident() > 50
    assert left[1] == b"10100" * 500


def resident() -> float:
    """Megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_what_serves_the_last_feed_loads_nothing_heavy() -> None:
    """What takes the time; in modules, which do not depend on how busy the machine is."""
    code = "import sys, aggregator.daemon; print(*sys.modules)"
    loaded = subprocess.run([*command()[:1], "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"sqlalchemy", "lxml", "numpy", "httpx", "aiohttp", "uvicorn", "jinja2", "apscheduler", "rich"}
    assert not heavy & set(loaded.split())
