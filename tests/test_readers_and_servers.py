"""The two ends of the way: real feeds from a real server on one side, a real feed reader on the other."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .test_main_job import Place, eventually, start, welcome

REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "corpora" / "feeds" / "real"
FEEDS = sorted(REAL.glob("*.xml"))[:20]


class Served(ThreadingHTTPServer):
    """A loopback server of files that answers conditional requests; `seen` is its log of (path, status)."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.seen: list[tuple[str, int]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Served

    def do_GET(self) -> None:
        body = self.server.files.get(self.path)
        etag = f'"{hashlib.sha1(body or b"").hexdigest()}"'
        status = 404 if body is None else 304 if self.headers.get("If-None-Match") == etag else 200
        self.server.seen.append((self.path, status))
        self.send_response(status)
        if body is not None:
            self.send_header("ETag", etag)
            self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)) if body and status == 200 else "0")
        self.end_headers()
        if status == 200:
            self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(files: dict[str, bytes]) -> Iterator[Served]:
    with Served(files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.skipif(not FEEDS, reason="the corpus of real feeds is not beside the project (../shared)")
def test_twenty_real_feeds_are_all_collected_and_the_second_pass_is_all_304(tmp_path: Path) -> None:
    with served({f"/{path.name}": path.read_bytes() for path in FEEDS}) as server:
        place = Place(
            tmp_path,
            "[collect]\ngap = '0s'\n"
            + "".join(
                f"[[source]]\nname = '{path.stem}'\nurl = '{server.base}/{path.name}'\nallow_private = true\n"
                for path in FEEDS
            ),
        )
        place.run("once")
        assert sorted(server.seen) == sorted((f"/{path.name}", 200) for path in FEEDS)
        copies = {row["spec"]["name"]: row["stats"] for row in place.json("sources")}
        assert all(copies[path.stem]["copies"] > 0 for path in FEEDS)
        server.seen.clear()
        place.run("collect", "--force")
        assert sorted(server.seen) == sorted((f"/{path.name}", 304) for path in FEEDS)
        assert len(place.entries()) > 1


@pytest.mark.skipif(
    not shutil.which("newsboat"), reason="newsboat is not installed (Debian: apt install newsboat)"
)
def test_newsboat_sees_one_entry_whose_id_survives_a_restart_and_the_loss_of_the_public_folder(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path)
    seen = []
    for _ in range(2):
        with start(place) as daemon:
            welcome(daemon)
            eventually(lambda: (tmp_path / "public/feed.atom").exists() and len(place.entries()) == 1)
            seen.append(read_with_newsboat(tmp_path, f"http://127.0.0.1:{place.port}/feed.atom"))
            daemon.terminate()
            assert daemon.wait(timeout=10) == 0
        shutil.rmtree(tmp_path / "public")
    assert len(seen[0]) == 1
    assert seen[0] == seen[1]


def read_with_newsboat(folder: Path, url: str) -> list[tuple[str, str]]:
    """(guid, title) of every article in newsboat's cache after it has fetched the feed."""
    (folder / "urls").write_text(url + "\n")
    (folder / "conf").touch()
    files = ["-u", str(folder / "urls"), "-C", str(folder / "conf"), "-c", str(folder / "cache.db")]
    subprocess.run(["newsboat", *files, "-x", "reload"], check=True, timeout=60, env={"HOME": str(folder)})
    with sqlite3.connect(folder / "cache.db") as cache:
        return cache.execute("SELECT guid, title FROM rss_item").fetchall()
