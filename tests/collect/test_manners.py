"""Further manners of a guest, judged by what the server saw and by when it would be asked again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.collect import load_collectors, run
from aggregator.model import Outcome, Source, SourceSpec

from .playing import NOON, QUICK, again, context, poll
from .server import ATOM, PAGE, Server, answers, in_turn

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
VALIDATORS = {"ETag": '"1"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
BARE = {"Content-Length": "0"}


def waits(web: Server, *behaviours: object) -> list[float]:
    """Hours until the next visit, after each of these answers in a row."""
    url = web.on("/feed", in_turn(*behaviours))  # type: ignore[arg-type]
    asked: Source | str = url
    found = []
    for _ in behaviours:
        collected = poll(asked)
        assert collected.source.next_fetch_at
        found.append((collected.source.next_fetch_at - NOON) / HOUR)
        asked = again(collected)
    return found


@pytest.mark.parametrize(
    ("headers", "hours"),
    [
        ({"Cache-Control": "max-age=31536000"}, 24),  # nobody means a year
        ({"Cache-Control": "max-age=99999999999999999999"}, 24),
        ({"Cache-Control": "max-age=-5"}, 1),
        ({"Cache-Control": "no-store"}, 1),
        ({"Expires": "Sun, 22 Nov 2026 15:00:00 GMT", "Date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 3),
        ({"Expires": "-1"}, 1),
        ({"Retry-After": "86400"}, 1),  # of a good answer it says nothing
        ({"Vary": "*"}, 1),
    ],
)
def test_what_an_answer_says_of_its_freshness_is_a_floor_and_never_a_prison(
    web: Server, headers: dict[str, str], hours: float
) -> None:
    [wait] = waits(web, answers(headers=headers | VALIDATORS))
    assert wait == pytest.approx(min(hours, 24), rel=0.01)


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("Sat, 21 Nov 2026 12:00:00 GMT", 1, 1),  # in the past
        ("0", 1, 1),
        ("-3600", 1, 1),
        ("soon", 1, 1),
        ("9999999999999", 31 * 24, 31 * 24),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 31 * 24, 31 * 24),
        ("90000", 25, 25),
    ],
)
@pytest.mark.parametrize("status", [429, 503, 500, 404])
def test_no_retry_after_makes_a_visit_early_or_the_last_one(
    web: Server, status: int, said: str, least: float, most: float
) -> None:
    [wait] = waits(web, answers(status, b"", {"Retry-After": said}))
    assert least <= wait <= most


def test_a_304_renews_how_long_the_feed_is_fresh(web: Server) -> None:
    fresh = answers(304, b"", BARE | {"Cache-Control": "max-age=14400"})
    silent = answers(304, b"", BARE)
    assert waits(web, answers(headers=VALIDATORS), fresh, silent) == [1, 4, 4]


@pytest.mark.parametrize(
    "bad",
    [
        answers(200, PAGE, {"Content-Type": "text/html", "ETag": '"login"'}),
        answers(200, b"", {"ETag": '"empty"'}),
        answers(204, b"", {"ETag": '"none"'}),
        answers(206, ATOM[:80], {"ETag": '"part"'}),
        answers(500, b"", {"ETag": '"error"'}),
        answers(403, b"", {"ETag": '"closed"'}),
        answers(302, b"", {"Location": "/login", "ETag": '"moved"'}),
    ],
    ids=["log-in page", "empty", "204", "206", "500", "403", "redirect to a page"],
)
def test_validators_come_from_feeds_only_and_outlast_everything_else(web: Server, bad: object) -> None:
    web.on("/login", answers(200, PAGE, {"Content-Type": "text/html", "ETag": '"login"'}))
    good, same = answers(headers=VALIDATORS), answers(304, b"", BARE)
    url = web.on("/feed", in_turn(good, bad, same))  # type: ignore[arg-type]
    source = again(poll(url))
    source = again(poll(source))
    assert poll(source).fetch.outcome is Outcome.UNCHANGED
    for request in web.asked("/feed")[1:]:
        assert request.headers["if-none-match"] == VALIDATORS["ETag"]
        assert request.headers["if-modified-since"] == VALIDATORS["Last-Modified"]


def test_a_new_address_is_not_asked_with_a_range_or_anything_else_unusual(web: Server) -> None:
    web.on("/new", answers(headers=VALIDATORS))
    poll(again(poll(web.on("/feed", answers(301, b"", {"Location": "/new", "Set-Cookie": "a=b"})))))
    usual = {"host", "accept", "accept-encoding", "connection", "user-agent"}
    for request in web.log:
        assert request.method == "GET"
        assert set(request.headers) <= usual | {"if-none-match", "if-modified-since"}
    assert [request.path for request in web.log] == ["/feed", "/new", "/new"]


def test_a_redirect_waits_its_turn_at_the_host_that_it_leads_to(web: Server) -> None:
    with Server() as other:
        target = other.on("/feed", answers())
        first = web.on("/feed", answers(302, b"", {"Location": target}))
        sources = [
            Source(1, SourceSpec("one", location=first)),
            Source(2, SourceSpec("two", location=target)),
        ]

        async def visit() -> int:
            limits = replace(QUICK, gap=timedelta(seconds=0.3))
            async with context(limits=limits) as given:
                return len([home async for come in run(sources, given, load_collectors()) for home in come])

        assert asyncio.run(visit()) == 2
        one, two = other.log
        assert two.at - one.at > 0.29
        assert max(request.under_way for request in other.log) == 1


def test_a_loop_of_permanent_redirects_moves_nothing(web: Server) -> None:
    url = web.on("/a", answers(301, b"", {"Location": "/b"}))
    web.on("/b", answers(301, b"", {"Location": "/a"}))
    lost = poll(url)
    assert (lost.fetch.error_code, lost.source.moved_to) == ("redirects", "")
    assert [request.path for request in web.log] == ["/a", "/b"]  # nobody is asked the same twice


def test_errors_in_a_row_are_forgotten_with_the_first_good_answer(web: Server) -> None:
    down = answers(500, b"")
    assert waits(web, *(down,) * 4, answers(headers=VALIDATORS), down) == [1, 2, 4, 8, 1, 1]
