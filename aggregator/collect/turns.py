"""Who may go on when there is not room for all: requests under way, and large bodies in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from ..errors import Temporary

LONG = 3.0  # seconds after which a request is one that waits for a server
ASIDE = 4  # times as many as may be under way
# Bytes of a body, and how many that are larger may be in memory at once, until they are stored.
LARGE = (500_000, 4), (2_000_000, 1)
LONGEST_WAIT = 120.0  # seconds for room in memory


class Slots:
    """So many at once. Who takes long stands aside and lets another go: hosts that hang keep nobody waiting.

    There is room for some aside; who finds none left keeps the slot. `relieved` is called whenever one does not.
    """

    def __init__(self, count: int) -> None:
        self.relieved: Callable[[], None] = lambda: None
        self.aside = 0
        self.most = (1 + ASIDE) * count  # that can be under way, those aside included
        self._free = asyncio.Semaphore(count)
        self._room = ASIDE * count

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        give_back = await self.take()
        try:
            yield
        finally:
            give_back()

    async def take(self) -> Callable[[], None]:
        """A turn that ends when what is returned is called."""
        await self._free.acquire()
        is_aside = False

        def stand_aside() -> None:
            nonlocal is_aside
            if self.aside < self._room:
                is_aside = True
                self.aside += 1
                self._free.release()
                self.relieved()

        def give_back() -> None:
            timer.cancel()
            if is_aside:
                self.aside -= 1
            else:
                self._free.release()

        timer = asyncio.get_running_loop().call_later(LONG, stand_aside)
        return give_back


class Body(bytes):
    """A large body. It has the turns that it grew by for as long as anybody holds it, in whatever thread."""

    give_back: Callable[[], None]

    def __del__(self) -> None:
        self.give_back()

    def __reduce__(self) -> tuple[type[bytes], tuple[bytes]]:
        return bytes, (bytes(self),)  # in another process it counts there


class Bodies:
    """The large bodies of one event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._turns = [(least, asyncio.Semaphore(count)) for least, count in LARGE]

    @contextmanager
    def growing(self) -> Iterator[Growing]:
        """A body that is yet to grow; the room it has taken goes back at the end, unless it is whole by then."""
        held: list[asyncio.Semaphore] = []
        try:
            yield Growing(self._turns, held, self._give_back)
        finally:
            self._give_back(held)

    def _give_back(self, held: Sequence[asyncio.Semaphore]) -> None:
        for turn in held:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(turn.release)


@dataclass(frozen=True, slots=True)
class Growing:
    """A body while it grows, and the turns that it has taken."""

    turns: Sequence[tuple[int, asyncio.Semaphore]]
    held: list[asyncio.Semaphore]
    give_back: Callable[[Sequence[asyncio.Semaphore]], None]

    async def to(self, size: int, patience: asyncio.Timeout) -> None:
        """Wait until a body of this size may be in memory, which costs none of its time. Raises Temporary."""
        for least, turn in self.turns[len(self.held) :]:
            if size > least:
                async with _resting(patience):
                    await _acquire(turn)
                self.held.append(turn)

    def whole(self, body: bytearray) -> bytes:
        if not self.held:
            return bytes(body)
        whole = Body(body)
        whole.give_back = partial(self.give_back, tuple(self.held))
        self.held.clear()
        return whole


async def _acquire(turn: asyncio.Semaphore) -> None:
    """Not for ever: whoever holds the others may be waiting for us."""
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            await turn.acquire()
    except TimeoutError as error:
        raise Temporary(
            "too many large documents came at once: it is asked again later", code="crowded"
        ) from error


@asynccontextmanager
async def _resting(patience: asyncio.Timeout) -> AsyncIterator[None]:
    clock = asyncio.get_running_loop().time
    left = (patience.when() or clock()) - clock()
    patience.reschedule(None)
    yield
    patience.reschedule(clock() + left)
