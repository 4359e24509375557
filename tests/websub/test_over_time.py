"""Leases, silence, denials and hostile hubs, on a clock that is set by hand; every state survives in the archive."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.archive import Archive
from aggregator.collect import Limits, open_context
from aggregator.model import Collected, Fetch, Outcome, ParsedFeed, SourceSpec, Subscription
from aggregator.websub import Announcer, Subscriber

from ..archive.making import an_entry
from ..collect.server import ATOM
from ..conftest import NOON, Clock
from .hub import Hub, a_hub

BASE = "https://me.example/"
TOPIC = "https://herald.example/feed"
DAY = timedelta(days=1)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with a_hub(verifies=False) as made:
        yield made


@pytest.fixture
def ours(archive: Archive, clock: Clock) -> Subscriber:
    archive.add_source(SourceSpec("herald", location=TOPIC, every="1h", allow_private=True), NOON)
    return Subscriber(archive, BASE, clock)


def poll(ours: Subscriber, hub: str, *numbers: int, topic: str = TOPIC) -> datetime:
    """The source is asked and brings these entries; when it will be asked next."""
    now = ours.clock()
    (source,) = ours.archive.claim(now, 1, timedelta(minutes=5), ["herald"], force=True)
    memory = {"hub": hub, "topic": topic} if hub else {}
    read = replace(source, memory=memory, next_fetch_at=now + timedelta(hours=1), last_fetch_at=now)
    fetch = Fetch(source.id, now, Outcome.CHANGED if numbers else Outcome.UNCHANGED)
    ours.ingest_all([Collected(read, fetch, ParsedFeed(entries=tuple(an_entry(n) for n in numbers)))])
    return next_poll(ours)


def next_poll(ours: Subscriber) -> datetime:
    due = ours.archive.source("herald").next_fetch_at
    assert due is not None
    return due


def held(ours: Subscriber) -> Subscription:
    found = ours.archive.subscriptions.of_source(ours.archive.source("herald").id)
    assert found is not None
    return found


def renew(ours: Subscriber) -> None:
    asyncio.run(_with_context(ours, "renew"))


def deliver(ours: Subscriber, body: bytes = ATOM, signature: str | None = None, **headers: str) -> int:
    """New entries that a delivery to our callback brought."""
    subscription = held(ours)
    if signature is None:
        signature = "sha256=" + hmac.new(subscription.secret.encode(), body, hashlib.sha256).hexdigest()
    said = {"x-hub-signature": signature, "content-type": "application/atom+xml", **headers}
    done = asyncio.run(_with_context(ours, "deliver", subscription, said, body))
    return int(done.new)


async def _with_context(ours: Any, method: str, *given: Any) -> Any:
    limits = Limits(gap=timedelta(0), deadline=timedelta(seconds=2))
    async with open_context(
        "aggregator/0 (+https://me.example/)", Path(), limits, clock=ours.clock
    ) as context:
        return await getattr(ours, method)(*given, context, asyncio.to_thread)


def confirm(ours: Subscriber, mode: str = "subscribe", lease: int = 86400, **more: str) -> str | None:
    """The hub asks back, as it finds our callback."""
    question = {"hub.mode": mode, "hub.topic": TOPIC, "hub.challenge": "xyz", "hub.lease_seconds": str(lease)}
    found = ours.known(held(ours).token)
    assert found is not None
    return ours.verify(found, question | more)


def subscribed(ours: Subscriber, hub: Hub, lease: int = 86400) -> None:
    poll(ours, hub.url, 1)
    renew(ours)
    assert confirm(ours, lease=lease) == "xyz"


def test_a_feed_that_names_a_hub_is_subscribed_to_with_a_secret_and_a_path_of_its_own(
    ours: Subscriber, hub: Hub
) -> None:
    poll(ours, hub.url, 1)
    assert held(ours).state == "new"
    renew(ours)
    (asked,) = hub.asked
    assert (asked["hub.mode"], asked["hub.topic"]) == ("subscribe", TOPIC)
    assert asked["hub.callback"] == BASE + "websub/" + held(ours).token
    assert asked["hub.secret"] == held(ours).secret != held(ours).token
    assert held(ours).state == "asked"
    assert confirm(ours) == "xyz"
    assert (held(ours).state, held(ours).lease_until) == ("active", NOON + DAY)


def test_a_subscription_is_renewed_before_its_lease_ends_and_only_then(
    ours: Subscriber, hub: Hub, clock: Clock
) -> None:
    subscribed(ours, hub)
    clock.forward(hours=15)
    renew(ours)
    assert len(hub.asked) == 1
    clock.forward(hours=2)
    renew(ours)
    assert hub.modes() == ["subscribe", "subscribe"]
    assert hub.asked[0]["hub.callback"] == hub.asked[1]["hub.callback"]
    assert confirm(ours) == "xyz"
    assert held(ours).lease_until == clock.now + DAY


def test_a_hub_that_does_not_ask_back_is_asked_again_ever_more_rarely(
    ours: Subscriber, hub: Hub, clock: Clock
) -> None:
    poll(ours, hub.url, 1)
    for _ in range(48):
        renew(ours)
        clock.forward(hours=1)
    assert 4 < len(hub.asked) < 16
    assert held(ours).state == "asked"


def test_a_hub_that_cannot_be_reached_is_noted_and_tried_again(ours: Subscriber, clock: Clock) -> None:
    poll(ours, "http://127.0.0.1:9/hub", 1)
    renew(ours)
    assert "nothing listens there" in held(ours).error
    clock.forward(hours=1)
    renew(ours)
    assert held(ours).failures == 2


def test_polling_slows_once_the_hub_delivers_and_the_content_takes_the_same_way(
    ours: Subscriber, hub: Hub, clock: Clock, archive: Archive
) -> None:
    subscribed(ours, hub, lease=10 * 86400)
    assert next_poll(ours) == NOON + timedelta(hours=1), "a promise is not yet a delivery"
    assert deliver(ours) == 1
    assert next_poll(ours) == NOON + DAY
    assert deliver(ours) == 0, "what is known is skipped"
    clock.forward(days=1)
    assert poll(ours, hub.url) == clock.now + DAY, "polling is only a check now"
    assert archive.waiting_count() == 2


def test_polling_comes_back_when_the_hub_kept_news_to_itself(
    ours: Subscriber, hub: Hub, clock: Clock
) -> None:
    subscribed(ours, hub, lease=10 * 86400)
    deliver(ours)
    clock.forward(days=1)
    assert poll(ours, hub.url, 2, 3) == clock.now + timedelta(hours=1)
    assert not held(ours).working
    assert deliver(ours, ATOM.replace(b"2026:1", b"2026:9")) == 1
    assert held(ours).working, "and slows again when it speaks again"


def test_polling_comes_back_when_the_lease_lapses(ours: Subscriber, hub: Hub, clock: Clock) -> None:
    subscribed(ours, hub, lease=4 * 3600)
    deliver(ours)
    assert next_poll(ours) == NOON + timedelta(hours=4), "never later than the lease"
    clock.forward(hours=2)
    deliver(ours, ATOM.replace(b"2026:1", b"2026:2"))
    hub.status = 500
    clock.forward(hours=3)
    renew(ours)
    assert next_poll(ours) <= clock.now
    assert (held(ours).state, held(ours).working) == ("new", False)


def test_polling_comes_back_when_the_hub_denies_us_later(ours: Subscriber, hub: Hub, clock: Clock) -> None:
    subscribed(ours, hub)
    deliver(ours)
    clock.forward(minutes=30)
    confirm(ours, "denied", **{"hub.reason": "too many"})
    assert next_poll(ours) == NOON + timedelta(hours=1)
    assert held(ours).state == "denied" and "too many" in held(ours).error
    clock.forward(days=8)
    renew(ours)
    assert len(hub.asked) == 2


@pytest.mark.parametrize(
    "signature", ["", "sha256=" + "0" * 64, "sha1=", "md5=d41d8cd98f00b204e9800998ecf8427e"]
)
def test_what_is_not_signed_by_the_hub_changes_nothing(
    ours: Subscriber, hub: Hub, archive: Archive, signature: str
) -> None:
    subscribed(ours, hub)
    assert deliver(ours, signature=signature) == 0
    assert (archive.waiting_count(), held(ours).working) == (1, False)


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>no feed</body></html>", b"\x00" * 99, ATOM[:300], b"just words"]
)
def test_signed_rubbish_changes_nothing_either(
    ours: Subscriber, hub: Hub, archive: Archive, body: bytes
) -> None:
    subscribed(ours, hub)
    assert deliver(ours, body) == 0
    assert (archive.waiting_count(), held(ours).working) == (1, False)


def test_a_delivery_before_the_hub_asked_back_is_passed_over(ours: Subscriber, hub: Hub) -> None:
    poll(ours, hub.url, 1)
    renew(ours)
    assert deliver(ours) == 0


def test_a_stranger_cannot_end_a_subscription(ours: Subscriber, hub: Hub) -> None:
    subscribed(ours, hub)
    assert confirm(ours, "unsubscribe") is None
    assert held(ours).state == "active"


def test_a_source_that_goes_is_unsubscribed(ours: Subscriber, hub: Hub, archive: Archive) -> None:
    subscribed(ours, hub)
    token = held(ours).token
    archive.remove_source("herald")
    renew(ours)
    assert hub.modes() == ["subscribe", "unsubscribe"]
    found = ours.known(token)
    assert found is not None and found.state == "ending"
    assert (
        ours.verify(found, {"hub.mode": "unsubscribe", "hub.topic": TOPIC, "hub.challenge": "end"}) == "end"
    )
    assert ours.known(token) is None


def test_a_hub_that_will_not_let_go_is_left_after_three_requests(
    ours: Subscriber, hub: Hub, archive: Archive, clock: Clock
) -> None:
    subscribed(ours, hub)
    token = held(ours).token
    archive.remove_source("herald")
    for _ in range(6):
        renew(ours)
        clock.forward(days=1)
    assert hub.modes().count("unsubscribe") == 3
    assert ours.known(token) is None


def test_a_feed_that_changes_its_hub_leaves_the_old_one(ours: Subscriber, hub: Hub) -> None:
    subscribed(ours, hub)
    with a_hub(verifies=False) as other:
        poll(ours, other.url)
        renew(ours)
        assert (hub.modes(), other.modes()) == (["subscribe", "unsubscribe"], ["subscribe"])
        poll(ours, "")
        renew(ours)
        assert other.modes() == ["subscribe", "unsubscribe"]


def test_a_hub_behind_the_wall_is_not_asked(ours: Subscriber, hub: Hub, archive: Archive) -> None:
    archive.add_source(SourceSpec("herald", location=TOPIC, every="1h", allow_private=False), NOON)
    poll(ours, hub.url, 1)
    renew(ours)
    assert hub.asked == []
    assert "127.0.0.1 is a private address" in held(ours).error


def test_where_nobody_can_reach_us_nobody_is_asked_and_polling_is_as_before(
    ours: Subscriber, hub: Hub, clock: Clock
) -> None:
    subscribed(ours, hub)
    deliver(ours)
    assert next_poll(ours) == NOON + DAY
    off = Subscriber(ours.archive, "", clock)
    renew(off)
    assert next_poll(ours) == NOON + timedelta(hours=1)
    poll(off, hub.url, 5)
    assert ours.archive.subscriptions.told().wished == 0


def test_a_callback_at_another_address_is_told_to_the_hub(ours: Subscriber, hub: Hub, clock: Clock) -> None:
    subscribed(ours, hub)
    moved = Subscriber(ours.archive, "https://new.example/", clock)
    poll(moved, hub.url)
    renew(moved)
    assert hub.asked[-1]["hub.callback"].startswith("https://new.example/websub/")


# ---------------------------------------------------------------- what we tell


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "public" / "feed.atom"
    path.parent.mkdir()
    path.write_text("one")
    return path


def announcer(archive: Archive, hub: Hub, feed: Path, clock: Clock) -> Announcer:
    return Announcer(archive, (hub.url,), feed.parent, "https://news.example/", clock)


def announce(ours: Announcer) -> list[str]:
    said: list[str] = asyncio.run(_with_context(ours, "announce"))
    return said


def test_a_hub_is_told_of_each_change_once(archive: Archive, hub: Hub, feed: Path, clock: Clock) -> None:
    ours = announcer(archive, hub, feed, clock)
    ours.note([feed, feed.with_name("feed.atom.gz"), feed.with_name("page.html")])
    assert announce(ours) == []
    assert [form["hub.url"] for form in hub.asked] == ["https://news.example/feed.atom"]
    ours.note([feed])
    announce(ours)
    assert len(hub.asked) == 1, "the bytes are the same"
    feed.write_text("two")
    assert ours.note() == 1, "as after a crash between writing and noting"
    announce(ours)
    assert len(hub.asked) == 2


def test_a_hub_that_is_down_is_told_when_it_is_back(
    archive: Archive, hub: Hub, feed: Path, clock: Clock
) -> None:
    hub.status = 503
    ours = announcer(archive, hub, feed, clock)
    ours.note([feed])
    for _ in range(12):
        announce(ours)
        clock.forward(minutes=10)
    assert 3 < len(hub.asked) < 8
    hub.status = 204
    clock.forward(days=1)
    again = announcer(archive, hub, feed, clock)  # by another process
    assert announce(again) == []
    assert archive.announcements.untold() == []


def test_news_that_comes_while_a_hub_is_told_is_told_as_well(
    archive: Archive, hub: Hub, feed: Path, clock: Clock
) -> None:
    ours = announcer(archive, hub, feed, clock)
    ours.note([feed])
    (said,) = archive.announcements.due(clock.now, 9, DAY)
    feed.write_text("two")
    ours.note([feed])
    archive.announcements.told(said)
    announce(ours)
    assert len(hub.asked) == 1


def test_a_hub_that_is_not_named_any_more_is_told_nothing(
    archive: Archive, hub: Hub, feed: Path, clock: Clock
) -> None:
    announcer(archive, hub, feed, clock).note([feed])
    with a_hub() as other:
        ours = announcer(archive, other, feed, clock)
        ours.note([feed])
        announce(ours)
        assert hub.asked == []
        assert other.modes() == ["publish"]
