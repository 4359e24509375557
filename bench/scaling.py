"""How much more two collecting workers on one PostgreSQL fetch than one, and what a fetch costs the database.

    python -m bench.scaling [--feeds 800] [--delay 1.0] [--workers 1 2]

Every feed is due at once and its server takes `--delay` seconds to answer, as servers far away do: then the network is
the limit, not the cores that the workers share with the database here. One JSON row: fetches a second by number
of workers, their ratio, and CPU milliseconds a fetch of a worker and of the database, which say where either is the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .mischief import Database, database
from .soak import COMMAND, ask

TICKS = os.sysconf("SC_CLK_TCK")
ITEMS = 5


class Slow:
    """Feeds that take their time; how many were sent, and when the last was."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.times: list[float] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := (await reader.readuntil(b"\r\n\r\n")).decode():
                host = request.lower().partition("host: ")[2].partition(":")[0]
                await asyncio.sleep(self.delay)
                writer.write(_feed(host))
                await writer.drain()
                self.times.append(time.monotonic())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _feed(host: str) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{n}</guid><title>{host} {n}</title><description>Of {host}, {n}.</description></item>"
        for n in range(ITEMS)
    )
    body = f"<rss version='2.0'><channel><title>{host}</title><link>http://{host}/</link>{items}</channel></rss>".encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


async def fetched(folder: Path, held: Database, workers: int, said: argparse.Namespace) -> dict[str, float]:
    """From the tenth fetch to the last but a tenth, when every worker is at work and none looks for what is left."""
    slow = Slow(said.delay)
    server = await asyncio.start_server(slow.talk, "0.0.0.0", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    (folder / "config.toml").write_text(
        f"[archive]\nurl = '{held.fresh(folder)}'\n[log]\nlevel = 'warning'\n"
        + "".join(
            f"[[source]]\nname='f{n}'\nurl='http://127.2.{n // 200}.{n % 200 + 1}:{port}/'\nevery='1d'\nallow_private=true\n"
            for n in range(said.feeds)
        )
    )
    await asyncio.to_thread(ask, folder, "migrate")
    running = [
        subprocess.Popen([*COMMAND, "run", "--only", "collect"], cwd=folder, stdout=subprocess.DEVNULL)
        for _ in range(workers)
    ]
    try:
        while len(slow.times) < said.feeds:
            await asyncio.sleep(0.2)
        cpu = sum(_cpu(process.pid) for process in running)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            await asyncio.to_thread(process.wait)
        server.close()
    first, last = said.feeds // 10, said.feeds * 9 // 10
    return {"fetches_a_second": (last - first) / (slow.times[last] - slow.times[first]), "worker_cpu": cpu}


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def _of_the_database(folder: Path) -> float:
    """CPU seconds of the server and of all that it ended."""
    postmaster = int((folder / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return _cpu(postmaster) + sum(_cpu(int(child)) for child in children)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--feeds", type=int, default=800)
    given.add_argument("--delay", type=float, default=1.0)
    given.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    said = given.parse_args()
    row: dict[str, object] = {"bench": "scaling", "feeds": said.feeds, "delay": said.delay}
    rates = []
    with tempfile.TemporaryDirectory(prefix="scaling-") as name:
        folder = Path(name) / "site"
        folder.mkdir()
        with database("postgresql", folder, Path(name), False) as held:
            for workers in said.workers:
                before = _of_the_database(Path(name) / "postgres")
                found = asyncio.run(fetched(folder, held, workers, said))
                spent = _of_the_database(Path(name) / "postgres") - before
                rates.append(found["fetches_a_second"])
                row[f"{workers}_workers"] = {
                    "fetches_a_second": round(rates[-1], 1),
                    "worker_cpu_ms_a_fetch": round(1000 * found["worker_cpu"] / said.feeds, 2),
                    "database_cpu_ms_a_fetch": round(1000 * spent / said.feeds, 2),
                }
    print(json.dumps(row | {"ratio": round(rates[-1] / rates[0], 2)}))


if __name__ == "__main__":
    sys.exit(main())
