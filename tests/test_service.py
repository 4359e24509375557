"""As a service: what the manager is told and when it is told no more, and the unit file as systemd reads it."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.daemon.notifying import notify
from aggregator.daemon.ticking import Tick
from aggregator.errors import ArchiveError

from .test_main_job import ROOT, Place, clean, command, place

__all__ = ["place"]
UNIT = ROOT / "packaging" / "systemd" / "aggregator.service"
MOST_EXPOSED = 1.5  # of 10, as `systemd-analyze security` counts


class Manager:
    """The socket that a service manager listens on."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address)
        self.heard: list[str] = []

    def hears(self, word: str, seconds: float = 60) -> bool:
        """Within that time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                said = self.socket.recv(4096).decode()
            except TimeoutError:
                return False
            self.heard.append(said)
            if word in said.splitlines():
                return True
        return False


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    listening = Manager(tmp_path / "notify")
    yield listening
    listening.socket.close()


def test_the_manager_is_told_all_that_happens_and_hears_nothing_of_one_that_hangs(
    place: Place, manager: Manager
) -> None:
    told = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "600000", "AGGREGATOR_LOG_LEVEL": "info"}
    with subprocess.Popen([*command(), "run"], cwd=place.folder, env=clean() | told) as daemon:
        try:
            assert manager.hears("READY=1")
            assert manager.hears("WATCHDOG=1", 30)
            daemon.send_signal(signal.SIGSTOP)  # as a loop that hangs
            while manager.hears("WATCHDOG=1", 1):
                pass
            daemon.send_signal(signal.SIGCONT)
            assert manager.hears("WATCHDOG=1", 30)
            daemon.send_signal(signal.SIGHUP)
            assert manager.hears("RELOADING=1")
            assert re.search(r"^MONOTONIC_USEC=\d+$", manager.heard[-1], re.MULTILINE)
            assert manager.hears("READY=1")
            (place.folder / "config.toml").write_text("[serve\n")
            daemon.send_signal(signal.SIGHUP)
            assert manager.hears("RELOADING=1")
            assert manager.hears("READY=1"), "a refused configuration leaves the old one ready"
            daemon.terminate()
            assert manager.hears("STOPPING=1")
            assert daemon.wait(timeout=30) == 0
        finally:
            daemon.kill()


def test_a_tick_hangs_that_gets_no_further_and_not_one_that_takes_many_steps() -> None:
    async def watched() -> None:
        go_on = asyncio.Event()
        tick = Tick(go_on.wait)  # type: ignore[arg-type]
        assert not tick.hangs(0.0), "it rests"
        running = asyncio.create_task(tick.run())
        await asyncio.sleep(0.02)
        assert tick.hangs(0.01)
        tick.moved()
        assert not tick.hangs(0.01)
        go_on.set()
        await running
        assert not tick.hangs(0.0)

    asyncio.run(watched())


def test_what_goes_on_failing_is_said_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    fates = iter([ArchiveError("it is away")] * 5 + [ArchiveError("it is full"), None, None])

    async def work() -> None:
        if error := next(fates):
            raise error

    async def run() -> None:
        tick = Tick(work)
        for _ in range(8):
            await tick.run()

    with caplog.at_level("INFO"):
        asyncio.run(run())
    assert caplog.messages == ["work: it is away", "work: it is full", "work: all is well again"]


@pytest.mark.parametrize("address", ["", "vsock:2:1", "/nowhere/at/all"])
def test_without_a_manager_nothing_is_said(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")


# ---------------------------------------------------------------- the unit


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed here")
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=60)


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(encoding="utf-8")))
    checked = analyze("verify", str(copy))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_unit_leaves_little_open() -> None:
    checked = analyze("security", "--offline=true", str(UNIT))
    if "unrecognized option" in checked.stderr:
        pytest.skip("systemd-analyze is too old to look at a file")
    said = re.search(r"exposure level for \S+: ([\d.]+)", checked.stdout)
    assert said, checked.stdout + checked.stderr
    assert float(said[1]) <= MOST_EXPOSED


def test_the_unit_starts_a_command_that_exists_where_its_state_is_kept(place: Place, tmp_path: Path) -> None:
    unit = UNIT.read_text(encoding="utf-8")
    [words] = re.findall(r"(?m)^ExecStart=/opt/aggregator/bin/aggregator --config (\S+) run$", unit)
    assert words == "/etc/aggregator/config.toml"
    assert "StateDirectory=aggregator\n" in unit
    state = tmp_path / "state"
    state.mkdir()
    subprocess.run(
        [*command(), "--config", str(place.folder / "config.toml"), "once"],
        cwd=state,
        env=clean() | {"STATE_DIRECTORY": str(state)},
        check=True,
        capture_output=True,
        timeout=60,
    )
    assert {path.name for path in state.iterdir()} >= {"archive.db", "public"}
    assert not (place.folder / "archive.db").exists()
