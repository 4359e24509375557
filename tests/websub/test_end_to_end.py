"""Our publisher, a hub and our subscriber, as three servers that know of each other only by HTTP."""

from __future__ import annotations

import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ..test_main_job import UNRELATED, Place, start, welcome
from ..test_main_job import eventually as soon
from .hub import Hub, a_hub, exchange


def eventually(true: Callable[[], object]) -> None:
    """Three programs on a busy machine take their time."""
    soon(true, seconds=60)


@pytest.fixture
def publisher(tmp_path: Path) -> Place:
    (tmp_path / "publisher").mkdir()
    return Place(tmp_path / "publisher")


@pytest.fixture
def subscriber(tmp_path: Path) -> Place:
    (tmp_path / "subscriber").mkdir()
    return Place(tmp_path / "subscriber")


def publishes_to(place: Place, hub: Hub) -> None:
    with (place.folder / "config.toml").open("a") as config:
        config.write(f"[publish]\nhubs = ['{hub.url}']\n")


def reads(place: Place, publisher: Place) -> None:
    shutil.rmtree(place.seeds)
    place.seeds.mkdir()
    with (place.folder / "config.toml").open("a") as config:
        config.write(
            f"[[source]]\nname = 'wire'\nurl = 'http://127.0.0.1:{publisher.port}/feed.atom'\nallow_private = true\n"
            f"[websub]\ncallback = 'http://127.0.0.1:{place.port}'\n[collect]\ngap = '0s'\n"
        )


def source(place: Place) -> dict[str, object]:
    (row,) = [row for row in place.json("sources") if row["spec"]["name"] == "wire"]
    return row


def test_news_goes_from_our_publisher_through_the_hub_to_our_subscriber_within_seconds(
    publisher: Place, subscriber: Place
) -> None:
    with a_hub() as hub, start_of(publisher, hub) as published:
        eventually(lambda: (publisher.folder / "public/feed.rss").exists() and publisher.entries())
        reads(subscriber, publisher)
        with start(subscriber) as reading:
            welcome(reading)
            eventually(lambda: len(hub.subscribers) == 1)
            (((topic, callback), secret),) = hub.subscribers.items()
            assert topic == f"http://127.0.0.1:{publisher.port}/feed.atom"
            assert len(callback.rpartition("/")[2]) == 43 and len(secret) == 43
            eventually(lambda: len(subscriber.entries()) == 1)
            before = source(subscriber)["next_fetch_at"]
            assert datetime.fromisoformat(str(before)) < datetime.now(UTC) + timedelta(hours=2)

            (publisher.seeds / "keeper.txt").write_text(UNRELATED)
            eventually(lambda: hub.answers == [202])
            eventually(lambda: len(subscriber.entries()) == 2)
            after = datetime.fromisoformat(str(source(subscriber)["next_fetch_at"]))
            assert after > datetime.now(UTC) + timedelta(hours=23), "polling slows while the hub works"
            assert "1 of 1 feeds with a hub are subscribed to, 1 deliver" in subscriber.run("status")

            reading.terminate()
            assert reading.wait(timeout=10) == 0
        told = len([mode for mode in hub.modes() if mode == "publish"])
        with start(
            subscriber
        ) as reading:  # after a restart the subscription stands, and is not asked for again
            welcome(reading)
            (publisher.seeds / "second.txt").write_text(
                UNRELATED.replace("keeper", "pilot").replace("lamp", "harbour")
            )
            eventually(lambda: len(hub.modes()) > told + 1)
            eventually(lambda: hub.answers[-1:] == [202] and len(hub.answers) == 2)
            assert hub.modes().count("subscribe") == 1
            take_out(subscriber)
            reading.terminate()
            reading.wait(timeout=10)
        with start(subscriber) as reading:
            welcome(reading)
            eventually(lambda: not hub.subscribers)
            assert exchange("POST", callback, "/websub/" + callback.rpartition("/")[2], b"x")[0] in (404, 410)
        published.terminate()


def start_of(place: Place, hub: Hub) -> AbstractContextManager[subprocess.Popen[str]]:
    publishes_to(place, hub)
    return start(place)


def take_out(place: Place) -> None:
    path = place.folder / "config.toml"
    said = path.read_text()
    head, _, rest = said.partition("[[source]]\nname = 'wire'")
    path.write_text(head + rest[rest.index("[websub]") :])


def test_feeds_name_their_hub_in_the_document_and_in_the_header(publisher: Place) -> None:
    with a_hub() as hub, start_of(publisher, hub) as process:
        welcome(process)
        eventually(lambda: (publisher.folder / "public" / "feed.rss").exists() and publisher.entries())
        for name in ("feed.atom", "feed.rss", "feed.json"):
            with urllib.request.urlopen(f"http://127.0.0.1:{publisher.port}/{name}", timeout=5) as response:
                assert response.headers["Link"] == (
                    f'<{hub.url}>; rel="hub", <http://127.0.0.1:{publisher.port}/{name}>; rel="self"'
                )
                assert hub.url in response.read().decode()
        eventually(lambda: hub.modes().count("publish") >= 3)
        told = [form["hub.url"].rpartition("/")[2] for form in hub.asked]
        assert set(told) == {"feed.atom", "feed.rss", "feed.json"}
        process.terminate()
        process.wait(timeout=10)
        told = len(hub.asked)
        publisher.run("once")
        assert len(hub.asked) == told, "nothing changed, so nobody is told"


def test_a_hub_that_is_down_is_named_and_left_in_peace_for_a_while(publisher: Place) -> None:
    with a_hub(status=503) as hub:
        publishes_to(publisher, hub)
        publisher.run("once", code=1)
        assert f"the hub {hub.url} answers 503" in publisher.complaint
        assert hub.modes() == ["publish"] * 3
        hub.status = 202
        publisher.run("once")
        assert len(hub.asked) == 3, "it is left in peace for a minute"
        assert f"{hub.url} is still to be told of" in publisher.run("status")
