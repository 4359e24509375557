"""Where hubs reach us (WebSub): GET asks whether we meant a subscription, POST delivers.

The path holds a token that only the hub was told. What anybody can ask of us is bounded: the length of a body
and the time it may take, deliveries under way, look-ups of tokens under way, deliveries a subscription a minute.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ..errors import ArchiveError
from ..model import Subscription

LOOKUPS, DELIVERIES = 8, 4  # under way at once
READING = 20.0  # seconds that a body may take to come
RATE, PERIOD = 60, 60.0  # deliveries of one subscription in so many seconds
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_NOT_NOW = {"Retry-After": "60"}


class Receiver(Protocol):
    """Who knows the subscriptions."""

    @property
    def max_body(self) -> int:
        """Bytes."""

    async def known(self, token: str) -> Subscription | None: ...

    async def verify(self, subscription: Subscription, asked: Mapping[str, str]) -> str | None:
        """What goes back to the hub; None if nobody meant what it asks."""

    async def deliver(self, subscription: Subscription, headers: Mapping[str, str], body: bytes) -> None:
        """Take a delivery, or pass it over. Raises ArchiveError if the hub is to send it again."""


def callback(receiver: Receiver, clock: Callable[[], float] = time.monotonic) -> Route:
    """The route of all subscriptions."""
    return Route("/websub/{token}", _Callback(receiver, clock).answer, methods=["GET", "POST"])


class _Callback:
    def __init__(self, receiver: Receiver, clock: Callable[[], float]) -> None:
        self._receiver = receiver
        self._lookups = asyncio.Semaphore(LOOKUPS)
        self._deliveries = asyncio.Semaphore(DELIVERIES)
        self._rates = _Rates(clock)

    async def answer(self, request: Request) -> Response:
        subscription = await self._find(request.path_params["token"])
        if request.method == "POST":
            return await self._take(request, subscription)
        said = await self._receiver.verify(subscription, dict(request.query_params))
        if said is None:
            raise HTTPException(404)
        return PlainTextResponse(said, headers={"Cache-Control": "no-store"})

    async def _find(self, token: str) -> Subscription:
        if not _TOKEN.fullmatch(token):
            raise HTTPException(404)
        if self._lookups.locked():
            raise HTTPException(503, headers=_NOT_NOW)
        async with self._lookups:
            found = await self._receiver.known(token)
        if found is None:
            raise HTTPException(404)
        return found

    async def _take(self, request: Request, subscription: Subscription) -> Response:
        """202 whether or not it was believed: a hub is not told what it may try (section 7.1)."""
        if subscription.state == "ending":
            raise HTTPException(410)
        if not self._rates.allow(subscription.id):
            raise HTTPException(429, headers=_NOT_NOW)
        if self._deliveries.locked():
            raise HTTPException(503, headers=_NOT_NOW)
        async with self._deliveries:
            body = await self._body(request)
            try:
                await self._receiver.deliver(subscription, request.headers, body)
            except ArchiveError:
                raise HTTPException(503, headers=_NOT_NOW) from None
        return Response(status_code=202)

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(READING):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self._receiver.max_body:
                        raise HTTPException(413)
        except TimeoutError:
            raise HTTPException(408) from None
        except ClientDisconnect:
            raise HTTPException(400) from None
        return bytes(body)


class _Rates:
    """How often each subscription delivers; those that were quiet for a period are forgotten."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times: dict[int, deque[float]] = {}

    def allow(self, subscription: int) -> bool:
        now = self._clock()
        if len(self._times) > 1000:
            self._times = {key: times for key, times in self._times.items() if times[-1] > now - PERIOD}
        times = self._times.setdefault(subscription, deque(maxlen=RATE))
        if len(times) == RATE and times[0] > now - PERIOD:
            return False
        times.append(now)
        return True
