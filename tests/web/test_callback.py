"""Where hubs reach us: what is answered to whom, and how much anybody may send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from aggregator.errors import ArchiveBusy
from aggregator.model import Subscription
from aggregator.web.application import create_app
from aggregator.web.callback import DELIVERIES, LOOKUPS, RATE, Receiver

from ..publish.stories import META
from .fake import FakeArchive

TOKEN = "a" * 43
MINE = Subscription(1, 1, "https://hub.example/", "https://h.example/", "http://me/", TOKEN, "s", "active")


@dataclass
class FakeReceiver:
    max_body: int = 1000
    subscription: Subscription = MINE
    delivered: list[bytes] = field(default_factory=list)
    gate: asyncio.Event | None = None
    busy: bool = False

    async def known(self, token: str) -> Subscription | None:
        if self.gate and not self.delivered and token != TOKEN:
            await self.gate.wait()
        return self.subscription if token == TOKEN else None

    async def verify(self, subscription: Subscription, asked: Mapping[str, str]) -> str | None:
        return asked.get("hub.challenge") if asked.get("hub.mode") == "subscribe" else None

    async def deliver(self, subscription: Subscription, headers: Mapping[str, str], body: bytes) -> None:
        if self.gate:
            await self.gate.wait()
        if self.busy:
            raise ArchiveBusy("another process writes")
        self.delivered.append(body)


@pytest.fixture
def ours() -> FakeReceiver:
    return FakeReceiver()


def a_hub(ours: FakeReceiver | None, folder: Path) -> httpx.AsyncClient:
    receiver: Receiver | None = ours
    archive = FakeArchive()
    app = create_app(archive, archive.views, META, folder, receiver=receiver)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://me")


def ask(ours: FakeReceiver | None, folder: Path, method: str, path: str, **sent: object) -> httpx.Response:
    async def once() -> httpx.Response:
        async with a_hub(ours, folder) as hub:
            return await hub.request(method, path, **sent)  # type: ignore[arg-type]

    return asyncio.run(once())


def test_the_challenge_goes_back_as_plain_text_that_no_browser_runs(
    ours: FakeReceiver, tmp_path: Path
) -> None:
    question = {"hub.mode": "subscribe", "hub.challenge": "<script>alert(1)</script>"}
    said = ask(ours, tmp_path, "GET", f"/websub/{TOKEN}", params=question)
    assert (said.status_code, said.text) == (200, question["hub.challenge"])
    assert said.headers["content-type"].startswith("text/plain")
    assert said.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/websub/short", f"/websub/{'b' * 43}", f"/websub/{TOKEN}/more"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_does_not_know_the_path_finds_nothing(
    ours: FakeReceiver, tmp_path: Path, path: str, method: str
) -> None:
    assert ask(ours, tmp_path, method, path).status_code == 404
    assert ours.delivered == []


def test_what_nobody_meant_is_not_found(ours: FakeReceiver, tmp_path: Path) -> None:
    question = {"hub.mode": "unsubscribe", "hub.challenge": "x"}
    assert ask(ours, tmp_path, "GET", f"/websub/{TOKEN}", params=question).status_code == 404


def test_where_no_hub_is_expected_there_is_no_callback(tmp_path: Path) -> None:
    assert ask(None, tmp_path, "POST", f"/websub/{TOKEN}").status_code == 404


def test_a_delivery_is_taken(ours: FakeReceiver, tmp_path: Path) -> None:
    assert ask(ours, tmp_path, "POST", f"/websub/{TOKEN}", content=b"feed").status_code == 202
    assert ours.delivered == [b"feed"]


def test_a_delivery_that_could_not_be_stored_is_to_be_sent_again(ours: FakeReceiver, tmp_path: Path) -> None:
    ours.busy = True
    said = ask(ours, tmp_path, "POST", f"/websub/{TOKEN}", content=b"feed")
    assert said.status_code == 503
    assert int(said.headers["retry-after"]) > 0


def test_a_delivery_for_what_we_left_is_gone(ours: FakeReceiver, tmp_path: Path) -> None:
    ours.subscription = replace(MINE, state="ending")
    assert ask(ours, tmp_path, "POST", f"/websub/{TOKEN}", content=b"feed").status_code == 410


def test_a_body_is_bounded_whether_or_not_it_says_its_length(ours: FakeReceiver, tmp_path: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 1_000_000:
            sent += 100
            yield b"x" * 100

    assert ask(ours, tmp_path, "POST", f"/websub/{TOKEN}", content=endless()).status_code == 413
    assert ask(ours, tmp_path, "POST", f"/websub/{TOKEN}", content=b"x" * 1001).status_code == 413
    assert ours.delivered == []


def test_one_hub_cannot_send_without_end(ours: FakeReceiver, tmp_path: Path) -> None:
    async def many() -> list[int]:
        async with a_hub(ours, tmp_path) as hub:
            return [(await hub.post(f"/websub/{TOKEN}", content=b"x")).status_code for _ in range(RATE + 5)]

    said = asyncio.run(many())
    assert said == [202] * RATE + [429] * 5


@pytest.mark.parametrize(("token", "most"), [(TOKEN, DELIVERIES), ("b" * 43, LOOKUPS)])
def test_what_is_under_way_is_bounded(ours: FakeReceiver, tmp_path: Path, token: str, most: int) -> None:
    async def crowd() -> list[int]:
        ours.gate = asyncio.Event()
        async with a_hub(ours, tmp_path) as hub:
            asked = [asyncio.create_task(hub.post(f"/websub/{token}", content=b"x")) for _ in range(most + 3)]
            await asyncio.sleep(0.1)
            ours.gate.set()
            return sorted([(await one).status_code for one in asked])

    said = asyncio.run(crowd())
    assert said.count(503) == 3
