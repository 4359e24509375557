"""Feeds of a part of the stories, from config.toml to files: which stories, under which ids, and what stays secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aggregator.app import App
from aggregator.config import load
from aggregator.daemon.serving import server
from aggregator.errors import ConfigurationError

CONFIG = """
[[source]]
name = "seeds"
kind = "directory"
path = "texts"

[[feed]]
name = "cairo"
title = "Cairo"
query = "cairo OR Kairo"

[[feed]]
name = "secret"
sources = ["seeds"]
token = "{token}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "texts").mkdir()
    for name, text in {
        "one": "Mediators met in Cairo on Friday to talk.",
        "two": "Rain fell in the north.",
    }.items():
        (tmp_path / "texts" / f"{name}.txt").write_text(f"Title {name}\n\n{text}\n")
    return tmp_path


def published(folder: Path, token: str) -> Path:
    """Run everything once by hand."""
    import asyncio

    from aggregator.app import open_context

    (folder / "config.toml").write_text(CONFIG.format(token=token))

    async def bring() -> None:
        async with open_context(app.config, app.clock) as context:
            async for come in app.bring_home(app.claim(9, force=True), context):
                app.ingest_all(come)

    with App.open(load(folder / "config.toml", {})) as app:
        asyncio.run(bring())
        while app.canonicalise():
            pass
        app.archive.index_text()
        app.publish()
    return folder / "public"


def test_a_part_holds_its_stories_under_their_ids_and_its_own_address(folder: Path) -> None:
    public = published(folder, "")
    whole, part = (json.loads((public / name).read_text()) for name in ("feed.json", "feeds/cairo.json"))
    (item,) = part["items"]
    assert item["title"] == "Title one"
    assert item["id"] in {each["id"] for each in whole["items"]}
    assert part["feed_url"].endswith("/feeds/cairo.json") and part["title"].startswith("Cairo")
    assert "/feeds/cairo.atom" in (public / "feeds/cairo.atom").read_text()
    assert (public / "feeds/cairo.rss.gz").exists()
    assert len(json.loads((public / "feeds/secret.json").read_text())["items"]) == 2


def test_a_browser_at_the_address_of_a_part_sees_its_stories_only(folder: Path) -> None:
    published(folder, "")
    with (
        App.open(load(folder / "config.toml", {})) as app,
        TestClient(server(app, None).config.app) as client,
    ):
        browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
        part, whole = (client.get(f"/{name}.atom", headers=browser) for name in ("feeds/cairo", "feed"))
        assert (part.status_code, whole.status_code) == (200, 200)
        assert "Title one" in part.text and "Title two" not in part.text
        assert "Title one" in whole.text and "Title two" in whole.text
        assert client.get("/feeds/nothing.atom", headers=browser).status_code == 404
        assert client.get("/feeds/cairo.atom").headers["content-type"].startswith("application/atom+xml")


def test_what_gets_a_token_is_no_longer_in_the_folder(folder: Path) -> None:
    published(folder, "")
    public = published(folder, "a token of some length")
    assert sorted({path.name.split(".")[0] for path in (public / "feeds").iterdir()}) == ["cairo"]


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("name = 'x'", "selects nothing"),
        ("name = 'search'\nquery = 'x'", "is taken"),
        ("name = 'a/b'\nquery = 'x'", "letters, digits"),
        ("name = 'x'\nquery = 'after:never'", "cannot be understood"),
        ("name = 'x'\nquery = 'y'\ntoken = 'short'", "at least 16"),
        ("name = 'x'\nquerry = 'y'", "did you mean `query`"),
        ("name = 'x'\nquery = 'y'\n[[feed]]\nname = 'X'\nquery = 'z'", "two feeds are called"),
    ],
)
def test_a_feed_that_cannot_be_is_named_with_its_line(tmp_path: Path, said: str, complaint: str) -> None:
    (tmp_path / "config.toml").write_text(f"[[feed]]\n{said}\n")
    with pytest.raises(ConfigurationError, match="line \\d+.*" + complaint):
        load(tmp_path / "config.toml", {})
