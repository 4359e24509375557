"""A guest's manners, judged by the server's log: 21 scenarios over five polls, each after a restart."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.collect import load_collectors, run
from aggregator.model import Collected, Source, SourceSpec

from .playing import QUICK, context

TOOLS = Path(__file__).resolve().parents[3] / "shared" / "tools"
SCENARIOS = [
    "both",
    "lm-only",
    "etag-only",
    "none",
    "touch",
    "etag-drift",
    "lm-drift",
    "new-etag-on-304",
    "odd-lm",
    "weak",
    "unquoted",
    "cookie",
    "gzip-etag",
    "maxage",
    "r429",
    "r503",
    "r301",
    "r302",
    "r308",
    "r410",
    "r500",
]
POLLS = 5
# The server under a clock that a file moves on, so that hours pass in no time.
SHIFTED = """
import runpy, sys, time
real, shift = time.time, open(sys.argv.pop(1))
def moved():
    shift.seek(0)
    return real() + float(shift.read())
time.time = moved
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

pytestmark = pytest.mark.skipif(
    not (TOOLS / "polite_srv.py").exists(), reason="the politeness server is not beside this checkout"
)


class Shifted:
    """The clock that the server has as well."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.shift = 0.0
        self.file.write_text(f"{0:020.3f}")

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.shift, UTC)

    def move_to(self, moment: datetime) -> None:
        self.shift += max(0.0, (moment - self()).total_seconds())
        with self.file.open("r+") as file:  # overwritten in place: the server may be reading
            file.write(f"{self.shift:020.3f}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _serving(log: Path, shift: Path) -> Iterator[int]:
    port = _free_port()
    command = [sys.executable, "-c", SHIFTED, str(shift), str(TOOLS / "polite_srv.py"), str(port), str(log)]
    process = subprocess.Popen(command)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(5)


def _stored(source: Source) -> Source:
    """What is left of a source after the program has ended: what the archive can keep."""
    return replace(source, memory=json.loads(json.dumps(dict(source.memory))))


def _round(sources: list[Source], clock: Shifted) -> list[Collected]:
    """One life of the program: everything that is due, asked once."""

    async def live() -> list[Collected]:
        async with context(clock=clock, limits=QUICK, dice=0.5) as given:
            return [collected async for come in run(sources, given, load_collectors()) for collected in come]

    home = asyncio.run(live())
    time.sleep(0.1)  # the server writes its log, with its time, after it has answered
    return home


def test_every_scenario_passes_over_five_polls_with_a_restart_between(tmp_path: Path) -> None:
    log, clock = tmp_path / "log.jsonl", Shifted(tmp_path / "shift")
    with _serving(log, clock.file) as port:
        waiting = {
            number: Source(number, SourceSpec(name, location=f"http://127.0.0.1:{port}/feed/{name}/k"))
            for number, name in enumerate(SCENARIOS)
        }
        polls = dict.fromkeys(waiting, 0)
        while waiting:
            clock.move_to(min(source.next_fetch_at or clock() for source in waiting.values()))
            due = [s for s in waiting.values() if s.next_fetch_at is None or s.next_fetch_at <= clock()]
            for collected in _round(due, clock):
                source = _stored(collected.source)
                polls[source.id] += 1
                waiting[source.id] = source
                if source.gone or polls[source.id] == POLLS:
                    del waiting[source.id]
    report = subprocess.run(
        [sys.executable, str(TOOLS / "polite_report.py"), str(log), "--min-interval", "3600"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.returncode == 0, report.stdout
    assert polls == {n: 1 if name == "r410" else POLLS for n, name in enumerate(SCENARIOS)}
