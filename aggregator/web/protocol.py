"""uvicorn's HTTP protocol, which answers polls of published documents where they are read off the wire.

A poll that is answered from memory needs no task, no scope and no messages between them; without these it costs a
third. Whatever is out of the ordinary (a pipelined request, a client that does not read what it asked for, an
escaped path, a closing connection) goes the usual way, through the application.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .published import Published, Reply

# In the place of a cycle that is over; uvicorn tells its event when the connection ends.
_ANSWERED: Any = SimpleNamespace(response_complete=True, message_event=asyncio.Event())
_LINES = {
    status: f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode() for status in (200, 204, 304, 405)
}


def protocol(published: Published) -> type[asyncio.Protocol]:
    """The protocol of a server that publishes these documents."""

    class Protocol(HttpToolsProtocol):
        def on_headers_complete(self) -> None:
            reply = self._reply()
            if reply is None:
                super().on_headers_complete()
                return
            dates = [b"%s: %s\r\n" % field for field in self.server_state.default_headers]
            self.transport.write(b"".join((_LINES[reply.status], *dates, reply.head, b"\r\n", reply.body)))
            self.cycle = _ANSWERED
            self.on_response_complete()

        def _reply(self) -> Reply | None:
            busy = self.cycle is not None and not self.cycle.response_complete
            unusual = busy or self.pipeline or self.flow.write_paused or self.transport.is_closing()
            if unusual or b"%" in self.url or self.expect_100_continue:
                return None
            if self.parser.get_http_version() != "1.1" or not self.parser.should_keep_alive():
                return None
            path = self.url.partition(b"?")[0].decode("latin-1")
            return published.reply(self.parser.get_method().decode("latin-1"), path, self.headers)

    return Protocol
