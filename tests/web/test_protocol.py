"""Polls of a feed, as bytes on the wire: what is answered before the application is asked, and what is not."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from aggregator.publish import files
from aggregator.web import Published
from aggregator.web.documents import Folder
from aggregator.web.protocol import protocol

from ..publish.stories import NOON

BODY = b"<feed>" + b"news " * 20_000 + b"</feed>"


class Rest:
    """The application behind: says which paths came to it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.asked.append(scope["path"])
        body = b"page"
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"%d" % len(body))],
            }
        )
        await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(folder: Path, rest: Rest) -> Iterator[int]:
    published = Published(rest, Folder(folder), lambda: NOON, lambda name: {})
    config = uvicorn.Config(published, http=protocol(published), port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def public(tmp_path: Path) -> Path:
    files.write(tmp_path, "feed.atom", BODY, modified=NOON)
    return tmp_path


def talk(port: int, *said: bytes, patience: float = 5.0) -> bytes:
    """All that comes back on one connection until the server closes it or says nothing more."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as wire:
        for part in said:
            wire.sendall(part)
        heard = bytearray()
        while part := wire.recv(1 << 20):
            heard += part
        return bytes(heard)


def ask(path: str, *fields: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: here", *fields, "", ""]).encode()


CLOSE = ask("/page", "Connection: close")


def test_a_whole_document_and_a_304_never_come_to_the_application(public: Path) -> None:
    rest = Rest()
    with serving(public, rest) as port:
        heard = talk(port, ask("/feed.atom") + CLOSE)
        head, _, body = heard.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"\r\ndate: " in head
        assert body.startswith(BODY + b"HTTP/1.1 200 OK") and body.endswith(b"page")
        etag = next(line for line in head.decode().split("\r\n") if line.startswith("etag"))[6:]
        same = talk(port, ask("/feed.atom?x=1", f"If-None-Match: {etag}") + CLOSE)
        assert same.startswith(b"HTTP/1.1 304 Not Modified\r\n") and same.count(b"HTTP/1.1 ") == 2
        assert rest.asked == ["/page", "/page"]


def test_a_client_that_leaves_after_its_answer_leaves_no_error(
    public: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(public, Rest()) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
            wire.sendall(ask("/feed.atom"))
            assert wire.recv(1 << 20).startswith(b"HTTP/1.1 200 OK")
        assert talk(port, CLOSE).endswith(b"page")  # the end of the other was seen before this
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_pipelined_requests_are_answered_in_their_order(public: Path) -> None:
    rest = Rest()
    with serving(public, rest) as port:
        heard = talk(port, ask("/page") + ask("/feed.atom") + ask("/other") + ask("/feed.atom") + CLOSE)
        parts = [part[-4:] for part in heard.split(b"HTTP/1.1 200 OK\r\n")[1:]]
        assert parts == [b"page", b"eed>", b"page", b"eed>", b"page"]
        assert rest.asked == ["/page", "/other", "/page"]


def test_a_head_without_an_end_is_refused_and_many_requests_at_once_are_none(public: Path) -> None:
    with serving(public, Rest()) as port:
        field = b"x: " + b"a" * 8000 + b"\r\n"
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"GET /feed.atom HTTP/1.1\r\n")
            with contextlib.suppress(ConnectionError):  # it is closed while more comes
                for _ in range(1000):
                    client.sendall(field)
                    time.sleep(0.001)
                pytest.fail("eight megabytes were taken")
        many = ask("/feed.atom") * 3000
        half = len(many) - 10
        assert talk(port, many[:half], many[half:] + CLOSE).count(b"HTTP/1.1 200 OK") == 3001


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (ask("/feed.atom", "Connection: close"), b"200"),
        (ask("/feed.atom", "Connection: close", method="HEAD"), b"200"),
        (ask("/%66eed.atom", "Connection: close"), b"200"),
        (ask("/feed.atom", "Connection: close", method="DELETE"), b"405"),
        (ask("/feed.atom", "Content-Length: 4") + b"body" + CLOSE, b"200"),
        (ask("/feed.atom", "Expect: 100-continue", "Content-Length: 4") + b"body" + CLOSE, b"200"),
        (b"GET /feed.atom HTTP/1.0\r\n\r\n", b"200"),
        (ask("http://here/feed.atom", "Connection: close"), b"200"),
    ],
)
def test_the_unusual_is_answered_as_well(public: Path, request_: bytes, status: bytes) -> None:
    with serving(public, Rest()) as port:
        heard = talk(port, request_)
        assert heard.startswith(b"HTTP/1.1 " + status)
        assert (BODY in heard) == (status == b"200" and not request_.startswith(b"HEAD"))


def test_the_same_request_is_answered_anew_when_the_document_changed(public: Path) -> None:
    with serving(public, Rest()) as port, socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        for body in (b"<feed>one</feed>", b"<feed>one</feed>", b"<feed>other</feed>", b"<feed>other</feed>"):
            files.write(public, "feed.atom", body, modified=NOON)
            wire.sendall(ask("/feed.atom"))
            assert wire.recv(1 << 20).endswith(b"\r\n\r\n" + body)


def test_a_body_that_comes_later_is_not_taken_for_a_request_however_often(public: Path) -> None:
    rest, hidden = Rest(), ask("/hidden")
    files.write(public, "feed.atom", b"<feed/>", modified=NOON)
    with serving(public, rest) as port, socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        for _ in range(3):
            wire.sendall(ask("/feed.atom", f"Content-Length: {len(hidden)}"))
            assert wire.recv(1 << 20).endswith(b"<feed/>")
            wire.sendall(hidden)
            time.sleep(0.05)
        wire.sendall(ask("/feed.atom"))
        assert wire.recv(1 << 20).endswith(b"<feed/>")
    assert rest.asked == []


def test_a_body_that_follows_is_not_taken_for_a_request(public: Path) -> None:
    rest = Rest()
    with serving(public, rest) as port:
        hidden = ask("/hidden")
        heard = talk(port, ask("/feed.atom", f"Content-Length: {len(hidden)}") + hidden + CLOSE)
        assert heard.count(b"HTTP/1.1 200") == 2
        assert rest.asked == ["/page"]


def test_who_asks_without_reading_is_not_answered_without_end(
    public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits to be sent must not grow with the number of requests."""
    answered = []
    made = Published.reply
    monkeypatch.setattr(Published, "reply", lambda self, *asked: answered.append(1) or made(self, *asked))
    with serving(public, Rest()) as port, socket.create_connection(("127.0.0.1", port), timeout=2) as wire:
        wire.setblocking(False)
        sent, asked, deadline = 0, ask("/feed.atom") * 100, time.monotonic() + 1
        while sent < 1_000_000 and time.monotonic() < deadline:
            try:
                sent += wire.send(asked)
            except BlockingIOError:
                time.sleep(0.01)
        assert sent > 100_000
        assert len(answered) * len(BODY) < 50_000_000
