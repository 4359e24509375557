"""sources list, add, remove, import, export; preview."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from .conftest import Person

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Daily Herald</title><id>urn:herald</id>
<updated>2026-11-21T10:00:00Z</updated>
<entry><id>urn:1</id><title>First &amp; foremost</title><updated>2026-11-21T10:00:00Z</updated>
<link href="https://herald.example/1"/>
<content type="html">&lt;p&gt;Text&lt;script&gt;x&lt;/script&gt;&lt;/p&gt;</content></entry>
</feed>"""
PAGE = """<!doctype html><html><head><title>Daily Herald</title>
<link rel="alternate" type="application/atom+xml" href="/feed.atom"></head><body><p>News</p></body></html>"""
RSS_BROKEN = """<rss version='2.0'><channel><title>A & B</title>
<item><title>x</title><guid>1</guid></item></channel></rss>"""
OPML = """<opml version="2.0"><head><title>Mine</title></head><body>
<outline text="World"><outline text="One" type="rss" xmlUrl="https://one.example/rss"/></outline>
<outline text="Two" type="rss" xmlUrl="https://two.example/rss"/></body></opml>"""


class Site(http.server.BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, tuple[str, str]]] = {
        "/": ("text/html", PAGE),
        "/feed.atom": ("application/atom+xml", ATOM),
        "/plain": ("text/html", "<html><body>nothing here</body></html>"),
    }

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        kind, body = self.pages.get(self.path, ("", ""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def names(person: Person) -> dict[str, bool]:
    return {
        source["spec"]["name"]: source["active"] for source in person.do("sources", "list", "--json").json
    }


def test_sources_alone_lists_them(person: Person) -> None:
    for arguments in (["sources"], ["sources", "list"]):
        assert "seeds" in person.do(*arguments).out
    assert person.do("sources", "--json").json == person.do("sources", "list", "--json").json


def test_add_finds_the_feed_of_a_page(person: Person, site: str) -> None:
    assert (
        f"{site}/feed.atom" in person.do("sources", "add", f"{site}/", "--allow-private", "--tag", "uk").out
    )
    [added] = [s for s in person.do("sources", "--json").json if s["origin"] == "command"]
    assert (added["spec"]["name"], added["spec"]["kind"]) == ("127.0.0.1", "feed")
    assert (added["spec"]["allow_private"], added["spec"]["tags"]) == (True, ["uk"])
    assert "127.0.0.1" in person.do("collect", "127.0.0.1").out
    assert [line["title"] for line in person.exported()] == ["First & foremost"]


def test_add_takes_a_folder_as_well(person: Person) -> None:
    (person.folder / "articles").mkdir()
    person.do("sources", "add", "articles", "--name", "mine", "--every", "5m")
    [added] = [s["spec"] for s in person.do("sources", "--json").json if s["spec"]["name"] == "mine"]
    assert (added["kind"], added["location"], added["every"]) == (
        "directory",
        str(person.folder / "articles"),
        "5m",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "neither a URL"),
        (["{site}/plain", "--allow-private"], "feed"),
        (["{site}/missing", "--allow-private"], "404"),
        (["{site}/"], "private"),
        (["{site}/", "--allow-private", "--every", "often"], "often"),
        (["{site}/", "--allow-private", "--name", "seeds"], "seeds"),
    ],
)
def test_what_cannot_be_added_is_said_in_one_sentence(
    person: Person, site: str, arguments: list[str], said: str
) -> None:
    ran = person.type("sources", "add", *(each.format(site=site) for each in arguments))
    assert ran.code in {1, 2}
    assert said in ran.err
    assert ran.err.startswith("error: ")
    assert "bug" not in ran.err
    assert list(names(person)) == ["seeds"]


def test_removing_stops_the_polling_and_keeps_the_copies(person: Person) -> None:
    (person.folder / "articles").mkdir()
    (person.folder / "articles" / "a.txt").write_text("Title\n\nText of it.\n")
    person.do("sources", "add", "articles")
    person.do("collect")
    person.do("sources", "remove", "articles")
    assert names(person)["articles"] is False
    assert "articles" in {line["_source"] for line in person.exported()}


def test_what_is_subscribed_to_is_not_asked_again_and_what_was_removed_is_taken_up(
    person: Person, site: str
) -> None:
    add = ["sources", "add", f"{site}/feed.atom", "--allow-private"]
    person.do(*add, "--name", "herald")
    Site.asked.clear()
    twice = person.type(*add, "--name", "other")
    assert (twice.code, "is subscribed to already, as herald" in twice.err, Site.asked) == (2, True, [])
    assert "as herald" in person.type("sources", "add", f"{site}/", "--allow-private").err
    person.do("sources", "remove", "herald")
    assert "0 entries" in person.do(*add, "--name", "herald").out
    person.do("sources", "remove", "herald")
    assert "0 entries" in person.do(*add, "--name", "times").out
    assert names(person) == {"seeds": True, "times": True}
    assert {line["_source"] for line in person.exported()} == {"times"}


def test_what_was_fetched_to_find_a_feed_is_not_fetched_again(person: Person, site: str) -> None:
    Site.asked.clear()
    assert (
        "1 entry"
        in person.do("sources", "add", f"{site}/feed.atom", "--allow-private", "--name", "herald").out
    )
    assert "is not due" in person.do("collect", "herald").err
    assert Site.asked == ["/feed.atom"]
    assert [line["title"] for line in person.exported()] == ["First & foremost"]


def test_a_history_is_fetched_after_the_feed(person: Person, site: str) -> None:
    link = f'<link rel="prev-archive" href="{site}/older.atom"/>'
    Site.pages["/newer.atom"] = ("application/atom+xml", ATOM.replace("<entry>", link + "<entry>"))
    Site.pages["/older.atom"] = (
        "application/atom+xml",
        ATOM.replace("urn:1", "urn:0").replace("First", "Zeroth"),
    )
    person.do("sources", "add", f"{site}/newer.atom", "--allow-private", "--name", "herald", "--history")
    person.do("collect")
    assert {line["title"] for line in person.exported()} >= {"First & foremost", "Zeroth & foremost"}


def test_accepting_reads_a_feed_anew(person: Person, site: str) -> None:
    person.do("sources", "add", f"{site}/feed.atom", "--allow-private", "--name", "herald")
    person.do("collect", "herald", "--force")
    assert "herald is read anew" in person.do("sources", "accept", "herald").out
    [outcome] = person.do("collect", "herald", "--json").json
    assert (outcome["outcome"], outcome["new"]) == ("changed", 0)
    assert person.type("sources", "accept", "nobody").code == 2


def test_what_the_configuration_declares_is_removed_there(person: Person) -> None:
    ran = person.type("sources", "remove", "seeds")
    assert ran.code == 2
    assert "seeds" in ran.err


def test_what_a_list_says_that_cannot_be_subscribed_to_is_named(person: Person) -> None:
    outline = '<outline text="x" xmlUrl="{}"/>'
    said = ("feed://three.example/rss", "feed:https://four.example/rss", "ftp://five.example/rss", "/rss")
    person.write("odd.opml", OPML.replace("</body>", "".join(map(outline.format, said)) + "</body>"))
    ran = person.type("sources", "import", "odd.opml")
    assert (ran.code, "4 sources added" in ran.out) == (1, True)
    assert ran.err.splitlines() == [
        "odd.opml: 'ftp://five.example/rss' is no http(s) address",
        "odd.opml: '/rss' is no http(s) address",
    ]
    found = {source["spec"]["location"] for source in person.do("sources", "--json").json}
    assert {"http://three.example/rss", "https://four.example/rss"} <= found


def test_a_list_that_breaks_off_does_not_pass_for_a_whole_one(person: Person) -> None:
    person.write("cut.opml", OPML.partition('<outline text="Two"')[0])
    ran = person.type("sources", "import", "cut.opml")
    assert (ran.code, "1 source added" in ran.out) == (1, True)
    assert "cut.opml: The document ends before its root element does." in ran.err


def test_opml_goes_in_and_comes_out(person: Person) -> None:
    person.write("in.opml", OPML)
    assert "2 sources added, 0 known already" in person.do("sources", "import", "in.opml").out
    assert "0 sources added, 2 known already" in person.do("sources", "import", "in.opml").out
    out = person.do("sources", "export").out
    assert "https://one.example/rss" in out
    assert "https://two.example/rss" in out
    person.do("sources", "export", "--to", "out.opml")
    assert (person.folder / "out.opml").read_text(encoding="utf-8") == out


def test_a_broken_opml_file_is_said(person: Person) -> None:
    person.write("in.opml", "not xml at all")
    ran = person.type("sources", "import", "in.opml")
    assert ran.code == 1
    assert "in.opml" in ran.err


class TestPreview:
    def test_of_a_url(self, person: Person, site: str) -> None:
        document = person.do("preview", f"{site}/feed.atom", "--allow-private", "--json").json
        assert document["version"].startswith("https://jsonfeed.org/version/1")
        assert document["title"] == "Daily Herald"
        [item] = document["items"]
        assert (item["id"], item["title"]) == ("urn:1", "First & foremost")
        assert "script" not in item["content_html"]
        assert document["_flaws"] == []

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("a.atom", ATOM),
            ("a.xml", ATOM),
            ("feed", ATOM),
            (
                "a.jsonl",
                json.dumps({"_source": "a", "id": "1", "title": "First & foremost", "content_text": "x"}),
            ),
            (
                "a.json",
                json.dumps(
                    {
                        "version": "https://jsonfeed.org/version/1.1",
                        "title": "t",
                        "items": [{"id": "1", "title": "First & foremost", "content_text": "x"}],
                    }
                ),
            ),
            ("a.txt", "First & foremost\n\nText.\n"),
        ],
    )
    def test_of_a_local_file_of_any_format(self, person: Person, name: str, body: str) -> None:
        document = person.do("preview", str(person.write(name, body)), "--json").json
        assert [item["title"] for item in document["items"]] == ["First & foremost"]

    def test_flaws_are_listed(self, person: Person) -> None:
        path = str(person.write("b.xml", RSS_BROKEN))
        document = person.do("preview", path, "--json").json
        assert [flaw["code"] for flaw in document["_flaws"]]
        assert document["title"] == "A & B"
        assert document["_flaws"][0]["code"] in person.do("preview", path).err

    def test_as_a_table(self, person: Person) -> None:
        out = person.do("preview", str(person.write("a.atom", ATOM))).out
        assert "Daily Herald" in out
        assert "First & foremost" in out

    def test_it_leaves_no_archive_behind(self, person: Person) -> None:
        (person.folder / "archive.db").unlink()
        person.do("preview", str(person.write("a.atom", ATOM)))
        assert not (person.folder / "archive.db").exists()

    @pytest.mark.parametrize(
        "what", ["missing.xml", "{site}/missing", "empty.xml", "{site}/plain", "nowhere/"]
    )
    def test_what_is_no_feed_is_said(self, person: Person, site: str, what: str) -> None:
        person.write("empty.xml", "")
        ran = person.type("preview", what.format(site=site), "--allow-private")
        assert ran.code == 1, ran
        assert ran.err.startswith("error: ")
        assert "bug" not in ran.err
