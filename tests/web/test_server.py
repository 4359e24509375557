"""The site behind a real server on the loopback interface, asked by a plain client and by a real browser."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.publish import files
from aggregator.publish.atom import AtomPublisher

from ..publish.stories import META, a_copy, a_story, a_view
from .fake import FakeArchive, an_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Listening:
    """Passes requests on and remembers their paths."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.asked.append(scope["path"])
        await self.app(scope, receive, send)


@contextmanager
def serving(app: ASGIApp) -> Iterator[int]:
    """The port of a server that runs in a thread until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def test_a_reader_gets_the_feed_once_and_then_only_what_changed(tmp_path: Path) -> None:
    stories = [a_view(1, a_copy(2))]
    document = AtomPublisher().render(META, stories)
    files.write(tmp_path, "feed.atom", document.body, modified=document.updated)
    with serving(an_app(FakeArchive(held=stories), tmp_path)) as port:
        wire = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

        def ask(method: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
            wire.request(
                method, "/feed.atom", headers={name.replace("_", "-"): said for name, said in headers.items()}
            )
            found = wire.getresponse()
            return found.status, found.read(), {name.lower(): said for name, said in found.getheaders()}

        status, body, headers = ask("GET")
        assert (status, body) == (200, document.body)
        assert ask("HEAD")[1] == b""
        assert int(ask("HEAD")[2]["content-length"]) == len(document.body)
        status, body, again = ask("GET", If_None_Match=headers["etag"])
        assert (status, body) == (304, b"")
        assert "content-length" not in again
        assert ask("GET", If_Modified_Since=headers["last-modified"])[0] == 304
        assert ask("GET", Accept_Encoding="gzip")[2]["content-encoding"] == "gzip"


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's package chromium")
def test_a_browser_draws_a_story_and_asks_nobody_else(tmp_path: Path) -> None:
    spy = Listening(lambda scope, receive, send: site(scope, receive, send))
    with serving(spy) as port:
        # "localhost" is another host than 127.0.0.1 to a browser, and the same server to us
        tracker = f'<p>Talks began.</p><img src="http://localhost:{port}/tracker.gif">'
        site = an_app(FakeArchive(held=[a_view(1, a_copy(2), html=tracker)]), tmp_path / "public")
        picture = tmp_path / "story.png"
        drawn = chromium(
            tmp_path, f"--screenshot={picture}", f"http://127.0.0.1:{port}/stories/{a_story(1).ulid}"
        )
        assert picture.exists(), drawn
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size > 10_000
        assert "/static/style.css" in spy.asked
        assert "/tracker.gif" not in spy.asked
        assert "Refused" not in drawn.replace("Refused to load the image", "")


def chromium(folder: Path, *arguments: str) -> str:
    """What a headless browser, without a profile or a call home, says on its error stream."""
    quiet = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --hide-scrollbars --window-size=1200,900 "
        "--enable-logging=stderr"
    )
    command = [str(CHROMIUM), *quiet.split(), f"--user-data-dir={folder / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False).stderr
