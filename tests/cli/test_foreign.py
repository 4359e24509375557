"""Moving in from other readers: subscriptions and articles, from files laid out as theirs are."""

from __future__ import annotations

import gzip
import html
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aggregator.archive import Archive

from .conftest import Person

EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
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


def ttrss_gz(folder: Path) -> Path:
    """As a browser saves it."""
    path = folder / "TinyTinyRSS_exported.xml.gz"
    path.write_bytes(gzip.compress(ttrss(folder).read_bytes()))
    return path


def ttrss_dump(folder: Path) -> Path:
    path = folder / "ttrss.sql"
    hashed = json.dumps({"ver": 2, "uid": 2, "hash": "SHA1:5b49e4d8"}).replace("\\", "\\\\")
    path.write_text(
        "--\n-- PostgreSQL database dump\n--\n\n"
        "COPY public.ttrss_enclosures (id, content_url, content_type, post_id, title, duration) FROM stdin;\n"
        "1\thttps://herald.example/a.mp3\taudio/mpeg\t1\t\t\n\\.\n\n"
        "COPY public.ttrss_entries (id, title, guid, link, updated, content, author) FROM stdin;\n"
        f"1\tRain & wind\t{hashed}\thttps://herald.example/1?x=1&y=2\t2026-11-18 11:06:40\t<p>Rain fell.</p>\tA. Writer\n"
        "2\tVote\t2,w1\thttps://wire.example/1\t2026-11-18 11:06:41\tThe vote was held.\t\n"
        "3\tNobody's\t2,n1\thttps://wire.example/2\t2026-11-18 11:06:41\tLeft over.\t\n\\.\n\n"
        "COPY public.ttrss_feed_categories (id, owner_uid, title) FROM stdin;\n1\t2\tWorld & more\n\\.\n\n"
        "COPY public.ttrss_feeds (id, owner_uid, title, cat_id, feed_url) FROM stdin;\n"
        f'1\t2\tDaily "Herald"\t1\t{HERALD}\n2\t2\tWire\t\\N\t{WIRE}\n\\.\n\n'
        "COPY public.ttrss_user_entries (int_id, ref_id, feed_id, owner_uid, tag_cache) FROM stdin;\n"
        "1\t1\t1\t2\tweather,north wind\n2\t2\t2\t2\t\n\\.\n"
    )
    return path


FRESHRSS = [
    {
        "id": "tag:google.com,2005:reader/item/0006", "guid": "h1", "title": "Rain &amp; wind", "published": 1795000000,
        "author": "A. Writer; B. Editor", "content": {"content": "<p>Rain fell.</p>"},
        "alternate": [{"href": "https://herald.example/1?x=1&y=2", "type": "text/html"}],
        "categories": ["user/-/state/com.google/reading-list", "user/-/label/Mine", "weather", "north wind"],
        "enclosure": [{"href": "https://herald.example/a.mp3", "type": "audio/mpeg", "length": 3}],
        "origin": {"streamId": "feed/1", "title": "Daily &quot;Herald&quot;", "htmlUrl": "", "feedUrl": HERALD},
    },
    {
        "id": "w1", "title": "Vote", "author": "", "published": 1795000001, "content": {"content": "The vote was held."},
        "alternate": [{"href": "https://wire.example/1"}], "categories": ["user/-/state/com.google/unread"],
        "origin": {"streamId": 2, "title": "Wire", "feedUrl": "https://wire.example/rss"},
    },
]  # fmt: skip


def freshrss_json(folder: Path) -> Path:
    path = folder / "starred_2026-11-18.json"
    said = {"id": "user/me/state/org.freshrss/starred", "title": "Starred", "author": "me", "items": FRESHRSS}
    path.write_text(json.dumps(said, indent=4))
    return path


def freshrss_zip(folder: Path) -> Path:
    """The starred articles are in the file of their feed, too."""
    path = folder / "freshrss_me_2026-11-18_export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "feeds_2026-11-18.opml.xml",
            '<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><head/><body><outline text="World &amp; more">'
            f'<outline text="Daily &quot;Herald&quot;" type="rss" xmlUrl="{html.escape(HERALD)}" htmlUrl=""/></outline>'
            f'<outline text="Wire" type="rss" xmlUrl="{WIRE}"/><outline text="Quiet" xmlUrl="https://quiet.example/"/>'
            "</body></opml>",
        )
        document = {"id": "user/me/state/org.freshrss/feed/1", "title": "All", "items": FRESHRSS}
        archive.writestr("feed_2026-11-18_1_1.json", json.dumps(document))
        archive.writestr("starred_2026-11-18.json", json.dumps({**document, "items": FRESHRSS[:1]}))
    return path


LIBRARIES = [freshrss, freshrss_json, freshrss_zip, newsboat, reader, miniflux, miniflux_dump, ttrss, ttrss_gz, ttrss_zip, ttrss_dump]  # fmt: skip


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
    again = person.do("import", path, "--json").json
    assert (again["new"], again["revised"]) == (0, 0)
    assert person.do("sources", "--json").json == before


@pytest.mark.parametrize("make", [freshrss, freshrss_zip], ids=lambda make: make.__name__)
def test_tags_and_authors_come_along(person: Person, make: Callable[[Path], Path]) -> None:
    person.do("import", str(make(person.folder)))
    [source] = [s for s in person.do("sources", "--json").json if s["spec"]["location"] == HERALD]
    assert source["spec"]["tags"] == ["World & more"]
    [rain] = [line for line in person.exported() if line["title"].startswith("Rain")]
    assert [author["name"] for author in rain["authors"]] == ["A. Writer", "B. Editor"]
    assert rain["tags"] == ["weather", "north wind"]


def test_people_and_tags_of_a_new_reader_come_along(person: Person) -> None:
    people = [
        {"name": "A. Writer", "href": "https://a.example/", "email": None},
        {"name": None, "href": None, "email": "b@b.example"},
    ]
    path = reader(person.folder)
    with sqlite3.connect(path) as conn:
        conn.execute("UPDATE entries SET author = ? WHERE id = 'h1'", (json.dumps(people),))
        tags = [(HERALD, name, "null") for name in ("world", ".reader.dedupe")]
        conn.executemany("INSERT INTO feed_tags VALUES (?, ?, ?)", tags)
    conn.close()
    person.do("import", str(path))
    [rain] = [line for line in person.exported() if line["title"].startswith("Rain")]
    assert rain["authors"] == [
        {"name": "A. Writer", "url": "https://a.example/"},
        {"url": "mailto:b@b.example"},
    ]
    [source] = [s for s in person.do("sources", "--json").json if s["spec"]["location"] == HERALD]
    assert source["spec"]["tags"] == ["world"]


def test_attachments_and_tags_are_in_a_dump_of_miniflux(person: Person) -> None:
    path = miniflux_dump(person.folder)
    said = path.read_text().replace("content, status) FROM", "content, status, tags) FROM")
    said = said.replace("\tread\n", '\tread\t{weather,"north, wind"}\n').replace(
        "\tunread\n", "\tunread\t{}\n3\t1\t2\tabe\t2026-11-18 11:06:41+00\t\t\t\t\tremoved\t{}\n"
    )
    said += "COPY public.enclosures (id, user_id, entry_id, url, size, mime_type) FROM stdin;\n1\t1\t1\thttps://h.example/a.mp3\t3\taudio/mpeg\n\\.\n"
    path.write_text(said)
    assert person.do("import", str(path), "--json").json["lines"] == 2
    [rain] = [line for line in person.exported() if line["title"].startswith("Rain")]
    assert rain["tags"] == ["weather", "north, wind"]
    assert rain["attachments"] == [
        {"url": "https://h.example/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 3}
    ]


def test_an_id_of_which_a_hash_is_left_is_the_address(person: Person) -> None:
    person.do("import", str(ttrss_dump(person.folder)))
    ids = {line["title"]: line["id"] for line in person.exported()}
    assert ids == {"Rain & wind": "https://herald.example/1?x=1&y=2", "Vote": "w1"}


def test_the_subscriptions_of_newsboat_move_in_without_its_database(person: Person) -> None:
    newsboat(person.folder).unlink()
    assert person.do("import", "urls", "--json").json["lines"] == 0
    tags = {s["spec"]["location"]: s["spec"]["tags"] for s in person.do("sources", "--json").json}
    assert (tags[HERALD], tags[WIRE]) == (["World & more"], [])


def test_a_text_with_entities_and_no_tags_is_html(person: Person) -> None:
    path = freshrss(person.folder)
    with sqlite3.connect(path) as conn:
        conn.execute("UPDATE entry SET content = 'Rain &amp; wind &lt;3'")
    conn.close()
    person.do("import", str(path))
    assert {line["content_text"] for line in person.exported()} == {"Rain & wind <3"}


def broken(path: Path) -> Path:
    """Cut; of a database the page is damaged where its articles begin."""
    body = path.read_bytes()
    if body.startswith(b"SQLite"):
        with sqlite3.connect(path) as conn:
            of_articles = "SELECT rootpage FROM sqlite_master WHERE name IN ('entry', 'entries', 'rss_item')"
            [[page]], [[size]] = (
                conn.execute(of_articles).fetchall(),
                conn.execute("PRAGMA page_size").fetchall(),
            )
        conn.close()
        path.write_bytes(body[: (page - 1) * size] + bytes(size) + body[page * size :])
    else:
        path.write_bytes(body[: -len(body) // 6])
    return path


@pytest.mark.parametrize("make", LIBRARIES, ids=lambda make: make.__name__)
def test_of_a_file_that_breaks_off_nothing_is_taken_in(person: Person, make: Callable[[Path], Path]) -> None:
    before = person.do("sources", "--json").json
    ran = person.type("import", str(broken(make(person.folder))))
    assert ran.code == 1, ran
    assert "0 lines read" in ran.out
    assert person.do("sources", "--json").json == before


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
        ("a.dump", b"PGDMP\x01\x0e", "pg_restore"),
        ("a.sql", b"-- MariaDB dump 10.19\n", "dump of MySQL"),
        (
            "b.sql",
            b"--\n-- PostgreSQL database dump\n--\nCOPY public.x (id) FROM stdin;\n",
            "no reader that is known",
        ),
        (
            "a.jsonl.gz",
            gzip.compress(b'{"id": "1", "title": "x", "_source": "a"}\n' * 99, mtime=0)[:-9],
            "cannot be read",
        ),
        ("a.zip", EMPTY_ZIP, "no reader that is known"),
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
