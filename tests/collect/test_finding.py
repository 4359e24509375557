"""Looking before subscribing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from aggregator.collect import Guard, discover_feed, preview
from aggregator.errors import CollectError, InputError, Permanent
from aggregator.model import ParsedFeed

from .playing import Names, context
from .server import ATOM, PAGE, Server, answers


def discover(url: str) -> list[str]:
    async def ask() -> list[str]:
        async with context() as given:
            return list((await discover_feed(url, given)).urls)

    return asyncio.run(ask())


def look(what: str, root: Path = Path()) -> ParsedFeed:
    async def ask() -> ParsedFeed:
        async with context(root=root) as given:
            return await preview(what, given)

    return asyncio.run(ask())


def test_a_page_leads_to_the_feeds_it_names(web: Server) -> None:
    page = web.on("/", answers(200, PAGE, {"Content-Type": "text/html"}))
    assert discover(page) == [page + "feed.atom"]
    assert [request.path for request in web.log] == ["/"]  # no guessing at addresses


def test_a_feed_is_its_own_answer(web: Server) -> None:
    url = web.on("/feed", answers())
    assert discover(url) == [url]


def test_a_feed_that_moved_for_good_is_found_where_it_is(web: Server) -> None:
    new = web.on("/new", answers())
    assert discover(web.on("/old", answers(301, b"", {"Location": "/new"}))) == [new]


def test_a_page_without_feeds_leads_nowhere(web: Server) -> None:
    assert (
        discover(web.on("/", answers(200, b"<html><p>Hello</p></html>", {"Content-Type": "text/html"}))) == []
    )


@pytest.mark.parametrize("status", [404, 410, 429, 500])
def test_a_page_that_cannot_be_read_says_why(web: Server, status: int) -> None:
    with pytest.raises(CollectError, match=str(status)):
        discover(web.on("/", answers(status, b"")))


def test_a_preview_shows_what_a_collector_would_see(web: Server, tmp_path: Path) -> None:
    (tmp_path / "feed.atom").write_bytes(ATOM)
    (tmp_path / "wire.jsonl").write_text(json.dumps({"id": "1", "title": "Wire", "content_text": "x"}))
    (tmp_path / "seed.txt").write_text("Seed\n\nText.")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("Inside\n\nText.")
    seen = {
        what: [entry.title for entry in look(what, tmp_path).entries]
        for what in ("feed.atom", "wire.jsonl", "seed.txt", "folder")
    }
    assert seen == {"feed.atom": ["One"], "wire.jsonl": ["Wire"], "seed.txt": ["Seed"], "folder": ["Inside"]}
    assert [entry.title for entry in look(web.on("/feed", answers())).entries] == ["One"]


def test_a_preview_of_nothing_is_one_clear_sentence(web: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.xml cannot be read: No such file"):
        look("missing.xml", tmp_path)
    with pytest.raises(Permanent, match="is a web page, not a feed"):
        look(web.on("/", answers(200, PAGE)))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:18900/feed", "127.0.0.1 is a private address"),
        ("http://localhost:18900/feed", "localhost is at 127.0.0.1, a private address"),
        ("http://inside.example/feed", "inside.example is at 10.0.0.1, a private address"),
        ("http://herald.example:8080/feed", "names port 8080, which is not the web's"),
    ],
)
def test_who_looks_at_a_private_address_is_told_so_and_of_the_option(url: str, said: str) -> None:
    async def ask() -> None:
        wall = Guard(resolve=Names(inside_example=[["10.0.0.1"]]))
        async with context(wall=wall) as given:
            await preview(url, given)

    with pytest.raises(Permanent, match=said + "; give --allow-private if that is meant"):
        asyncio.run(ask())
