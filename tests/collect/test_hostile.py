"""The worst hosts: what each of them gets is a bounded share of time and memory, and the right error."""

from __future__ import annotations

import asyncio
import gzip
import resource
import time
import zlib
from dataclasses import replace
from datetime import timedelta

import brotli
import pytest
import zstandard

from aggregator.collect.feed import FeedCollector
from aggregator.model import Outcome

from .playing import QUICK, Names, context, guard, poll, source
from .server import ATOM, Request, Server, after, answers, drips, hangs, head, in_turn, says

GIB = 2**30
BOMB_LIMITS = replace(QUICK, deadline=timedelta(seconds=20), max_body=20_000_000)
CHUNK = bytes(2**20)


def _deflated() -> bytes:
    """A GiB of nothing, raw: one MiB packed so that it can be said again and again, and an empty last block."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    mib = packer.compress(CHUNK) + packer.flush(zlib.Z_FULL_FLUSH)
    return mib * (GIB // len(CHUNK)) + b"\x03\x00"


def _gzipped() -> bytes:
    return b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + _deflated() + bytes(8)


def _brotli() -> bytes:
    packer = brotli.Compressor(quality=1)
    parts = [packer.process(CHUNK) for _ in range(GIB // len(CHUNK))]
    return bytes(b"".join(parts) + packer.finish())


def _zstd() -> bytes:
    packer = zstandard.ZstdCompressor(level=1).compressobj()
    parts = [packer.compress(CHUNK) for _ in range(GIB // len(CHUNK))]
    return b"".join(parts) + packer.flush()


BOMBS = {"gzip": _gzipped, "deflate": _deflated, "br": _brotli, "zstd": _zstd}


@pytest.mark.parametrize("coding", BOMBS)
def test_a_bomb_of_a_gibibyte_is_noticed_before_it_has_gone_off(web: Server, coding: str) -> None:
    packed = BOMBS[coding]()
    url = web.on("/bomb", answers(body=packed, headers={"Content-Encoding": coding}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fetch = poll(url, limits=BOMB_LIMITS).fetch
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (fetch.outcome, fetch.error_code) == (Outcome.FAILED, "too-large")
    assert "larger than 20 MB" in fetch.error
    assert grown < 120_000, f"{grown} KB more than before"


def test_a_bomb_in_a_bomb_is_noticed(web: Server) -> None:
    packed = gzip.compress(_gzipped())
    url = web.on("/bomb", answers(body=packed, headers={"Content-Encoding": "gzip, gzip"}))
    assert poll(url, limits=BOMB_LIMITS).fetch.error_code == "too-large"


def test_a_body_packed_over_and_over_is_not_even_begun(web: Server) -> None:
    url = web.on("/", answers(headers={"Content-Encoding": "gzip, gzip, gzip, gzip"}))
    assert poll(url).fetch.error_code == "content-encoding"


def test_an_endless_body_ends_at_the_limit(web: Server) -> None:
    url = web.on("/", drips(head(200, {"Content-Type": "text/xml"}), b"x" * 100_000, every=0))
    assert poll(url).fetch.error_code == "too-large"


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Endless: ", b"a" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"X-Many: b\r\n" * 100),
        (b"HTTP/1.1 200 ", b"O" * 1000),
    ],
    ids=["one header", "many headers", "status line"],
)
def test_an_endless_head_ends_at_the_limit(web: Server, first: bytes, drop: bytes) -> None:
    url = web.on("/", drips(first, drop, every=0))
    began = time.monotonic()
    assert poll(url).fetch.error_code == "bad-http"
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" * 20),
        (head(200, {"Transfer-Encoding": "chunked"}), b"1;" + b"x" * 4000 + b"\r\n<\r\n"),
    ],
    ids=["interim answers", "chunk extensions"],
)
def test_an_answer_that_is_never_its_body_ends_at_the_limit(web: Server, first: bytes, drop: bytes) -> None:
    url = web.on("/", drips(first, drop, every=0))
    began, spent = time.monotonic(), time.process_time()
    fetch = poll(url, limits=replace(QUICK, deadline=timedelta(seconds=20))).fetch
    assert fetch.error_code == "bad-http"
    assert "no document" in fetch.error
    assert (time.monotonic() - began, time.process_time() - spent) < (10, 2)


def test_a_document_in_chunks_of_a_byte_each_is_read(web: Server) -> None:
    body = ATOM.replace(b"Text.", b"Text. " * 20_000)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    url = web.on("/", says(head(200, {"Transfer-Encoding": "chunked"}) + chunks))
    assert poll(url).fetch.outcome is Outcome.CHANGED


def test_an_endless_redirect_ends_at_the_limit(web: Server) -> None:
    async def further(request: Request, writer: asyncio.StreamWriter) -> None:
        await answers(302, b"", {"Location": f"/?{len(web.log)}"})(request, writer)

    assert poll(web.on("/", further)).fetch.error_code == "redirects"
    assert len(web.log) == QUICK.max_redirects + 1


@pytest.mark.parametrize(
    "first", [b"HTTP/1.1 200 OK\r\nX: ", head(200, {"Content-Length": "10000"})], ids=["head", "body"]
)
def test_what_drips_in_is_cut_off_at_the_deadline(web: Server, first: bytes) -> None:
    began = time.monotonic()
    fetch = poll(web.on("/", drips(first, b"<", every=0.1))).fetch
    assert (fetch.outcome, fetch.error_code) == (Outcome.FAILED, "timeout")
    assert time.monotonic() - began < 2.6


def test_redirects_do_not_win_time(web: Server) -> None:
    web.on("/b", after(0.8, answers(302, b"", {"Location": "/c"})))
    web.on("/c", after(0.8, answers()))
    began = time.monotonic()
    first = after(0.8, answers(302, b"", {"Location": "/b"}))
    assert poll(web.on("/", first)).fetch.error_code == "timeout"
    assert time.monotonic() - began < 2.6


def test_a_host_that_never_answers_is_left_at_the_read_timeout(web: Server) -> None:
    began = time.monotonic()
    assert poll(web.on("/", hangs())).fetch.error_code == "timeout"
    assert time.monotonic() - began < 1.6


def test_a_host_that_hangs_up_says_so(web: Server) -> None:
    fetch = poll(web.on("/", says(b""))).fetch
    assert fetch.error_code == "closed"
    assert "closed the connection" in fetch.error


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (head(200, {"Content-Length": str(len(ATOM) + 10)}) + ATOM, "truncated"),
        (head(200, {"Content-Length": "-5"}) + ATOM, "bad-http"),
        (head(200, {"Content-Length": "five"}) + ATOM, "bad-http"),
        (head(200, {"Content-Length": "5\r\nContent-Length: 700"}) + ATOM, "bad-http"),
        (head(200, {"Transfer-Encoding": "chunked"}) + b"40\r\n" + ATOM[:30], "truncated"),
        (head(200, {"Transfer-Encoding": "chunked"}) + b"zz\r\n" + ATOM, "bad-http"),
        (b"220 mail.example ESMTP\r\n\r\n", "bad-http"),
    ],
    ids=["longer", "negative", "no number", "two", "cut chunk", "no chunk", "no http"],
)
def test_a_length_that_lies_is_an_error(web: Server, raw: bytes, code: str) -> None:
    collected = poll(web.on("/", says(raw)))
    assert (collected.fetch.outcome, collected.fetch.error_code) == (Outcome.FAILED, code)
    assert collected.feed is None


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_packed_body_cut_short_is_an_error_and_never_the_new_version(web: Server, coding: str) -> None:
    packers = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": brotli.compress,
        "zstd": zstandard.ZstdCompressor().compress,
    }
    body = packers[coding](ATOM)
    cut = answers(body=body[:-9], headers={"Content-Encoding": coding})
    url = web.on("/", in_turn(answers(body=body, headers={"Content-Encoding": coding, "ETag": '"1"'}), cut))
    whole = poll(url)
    assert whole.fetch.outcome is Outcome.CHANGED
    short = poll(whole.source)
    assert short.fetch.error_code == "truncated"
    assert (short.source.etag, short.source.body_hash) == (whole.source.etag, whole.source.body_hash)


def test_a_file_that_lies_there_packed_is_unpacked_within_the_same_bounds(web: Server) -> None:
    assert poll(web.on("/feed.xml.gz", answers(body=gzip.compress(ATOM)))).fetch.outcome is Outcome.CHANGED
    again = answers(body=gzip.compress(gzip.compress(ATOM)), headers={"Content-Encoding": "gzip"})
    assert poll(web.on("/twice.xml.gz", again)).fetch.outcome is Outcome.CHANGED
    assert poll(web.on("/cut.xml.gz", answers(body=gzip.compress(ATOM)[:-9]))).fetch.error_code == "truncated"
    bomb = answers(body=gzip.compress(bytes(QUICK.max_body + 1)))
    assert poll(web.on("/bomb.xml.gz", bomb)).fetch.error_code == "too-large"


@pytest.mark.parametrize("said", ["none", "UTF-8", "identity, utf-8"])
def test_a_coding_that_is_none_does_not_matter(web: Server, said: str) -> None:
    assert poll(web.on("/", answers(headers={"Content-Encoding": said}))).fetch.outcome is Outcome.CHANGED


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one(web: Server) -> None:
    forged = ATOM.replace(b"Daily Herald", b"Forged")
    twice = head(200, {"Content-Length": str(len(ATOM))}) + ATOM
    twice += head(200, {"Content-Length": str(len(forged))}) + forged
    first, second = web.on("/a", says(twice, then_close=False)), web.on("/b", answers())

    async def both() -> list[str]:
        async with context() as given:
            asked = [await FeedCollector().collect(source(url), given) for url in (first, second)]
            return [one.source.outlet for one in asked]

    assert asyncio.run(both()) == ["Daily Herald", "Daily Herald"]


def test_a_body_that_is_not_what_it_says_it_is_packed_as_is_an_error(web: Server) -> None:
    url = web.on("/", answers(headers={"Content-Encoding": "gzip"}))
    assert poll(url).fetch.error_code == "content-encoding"


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("file:///etc/passwd", "refused-scheme"),
        ("gopher://127.0.0.1/", "refused-scheme"),
        ("http://127.0.0.9/latest/meta-data/", "refused-address"),
        ("http://[::ffff:127.0.0.1]/", "refused-address"),
        ("http://[::1]/", "refused-address"),
        ("http://0x7f000009/", "refused-address"),
        ("http://2130706441/", "refused-address"),
        ("http://0177.9/", "refused-address"),
        ("http://127.0.0.9./", "refused-address"),
        ("http://127。0。0。9/", "refused-address"),
        ("//metadata.example/", "refused-address"),
        ("http://", "redirects"),
        ("javascript:alert(1)", "redirects"),
        ("data:text/xml,<rss/>", "redirects"),
        ("http://[::1", "redirects"),
        ("ftp://127.0.0.1/", "refused-scheme"),
        ("http://x:y@127.0.0.9/", "refused-address"),
    ],
)
def test_a_redirect_to_where_nobody_should_go_is_not_followed(web: Server, location: str, code: str) -> None:
    names = Names(metadata_example=[["127.0.0.9"]])
    url = web.on("/", answers(301, b"", {"Location": location.encode().decode("latin-1")}))
    with Server(host="127.0.0.9") as behind:
        collected = poll(url, wall=guard(names))
    assert collected.fetch.error_code == code
    assert collected.source.moved_to == ""
    assert behind.log == []


def test_a_name_that_changes_its_address_between_two_questions_gains_nothing(web: Server) -> None:
    """DNS rebinding: the address that was judged is the one connected to, and each connection is judged."""
    names = Names(turncoat_example=[["127.0.0.1"], ["127.0.0.9"]])
    web.on("/feed", in_turn(answers(302, b"", {"Location": "/again", "Connection": "close"})))
    with Server(host="127.0.0.9", port=web.port) as behind:
        fetch = poll(source(f"http://turncoat.example:{web.port}/feed"), wall=guard(names)).fetch
    assert fetch.error_code == "refused-address"
    assert len(web.log) == 1
    assert behind.log == []
    assert names.asked == ["turncoat.example", "turncoat.example"]


def test_one_forbidden_address_among_good_ones_is_enough_to_refuse(web: Server) -> None:
    names = Names(mixed_example=[["127.0.0.1", "127.0.0.9"]])
    fetch = poll(source(f"http://mixed.example:{web.port}/"), wall=guard(names)).fetch
    assert (fetch.outcome, fetch.error_code) == (Outcome.REFUSED, "refused-address")
    assert "mixed.example is at 127.0.0.9" in fetch.error
    assert web.log == []
