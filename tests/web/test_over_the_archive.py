"""The site over a real archive, filled by the real stages: feeds in, one story out, on the pages and in the feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from html import escape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aggregator import feeds, stages
from aggregator.archive import Archive
from aggregator.canon import Canonicaliser, load_rules
from aggregator.model import Collected, Fetch, Outcome, SourceSpec
from aggregator.publish import load_publishers
from aggregator.web.api import OPERATIONS
from aggregator.web.application import create_app

from ..publish.stories import META, NOON
from .test_api import checked, examples

SEEDS = Path(__file__).parents[2] / "seeds"
OTHER = "Rain is expected in the north on Friday, forecasters said, and the rivers are high already after a wet week."


def rss(outlet: str, *articles: tuple[str, str]) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{number}</guid><link>https://{outlet}.example/{number}</link>"
        f"<title>{escape(title)}</title><pubDate>Sun, 22 Nov 2026 10:0{number}:00 GMT</pubDate>"
        f"<description>{escape(''.join(f'<p>{part}</p>' for part in text.split(chr(10) * 2)))}</description></item>"
        for number, (title, text) in enumerate(articles)
    )
    return f"<rss version='2.0'><channel><title>{outlet}</title>{items}</channel></rss>".encode()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    seeds = [tuple(path.read_text("utf-8").split("\n\n", 1)) for path in sorted(SEEDS.glob("*.txt"))]
    assert len(seeds) == 2
    bodies = {"herald": rss("herald", seeds[0], ("Rain in the north", OTHER)), "post": rss("post", seeds[1])}  # type: ignore[arg-type]
    with Archive.open(f"sqlite:///{tmp_path / 'archive.db'}") as archive:
        archive.authority("example.org", NOON)
        archive.declare([SourceSpec(name, location=f"https://{name}.example/feed") for name in bodies], NOON)
        for source in archive.claim(NOON, 10, timedelta(minutes=5)):
            feed = feeds.parse(bodies[source.name], "application/rss+xml", source.url)
            fetch = Fetch(source.id, NOON, Outcome.CHANGED, 200)
            stages.ingest(archive, Collected(source, fetch, feed), NOON)
        stages.canonicalise(archive, Canonicaliser(load_rules()), NOON)
        archive.index_text()
        yield archive


@pytest.fixture
def client(archive: Archive, tmp_path: Path) -> Iterator[TestClient]:
    stages.publish(archive, META, load_publishers().values(), tmp_path / "public", NOON)
    with TestClient(create_app(archive, partial(stages.views, archive), META, tmp_path / "public")) as client:
        yield client


def test_two_printings_are_one_story_on_the_river(client: TestClient) -> None:
    page = client.get("/").text
    assert page.count("Mediators meet in Cairo in effort to resolve gaps on Gaza truce proposal</a>") == 1
    assert page.count("<article") == 2
    assert "<strong>2</strong> copies" in page


def test_the_story_shows_clean_text_agency_place_and_credits(client: TestClient, archive: Archive) -> None:
    [story] = [story for story in archive.stories(10) if story.copies == 2]
    page = client.get(f"/stories/{story.id}").text
    assert page.count('class="lag"') == 2
    assert "Related Posts" not in page
    assert "1 of 80" not in page
    for said in (
        "Reuters",
        "Cairo",
        "Ahmed Mohamed Hassan",
        "Aidan Lewis",
        "Jonathan Oatis",
        "prints the text of",
    ):
        assert said in page


def test_a_search_finds_the_story_and_the_feed_has_it_once(client: TestClient, archive: Archive) -> None:
    [story] = [story for story in archive.stories(10) if story.copies == 2]
    assert story.ulid in client.get("/?q=philadelphi+corridor").text
    assert client.get("/feed.atom").text.count(f"<id>{story.public_id}</id>") == 1


def test_a_merge_by_hand_redirects_and_the_sources_are_shown(client: TestClient, archive: Archive) -> None:
    older, younger = sorted(archive.stories(10), key=lambda story: story.id)
    survivor = archive.merge(older.id, younger.id, "person", NOON)
    found = client.get(f"/stories/{younger.ulid}", follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (301, f"/stories/{survivor.ulid}")
    assert "decided by a person" in client.get(found.headers["location"]).text
    assert "https://herald.example/feed" in client.get("/sources").text
    assert client.get("/readyz").json() == {"ready": True}


def test_the_api_answers_as_it_is_described(client: TestClient) -> None:
    for path in (each.path for each in OPERATIONS):
        assert checked(client, examples(client).get(path, path), path=path)
    found = checked(client, "/api/v1/stories?limit=1")
    rest = checked(client, found["next"])
    assert len({item["ulid"] for item in (*found["items"], *rest["items"])}) == 2 and rest["next"] is None
