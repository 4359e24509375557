"""Many sources at once: one lane a host, a bounded number of lanes under way, results as they come.

A host that hangs delays only its own lane, however many sources it has; and many that hang stand aside for others.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from ..errors import AggregatorError, Permanent, Temporary
from ..model import Collected, Source
from .collector import Collector
from .context import Context
from .turns import Slots
from .visit import Visit

log = logging.getLogger("aggregator.collect")
TOGETHER = 32  # documents handed over at once
TOGETHER_BYTES = 1_000_000  # of documents, beyond which no more are handed over with them
Ours = Callable[[Source], Awaitable[bool]]


async def always(source: Source) -> bool:
    return True


async def run(
    sources: Sequence[Source],
    context: Context,
    collectors: Mapping[str, Collector],
    max_concurrency: int | None = None,
    ours: Ours = always,
) -> AsyncGenerator[list[Collected], None]:
    """Ask every source once that is `ours` when its turn comes; yields, in the order in which they finish, what has
    come since it was asked last: usually one, and several where the consumer is slower than the network.

    `max_concurrency` defaults to the limits'; sources that take long are not counted.
    When the consumer stops early or is cancelled, what is under
    way is cancelled and waited for; it leaves no trace. A slow consumer holds the workers up rather than
    letting results pile up.
    """
    lanes = _Lanes(sources)
    size = min(max_concurrency or context.limits.concurrency, len(lanes.ready))
    slots = Slots(max(size, 1))
    results: asyncio.Queue[Collected | None] = asyncio.Queue(maxsize=max(size, 1))
    workers = [
        asyncio.create_task(_work(lanes, slots, partial(_ask, context, collectors, ours), results))
        for _ in range(min(slots.most, len(lanes.ready)))
    ]
    try:
        left = len(sources)
        while left:
            come, count = await _come(results)
            left -= count
            if come:
                yield come
            del come  # a large body makes room for the next as soon as nobody holds it
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _come(results: asyncio.Queue[Collected | None]) -> tuple[list[Collected], int]:
    """What waits, as far as it may be taken together, and how many results that was."""
    come: list[Collected] = []
    count = size = 0
    while not count or (count < TOGETHER and size < TOGETHER_BYTES and not results.empty()):
        collected = await results.get()
        count += 1
        if collected:
            come.append(collected)
            size += len(collected.body)
    return come, count


class _Lanes:
    """The sources by host, those of one host one after another; a lane goes to the end after each turn."""

    def __init__(self, sources: Sequence[Source]) -> None:
        lanes: dict[str, deque[Source]] = {}
        for source in sources:
            lanes.setdefault(_lane(source), deque()).append(source)
        self.ready = deque(lanes.values())

    def __len__(self) -> int:
        return len(self.ready)


def _lane(source: Source) -> str:
    """The host with its port; a local source has a lane of its own."""
    place = source.url.partition("://")[2].partition("/")[0].lower()
    return place if _is_on_the_web(source) else f" {source.id}"


def _is_on_the_web(source: Source) -> bool:
    return source.url.lower().startswith(("http://", "https://"))


async def _work(
    lanes: _Lanes,
    slots: Slots,
    ask: Callable[[Source], Awaitable[Collected | None]],
    results: asyncio.Queue[Collected | None],
) -> None:
    while lanes.ready:
        async with slots.turn():
            if not lanes.ready:
                return
            lane = lanes.ready.popleft()
            await results.put(await ask(lane.popleft()))
        if lane:
            lanes.ready.append(lane)


async def _ask(
    context: Context, collectors: Mapping[str, Collector], ours: Ours, source: Source
) -> Collected | None:
    """None for one that is not ours any more."""
    if not await ours(source):
        return None
    collected = await collect_one(source, context, collectors)
    return replace(collected, rest=context.limits.gap if _is_on_the_web(source) else timedelta(0))


async def collect_one(source: Source, context: Context, collectors: Mapping[str, Collector]) -> Collected:
    """One source by its kind. A collector's mistake is recorded as a failure and stops no other source."""
    again = context.now + timedelta(days=1)
    collector = collectors.get(source.spec.kind)
    if collector is None:
        unknown = Permanent(f"no collector of kind {source.spec.kind!r} is installed", code="no-collector")
        return Visit(source, context.now).failed(unknown, again)
    try:
        return await collector.collect(source, context)
    except AggregatorError as error:
        return Visit(source, context.now).failed(error, again)
    except Exception as mistake:
        log.exception("%s: the %s collector failed", source.name, source.spec.kind)
        fault = Temporary(f"the {source.spec.kind} collector failed: {mistake!r}", code="internal")
        return Visit(source, context.now).failed(fault, again)
