"""Moving in from other readers: subscriptions and articles, from files laid out as theirs are."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aggregator.archive import Archive

from .conftest import Person

HERALD, WIRE = "https://herald.example/feed?a=1&b=2", "https://wire.example/rss"


def database(path: Path, script: str) -> None:
    with sqlite3.connect(path) as conn:
        conn.executescript(script)
    conn.close()


def freshrss(folder: Path) -> Path:
    path = folder / "db.sqlite"
    database(
        path,
        """
        CREATE TABLE category (id INTEGER PRIMARY KEY, name VARCHAR(191) NOT NULL);
        CREATE TABLE feed (id INTEGER PRIMARY KEY, url VARCHAR NOT NULL, category INTEGER, name VARCHAR NOT NULL, website VARCHAR);
        CREATE TABLE entry (id BIGINT PRIMARY KEY, guid VARCHAR NOT NULL, title VARCHAR NOT NULL, author VARCHAR, content TEXT,
          link VARCHAR NOT NULL, date INT, hash BINARY(16), is_read BOOLEAN, id_feed INTEGER, tags VARCHAR, attributes TEXT);
        INSERT INTO category VALUES (1, 'Uncategorized'), (2, 'World &amp; more');
        INSERT INTO feed VALUES (1, 'https://herald.example/feed?a=1&amp;b=2', 2, 'Daily &quot;Herald&quot;', ''),
          (2, 'https://wire.example/rss', 1, 'Wire', '');
        INSERT INTO entry VALUES (1, 'h1', 'Rain &amp; wind', ';A. Writer;B. Editor', '<p>Rain fell.</p>',
          'https://herald.example/1?x=1&amp;y=2', 1795000000, x'00ff', 0, 1, '#weather #north wind', NULL);
        INSERT INTO entry VALUES (2, 'w1', 'Vote', '', 'The vote was held.', 'https://wire.example/1', 1795000001, x'01', 1, 2, '', NULL);
        """,
    )
    return path


def newsboat(folder: Path) -> Path:
    path = folder / "cache.db"
    (folder / "urls").write_text(
        f'{HERALD} "World & more" "~My Herald"\n# none\n"query:Unread:unread = \\"yes\\""\n{WIRE}\n'
    )
    database(
        path,
        f"""
        CREATE TABLE rss_feed (rssurl VARCHAR(1024) PRIMARY KEY NOT NULL, url VARCHAR(1024) NOT NULL, title VARCHAR(1024) NOT NULL,
          lastmodified INTEGER(11) NOT NULL DEFAULT 0, is_rtl INTEGER(1) NOT NULL DEFAULT 0, etag VARCHAR(128) NOT NULL DEFAULT "");
        CREATE TABLE rss_item (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, guid VARCHAR(64) NOT NULL, title VARCHAR(1024) NOT NULL,
          author VARCHAR(1024) NOT NULL, url VARCHAR(1024) NOT NULL, feedurl VARCHAR(1024) NOT NULL, pubDate INTEGER NOT NULL,
          content VARCHAR(65535) NOT NULL, unread INTEGER(1) NOT NULL, enclosure_url VARCHAR(1024), enclosure_type VARCHAR(1024),
          enqueued INTEGER(1) NOT NULL DEFAULT 0, flags VARCHAR(52), deleted INTEGER(1) NOT NULL DEFAULT 0,
          base VARCHAR(128) NOT NULL DEFAULT "", content_mime_type VARCHAR(255) NOT NULL DEFAULT "");
        INSERT INTO rss_feed (rssurl, url, title) VALUES ('{HERALD}', 'https://herald.example/', 'Daily "Herald"'), ('{WIRE}', '', 'Wire');
        INSERT INTO rss_item (guid, title, author, url, feedurl, pubDate, content, unread, deleted) VALUES
          ('h1', 'Rain & wind', 'A. Writer', 'https://herald.example/1?x=1&y=2', '{HERALD}', 1795000000, '<p>Rain fell.</p>', 1, 0),
          ('w1', 'Vote', '', 'https://wire.example/1', '{WIRE}', 1795000001, 'The vote was held.', 0, 0),
          ('w2', 'Deleted', '', 'https://wire.example/2', '{WIRE}', 1795000001, 'Gone.', 0, 1);
        """,
    )
    return path


def reader(folder: Path) -> Path:
    path = folder / "reader.sqlite"
    content = json.dumps([{"value": "<p>Rain fell.</p>", "type": "text/html", "language": None}])
    database(
        path,
        f"""
        CREATE TABLE feeds (url TEXT PRIMARY KEY NOT NULL, title TEXT, link TEXT, user_title TEXT, added TIMESTAMP);
        CREATE TABLE feed_tags (feed TEXT, key TEXT, value TEXT);
        CREATE TABLE entries (id TEXT NOT NULL, feed TEXT NOT NULL, title TEXT, link TEXT, updated TIMESTAMP, author TEXT,
          published TIMESTAMP, summary TEXT, content TEXT, enclosures TEXT, original_feed TEXT, read INTEGER, PRIMARY KEY (id, feed));
        INSERT INTO feeds VALUES ('{HERALD}', 'Herald', NULL, 'Daily "Herald"', '2026-01-01'), ('{WIRE}', 'Wire', NULL, NULL, '2026-01-01');
        INSERT INTO entries VALUES ('h1', '{HERALD}', 'Rain & wind', 'https://herald.example/1?x=1&y=2', NULL, 'A. Writer',
          '2026-11-18 11:06:40', NULL, '{content}', NULL, NULL, 1);
        INSERT INTO entries VALUES ('w1', '{WIRE}', 'Vote', 'https://wire.example/1', '2026-11-18 11:06:41', NULL, NULL,
          'The vote was held.', NULL, '[{{"href": "https://wire.example/a.mp3", "type": "audio/mpeg", "length": 3}}]', NULL, 0);
        """,
    )
    return path


MINIFLUX = [
    {
        "id": 1, "hash": "abc", "title": "Rain & wind", "url": "https://herald.example/1?x=1&y=2", "author": "A. Writer",
        "content": "<p>Rain fell.</p>", "published_at": "2026-11-18T11:06:40Z", "tags": ["weather"], "enclosures": [],
        "feed": {"feed_url": HERALD, "title": 'Daily "Herald"', "category": {"title": "World & more"}},
    },
    {
        "id": 2, "hash": "abd", "title": "Vote", "url": "https://wire.example/1", "author": "", "content": "The vote was held.",
        "published_at": "2026-11-18T11:06:41Z", "enclosures": None, "feed": {"feed_url": WIRE, "title": "Wire", "category": {"title": "All"}},
    },
]  # fmt: skip


def miniflux(folder: Path) -> Path:
    path = folder / "entries.json"
    path.write_text(json.dumps({"total": 2, "entries": MINIFLUX}))
    return path


def miniflux_dump(folder: Path) -> Path:
    path = folder / "miniflux.sql"
    path.write_text(
        "--\n-- PostgreSQL database dump\n--\n\nSET x = 1;\n\n"
        "COPY public.categories (id, user_id, title) FROM stdin;\n1\t1\tAll\n2\t1\tWorld & more\n\\.\n\n"
        "COPY public.entries (id, user_id, feed_id, hash, published_at, title, url, author, content, status) FROM stdin;\n"
        "1\t1\t1\tabc\t2026-11-18 11:06:40+00\tRain & wind\thttps://herald.example/1?x=1&y=2\tA. Writer\t<p>Rain\\tfell.</p>\\n\tread\n"
        "2\t1\t2\tabd\t2026-11-18 11:06:41+00\tVote\thttps://wire.example/1\t\tThe vote was held.\tunread\n\\.\n\n"
        "COPY public.feeds (id, user_id, category_id, title, feed_url, site_url, checked_at) FROM stdin;\n"
        f'1\t1\t2\tDaily "Herald"\t{HERALD}\thttps://herald.example/\t\\N\n2\t1\t1\tWire\t{WIRE}\t\t\\N\n\\.\n'
    )
    return path


def ttrss(folder: Path) -> Path:
    path = folder / "TinyTinyRSS_exported.xml"
    article = "<article><guid><![CDATA[{}]]></guid><title><![CDATA[{}]]></title><content><![CDATA[{}]]></content><link><![CDATA[{}]]></link><tag_cache><![CDATA[weather,north]]></tag_cache><feed_title><![CDATA[{}]]></feed_title><feed_url><![CDATA[{}]]></feed_url><updated><![CDATA[2026-11-18 11:06:40]]></updated></article>"
    path.write_text(
        '<?xml version="1.0"?>\n<articles schema-version="139">'
        + article.format(
            "2,h1",
            "Rain & wind",
            "<p>Rain fell.</p>",
            "https://herald.example/1?x=1&y=2",
            'Daily "Herald"',
            HERALD,
        )
        + article.format("w1", "Vote", "The vote was held.", "https://wire.example/1", "Wire", WIRE)
        + "</articles>"
    )
    return path


def ttrss_zip(folder: Path) -> Path:
    path = folder / "export.zip"
    said = [
        {"guid": "2,h1", "title": "Rain & wind", "content": "<p>Rain fell.</p>", "link": "https://herald.example/1?x=1&y=2",
         "author": "A. Writer", "feed_title": 'Daily "Herald"', "feed_url": HERALD, "updated": "2026-11-18 11:06:40"},
        {"guid": "w1", "title": "Vote", "content": "The vote was held.", "link": "https://wire.example/1", "feed_title": "Wire",
         "feed_url": WIRE, "updated": "2026-11-18 11:06:40"},
    ]  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.json", json.dumps({"schema_version": 147, "articles": said}))
    return path


LIBRARIES = [freshrss, newsboat, reader, miniflux, miniflux_dump, ttrss, ttrss_zip]


@pytest.mark.parametrize("make", LIBRARIES, ids=lambda make: make.__name__)
def test_subscriptions_and_articles_move_in(person: Person, make: Callable[[Path], Path]) -> None:
    counts = person.do("import", str(make(person.folder)), "--json").json
    assert (counts["new"], counts["bad"]) == (2, 0)
    sources = {source["spec"]["location"]: source for source in person.do("sources", "--json").json}
    herald, wire = sources[HERALD], sources[WIRE]
    assert herald["spec"]["title"] == 'Daily "Herald"'
    assert (herald["spec"]["name"], wire["spec"]["name"]) == ("daily-herald", "wire")
    assert herald["next_fetch_at"] is not None
    lines: dict[str, Any] = {line["title"]: line for line in person.exported()}
    rain, vote = lines["Rain & wind"], lines["Vote"]
    assert (rain["_source"], vote["_source"]) == ("daily-herald", "wire")
    assert rain["url"] == "https://herald.example/1?x=1&y=2"
    assert rain["content_html"].split() == ["<p>Rain", "fell.</p>"]
    assert rain["date_published"].startswith("2026-11-18T11:06:40")
    assert "vote was held" in vote["content_html"]


@pytest.mark.parametrize("make", LIBRARIES, ids=lambda make: make.__name__)
def test_moving_in_twice_changes_nothing(person: Person, make: Callable[[Path], Path]) -> None:
    path = str(make(person.folder))
    person.do("import", path)
    before = person.do("sources", "--json").json
    assert person.do("import", path, "--json").json["unchanged"] == 2
    assert person.do("sources", "--json").json == before


def test_tags_and_authors_come_along(person: Person) -> None:
    person.do("import", str(freshrss(person.folder)))
    [source] = [s for s in person.do("sources", "--json").json if s["spec"]["location"] == HERALD]
    assert source["spec"]["tags"] == ["World & more"]
    [rain] = [line for line in person.exported() if line["title"].startswith("Rain")]
    assert [author["name"] for author in rain["authors"]] == ["A. Writer", "B. Editor"]
    assert rain["tags"] == ["weather", "north wind"]


def test_the_file_is_only_read(person: Person) -> None:
    path = newsboat(person.folder)
    before = path.read_bytes()
    person.do("import", str(path))
    assert path.read_bytes() == before
    assert not path.with_name("cache.db-wal").exists()


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.opml", b"<opml version='2.0'/>", "aggregator sources import"),
        ("a.jsonl", b'{"aggregator_archive":1,"schema":"0001"}\n', "aggregator restore"),
        ("a.db", b"SQLite format 3\0" + bytes(9000), "cannot be read"),
        ("a.xml", b"<articles><article><guid>1</guid>", "breaks off"),
    ],
)
def test_what_belongs_elsewhere_or_is_broken_is_said(
    person: Person, name: str, body: bytes, said: str
) -> None:
    (person.folder / name).write_bytes(body)
    ran = person.type("import", name)
    assert ran.code == 1
    assert said in ran.err


def test_a_database_of_a_stranger_is_named(person: Person) -> None:
    ran = person.type("import", "archive.db")
    assert ran.code == 1
    assert "of no reader that is known" in ran.err


def test_the_copies_go_out_as_a_parquet_table(person: Person) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    person.do("once")
    person.do("export", "--parquet", "copies.parquet")
    table = parquet.read_table(person.folder / "copies.parquet")
    with Archive.open(f"sqlite:///{person.folder / 'archive.db'}") as archive:
        copies = list(archive.export())
        [story] = archive.stories(9)
    assert table.column("text").to_pylist() == [copy.text for copy in copies]
    assert table.column("first_seen").to_pylist() == [copy.first_seen for copy in copies]
    assert set(table.column("story").to_pylist()) == {story.public_id}
    assert set(table.column("agency").to_pylist()) == {"Reuters"}
