"""Many workers on one PostgreSQL, killed, stopped past their leases and cut off at random while news arrives.

    python -m bench.workers [--workers 8] [--feeds 2000] [--seconds 600] [--every 60] [--seed 1]

A server on loopback plays the feeds, each on an address of its own (127.1.x.y); every article is printed by
three of them. All connections are cut now and then, and the database is restarted once, in the middle. When nothing waits
any more: every article was placed exactly once, one story an article, `verify` finds nothing, the feed was whole whenever it was
looked at; and by the server's log no host was asked by two at a time, and none before its time, unless what was
asked before was never stored, since its worker was gone. Prints one JSON row.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from aggregator.archive import Archive
from aggregator.config import load

from .mischief import database
from .soak import COMMAND, article, ask, published

GAP, LEASE = 1.0, 10.0  # seconds
PRINTINGS = 3
TOLERANCE = 0.05  # seconds, of the clocks of server and worker


@dataclass
class Web:
    """The feeds and what was asked of them: host -> (begun, ended) of each request."""

    hosts: list[str]
    dice: random.Random
    items: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    asked: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0

    def print(self) -> None:
        """One more article, in several feeds at once."""
        self.number += 1
        title, _, text = article(self.dice, self.number).partition("\n\n")
        for host in self.dice.sample(self.hosts, PRINTINGS):
            now = format_datetime(datetime.now(UTC))
            body = "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))
            item = (
                f"<item><guid isPermaLink='false'>{host}/{self.number}</guid><title>{escape(title)}</title>"
                f"<pubDate>{now}</pubDate><description>{escape(body)}</description></item>"
            )
            with self.lock:
                self.items[host].append(item)

    def answer(self, host: str) -> bytes:
        begun = time.monotonic()
        time.sleep(self.dice.uniform(0.0, 0.05))
        with self.lock:
            items = "".join(reversed(self.items[host]))
            self.asked[host].append((begun, time.monotonic()))
        return f"<rss version='2.0'><channel><title>{host}</title><link>http://{host}/</link>{items}</channel></rss>".encode()


def serve(web: Web) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = web.answer(self.headers["Host"].partition(":")[0])
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None: ...  # a worker was killed

    server = Server(("0.0.0.0", 0), Handler)  # all of 127.0.0.0/8
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Workers:
    """Processes at work, and what is done to them."""

    def __init__(self, folder: Path, number: int, dice: random.Random) -> None:
        self.folder, self.dice = folder, dice
        self.running = [self._start() for _ in range(number)]
        self.done: Counter[str] = Counter()
        self.asleep: dict[int, float] = {}  # those that are stopped, and until when

    def _start(self) -> subprocess.Popen[bytes]:
        log = (self.folder / "workers.log").open("ab")
        return subprocess.Popen([*COMMAND, "run"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=log)

    def disturb(self, cut: Any) -> None:
        kind = self.dice.choice(("kill", "stop", "stop", "stop", "cut"))
        awake = [at for at in range(len(self.running)) if at not in self.asleep]
        if kind == "cut":
            cut()
        elif not awake:
            return
        elif kind == "kill":
            at = self.dice.choice(awake)
            self.running[at].kill()
            self.running[at].wait()
            self.running[at] = self._start()
        else:
            at = self.dice.choice(awake)
            self.running[at].send_signal(signal.SIGSTOP)
            self.asleep[at] = time.monotonic() + self.dice.uniform(0.5, 2 * LEASE)
        self.done[kind] += 1

    def rouse(self, everybody: bool = False) -> None:
        """Let those go on whose time has come."""
        for at, until in list(self.asleep.items()):
            if everybody or time.monotonic() > until:
                self.running[at].send_signal(signal.SIGCONT)
                del self.asleep[at]

    def end(self) -> None:
        """In order; one that ended by itself is counted."""
        self.rouse(everybody=True)
        self.done["ended_by_itself"] = sum(process.poll() is not None for process in self.running)
        for process in self.running:
            process.terminate()
        codes = [process.wait(60) for process in self.running]
        if any(codes):
            print(codes, (self.folder / "workers.log").read_text()[-4000:], file=sys.stderr)


@dataclass
class Manners:
    """How the hosts were asked."""

    requests: int = 0
    too_soon: int = 0  # after another to the same host had ended
    shortest_gap: float = float("inf")
    early: int = 0  # before the time of the source

    @classmethod
    def of(cls, web: Web, every: float) -> Manners:
        found = cls()
        for asked in map(sorted, web.asked.values()):
            found.requests += len(asked)
            for (begun_before, ended), (begun, _) in pairwise(asked):
                found.shortest_gap = round(min(found.shortest_gap, begun - ended), 3)
                found.too_soon += begun - ended < GAP - TOLERANCE
                found.early += begun - begun_before < every - TOLERANCE
        return found


def configure(folder: Path, url: str, web: Web, port: int, every: int) -> None:
    (folder / "config.toml").write_text(
        f"[archive]\nurl = '{url}'\n[serve]\nport = 0\n[publish]\nsettle = '0s'\n[collect]\ngap = '{GAP}s'\n"
        f"[schedule]\ncollect = '500ms'\ncanonicalise = '1s'\npublish = '2s'\nlease = '{LEASE}s'\n"
        + "".join(
            f"[[source]]\nname='f{n}'\nurl='http://{host}:{port}/'\nevery='{every}s'\nallow_private=true\n"
            for n, host in enumerate(web.hosts)
        )
    )


def run(folder: Path, held: Any, said: argparse.Namespace) -> dict[str, object]:
    dice = random.Random(said.seed)
    web = Web([f"127.1.{n // 200}.{n % 200 + 1}" for n in range(said.feeds)], dice)
    configure(folder, held.url, web, serve(web).server_address[1], said.every)
    ask(folder, "migrate")
    workers = Workers(folder, said.workers, dice)
    looked = 0
    try:
        began, restarted = time.monotonic(), False
        while (passed := time.monotonic() - began) < said.seconds:
            web.print()
            workers.rouse()
            if dice.random() < said.mischief:
                workers.disturb(held.cut)
            if passed > said.seconds / 2 and not restarted and held.restart:
                held.restart()
                restarted = True
            looked += whole(folder)
            time.sleep(dice.uniform(0.1, 0.6))
        workers.rouse(everybody=True)
        time.sleep(1.2 * said.every + 2 * LEASE)
        workers.end()
    finally:
        for process in workers.running:
            process.kill()
    manners = Manners.of(web, said.every)
    stored = fetches(folder)
    row = {**workers.done, **checked(folder, web), **asdict(manners)}
    return row | {"stored": stored, "never_stored": manners.requests - stored, "feed_looked_at": looked}


def whole(folder: Path) -> int:
    """1 where there is a feed and it is whole; raises where it is not."""
    feed = folder / "public" / "feed.atom"
    if not feed.exists():
        return 0
    ElementTree.parse(feed)
    return 1


def fetches(folder: Path) -> int:
    """Attempts that the archive knows of."""
    with Archive.open(load(folder / "config.toml", {}).archive.url) as archive:
        [told] = [
            each
            for each in archive.measures.at(datetime.now(UTC) + timedelta(hours=1))
            if each.name == "fetches"
        ]
    return int(sum(told.values.values()))


def checked(folder: Path, web: Web) -> dict[str, object]:
    time.sleep(LEASE)
    for words in (("collect", "--force"), ("canonicalise",), ("publish",), ("verify",)):
        ask(folder, *words)
    stories = json.loads(ask(folder, "stories", "-n", str(10 * web.number), "--json"))
    copies = Counter(story["copies"] for story in stories)
    assert len(stories) == web.number, f"{len(stories)} stories of {web.number} articles"
    assert set(copies) == {PRINTINGS}, f"copies a story: {dict(copies)}"
    assert published(folder)
    return {"articles": web.number, "stories": len(stories)}


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("workers", 8), ("feeds", 2000), ("seconds", 600), ("every", 60), ("seed", 1)):
        given.add_argument(f"--{name}", type=int, default=default)
    given.add_argument(
        "--mischief",
        type=float,
        default=0.08,
        help="how likely at each article, of which three come a second",
    )
    said = given.parse_args()
    os.environ["PYTHONUNBUFFERED"] = "1"
    with tempfile.TemporaryDirectory(prefix="workers-") as name:
        top = Path(name)
        (top / "site").mkdir()
        with database("postgresql", top / "site", top, False) as held:
            row = run(top / "site", held, said)
            print(json.dumps({"bench": "workers", "workers": said.workers, "feeds": said.feeds, **row}))
    return int(bool(row["too_soon"]) or int(str(row["early"])) > int(str(row["never_stored"])))


if __name__ == "__main__":
    sys.exit(main())
