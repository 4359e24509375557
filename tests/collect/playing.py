"""Sources, contexts and polls as the tests of this room use them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

from aggregator.collect import Context, Guard, Limits, open_context
from aggregator.collect.feed import FeedCollector
from aggregator.model import Collected, Source, SourceSpec

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
AGENT = "aggregator/0.1 (+https://aggregator.example/)"
METADATA = "127.0.0.9"  # stands in for 169.254.169.254
QUICK = Limits(
    gap=timedelta(0),
    connect_timeout=timedelta(seconds=1),
    read_timeout=timedelta(seconds=1),
    deadline=timedelta(seconds=2),
    max_body=1_000_000,
)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def admits(address: IPv4Address | IPv6Address) -> bool:
    """The judge of the tests: 127.0.0.1 plays the public web, everything else what is behind the wall."""
    return str(address) == "127.0.0.1"


class Names:
    """A resolver of the tests' own; each look-up of a name takes its next answer, the last one for ever."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(said) for name, said in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        said = self.answers.get(host, [["127.0.0.1"]])
        return said.pop(0) if len(said) > 1 else said[0]


def guard(names: Names | None = None, judge: Callable[[IPv4Address | IPv6Address], bool] = admits) -> Guard:
    return Guard(resolve=names or Names(), admits=judge, any_port=True)


def source(url: str, **spec: Any) -> Source:
    return Source(id=1, spec=SourceSpec("herald", location=url, **spec))


def context(
    clock: Callable[[], datetime] | None = None,
    limits: Limits = QUICK,
    root: Path = Path(),
    wall: Guard | None = None,
    dice: float = 0.0,
) -> AbstractAsyncContextManager[Context]:
    return open_context(AGENT, root, limits, clock=clock or Clock(), dice=lambda: dice, guard=wall or guard())


def poll(asked: Source | str, **around: Any) -> Collected:
    """Ask one feed once, in an event loop and with connections of its own."""

    async def ask() -> Collected:
        async with context(**around) as given:
            return await FeedCollector().collect(source(asked) if isinstance(asked, str) else asked, given)

    return asyncio.run(ask())


def again(collected: Collected) -> Source:
    """The source as the archive would hand it out next time."""
    return replace(collected.source, lease_token=collected.source.lease_token + 1)
