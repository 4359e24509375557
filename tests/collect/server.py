"""A server on loopback that plays whatever a test wants: behaviours are small functions that write to the wire."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:example.org,2026:f</id><title>Daily Herald</title>
<link href="https://herald.example/"/><updated>2026-01-01T00:00:00Z</updated>
<entry><id>tag:example.org,2026:1</id><title>One</title><updated>2026-01-01T00:00:00Z</updated>
<link href="https://herald.example/1"/><content type="html">&lt;p&gt;Text.&lt;/p&gt;</content></entry></feed>
"""
PAGE = b"""<!DOCTYPE html><html><head><title>Herald</title>
<link rel="alternate" type="application/atom+xml" href="/feed.atom"></head><body><p>News</p></body></html>"""


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # with the query
    headers: Mapping[str, str]  # names in lower case
    at: float  # seconds of the monotonic clock
    under_way: int  # requests that this server had in hand when this one came, itself included


Behaviour = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answers(status: int = 200, body: bytes = ATOM, headers: Mapping[str, str] | None = None) -> Behaviour:
    """A plain whole answer, with a Content-Length unless the headers bring one."""
    said = {"Content-Type": "application/atom+xml", "Content-Length": str(len(body)), **(headers or {})}

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(status, said) + body)

    return behave


def says(raw: bytes, *, then_close: bool = True) -> Behaviour:
    """Exactly these bytes."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        if then_close:
            writer.close()

    return behave


def drips(first: bytes, drop: bytes, every: float = 0.02) -> Behaviour:
    """`first`, then `drop` after `drop` until the client has had enough."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while not writer.is_closing():
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(every)

    return behave


def hangs(seconds: float = 30) -> Behaviour:
    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)

    return behave


def after(seconds: float, behaviour: Behaviour) -> Behaviour:
    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await behaviour(request, writer)

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """The first request gets the first, and so on; the last serves all further ones."""
    asked = 0

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await behaviours[min(asked, len(behaviours)) - 1](request, writer)

    return behave


@dataclass
class Server:
    """Runs in a thread of its own, so that a test's event loop has only the client in it."""

    host: str = "127.0.0.1"
    port: int = 0
    log: list[Request] = field(default_factory=list)
    routes: dict[str, Behaviour] = field(default_factory=dict)

    def __enter__(self) -> Server:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)

    def on(self, path: str, behaviour: Behaviour) -> str:
        """Route a path; its URL."""
        self.routes[path] = behaviour
        return f"http://{self.host}:{self.port}{path}"

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.log if request.path == path]

    async def _serve(self) -> None:
        self._loop, self._stop, self._under_way = asyncio.get_running_loop(), asyncio.Event(), 0
        self._open: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._client, self.host, self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._open.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while not writer.is_closing():
                await self._request((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"), writer)
        writer.close()
        self._open.discard(task)

    async def _request(self, said: str, writer: asyncio.StreamWriter) -> None:
        first, *lines = said.strip().split("\r\n")
        method, path, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        self._under_way += 1
        request = Request(method, path, headers, time.monotonic(), self._under_way)
        self.log.append(request)
        try:
            await self.routes.get(path.partition("?")[0], answers(404, b""))(request, writer)
            await writer.drain()
        finally:
            self._under_way -= 1
