"""Feeds made on demand: by a query in the address, and with a token."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aggregator.query import Feed, parse
from aggregator.web import Representation, selected
from aggregator.web.application import create_app
from aggregator.web.rates import ALL, EACH, Rates

from ..publish.stories import META, NOON
from .fake import NOW, FakeArchive

TOKEN = "a token of some length"
SECRET = Feed("secret", parse("gaza"), "Secret", digest=hashlib.sha256(TOKEN.encode()).hexdigest())


@pytest.fixture
def made() -> list[tuple[Feed, str]]:
    return []


@pytest.fixture
def client(tmp_path: Path, made: list[tuple[Feed, str]]) -> Iterator[TestClient]:
    def render(feed: Feed, suffix: str) -> Representation:
        made.append((feed, suffix))
        return Representation(f"{feed.name} {feed.title} {suffix}".encode(), "application/atom+xml", NOON)

    archive = FakeArchive()
    app = create_app(
        archive,
        archive.views,
        META,
        tmp_path,
        clock=lambda: NOW,
        render=render,
        feeds=[SECRET, Feed("open", parse("x"))],
    )
    with TestClient(app) as client:
        yield client


def test_a_query_in_the_address_is_a_feed_with_validators(client: TestClient, made: list[object]) -> None:
    found = client.get("/feeds/search.atom", params={"q": "  place:cairo   truce "})
    assert (found.status_code, found.text) == (200, "search place:cairo truce .atom")
    assert found.headers["access-control-allow-origin"] == "*"
    again = client.get(
        "/feeds/search.atom",
        params={"q": "  place:cairo   truce "},
        headers={"if-none-match": found.headers["etag"]},
    )
    assert again.status_code == 304
    assert len(made) == 1, "within a minute it is not made anew"
    assert made[0][0].asked == "q=++place%3Acairo+++truce+"
    assert client.get("/feeds/search.json", params={"q": "place:cairo truce"}).text.endswith(".json")
    assert client.get("/feeds/search.atom").status_code == 400
    assert client.get("/feeds/search.atom", params={"q": "x" * 501}).status_code == 400


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"params": {"token": TOKEN}}, 200),
        ({"headers": {"authorization": f"Bearer {TOKEN}"}}, 200),
        ({"headers": {"authorization": f"Basic {TOKEN}"}}, 404),
        ({"params": {"token": TOKEN + "x"}}, 404),
        ({"params": {"token": SECRET.digest}}, 404),
        ({"params": {"token": ""}}, 404),
        ({}, 404),
    ],
)
def test_a_feed_with_a_token_is_there_for_who_has_it(
    client: TestClient, asked: dict[str, dict[str, str]], status: int
) -> None:
    found = client.get("/feeds/secret.atom", **asked)
    assert found.status_code == status
    if status == 200:
        assert found.headers["cache-control"].startswith("private")


def test_a_feed_says_the_address_that_it_was_asked_at_where_it_is_one(
    client: TestClient, made: list[tuple[Feed, str]]
) -> None:
    for said in ("q=place:cairo", "q=place%3Acairo", 'q="place:cairo"', "q=place:cairo<"):
        client.get(f"/feeds/search.rss?{said}")
    client.get("/feeds/secret.atom", params={"token": TOKEN})
    client.get("/feeds/secret.atom", headers={"authorization": f"Bearer {TOKEN}"})
    asked = [feed.asked for feed, _ in made]
    assert asked[:2] == ["q=place:cairo", "q=place%3Acairo"]
    assert not any(set(said) & set('"<> ') for said in asked)
    assert asked[4:] == ["token=a+token+of+some+length", ""]
    assert len({feed.key for feed, _ in made[:2]}) == 1, "one query, one feed"
    assert len({feed.key for feed, _ in made[:4]}) == 3


def test_a_feed_that_became_another_has_a_later_date_and_is_packed_for_who_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selected, "FRESH", -1.0)  # made anew each time
    bodies = [b"one", b"two", b"two"]

    def render(feed: Feed, suffix: str) -> Representation:
        return Representation(bodies.pop(0), "application/atom+xml", NOON)

    archive = FakeArchive()
    app = create_app(archive, archive.views, META, tmp_path, clock=lambda: NOW, render=render)
    dates = []
    with TestClient(app) as client:
        for _ in range(3):
            found = client.get("/feeds/search.atom?q=x", headers={"accept-encoding": "gzip"})
            assert found.headers["content-encoding"] == "gzip"
            dates.append(parsedate_to_datetime(found.headers["last-modified"]) - NOON)
    assert [date.total_seconds() for date in dates] == [0, 1, 1]


BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_a_browser_gets_a_page_that_offers_the_feed_in_every_format(client: TestClient) -> None:
    found = client.get("/feeds/search.atom", params={"q": "talks"}, headers=BROWSER)
    assert found.headers["content-type"].startswith("text/html")
    assert "Accept" in found.headers["vary"]
    assert "This is a feed of “talks”" in found.text
    assert f"{META.base_url}feeds/search.rss?q=talks" in found.text
    assert client.get("/feeds/secret.atom", headers=BROWSER).status_code == 404
    told = client.get("/feeds/secret.atom", params={"token": TOKEN}, headers=BROWSER)
    assert told.headers["cache-control"] == "private, no-cache"
    assert "Accept" in client.get("/feeds/search.atom", params={"q": "talks"}).headers["vary"]


def test_a_feed_without_a_token_is_a_file_or_not_there(client: TestClient) -> None:
    assert client.get("/feeds/open.atom", params={"token": ""}).status_code == 404
    assert client.get("/feeds/nothing.atom", params={"token": TOKEN}).status_code == 404


def test_nobody_makes_the_archive_search_without_end(client: TestClient, made: list[object]) -> None:
    statuses = [client.get("/feeds/search.atom", params={"q": f"w{n}"}).status_code for n in range(EACH + 3)]
    assert statuses == [200] * EACH + [429] * 3
    assert len(made) == EACH
    assert client.get("/feeds/search.atom", params={"q": "w1"}).status_code == 200, (
        "what is kept costs nothing"
    )


def test_rates_are_of_one_client_and_of_all_and_pass() -> None:
    now = 0.0
    rates = Rates(lambda: now)
    assert all(rates.allow("one") for _ in range(EACH)) and not rates.allow("one")
    assert sum(rates.allow(f"client {n}") for n in range(ALL)) == ALL - EACH
    now = 61.0
    assert rates.allow("one") and len(rates.made) == 1
