"""What polling costs: many feeds on a loopback web, cold, with one new entry in each, and unchanged. One JSON row a measure.

    python -m bench.throughput [--feeds 2000] [--maker FILE] [--no-peer]

Needs nginx, and the maker of the feeds (../shared/tools/make_feeds.py by default). Ours is the whole way from the
claim to the placed story, on SQLite; the peer is `reader` where it is installed. Each runs in a process of its own,
over the same feeds, which have a loopback address each: to both they are hosts of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

MAKER = Path(__file__).parents[2] / "shared" / "tools" / "make_feeds.py"
PHASES = ("cold", "one new entry", "unchanged")
ENTRIES = 30
CLAIM = 256  # sources claimed at once
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; default_type application/xml; gzip_static on; keepalive_requests 100000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 0.0.0.0:{port} backlog=4096; allow 127.0.0.0/8; deny all; root {folder}/www; }}
}}
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--maker", type=Path, default=MAKER)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--as", dest="who", choices=("ours", "reader"), help=argparse.SUPPRESS)
    parser.add_argument("--at", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.who:
        return _measure(given.who, given.feeds, Path(given.at))
    if missing := next((what for what, found in _needs(given.maker) if not found), ""):
        print(json.dumps({"bench": "throughput", "left_out": f"there is no {missing}"}))
        return 0
    with tempfile.TemporaryDirectory(prefix="throughput-") as name:
        return _compared(Path(name), given)


def _needs(maker: Path) -> list[tuple[str, bool]]:
    return [("nginx", shutil.which("nginx") is not None), (str(maker), maker.is_file())]


def _compared(folder: Path, given: argparse.Namespace) -> int:
    for generation in (0, 1):
        made = [str(given.maker), str(folder / f"generation-{generation}"), str(given.feeds)]
        options = ["--generation", str(generation), "--entries", str(ENTRIES)]
        subprocess.run([sys.executable, *made, *options], check=True, stdout=subprocess.DEVNULL)
    failed = 0
    with _served(folder):
        for who in ("ours",) if given.no_peer else ("ours", "reader"):
            command = [sys.executable, "-m", "bench.throughput", "--as", who, "--at", str(folder)]
            failed |= subprocess.run([*command, "--feeds", str(given.feeds)], check=False).returncode
    return failed


@contextmanager
def _served(folder: Path) -> Iterator[None]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.chmod(0o755)
    (folder / "port").write_text(str(port))
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    _show(folder, 0)
    with subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]) as server:
        try:
            _wait_for(port)
            yield
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("nginx does not answer")


def _show(folder: Path, generation: int) -> None:
    """Serve this generation of the feeds from now on."""
    new = folder / "www.new"
    new.symlink_to(folder / f"generation-{generation}")
    new.replace(folder / "www")


def _addresses(folder: Path, count: int) -> list[str]:
    port = (folder / "port").read_text()
    return [f"http://127.1.{number // 250}.{number % 250 + 1}:{port}/{number}.xml" for number in range(count)]


def _measure(who: str, count: int, folder: Path) -> int:
    poll = {"ours": _ours, "reader": _peer}[who](folder, _addresses(folder, count))
    for number, phase in enumerate(PHASES):
        _show(folder, min(number, 1))
        cpu, wall = _cpu(), time.perf_counter()
        entries = poll(number)
        spent, elapsed = _cpu() - cpu, time.perf_counter() - wall
        row = {
            "bench": "throughput",
            "measure": phase,
            "who": who,
            "feeds": count,
            "entries": entries,
            "feeds_a_second": round(count / elapsed, 1),
            "cpu_seconds_a_1000_feeds": round(spent / count * 1000, 2),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
        print(json.dumps(row), flush=True)
    return 0


def _cpu() -> float:
    """Of this process and of those that it waited for."""
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in times)


def _ours(folder: Path, addresses: list[str]) -> Callable[[int], int]:
    """Collect, ingest and canonicalise as the daemon does, on its loop, SQL in a thread; a phase is two hours after the last."""
    from aggregator import config
    from aggregator.app import App, open_context
    from aggregator.daemon.looping import runner

    home = folder / "ours"
    home.mkdir()
    sources = "".join(
        f'[[source]]\nname = "s{number}"\nurl = "{address}"\nallow_private = true\n'
        for number, address in enumerate(addresses)
    )
    (home / "config.toml").write_text(f'[archive]\nurl = "sqlite:///{home}/archive.db"\n{sources}')
    began, passed = datetime.now(UTC), timedelta()

    def clock() -> datetime:
        return began + passed

    app = App.open(config.load(home / "config.toml"), clock)

    async def work() -> int:
        new, run = 0, partial(asyncio.get_running_loop().run_in_executor, ThreadPoolExecutor(1))
        async with open_context(app.config, clock) as context:
            while claimed := app.claim(CLAIM):
                async for come in app.bring_home(claimed, context):
                    new += sum(done.new for done in await run(app.ingest_all, come))
                while await run(app.canonicalise):
                    pass
        return new

    def poll(phase: int) -> int:
        nonlocal passed
        passed = timedelta(hours=2) * phase
        with runner() as loop:
            return loop.run(work())

    return poll


def _peer(folder: Path, addresses: list[str]) -> Callable[[int], int]:
    """`reader` (lemon24), as its documentation uses it; it does not canonicalise."""
    try:
        from reader import make_reader
    except ImportError:
        print(json.dumps({"bench": "throughput", "left_out": "`reader` is not installed"}))
        sys.exit(0)
    peer = make_reader(str(folder / "reader.sqlite"))
    for address in addresses:
        peer.add_feed(address)

    def poll(phase: int) -> int:
        before = peer.get_entry_counts().total
        peer.update_feeds(scheduled=False)
        return peer.get_entry_counts().total - before

    return poll


if __name__ == "__main__":
    sys.exit(main())
