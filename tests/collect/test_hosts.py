"""Turns at hosts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from aggregator.collect import hosts
from aggregator.collect.hosts import Hosts


def test_hosts_without_business_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "TIDY_AT", 3)

    async def visit() -> int:
        turns = Hosts(timedelta(0))
        async with turns.turn("busy.example"):
            for number in range(9):
                async with turns.turn(f"h{number}.example"):
                    await asyncio.sleep(0.001)
            assert "busy.example" in turns._hosts
        return len(turns._hosts)

    assert asyncio.run(visit()) <= 4


def test_a_turn_that_ends_badly_is_over() -> None:
    async def visit() -> None:
        turns = Hosts(timedelta(0))
        with pytest.raises(ZeroDivisionError):
            async with turns.turn("h.example"):
                raise ZeroDivisionError
        async with asyncio.timeout(1), turns.turn("h.example"):
            pass

    asyncio.run(visit())
