"""The published files over HTTP: the bytes on the disk, validators, 304, gzip, leave for others."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aggregator.publish import files
from aggregator.web import documents

from ..publish.stories import NOON
from .fake import NOW, FakeArchive, an_app

BODY = b"<feed>" + b"news " * 200 + b"</feed>"
PLAIN = {"accept-encoding": "identity"}


@pytest.fixture
def public(tmp_path: Path) -> Path:
    files.write(tmp_path / "public", "feed.atom", BODY, modified=NOON)
    return tmp_path / "public"


@pytest.fixture
def client(public: Path) -> Iterator[TestClient]:
    with TestClient(an_app(FakeArchive(), public)) as client:
        yield client


def test_a_feed_is_the_file_with_its_type_and_validators(client: TestClient) -> None:
    found = client.get("/feed.atom", headers=PLAIN)
    assert (found.status_code, found.content) == (200, BODY)
    assert found.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert found.headers["last-modified"] == "Sun, 22 Nov 2026 12:00:00 GMT"
    assert found.headers["etag"].startswith('"')
    assert found.headers["vary"] == "Accept, Accept-Encoding"
    assert found.headers["cache-control"] == "public, max-age=60"
    assert found.headers["content-length"] == str(len(BODY))


def test_the_gzip_form_is_the_file_beside_it_under_a_tag_of_its_own(client: TestClient, public: Path) -> None:
    plain, packed = (
        client.get("/feed.atom", headers=PLAIN),
        client.get("/feed.atom", headers={"accept-encoding": "gzip"}),
    )
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-length"] == str((public / "feed.atom.gz").stat().st_size)
    assert packed.content == BODY
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_who_has_the_bytes_gets_304_with_everything_but_the_content(
    client: TestClient, encoding: str
) -> None:
    first = client.get("/feed.atom", headers={"accept-encoding": encoding})
    again = client.get(
        "/feed.atom", headers={"accept-encoding": encoding, "if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "last-modified", "cache-control", "vary", "access-control-allow-origin"):
        assert again.headers[name] == first.headers[name]
    assert not {"content-type", "content-length", "content-encoding"} & set(again.headers)


def test_the_tag_of_one_form_does_not_stand_for_the_other(client: TestClient) -> None:
    plain = client.get("/feed.atom", headers=PLAIN).headers["etag"]
    assert (
        client.get("/feed.atom", headers={"accept-encoding": "gzip", "if-none-match": plain}).status_code
        == 200
    )


def test_the_date_alone_is_enough_for_304(client: TestClient) -> None:
    date = {"if-modified-since": "Sun, 22 Nov 2026 12:00:00 GMT"}
    assert client.get("/feed.atom", headers=date).status_code == 304
    assert client.get("/feed.atom", headers={**date, "if-none-match": '"old"'}).status_code == 200


def test_new_bytes_are_seen_at_once_and_never_under_the_old_date(client: TestClient, public: Path) -> None:
    before = client.get("/feed.atom", headers=PLAIN)
    files.write(public, "feed.atom", b"<feed>late copy</feed>", modified=NOON)
    conditions = {**PLAIN, "if-modified-since": before.headers["last-modified"]}
    after = client.get("/feed.atom", headers=conditions)
    assert (after.status_code, after.content) == (200, b"<feed>late copy</feed>")
    assert after.headers["etag"] != before.headers["etag"]


def test_the_same_bytes_keep_their_tag_over_restarts_and_rewriting(client: TestClient, public: Path) -> None:
    before = client.get("/feed.atom", headers=PLAIN).headers["etag"]
    for path in public.iterdir():
        path.unlink()
    assert client.get("/feed.atom").status_code == 404
    files.write(public, "feed.atom", BODY, modified=NOON)
    with TestClient(an_app(FakeArchive(), public)) as other:
        assert client.get("/feed.atom", headers=PLAIN).headers["etag"] == before
        assert other.get("/feed.atom", headers=PLAIN).headers["etag"] == before


def test_a_gzip_form_of_another_writing_is_not_sent(client: TestClient, public: Path) -> None:
    (public / "feed.atom").write_bytes(b"<feed>by hand</feed>")
    found = client.get("/feed.atom", headers={"accept-encoding": "gzip"})
    assert found.content == b"<feed>by hand</feed>"
    assert "content-encoding" not in found.headers


def test_head_says_the_same_without_the_body(client: TestClient) -> None:
    got, head = client.get("/feed.atom"), client.head("/feed.atom")
    assert head.content == b""
    assert head.headers == got.headers


def test_a_date_in_the_future_is_not_passed_on(client: TestClient, public: Path) -> None:
    files.write(public, "feed.rss", b"<rss/>", modified=NOW + timedelta(days=9))
    assert client.get("/feed.rss").headers["last-modified"] == "Mon, 23 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("feed.rss", "application/rss+xml; charset=utf-8"),
        ("feed.json", "application/feed+json; charset=utf-8"),
    ],
)
def test_other_formats_have_their_types(client: TestClient, public: Path, name: str, media_type: str) -> None:
    files.write(public, name, b"{}")
    assert client.get(f"/{name}").headers["content-type"] == media_type


def test_a_page_of_anybody_may_read_a_feed_and_ask_with_conditions(client: TestClient) -> None:
    found = client.get("/feed.atom", headers={"origin": "https://reader.example"})
    asked = client.options("/feed.atom", headers={"origin": "https://reader.example"})
    assert found.headers["access-control-allow-origin"] == "*"
    assert "ETag" in found.headers["access-control-expose-headers"]
    assert asked.status_code == 204
    assert "If-None-Match" in asked.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    "path",
    ["/.feed.atom.x1", "/feed.atom.gz", "/..%2fsecret.atom", "/secret.txt", "/nothing.atom", "/%00.atom"],
)
def test_nothing_else_is_served(client: TestClient, public: Path, path: str) -> None:
    for name in (".feed.atom.x1", "secret.txt", "../secret.atom"):
        (public / name).write_bytes(b"secret")
    found = client.get(path)
    assert found.status_code == 404
    assert b"secret" not in found.content.replace(path.encode(), b"")


def test_writing_to_a_feed_is_not_allowed(client: TestClient) -> None:
    found = client.post("/feed.atom")
    assert found.status_code == 405
    assert set(found.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_feeds_go_on_while_the_archive_is_out_of_order(public: Path) -> None:
    with TestClient(an_app(FakeArchive(broken=True), public)) as client:
        assert gzip.decompress((public / "feed.atom.gz").read_bytes()) == client.get("/feed.atom").content
        assert client.get("/readyz").status_code == 503


BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_every_packed_form_of_the_same_writing_is_sent_to_who_wants_it(
    client: TestClient, public: Path
) -> None:
    stamp = (public / "feed.atom").stat().st_mtime
    for suffix in (".br", ".zst"):
        (public / f"feed.atom{suffix}").write_bytes(b"packed as " + suffix.encode())
        os.utime(public / f"feed.atom{suffix}", (stamp, stamp))
    found = client.get("/feed.atom", headers={"accept-encoding": "gzip"})
    assert found.headers["content-encoding"] == "gzip"
    for encoding, suffix in (("zstd", b".zst"), ("br", b".br")):
        found = client.head("/feed.atom", headers={"accept-encoding": f"gzip;q=0.1, {encoding}"})
        assert found.headers["content-encoding"] == encoding
        assert found.headers["content-length"] == str(len(b"packed as " + suffix))


def test_a_document_in_a_folder_of_public_is_served(client: TestClient, public: Path) -> None:
    files.write(public, "archive/1.atom", BODY, modified=NOON)
    found = client.get("/archive/1.atom", headers=PLAIN)
    assert (found.content, found.headers["cache-control"]) == (BODY, "public, max-age=86400")
    assert client.get("/archive/../feed.atom.gz").status_code == 404
    assert client.get("/archive").status_code == 404


def test_a_browser_at_the_address_of_a_feed_gets_a_page_that_says_what_it_is(client: TestClient) -> None:
    page = client.get("/feed.atom", headers=BROWSER)
    assert page.headers["content-type"].startswith("text/html")
    assert "http" in page.text and "/feed.atom" in page.text and "feed reader" in page.text
    assert "Accept" in page.headers["vary"]
    assert client.get("/nothing.atom", headers=BROWSER).status_code == 404
    for reader in ({"accept": "*/*"}, {"accept": "application/atom+xml, text/html;q=0.9"}, {"accept": ""}):
        assert client.get("/feed.atom", headers=reader).content == BODY


def test_memory_holds_a_bounded_number_of_documents(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "KEPT", 3 * len(BODY))
    folder = documents.Folder(public)
    for number in range(9):
        (public / f"{number}.atom").write_bytes(BODY)
        found = folder.find(f"{number}.atom")
        assert found and found.plain.body == BODY
    assert len(folder._kept) == 3 and folder._held == 3 * len(BODY)
    assert list(folder._kept)[-1] == "8.atom"


def test_pages_name_every_feed_for_readers_to_discover(client: TestClient, public: Path) -> None:
    files.write(public, "feeds/gaza.atom", BODY, modified=NOON)
    files.write(public, "archive/1.atom", BODY, modified=NOON)
    page = client.get("/feeds").text
    assert 'href="/feeds/gaza.atom" title="' in page and ": gaza (Atom)" in page
    assert page.index('href="/feed.atom"') < page.index('href="/feeds/gaza.atom"')
    assert "archive/1.atom" not in page
    assert "feed reader" in client.get("/feeds/gaza.atom", headers=BROWSER).text
