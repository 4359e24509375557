"""One server ends and the next goes on with its socket: whoever asks meanwhile is answered."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from aggregator.daemon.looping import runner
from aggregator.daemon.serving import Server
from aggregator.web import Published
from aggregator.web.documents import Folder
from aggregator.web.protocol import PATIENCE, protocol

from .publish.stories import NOON

ASK = b"GET /page HTTP/1.1\r\nHost: here\r\n\r\n"


def a_server(folder: Path) -> Server:
    pages = Published(PlainTextResponse("page"), Folder(folder), lambda: NOON, lambda name: {})
    spoken = protocol(pages)
    return Server(spoken, uvicorn.Config(pages, http=spoken, log_config=None, lifespan="off"))


async def ended(server: Server, serving: asyncio.Task[None]) -> None:
    server.should_exit = True
    await serving


def test_a_connection_that_was_accepted_is_answered_once_after_its_server_began_to_end(
    tmp_path: Path,
) -> None:
    async def run() -> tuple[bytes, float]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = a_server(tmp_path)
            serving = asyncio.create_task(server.serve([listener.dup()]))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            _, silent = await asyncio.open_connection(*listener.getsockname())
            while len(server.server_state.connections) < 2:
                await asyncio.sleep(0.01)
            server.should_exit = True
            await asyncio.sleep(0.4)
            writer.write(ASK)
            heard = await reader.read()
            began = asyncio.get_running_loop().time()
            await serving
            writer.close()
            silent.close()
            return heard, asyncio.get_running_loop().time() - began

    with runner() as loop:
        heard, lasted = loop.run(run())
    assert heard.startswith(b"HTTP/1.1 200 OK\r\n") and heard.endswith(b"page")
    assert lasted < PATIENCE + 0.5, "one that asks for nothing holds nobody up"


def test_who_reads_too_slowly_is_cut_off_at_the_end_without_a_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "feed.atom").write_bytes(b"<feed/>" + b" " * 20_000_000)

    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = a_server(tmp_path)
            server.config.timeout_graceful_shutdown = 20
            serving = asyncio.create_task(server.serve([listener.dup()]))
            with socket.create_connection(listener.getsockname()) as slow:
                slow.sendall(b"GET /feed.atom HTTP/1.1\r\nHost: here\r\n\r\n" * 3)
                while not server.server_state.tasks:
                    await asyncio.sleep(0.01)
                await ended(server, serving)

    with runner() as loop:
        loop.run(run())
    assert not caplog.records


def test_nobody_is_refused_or_cut_off_while_servers_follow_each_other(tmp_path: Path) -> None:
    over = threading.Event()

    def asking(port: int) -> int:
        answered = 0
        while not over.is_set():
            wire = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            wire.request("GET", "/page")
            assert wire.getresponse().read() == b"page"
            wire.close()
            answered += 1
        return answered

    async def follow(listener: socket.socket) -> None:
        for _ in range(5):
            server = a_server(tmp_path)
            serving = asyncio.create_task(server.serve([listener.dup()]))
            await asyncio.sleep(0.1)
            await ended(server, serving)
        over.set()
        server = a_server(tmp_path)
        serving = asyncio.create_task(server.serve([listener.dup()]))
        await asyncio.sleep(0.3)
        await ended(server, serving)

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(4) as clients:
        asked = [clients.submit(asking, listener.getsockname()[1]) for _ in range(4)]
        with runner() as loop:
            loop.run(follow(listener))
        assert all(one.result() for one in asked)
