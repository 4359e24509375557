"""Subscription lists, pages that name feeds, and files of a folder."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator import feeds
from aggregator.errors import InputError
from aggregator.model import SourceSpec

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_opml_comes_back_as_it_was_written() -> None:
    sources = [
        SourceSpec(
            "daily-herald", location="https://a.example/feed", title="Daily Herald", tags=("news", "uk")
        ),
        SourceSpec("other", location="https://b.example/feed", title="Other"),
    ]
    assert feeds.opml.read(feeds.opml.write("Mine", sources)) == sources


def test_only_feeds_go_into_opml() -> None:
    assert b"outline" not in feeds.opml.write(
        "Mine", [SourceSpec("seeds", kind="directory", location="seeds")]
    )


def test_folders_become_tags_and_names_are_unique() -> None:
    body = b"""<opml><body><outline text="News"><outline text="A &amp; B" xmlUrl="https://a.example/"/>
    <outline text="A - B" XMLURL="https://b.example/"/><outline text="A" xmlUrl="https://a.example/"/></outline>
    <outline xmlUrl="https://www.c.example/feed"/></body></opml>"""
    one, two, three = feeds.opml.read(body)
    assert (one.name, two.name, three.name) == ("a-b", "a-b-2", "c.example")
    assert one.tags == ("News",)


@pytest.mark.parametrize("body", [b"", b"<html/>", b"\0\1", b"<opml><body/></opml>"])
def test_what_is_no_subscription_list_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(InputError, match="OPML"):
        feeds.opml.read(body)


def test_a_page_names_its_feeds_declared_ones_first() -> None:
    page = b"""<html><head><base href="https://x.example/"><link rel="alternate" type="application/rss+xml" href="/rss">
    <link rel="alternate stylesheet" type="text/css" href="/css"><link rel="alternate" hreflang="de" href="/de">
    </head><body><a href="/about">About</a><a href="blog/feed/">Feed</a><a href="mailto:feed@x.example">m</a></body></html>"""
    assert feeds.discover(page, "text/html", "https://e.example/") == [
        "https://x.example/rss",
        "https://x.example/blog/feed/",
    ]


@pytest.mark.parametrize("page", [b"", b"\0", b"<", b"<div>" * 9000])
def test_a_page_without_feeds_names_none(page: bytes) -> None:
    assert feeds.discover(page, "", "https://e.example/") == []


def test_a_text_file_has_its_title_in_the_first_line() -> None:
    feed = feeds.read_file("a.txt", "\ufeffTitle\r\n\r\nOne\r\nmore.\r\n\r\nTwo <b>.\r\n".encode(), NOW, "")
    [entry] = feed.entries
    assert (feed.format, entry.guid, entry.title, entry.published) == ("text", "a.txt", "Title", NOW)
    assert entry.text == "One more.\n\nTwo <b>."
    assert entry.sanitised


def test_an_html_file_has_its_title_and_body() -> None:
    body = b"<html lang=en><head><title>T</title></head><body><h1>T</h1><p>a <script>x</script>b</p></body></html>"
    feed = feeds.read_file("a.html", body, NOW, "")
    [entry] = feed.entries
    assert (feed.format, entry.title, entry.text, entry.language) == ("html", "T", "a b", "en")


@pytest.mark.parametrize("body", [b"", b" \n ", b"\x89PNG\r\n\x1a\n\0\0\0", b"<html></html>"])
def test_an_empty_or_binary_file_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(InputError, match=r"a\.html"):
        feeds.read_file("a.html", body, NOW, "")
