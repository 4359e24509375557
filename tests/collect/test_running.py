"""Many sources at once: side by side, but one at a time a host, and nobody waits for the slow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from aggregator.collect import Collector, Context, Limits, run, turns
from aggregator.collect.feed import FeedCollector
from aggregator.model import Collected, Outcome, Source, SourceSpec

from .playing import QUICK, context, guard
from .server import Server, after, answers, hangs

FEED: Mapping[str, Collector] = {"feed": FeedCollector()}


def sources(*urls: str) -> list[Source]:
    return [Source(number, SourceSpec(f"s{number}", location=url)) for number, url in enumerate(urls)]


def bring_home(
    asked: Sequence[Source], limits: Limits = QUICK, collectors: Mapping[str, Collector] = FEED
) -> list[tuple[Collected, float]]:
    """Everything, each with the seconds it took to come."""

    async def ask() -> list[tuple[Collected, float]]:
        began = time.monotonic()
        async with context(limits=limits) as given:
            return [
                (c, time.monotonic() - began) async for come in run(asked, given, collectors) for c in come
            ]

    return asyncio.run(ask())


def test_every_source_comes_home_once(web: Server) -> None:
    asked = sources(*(web.on(f"/{n}", answers()) for n in range(40)))
    home = [collected for collected, _ in bring_home(asked)]
    assert sorted(collected.source.id for collected in home) == list(range(40))
    assert {collected.fetch.outcome for collected in home} == {Outcome.CHANGED}


def test_nothing_to_ask_is_nothing_to_wait_for() -> None:
    assert bring_home([]) == []


def test_a_host_is_asked_one_thing_at_a_time_with_a_gap(web: Server) -> None:
    asked = sources(*(web.on(f"/{n}", answers()) for n in range(4)))
    bring_home(asked, replace(QUICK, gap=timedelta(seconds=0.1)))
    assert {request.under_way for request in web.log} == {1}
    times = [request.at for request in web.log]
    assert all(later - earlier >= 0.1 for earlier, later in pairwise(times))


def test_two_runs_at_once_are_still_one_guest(web: Server) -> None:
    """The daemon sends each batch of sources with a run of its own."""

    async def ask() -> None:
        async def all_of(asked: list[Source]) -> list[Collected]:
            return [collected async for come in run(asked, given, FEED) for collected in come]

        async with context() as given:
            await asyncio.gather(
                *(all_of(sources(web.on(f"/{n}", after(0.05, answers())))) for n in range(5))
            )

    asyncio.run(ask())
    assert {request.under_way for request in web.log} == {1}


def test_a_host_that_hangs_for_all_its_sources_delays_no_other(web: Server) -> None:
    with Server(host="127.0.0.2") as hanging:
        stuck = [hanging.on(f"/{n}", hangs()) for n in range(5)]
        fine = [web.on(f"/{n}", answers()) for n in range(5)]
        asked = sources(*stuck, *(url.replace("127.0.0.1", f"h{n}.example") for n, url in enumerate(fine)))

        async def ask() -> list[tuple[Collected, float]]:
            limits = replace(QUICK, read_timeout=timedelta(seconds=0.4), concurrency=2)
            wall = guard(judge=lambda address: address.is_loopback)
            began = time.monotonic()
            async with context(limits=limits, wall=wall) as given:
                return [(c, time.monotonic() - began) async for come in run(asked, given, FEED) for c in come]

        home = asyncio.run(ask())
    late = {
        collected.source.id: after for collected, after in home if collected.fetch.error_code == "timeout"
    }
    in_time = {c.source.id: after for c, after in home if c.fetch.outcome is Outcome.CHANGED}
    assert (sorted(late), sorted(in_time)) == ([0, 1, 2, 3, 4], [5, 6, 7, 8, 9])
    assert max(in_time.values()) < max(late.values()) / 2


def test_any_number_of_hosts_that_hang_delay_no_other(web: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONG", 0.1)
    stuck, fine = web.on("/stuck", hangs()), web.on("/fine", answers())
    names = [*(stuck.replace("127.0.0.1", f"s{n}.example") for n in range(12))]
    asked = sources(*names, *(fine.replace("127.0.0.1", f"f{n}.example") for n in range(4)))
    home = bring_home(asked, replace(QUICK, concurrency=3))
    assert [c.source.id for c, _ in home[:4]] == [12, 13, 14, 15]
    assert {c.fetch.error_code for c, _ in home[4:]} == {"timeout"}


def test_many_hosts_are_asked_side_by_side_up_to_the_limit(web: Server) -> None:
    asked = sources(
        *(web.on(f"/{n}", after(0.1, answers())).replace("127.0.0.1", f"h{n}.example") for n in range(12))
    )
    bring_home(asked, replace(QUICK, concurrency=4))
    assert max(request.under_way for request in web.log) == 4


def test_a_source_of_a_kind_that_is_not_installed_is_refused_and_the_others_go_on(web: Server) -> None:
    odd = Source(7, SourceSpec("odd", kind="carrier-pigeon", location="loft"))
    home = {c.source.id: c for c, _ in bring_home([odd, *sources(web.on("/0", answers()))])}
    assert home[7].fetch.error == "no collector of kind 'carrier-pigeon' is installed"
    assert home[0].fetch.outcome is Outcome.CHANGED


def test_a_collectors_own_mistake_is_recorded_and_stops_no_other_source(web: Server) -> None:
    class Clumsy:
        async def collect(self, source: Source, context: Context) -> Collected:
            raise ZeroDivisionError("oops")

    clumsy = Source(7, SourceSpec("clumsy", kind="clumsy"))
    collectors = {**FEED, "clumsy": Clumsy()}
    home = {
        c.source.id: c for c, _ in bring_home([clumsy, *sources(web.on("/0", answers()))], QUICK, collectors)
    }
    assert (home[7].fetch.outcome, home[7].fetch.error_code) == (Outcome.FAILED, "internal")
    assert home[7].source.next_fetch_at is not None
    assert home[0].fetch.outcome is Outcome.CHANGED


def test_a_schedule_that_is_none_is_said_on_its_source(web: Server) -> None:
    vague = Source(7, SourceSpec("vague", location=web.on("/0", answers()), every="sometimes"))
    [(collected, _)] = bring_home([vague])
    assert (collected.fetch.outcome, collected.fetch.error_code) == (Outcome.FAILED, "bad-every")


@pytest.mark.parametrize("stop", ["close", "cancel"])
def test_who_stops_early_leaves_nothing_running(web: Server, stop: str) -> None:
    ended: list[int] = []

    class Watched(FeedCollector):
        async def collect(self, source: Source, context: Context) -> Collected:
            try:
                return await super().collect(source, context)
            finally:
                ended.append(source.id)

    urls = [web.on("/0", answers()), *(web.on(f"/{n}", hangs()) for n in range(1, 6))]
    asked = sources(*(url.replace("127.0.0.1", f"h{n}.example") for n, url in enumerate(urls)))

    async def take_one(home: AsyncIterator[Collected]) -> None:
        async for collected in home:
            assert collected.source.id == 0
            if stop == "close":
                return

    async def ask() -> None:
        async with context() as given:
            async with aclosing(run(asked, given, {"feed": Watched()})) as home:
                taking = asyncio.create_task(take_one(home))
                await asyncio.wait([taking], timeout=0.3)
                taking.cancel()
                await asyncio.wait([taking])
            assert sorted(ended) == [0, 1, 2, 3, 4, 5]
            assert len(asyncio.all_tasks()) == 1

    began = time.monotonic()
    asyncio.run(ask())
    assert time.monotonic() - began < 1


def test_what_has_passed_to_another_process_before_its_turn_is_not_asked(web: Server) -> None:
    asked = sources(*(web.on(f"/{n}", answers()) for n in range(4)))

    async def ask() -> list[int]:
        async def ours(source: Source) -> bool:
            return source.id != 2

        async with context() as given:
            return [each.source.id async for come in run(asked, given, FEED, ours=ours) for each in come]

    assert sorted(asyncio.run(ask())) == [0, 1, 3]
    assert len(web.log) == 3
