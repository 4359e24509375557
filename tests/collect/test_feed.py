"""The kind "feed": what is asked, what is learnt, and what becomes of the source."""

from __future__ import annotations

import contextlib
import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.collect import accepted, due_again, parsing
from aggregator.model import Outcome

from .playing import AGENT, NOON, QUICK, again, poll, source
from .server import ATOM, PAGE, Server, answers, in_turn, says

HOUR = timedelta(hours=1)
VALIDATORS = {"ETag": 'W/"odd, one"', "Last-Modified": "Thu, 1 Jan 2026 0:0:0 +0000"}
NOT_MODIFIED = answers(304, b"", {"Content-Length": "0"})
OTHER = ATOM.replace(b"One", b"Two")


def test_a_feed_comes_home_with_its_entries_and_its_outlet(web: Server) -> None:
    collected = poll(web.on("/feed", answers(headers=VALIDATORS)))
    assert collected.feed is not None
    assert [entry.title for entry in collected.feed.entries] == ["One"]
    assert not collected.feed.entries[0].sanitised
    fetch, kept = collected.fetch, collected.source
    assert (fetch.outcome, fetch.status, fetch.bytes) == (Outcome.CHANGED, 200, len(ATOM))
    assert fetch.elapsed > 0
    assert (kept.outlet, kept.site_url) == ("Daily Herald", "https://herald.example/")
    assert kept.last_fetch_at == kept.last_success_at == kept.last_changed_at == NOON
    assert kept.next_fetch_at == NOON + HOUR


def test_a_request_says_who_asks_and_nothing_of_the_reader(web: Server) -> None:
    cookie = {"Set-Cookie": "track=me; Path=/"}
    url = web.on("/feed", answers(headers=cookie)) + "?b=2&a=%2F1&c=%7Eme"
    poll(poll(url).source)
    for request in web.log:
        assert request.method == "GET"
        assert request.path == "/feed?b=2&a=%2F1&c=%7Eme"
        assert request.headers["user-agent"] == AGENT
        assert request.headers["accept-encoding"] == "gzip, deflate, br, zstd"
        assert not {"cookie", "referer", "from", "dnt"} & set(request.headers)


def test_validators_go_back_byte_for_byte(web: Server) -> None:
    url = web.on("/feed", in_turn(answers(headers=VALIDATORS), NOT_MODIFIED))
    unchanged = poll(again(poll(url)))
    assert web.log[1].headers["if-none-match"] == VALIDATORS["ETag"]
    assert web.log[1].headers["if-modified-since"] == VALIDATORS["Last-Modified"]
    assert (unchanged.fetch.outcome, unchanged.feed) == (Outcome.UNCHANGED, None)


@pytest.mark.parametrize(
    "etag",
    [
        '"é"'.encode(),
        b'"\xe9"',
        b'W/"a\xff\x80\xbf b"',
        '"\x80"'.encode(),
        '"\uf780\uf7ff"'.encode(),
        '"\U0001f4f0"'.encode(),
    ],
    ids=["UTF-8", "Latin-1", "no text at all", "a control of C1", "of private use", "beyond the plane"],
)
def test_a_validator_of_any_bytes_goes_back_as_it_came(web: Server, etag: bytes) -> None:
    url = web.on("/feed", answers(headers={"ETag": etag.decode("latin-1")}))
    poll(again(poll(again(poll(url)))))
    for request in web.log[1:]:
        assert request.headers["if-none-match"].encode("latin-1") == etag


def test_a_304_renews_the_validators_it_names_and_keeps_the_others(web: Server) -> None:
    renewed = answers(304, b"", {"ETag": '"2"'})
    url = web.on("/feed", in_turn(answers(headers=VALIDATORS), renewed))
    kept = poll(again(poll(url))).source
    assert (kept.etag, kept.last_modified) == ('"2"', VALIDATORS["Last-Modified"])


@pytest.mark.parametrize(
    "after",
    [
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 500\r\n\r\n",
    ],
    ids=["a body", "the end of one", "the length of what it would have been"],
)
def test_a_304_is_one_whatever_comes_behind_it(web: Server, after: bytes) -> None:
    url = web.on(
        "/feed", in_turn(answers(headers=VALIDATORS), says(b"HTTP/1.1 304 Not Modified\r\n" + after))
    )
    fetch = poll(again(poll(url))).fetch
    assert (fetch.outcome, fetch.status) == (Outcome.UNCHANGED, 304)


def test_a_200_with_the_same_body_is_unchanged_and_renews_the_validators(web: Server) -> None:
    url = web.on("/feed", in_turn(answers(headers=VALIDATORS), answers(headers={"ETag": '"2"'})))
    same = poll(again(poll(url)))
    assert (same.fetch.outcome, same.feed) == (Outcome.UNCHANGED, None)
    assert (same.source.etag, same.source.last_modified) == ('"2"', "")


def test_of_a_changed_document_only_the_new_items_are_read(web: Server) -> None:
    newer = ATOM.replace(b"<entry>", b"<entry><id>urn:2</id><title>Two</title></entry><entry>", 1)
    newest = newer.replace(b"<entry>", b"<entry><id>urn:3</id><title>Three</title></entry><entry>", 1)
    first = poll(web.on("/feed", in_turn(answers(), answers(body=newer), answers(body=newest))))
    second = poll(again(first))
    third = poll(again(second))
    assert first.feed
    assert second.feed
    assert third.feed
    assert [entry.unread for entry in second.feed.entries] == [False, True]
    assert [entry.unread for entry in third.feed.entries] == [False, True, True]
    assert third.feed.entries[2].fingerprint == first.feed.entries[0].fingerprint


def test_items_that_share_an_id_are_read_each_time(web: Server) -> None:
    twice = ATOM.replace(
        b"<entry>", b"<entry><id>tag:example.org,2026:1</id><title>Another article</title></entry><entry>", 1
    )
    changed = twice.replace(b"Another article", b"Another article yet")
    second = poll(again(poll(web.on("/feed", in_turn(answers(body=twice), answers(body=changed))))))
    assert second.feed
    assert not any(entry.unread for entry in second.feed.entries)


def test_the_same_body_packed_otherwise_is_unchanged(web: Server) -> None:
    packed = answers(body=gzip.compress(ATOM), headers={"Content-Encoding": "gzip"})
    same = poll(again(poll(web.on("/feed", in_turn(answers(), packed)))))
    assert same.fetch.outcome is Outcome.UNCHANGED
    assert same.fetch.bytes < len(ATOM)


@pytest.mark.parametrize(
    ("bad", "outcome", "code"),
    [
        (answers(500, b"oops"), Outcome.FAILED, "http-500"),
        (answers(404, b""), Outcome.FAILED, "http-404"),
        (answers(403, b""), Outcome.FAILED, "http-403"),
        (answers(204, b""), Outcome.FAILED, "http-204"),
        (answers(206, ATOM[:99]), Outcome.FAILED, "http-206"),
        (answers(200, b" \n"), Outcome.FAILED, "empty"),
        (answers(200, PAGE, {"Content-Type": "text/html"}), Outcome.REFUSED, "web-page"),
        (answers(200, PAGE), Outcome.REFUSED, "web-page"),
        (answers(200, b"just words"), Outcome.REFUSED, "not-a-feed"),
        (says(b""), Outcome.FAILED, "closed"),
        (answers(302, b""), Outcome.FAILED, "http-302"),
        (answers(999, b""), Outcome.FAILED, "http-999"),
    ],
)
def test_what_is_no_feed_is_an_error_that_costs_nothing_we_knew(
    web: Server, bad: object, outcome: Outcome, code: str
) -> None:
    url = web.on("/feed", in_turn(answers(headers=VALIDATORS), bad, NOT_MODIFIED))  # type: ignore[arg-type]
    good = poll(url)
    failed = poll(again(good))
    assert (failed.fetch.outcome, failed.fetch.error_code, failed.feed) == (outcome, code, None)
    assert failed.source.failures == 1
    assert failed.source.error == failed.fetch.error
    assert "127.0.0.1" in failed.fetch.error
    kept = ("etag", "last_modified", "body_hash", "outlet", "last_success_at", "last_changed_at")
    assert [getattr(failed.source, name) for name in kept] == [getattr(good.source, name) for name in kept]
    well = poll(again(failed)).source
    assert (well.failures, well.error) == (0, "")


def test_a_web_page_is_told_from_a_feed_in_words_that_mend_it(web: Server) -> None:
    url = web.on("/", answers(200, PAGE, {"Content-Type": "text/html"}))
    assert (
        poll(url).fetch.error
        == f"{url} is a web page, not a feed; `aggregator sources add {url}` finds its feeds"
    )


@pytest.mark.parametrize("kept", [0.95, 0.8, 0.5])
def test_a_document_that_breaks_off_is_an_error_though_http_saw_none(web: Server, kept: float) -> None:
    cut = answers(body=ATOM[: int(len(ATOM) * kept)], headers={"ETag": '"cut"'})
    url = web.on("/feed", in_turn(answers(headers=VALIDATORS), cut, NOT_MODIFIED))
    good = poll(url)
    short = poll(again(good))
    assert (short.fetch.error_code, short.feed, short.source.etag) == ("truncated", None, VALIDATORS["ETag"])


def test_a_document_that_always_breaks_off_is_read_as_it_is_in_the_end(web: Server) -> None:
    feed = source(web.on("/feed", answers(body=ATOM.removesuffix(b"</feed>\n"))))
    outcomes = []
    for _ in range(4):
        collected = poll(feed)
        feed = again(collected)
        outcomes.append(collected.fetch.outcome)
    assert outcomes == [Outcome.FAILED] * 3 + [Outcome.CHANGED]


def test_a_304_that_nobody_asked_for_is_an_error(web: Server) -> None:
    assert poll(web.on("/feed", NOT_MODIFIED)).fetch.error_code == "http-304"


def test_a_server_that_is_down_is_said_to_be(web: Server) -> None:
    down = poll("http://127.0.0.1:9/feed").fetch
    assert (down.outcome, down.error_code) == (Outcome.FAILED, "connect")
    assert down.error == "127.0.0.1, port 9, refuses the connection: nothing listens there"


def test_a_server_that_cannot_prove_who_it_is_is_not_trusted() -> None:
    def speak_plainly(listener: socket.socket) -> None:
        client, _ = listener.accept()
        client.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        client.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=speak_plainly, args=[listener], daemon=True).start()
        fetch = poll(f"https://127.0.0.1:{listener.getsockname()[1]}/").fetch
    assert fetch.error_code == "tls"
    assert fetch.error == "127.0.0.1 does not speak TLS as an https address must"


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
def test_a_certificate_that_nobody_vouches_for_is_named_as_the_reason(tmp_path: Path) -> None:
    both = tmp_path / "key.pem"
    subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=herald.example -keyout key.pem -out cert.pem".split(),
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "cert.pem", both)

    def shake_hands(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with contextlib.suppress(OSError), client:
            server.wrap_socket(client, server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=shake_hands, args=[listener], daemon=True).start()
        fetch = poll(f"https://127.0.0.1:{listener.getsockname()[1]}/").fetch
    assert fetch.error_code == "tls"
    assert fetch.error == "the certificate of 127.0.0.1 is not valid: self-signed certificate"


def test_errors_in_a_row_are_asked_about_ever_less(web: Server) -> None:
    feed, waits = source(web.on("/feed", answers(500, b""))), []
    for _ in range(7):
        feed = again(poll(feed))
        assert feed.next_fetch_at
        waits.append((feed.next_fetch_at - NOON) / HOUR)
    assert waits == [1, 2, 4, 8, 16, 24, 24]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("said", ["7200", "Sun, 22 Nov 2026 14:00:00 GMT"])
def test_a_server_that_asks_for_patience_gets_it(web: Server, status: int, said: str) -> None:
    slowed = poll(web.on("/feed", answers(status, b"", {"Retry-After": said})))
    assert slowed.fetch.outcome is Outcome.SLOWED
    assert slowed.source.not_before == slowed.source.next_fetch_at == NOON + 2 * HOUR


def test_patience_without_a_time_is_a_back_off(web: Server) -> None:
    slowed = poll(replace(source(web.on("/feed", answers(429, b""))), failures=2))
    assert (slowed.fetch.outcome, slowed.source.not_before) == (Outcome.SLOWED, None)
    assert slowed.source.next_fetch_at == NOON + 4 * HOUR


def test_another_every_counts_from_the_last_visit_and_beats_no_floor(web: Server) -> None:
    read = poll(web.on("/feed", answers(headers={"Cache-Control": "max-age=7200"}))).source
    assert due_again(replace(read, last_fetch_at=None), timedelta(0)) is None
    for every, hours in (("1s", 2), ("3h", 3)):
        changed = replace(read, spec=replace(read.spec, every=every))
        assert due_again(changed, timedelta(0)) == NOON + hours * HOUR
    slowed = replace(read, memory={}, not_before=NOON + 4 * HOUR)
    assert due_again(slowed, timedelta(0)) == NOON + 4 * HOUR
    assert due_again(replace(read, memory={}), 5 * HOUR) == NOON + 5 * HOUR


def test_gone_is_gone(web: Server) -> None:
    gone = poll(web.on("/feed", answers(410, b"")))
    assert (gone.fetch.outcome, gone.source.gone, gone.source.next_fetch_at) == (Outcome.GONE, True, None)


@pytest.mark.parametrize(
    ("status", "stored"), [(301, True), (308, True), (302, False), (303, False), (307, False)]
)
def test_only_a_permanent_redirect_is_stored(web: Server, status: int, stored: bool) -> None:
    url = web.on("/old", answers(status, b"", {"Location": "/new#part"}))
    new = web.on("/new", answers())
    collected = poll(url)
    assert collected.fetch.url == new
    assert collected.source.moved_to == (new if stored else "")
    assert collected.source.spec.location == url


def test_a_redirect_in_an_encoding_of_its_own_is_followed_by_its_bytes(web: Server) -> None:
    web.on("/caf%E9", answers())
    url = web.on("/old", answers(302, b"", {"Location": "/caf\xe9?a=%20"}))
    assert poll(url).fetch.outcome is Outcome.CHANGED
    assert web.log[-1].path == "/caf%E9?a=%20"


def test_a_permanent_redirect_after_a_temporary_one_is_not_stored(web: Server) -> None:
    url = web.on("/old", answers(301, b"", {"Location": "/a"}))
    a = web.on("/a", answers(302, b"", {"Location": "/b"}))
    web.on("/b", answers(301, b"", {"Location": "/c"}))
    web.on("/c", answers())
    assert poll(url).source.moved_to == a


def test_a_move_that_leads_to_nothing_is_not_stored(web: Server) -> None:
    url = web.on("/old", answers(301, b"", {"Location": "/nothing"}))
    assert poll(url).source.moved_to == ""


def test_a_move_to_where_patience_is_asked_for_is_stored(web: Server) -> None:
    url = web.on("/old", answers(301, b"", {"Location": "/new"}))
    new = web.on("/new", in_turn(answers(503, b"", {"Retry-After": "7200"}), answers()))
    busy = poll(url)
    assert (busy.source.moved_to, busy.source.not_before) == (new, NOON + 2 * HOUR)
    assert poll(again(busy)).fetch.outcome is Outcome.CHANGED
    assert len(web.asked("/old")) == 1


def test_when_the_new_address_fails_the_old_is_asked_and_when_that_fails_the_new_one(web: Server) -> None:
    url = web.on("/old", in_turn(answers(301, b"", {"Location": "/new"}), answers(500, b"")))
    new = web.on("/new", in_turn(answers(headers=VALIDATORS), answers(404, b""), NOT_MODIFIED))
    moved = poll(url)
    lost = poll(again(moved))
    assert (lost.source.moved_to, lost.source.url) == ("", url)
    lost = poll(again(lost))
    assert (lost.source.moved_to, lost.source.failures) == (new, 2)
    found = poll(again(lost))
    assert (found.source.moved_to, found.fetch.outcome) == (new, Outcome.UNCHANGED)
    assert "left" not in found.source.memory


def test_what_was_learnt_at_another_address_does_not_count_at_the_new_one(web: Server) -> None:
    learnt = poll(web.on("/one", answers(headers=VALIDATORS))).source
    changed = replace(learnt, spec=replace(learnt.spec, location=web.on("/two", answers())))
    assert poll(changed).fetch.outcome is Outcome.CHANGED
    assert "if-none-match" not in web.log[1].headers


def test_max_age_ttl_and_skipped_hours_are_floors(web: Server) -> None:
    rss = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><link>https://h.example/</link>
<description>d</description><ttl>180</ttl><skipHours><hour>15</hour></skipHours>
<item><title>One</title><guid>1</guid></item></channel></rss>"""
    url = web.on("/feed", in_turn(answers(body=rss), answers(304, b"", {"Cache-Control": "max-age=14400"})))
    first = poll(url).source
    assert first.next_fetch_at == NOON + 4 * HOUR  # three hours, and the hour that is skipped
    assert poll(first).source.next_fetch_at == NOON + 4 * HOUR


def test_a_host_without_validators_that_does_not_change_is_asked_ever_less(web: Server) -> None:
    feed, waits = again(poll(web.on("/feed", answers()))), []
    for _ in range(9):
        feed = again(poll(feed))
        assert feed.next_fetch_at
        waits.append((feed.next_fetch_at - NOON) / HOUR)
    assert waits == sorted(waits)
    assert waits[0] == 1.5
    assert waits[-1] == 24
    web.on("/feed", answers(body=OTHER))
    assert poll(feed).source.next_fetch_at == NOON + HOUR


def test_no_more_entries_than_the_limit_are_taken_and_that_is_said(web: Server) -> None:
    item = b'{"id": "%d", "content_text": "x"}'
    body = b'{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [%s]}' % b",".join(
        item % n for n in range(9)
    )
    collected = poll(web.on("/feed", answers(body=body)), limits=replace(QUICK, max_entries=4))
    assert collected.feed is not None
    assert [entry.guid for entry in collected.feed.entries] == ["0", "1", "2", "3"]
    assert "too-many-entries" in [flaw.code for flaw in collected.fetch.flaws]


@pytest.mark.parametrize("times", [1, 20_000, 250_000], ids=["at once", "in a thread", "in a process"])
def test_a_feed_is_read_wherever_its_size_belongs(web: Server, times: int) -> None:
    body = ATOM.replace(b"Text.", b"Text. " * times)
    collected = poll(web.on("/feed", answers(body=body)), limits=replace(QUICK, max_body=2_000_000))
    assert collected.feed is not None
    assert [entry.title for entry in collected.feed.entries] == ["One"]


def test_a_huge_document_that_takes_too_long_is_given_up(
    web: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "LONGEST", 0.5)
    url = web.on("/feed", answers(body=b"<rss><channel><item>" + b"<" * 3_000_000))
    began = time.monotonic()
    fetch = poll(url, limits=replace(QUICK, max_body=4_000_000)).fetch
    assert (fetch.outcome, fetch.error_code) == (Outcome.FAILED, "too-complex")
    assert time.monotonic() - began < 2


def test_a_reader_that_the_system_ended_is_an_error(web: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    url = web.on("/feed", answers(body=ATOM.replace(b"Text.", b"Text. " * 250_000)))
    assert poll(url, limits=replace(QUICK, max_body=2_000_000)).fetch.error_code == "too-complex"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://herald.example/feed", "refused-scheme"),
        ("http://", "refused-scheme"),
        ("herald", "refused-scheme"),
        ("http://a:b:c/", "bad-url"),
    ],
)
def test_what_is_no_web_address_is_refused_in_one_sentence(url: str, code: str) -> None:
    fetch = poll(url).fetch
    assert (fetch.outcome, fetch.error_code) == (Outcome.REFUSED, code)
    assert "\n" not in fetch.error


def test_a_password_in_the_address_is_used_and_never_shown(web: Server) -> None:
    url = web.on("/feed", in_turn(answers(), answers(500, b""))).replace("//", "//me:secret@")
    first = poll(url)
    assert web.log[0].headers["authorization"].startswith("Basic ")
    assert "secret" not in first.fetch.url
    assert "secret" not in poll(first.source).fetch.error


# ---------------------------------------------------------------- how a feed behaves

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>%s</title><link>%s</link>
<description>d</description>%s</channel></rss>"""


def rss(items: str, title: str = "Herald", link: str = "https://herald.example/") -> bytes:
    return (RSS % (title, link, items)).encode()


def item(number: int, guid: str = "", dated: bool = True) -> str:
    date = f"<pubDate>Sun, 22 Nov 2026 {number:02}:00:00 GMT</pubDate>" if dated else ""
    return (
        f"<item><title>Story {number}</title><guid>{guid or f'id-{number}'}</guid>{date}"
        f"<link>https://herald.example/{number}</link><description>Text {number}</description></item>"
    )


def items(*numbers: int, prefix: str = "id-") -> str:
    return "".join(item(number, f"{prefix}{number}") for number in numbers)


def test_a_feed_whose_ids_change_is_healed_and_that_is_said_on_the_source(web: Server) -> None:
    url = web.on("/feed", in_turn(*(answers(body=rss(items(1, 2, 3, prefix=f"{n}-"))) for n in range(3))))
    home = poll(url)
    for _ in range(2):
        home = poll(again(home))
    assert home.feed
    assert [entry.guid for entry in home.feed.entries] == ["0-1", "0-2", "0-3"]
    assert [flaw.code for flaw in home.source.flaws] == ["guid-churn"]


def test_a_flood_is_held_back_until_a_person_accepts_it(web: Server) -> None:
    flood = "".join(item(n, dated=False) for n in range(100, 150))
    url = web.on(
        "/feed", in_turn(answers(body=rss(items(1, 2, 3))), answers(body=rss(items(1, 2, 3) + flood)))
    )
    held = poll(again(poll(url)))
    assert held.feed
    assert len(held.feed.entries) == 3
    assert "held back" in held.source.flaws[0].message
    let_in = poll(accepted(again(held), NOON))
    assert let_in.feed
    assert (len(let_in.feed.entries), let_in.source.flaws) == (53, ())


def test_another_feed_at_the_same_address_is_refused_until_a_person_accepts_it(web: Server) -> None:
    pills = rss(items(7, 8, 9).replace("herald", "pills"), "Cheap pills", "https://pills.example/")
    url = web.on("/feed", in_turn(answers(body=rss(items(1, 2, 3))), answers(body=pills)))
    sold = poll(again(poll(url)))
    assert (sold.fetch.outcome, sold.fetch.error_code, sold.feed) == (Outcome.REFUSED, "other-feed", None)
    assert "'Cheap pills'" in sold.source.error
    assert "aggregator sources accept herald" in sold.source.error
    taken = poll(accepted(again(sold), NOON))
    assert (taken.fetch.outcome, taken.source.outlet) == (Outcome.CHANGED, "Cheap pills")


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (PAGE, "web-page"),
        (
            b"<!doctype html><html><body><h1>herald.example</h1>This domain is for sale!</body></html>",
            "parked-page",
        ),
    ],
)
def test_a_feed_that_turned_into_a_page_is_said_to_have(web: Server, page: bytes, code: str) -> None:
    url = web.on("/feed", in_turn(answers(), answers(200, page, {"Content-Type": "text/html"})))
    turned = poll(again(poll(url)))
    assert (turned.fetch.outcome, turned.fetch.error_code) == (Outcome.REFUSED, code)
    assert ("was a feed" if code == "web-page" else "lapsed or is for sale") in turned.source.error


def test_a_feed_that_rolled_over_is_asked_again_as_soon_as_may_be(web: Server) -> None:
    same = answers(304, b"", {"Content-Length": "0"})
    old = answers(body=rss(items(1, 2, 3)), headers=VALIDATORS)
    url = web.on("/feed", in_turn(old, same, same, same, answers(body=rss(items(13, 14, 15)))))
    home, waits = poll(url, dice=0.0), []
    for _ in range(4):
        home = poll(replace(again(home), memory={**home.source.memory, "rhythm": 7 * 86400}))
        assert home.source.next_fetch_at
        waits.append((home.source.next_fetch_at - NOON) / HOUR)
    assert waits == [1.25, 1.25**2, 1.25**3, 1]
    assert "about 9 entries were missed" in home.source.flaws[0].message
