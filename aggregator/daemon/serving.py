"""The pages and what hubs send, by uvicorn in the daemon's own loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import uvicorn

from ..app import App
from ..collect import Context
from ..model import Ingested, Subscription
from ..query import Feed
from ..web import MEDIA_TYPES, Representation
from ..web.application import create_app
from ..web.protocol import Connection, protocol

LAST = 2.0  # seconds that a server has for its last answers
T = TypeVar("T")


class InSql(Protocol):
    """Runs a function where SQL may wait."""

    async def __call__(self, call: Callable[..., T], *arguments: Any) -> T: ...


@dataclass(frozen=True, slots=True)
class Receiver:
    """What hubs send, taken from the pages' server to the archive; `came_in` is told what it brought."""

    app: App
    context: Context
    in_sql: InSql
    came_in: Callable[[Ingested], None]

    @property
    def max_body(self) -> int:
        return self.app.config.collect.max_body

    async def known(self, token: str) -> Subscription | None:
        return await self.in_sql(self.app.subscriber.known, token)

    async def verify(self, subscription: Subscription, asked: Mapping[str, str]) -> str | None:
        return await self.in_sql(self.app.subscriber.verify, subscription, asked)

    async def deliver(self, subscription: Subscription, headers: Mapping[str, str], body: bytes) -> None:
        subscriber = self.app.subscriber
        self.came_in(await subscriber.deliver(subscription, headers, body, self.context, self.in_sql))


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the daemon has the order of stopping in hand.

    And it ends without a reset: a connection that was accepted is answered once, however late its request comes in.
    The next daemon accepts those that come after on the same socket.
    """

    def __init__(self, spoken: type[Connection], config: uvicorn.Config) -> None:
        super().__init__(config)
        self.spoken = spoken

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.spoken.ending = True
        for listening in self.servers:
            listening.close()
        await asyncio.sleep(0.01)  # those accepted last become connections
        cut = asyncio.get_running_loop().call_later(LAST, self._cut_off)
        try:
            await super().shutdown(sockets)
        finally:
            cut.cancel()

    def _cut_off(self) -> None:
        """Who still reads asks again. An answer that nobody waits for ends by itself; a cancelled one is an error."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def _rendered(app: App) -> Callable[[Feed, str], Representation]:
    """Makes a feed when it is asked for."""

    def render(feed: Feed, suffix: str) -> Representation:
        document = app.select(feed)[suffix]
        return Representation(document.body, MEDIA_TYPES[suffix][0], document.updated)

    return render


def server(app: App, receiver: Receiver | None) -> Server:
    pages = create_app(
        app.archive,
        app.views,
        app.meta,
        app.config.publish.folder,
        clock=app.clock,
        token=app.config.serve.token.get_secret_value(),
        receiver=receiver,
        render=_rendered(app),
        feeds=app.config.feeds,
        measure=app.archive.measures.at if app.config.serve.metrics != "off" else None,
        metrics_for_all=app.config.serve.metrics == "everybody",
    )
    spoken = protocol(pages)
    return Server(
        spoken,
        uvicorn.Config(
            pages,
            http=spoken,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=round(LAST) + 1,
        ),
    )
