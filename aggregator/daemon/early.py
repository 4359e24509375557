"""The last feed while the daemon starts: half of its start is loading what placing and collecting need.

The published files are answered by a thread of the standard library's server on the socket that uvicorn takes
over; pages are answered with 503 until then. Whoever connects in between waits a moment and is not refused.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ..config import Config
from ..errors import ConfigurationError
from ..web import Folder, Published, Reply, links_to

ROLES = ("collect", "canonicalise", "publish", "serve")
PATIENCE = 5.0  # seconds for a client to say what it wants
_ALIVE = Reply(200, (), b"Content-Type: text/plain\r\nContent-Length: 3\r\n", b"ok\n")
_STARTING = Reply(
    503, (), b"Content-Type: text/plain\r\nContent-Length: 9\r\nRetry-After: 2\r\n", b"starting\n"
)


def run(
    config: Config,
    announce: Callable[[str], None] = print,
    roles: Collection[str] = ROLES,
    reread: Callable[[], Config] | None = None,
) -> int:
    """Run until SIGTERM or SIGINT; the exit code. `announce` is told, once, where to subscribe.

    `reread` gives the configuration anew, on SIGHUP and when its file was written. Raises AggregatorError when
    it cannot start: the archive or the port is not to be had, or a role is none.
    """
    if wrong := sorted(set(roles) - set(ROLES)):
        raise ConfigurationError(f"--only {wrong[0]} is no role; there are {', '.join(ROLES)}")
    with ExitStack() as stack:
        listener, over = None, stack
        if "serve" in roles:
            listener = stack.enter_context(listen(config))
            over = stack.enter_context(ExitStack())
            over.enter_context(answering(listener, config))
        from .starting import start  # here, because it takes a second, in which the feed is served already

        return start(config, listener, over.close if listener else lambda: None, announce, roles, reread)


def listen(config: Config) -> socket.socket:
    """The socket of the pages, bound before anything else starts: two daemons cannot serve one address."""
    serve = config.serve
    family = socket.AF_INET6 if ":" in serve.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((serve.host, serve.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"cannot serve on {serve.host} port {serve.port}: {error.strerror}. "
            "Is another aggregator running? Stop it, or give this one another `port` in [serve]."
        ) from error
    return listener


@contextmanager
def answering(listener: socket.socket, config: Config) -> Iterator[None]:
    """Serve the published files, and nothing else, on the socket; it stays open for who comes next."""
    links = links_to(config.publish.hubs, config.site.base_url)
    published = Published(_no_pages, Folder(config.publish.folder), lambda: datetime.now(UTC), links)
    server = _Server(listener, published)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="early", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def _no_pages(*_: Any) -> None:
    """What is no published file is answered below, without an application."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, listener: socket.socket, published: Published) -> None:
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener.dup()
        self.published = published

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away."""


class _Handler(BaseHTTPRequestHandler):
    timeout = PATIENCE
    server: _Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        fields = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()
        ]
        reply = self.server.published.reply(self.command, path, fields)
        self._send(reply or (_ALIVE if path == "/healthz" else _STARTING))

    do_HEAD = do_OPTIONS = do_GET

    def _send(self, reply: Reply) -> None:
        line = f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\nDate: {formatdate(usegmt=True)}\r\n"
        body = b"" if self.command == "HEAD" else reply.body
        self.wfile.write(line.encode() + reply.head + b"Connection: close\r\n\r\n" + body)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Polls are not logged."""
