"""The site behind a real server on the loopback interface, asked by a plain client."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from aggregator.publish import files
from aggregator.publish.atom import AtomPublisher

from ..publish.stories import META, a_copy, a_view
from .fake import FakeArchive, an_app


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
