"""One daemon on SQLite under steady load: memory, open files, the event loop, and how soon news is in the feed.

    python -m bench.steady [--sources 10000] [--every 600] [--articles 3] [--seconds 1800] [--warm-up 600]

A web on loopback plays the sources, each on an address of its own (127.a.b.c), with entity tags; so many `--articles`
a second are printed by one to four of them. The daemon's event loop beats twenty times a second; a beat that is late is
held against what the kernel says of its threads: `blocked` is late less the time in which a thread of the daemon was
ready to run and got no core, and so is ours, not the machine's. Prints one JSON row; 1 if a bound does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from .soak import article

KEPT = 15  # items a feed shows
PRINTINGS = 4  # at most, of one article
FLAT = 0.10  # of its median after the warm-up memory may leave it by
MOST_BLOCKED = 0.2  # seconds
AT_REST = 5  # minutes in which there is a moment without connections, even if many sources are due at once
_REPORT = re.compile(r"<title[^>]*>Report (\d+) ")


@dataclass
class Web:
    """Feeds by address; what was printed when, and when a reader first got it."""

    count: int
    dice: random.Random
    items: dict[str, list[str]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    pending: dict[str, list[int]] = field(default_factory=dict)
    printed: list[float] = field(default_factory=list)
    given: dict[int, float] = field(default_factory=dict)
    number: int = 0
    asked: int = 0
    unchanged: int = 0

    def address(self, number: int) -> str:
        return f"127.{1 + number // 40_000}.{number // 200 % 200}.{number % 200 + 1}"

    def print(self) -> None:
        title, _, text = article(self.dice, self.number).partition("\n\n")
        body = escape("".join(f"<p>{part}</p>" for part in text.split("\n\n")))
        now = format_datetime(datetime.now(UTC))
        self.printed.append(time.time())
        for number in self.dice.sample(range(self.count), self.dice.randrange(1, PRINTINGS + 1)):
            host = self.address(number)
            item = (
                f"<item><guid isPermaLink='false'>{self.number}</guid><title>{escape(title)}</title>"
                f"<pubDate>{now}</pubDate><description>{body}</description></item>"
            )
            self.items[host] = [item, *self.items.get(host, [])][:KEPT]
            self.versions[host] = self.versions.get(host, 0) + 1
            self.pending.setdefault(host, []).append(self.number)
        self.number += 1

    def answer(self, request: bytes) -> bytes:
        fields = dict(
            line.lower().split(": ", 1) for line in request.decode("latin-1").split("\r\n") if ": " in line
        )
        host = fields["host"].partition(":")[0]
        self.asked += 1
        tag = f'"{self.versions.get(host, 0)}"'
        if fields.get("if-none-match") == tag:
            self.unchanged += 1
            return f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
        for number in self.pending.pop(host, ()):
            self.given.setdefault(number, time.time())
        body = (
            f"<rss version='2.0'><channel><title>{host}</title><link>http://{host}/</link>"
            f"{''.join(self.items.get(host, ()))}</channel></rss>"
        ).encode()
        head = f"HTTP/1.1 200 OK\r\nETag: {tag}\r\nContent-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                writer.write(self.answer(request))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@dataclass
class Watch:
    """What is seen of the daemon from outside, once a second."""

    pid: int
    feed: Path
    web: Web
    memory: list[tuple[float, int, int]] = field(default_factory=list)  # at, resident, anonymous; bytes
    files: list[tuple[float, float]] = field(default_factory=list)
    lags: list[tuple[float, float, float]] = field(
        default_factory=list
    )  # at, seconds since given, since printed
    seen: set[int] = field(default_factory=set)
    stamp: int = 0

    def look(self) -> None:
        now = time.time()
        status = Path(f"/proc/{self.pid}/status").read_text()
        resident, anonymous = (
            int(re.findall(rf"{name}:\s+(\d+)", status)[0]) * 1024 for name in ("VmRSS", "RssAnon")
        )
        self.memory.append((now, resident, anonymous))
        self.files.append((now, len(list(Path(f"/proc/{self.pid}/fd").iterdir()))))
        if self.feed.exists() and (changed := self.feed.stat()).st_ino != self.stamp:
            self.stamp = changed.st_ino
            for number in set(map(int, _REPORT.findall(self.feed.read_text()))) - self.seen:
                self.seen.add(number)
                came = changed.st_ctime
                self.lags.append((now, came - self.web.given[number], came - self.web.printed[number]))


def configure(folder: Path, web: Web, port: int, every: int) -> None:
    (folder / "config.toml").write_text(
        "[archive]\nurl = 'sqlite:///archive.db'\n[serve]\nport = 0\n[publish]\nsettle = '0s'\n"
        + "".join(
            f"[[source]]\nname='f{n}'\nurl='http://{web.address(n)}:{port}/'\nevery='{every}s'\nallow_private=true\n"
            for n in range(web.count)
        )
    )


async def run(folder: Path, said: argparse.Namespace) -> dict[str, Any]:
    web = Web(said.sources, random.Random(said.seed))
    for _ in range(said.sources // PRINTINGS):
        web.print()
    server = await asyncio.start_server(web.talk, "0.0.0.0", 0, backlog=1024)
    configure(folder, web, server.sockets[0].getsockname()[1], said.every)
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "bench.beating", str(folder / "beats"), "run"]
        environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
        daemon = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=log)
    watch = Watch(daemon.pid, folder / "public" / "feed.atom", web)
    began, printed = time.monotonic(), 0
    try:
        while (passed := time.monotonic() - began) < said.seconds:
            while printed < passed * said.articles:
                web.print()
                printed += 1
            await asyncio.sleep(1)
            watch.look()
        cpu = _cpu(daemon.pid)
        daemon.terminate()
        code = await asyncio.to_thread(daemon.wait, 60)
    finally:
        daemon.kill()
    beats = [json.loads(line) for line in (folder / "beats").read_text().splitlines()]
    if said.beats:
        Path(said.beats).write_text("\n".join(map(json.dumps, beats)))
    since = watch.memory[0][0] + said.warm_up
    return {"exit": code, "asked": web.asked, "unchanged": web.unchanged, "articles": web.number, "cpu_seconds": cpu,
            **found(watch, beats, since), "errors": (folder / "log").read_text().count("Traceback")}  # fmt: skip


def found(watch: Watch, beats: list[dict[str, float]], since: float) -> dict[str, Any]:
    after = [each for each in beats if each["at"] > since]
    given = sorted(lag for at, lag, _ in watch.lags if at > since)
    printed = sorted(lag for at, _, lag in watch.lags if at > since)
    resident = [(at, size / 2**20) for at, size, _ in watch.memory]
    anonymous = [(at, size / 2**20) for at, _, size in watch.memory]
    return {
        "resident_mb": _spread(_by_the_minute(resident, since, statistics.median)),
        "anonymous_mb": _spread(_by_the_minute(anonymous, since, statistics.median)),
        "files_at_rest": _spread(_by_the_minute(watch.files, since, min, AT_REST)),
        "most_files": max(files for _, files in watch.files),
        "given_to_feed_seconds": _quantiles(given),
        "printed_to_feed_seconds": _quantiles(printed),
        "late_beats": len(after),
        "latest_ms": _most(after, "late"),
        "blocked_ms": _most(after, "blocked"),
        "blocked_ms_at_start": _most(beats, "blocked"),
    }  # fmt: skip


def _by_the_minute(
    values: Sequence[tuple[float, float]],
    since: float,
    what: Callable[[list[float]], float],
    minutes: int = 1,
) -> list[float]:
    """One value for each so many minutes."""
    found: dict[int, list[float]] = {}
    for at, value in values:
        if at > since:
            found.setdefault(int(at - since) // (60 * minutes), []).append(value)
    return [what(each) for each in found.values()]


def _quantiles(ordered: Sequence[float]) -> dict[str, float]:
    return (
        {str(share): round(ordered[int(share * len(ordered))], 2) for share in (0.5, 0.99)} if ordered else {}
    )


def _spread(held: Sequence[float]) -> dict[str, float]:
    tenth = max(1, len(held) // 10)
    return {
        "least": round(min(held)),
        "median": round(statistics.median(held)),
        "most": round(max(held)),
        "first_tenth": round(statistics.median(held[:tenth])),
        "last_tenth": round(statistics.median(held[-tenth:])),
    }


def _most(beats: list[dict[str, float]], name: str) -> int:
    return round(1000 * max((beat[name] for beat in beats), default=0.0))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return round((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), 1)


def holds(row: dict[str, Any]) -> list[str]:
    """What does not. Connections to the hosts that are being asked come and go: of files, those at rest must be flat."""
    broken = [name for name in ("exit", "errors") if row[name]]
    for name in ("resident_mb", "files_at_rest"):
        spread = row[name]
        off = max(spread["most"] - spread["median"], spread["median"] - spread["least"])
        broken += [name] if off > FLAT * spread["median"] else []
    return broken + (["blocked_ms"] if row["blocked_ms"] > 1000 * MOST_BLOCKED else [])


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (
        ("sources", 10_000),
        ("every", 600),
        ("seconds", 1800),
        ("warm-up", 600),
        ("seed", 1),
    ):
        given.add_argument(f"--{name}", type=int, default=default)
    given.add_argument("--articles", type=float, default=3.0, help="printed a second")
    given.add_argument("--beats", default="", help="a file for the late beats, with where the loop was")
    said = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="steady-") as name:
        row = asyncio.run(run(Path(name), said))
    broken = holds(row)
    print(
        json.dumps(
            {"bench": "steady", "sources": said.sources, "seconds": said.seconds, **row, "broken": broken}
        )
    )
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
