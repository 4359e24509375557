"""How fast a feed is served, beside nginx with the same file: one core each, wrk on the other. One JSON row a measure.

    python -m bench.serve [--seconds 5] [--size 100000]

For a whole answer (200) and for who has the bytes (304); `of_nginx` is the share of nginx's requests a second.
Both serve the same folder, neither logs. Needs wrk; without nginx the shares are missing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

SERVER, CLIENT = 0, max(os.sched_getaffinity(0))  # cores
CONFIG = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; etag on; open_file_cache max=100;
  types {{ application/atom+xml atom; }}
  client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
  uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
  server {{ listen 127.0.0.1:{port}; root {folder}/public; }} }}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--size", type=int, default=100_000)
    chosen = parser.parse_args(arguments)
    if not shutil.which("wrk"):
        print(json.dumps({"bench": "serve", "skipped": "wrk is not installed (Debian: apt install wrk)"}))
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx reads as another user
        (folder / "public").mkdir()
        (folder / "public" / "feed.atom").write_bytes(_incompressible(chosen.size))
        best: dict[str, Measured] = {}
        for server, status, found in measure(folder, chosen.seconds):
            row = {"bench": "serve", "server": server, "status": status, **asdict(found)}
            nginx = best.setdefault(status, found)
            if nginx is not found:
                row["of_nginx"] = round(found.requests_per_second / nginx.requests_per_second, 2)
                row["of_nginx_by_cpu"] = round(nginx.microseconds_each / found.microseconds_each, 2)
            print(json.dumps(row), flush=True)


def _incompressible(size: int) -> bytes:
    return b"".join(hashlib.sha512(str(n).encode()).hexdigest().encode() for n in range(size // 128 + 1))[
        :size
    ]


@dataclass(frozen=True)
class Measured:
    """The second figure is of CPU, so that other programs on the same core do not show."""

    requests_per_second: float
    microseconds_each: float


def measure(folder: Path, seconds: int) -> Iterator[tuple[str, str, Measured]]:
    servers = [("nginx", _nginx)] if shutil.which("nginx") else []
    for name, started in [*servers, ("aggregator", _aggregator)]:
        with started(folder) as (pid, url):
            etag = _etag(url)
            for status, fields in (("200", []), ("304", ["-H", f"If-None-Match: {etag}"])):
                yield name, status, _wrk(pid, url, fields, seconds)


def _wrk(pid: int, url: str, fields: list[str], seconds: int) -> Measured:
    command = ["taskset", "-c", str(CLIENT), "wrk", "-t1", "-c32", f"-d{seconds}s", *fields, url]
    before = _cpu(pid)
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    spent = _cpu(pid) - before
    rate, count = re.search(r"Requests/sec:\s*([\d.]+)", said), re.search(r"(\d+) requests in", said)
    if not rate or not count or "Socket errors" in said:
        raise RuntimeError(said)
    return Measured(float(rate[1]), round(spent / int(count[1]) * 1e6, 1))


def _cpu(pid: int) -> float:
    """Seconds that a process and its children have worked."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ticks = 0
    for each in (str(pid), *children):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _etag(url: str) -> str:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.headers["ETag"])
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url}")


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _nginx(folder: Path) -> Iterator[tuple[int, str]]:
    port = _port()
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=port))
    with _running([shutil.which("nginx") or "", "-c", str(folder / "nginx.conf")], folder) as pid:
        yield pid, f"http://127.0.0.1:{port}/feed.atom"


@contextmanager
def _aggregator(folder: Path) -> Iterator[tuple[int, str]]:
    """The daemon as people run it, on an archive that is empty and has nothing to collect."""
    port = _port()
    (folder / "config.toml").write_text(
        f"[serve]\nport = {port}\n[schedule]\ncollect = '1h'\ncanonicalise = '1h'\npublish = '1h'\n"
    )
    with _running(
        [sys.executable, "-m", "aggregator", "--config", str(folder / "config.toml"), "run"], folder
    ) as pid:
        _etag(f"http://127.0.0.1:{port}/static/style.css")  # until then the start answers, by other means
        yield pid, f"http://127.0.0.1:{port}/feed.atom"


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[int]:
    server = subprocess.Popen(
        ["taskset", "-c", str(SERVER), *command],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)


if __name__ == "__main__":
    main(sys.argv[1:])
