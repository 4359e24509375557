"""uvicorn's HTTP protocol, which answers polls of published documents where they are read off the wire.

A poll that is answered from memory needs no task, no scope and no messages between them; without these it costs a
third. A request that is byte for byte one of those before it, as the polls of one reader are, is not even parsed
again: its answer is the same for as long as the document is. Whatever is out of the ordinary (a pipelined request,
a client that does not read what it asked for, an escaped path, a closing connection) goes the usual way, through
the application.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from weakref import ref

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from .documents import Document
from .published import Fields, Published, Reply

PATIENCE = 1.0  # seconds that a connection has for its request when the server ends
REMEMBERED = 1000  # requests
LONGEST = 2000  # bytes of one that is remembered
LONGEST_HEAD = 1 << 16  # bytes of a request before its body: no more of one that does not end is kept
_END = b"\r\n\r\n"

# In the place of a cycle that is over; uvicorn tells its event when the connection ends.
_ANSWERED: Any = SimpleNamespace(response_complete=True, message_event=asyncio.Event())
_LINES = {
    status: f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode() for status in (200, 204, 304, 405)
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was answered, in a way that keeps no document in memory that is not published any more."""

    name: str
    document: ref[Document]
    line: bytes
    head: bytes
    form: int | None  # which of the document's is the body

    def body(self, document: Document) -> bytes:
        return b"" if self.form is None else document.forms[self.form].body


def _noted(name: str, document: Document, reply: Reply) -> _Answer:
    form = next((at for at, form in enumerate(document.forms) if form.body is reply.body), None)
    return _Answer(name, ref(document), _LINES[reply.status], reply.head + b"\r\n", form)


class _Usual:
    """What uvicorn says in every answer, the date among it: a new list each second."""

    def __init__(self) -> None:
        self._fields: Fields = []
        self._said = b""

    def said(self, fields: Fields) -> bytes:
        if self._fields is not fields:
            self._fields, self._said = fields, b"".join(b"%s: %s\r\n" % field for field in fields)
        return self._said


class Connection(HttpToolsProtocol):
    """The protocol of one connection to the server of some documents."""

    published: Published  # these and the next three are of the server: one for all its connections
    answers: dict[bytes, _Answer]  # by request
    usual: _Usual
    ending = False  # what is answered from now on is the last on its connection
    inside = False  # a message, of which the rest is still to come
    in_head = False  # of the message
    began = False  # a message, with what came in last
    head = 0  # bytes of it that came in after its first
    said = b""  # what came in last, if a message begins with it
    answered: _Answer | None = None  # this message
    running: RequestResponseCycle | None = (
        None  # what the application answers now; `cycle` is what it answers last
    )

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.ending:
            self.shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.running:
            self.running.disconnected = True
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def shutdown(self) -> None:
        """The server ends: close, unless a request is being read, or none was and one is surely on its way."""
        if self.cycle is None or self.inside:
            self.loop.call_later(PATIENCE, super().shutdown)
        else:
            super().shutdown()

    def data_received(self, data: bytes) -> None:
        self.said = b"" if self.inside else data
        if self.said:
            known = self.answers.get(data)
            document = self.published.files.find(known.name) if known and self._is_idle() else None
            if known and document and known.document() is document:
                self._unset_keepalive_if_required()
                self._answer(known, document)
                return
        self.began = False
        super().data_received(data)
        self.head = self.head + len(data) if self.in_head and not self.began else 0
        if self.head > LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        self.inside, self.in_head, self.began, self.answered = True, True, True, None
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self.inside = False
        super().on_message_complete()
        # a body may follow in what comes in next: only what was seen to end is remembered
        if self.answered and len(self.said) <= LONGEST and self.said.find(_END) == len(self.said) - len(_END):
            if len(self.answers) >= REMEMBERED:
                self.answers.clear()
            self.answers[self.said] = self.answered

    def on_headers_complete(self) -> None:
        self.in_head = False
        path = self.url.partition(b"?")[0].decode("latin-1")
        document = self.published.files.find(path[1:])
        reply = self._reply(path) if document else None
        if reply is None or document is None:
            super().on_headers_complete()
            if self.ending:
                self.cycle.keep_alive = False
            return
        self.answered = _noted(path[1:], document, reply)
        self._answer(self.answered, document)

    def _is_idle(self) -> bool:
        busy = self.ending or (self.cycle is not None and not self.cycle.response_complete)
        return not (busy or self.pipeline or self.flow.write_paused or self.transport.is_closing())

    def _answer(self, said: _Answer, document: Document) -> None:
        dates = self.usual.said(self.server_state.default_headers)
        self.transport.write(b"".join((said.line, dates, said.head, said.body(document))))
        self.cycle = _ANSWERED
        self.on_response_complete()

    def _reply(self, path: str) -> Reply | None:
        if not self._is_idle() or "%" in path or self.expect_100_continue:
            return None
        if self.parser.get_http_version() != "1.1" or not self.parser.should_keep_alive():
            return None
        return self.published.reply(self.parser.get_method().decode("latin-1"), path, self.headers)


def protocol(published: Published) -> type[Connection]:
    """The protocol of a server that publishes these documents."""
    return type("Served", (Connection,), {"published": published, "answers": {}, "usual": _Usual()})
