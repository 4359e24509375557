"""What is fetched once: the pages of entries and older documents, through the archive, as the program does it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import stages
from aggregator.archive import Archive
from aggregator.collect import extraction, extractor, load_collectors, page_reader, run, run_errand
from aggregator.collect.extraction import Extractor
from aggregator.errand import Page
from aggregator.errors import ConfigurationError, Temporary
from aggregator.model import Copy, Ingested, SourceSpec

from .playing import NOON, QUICK, Clock, context
from .server import Behaviour, Server, answers, drips, hangs, head, in_turn

LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
WORDS = "The river rose above its banks during the night while villagers carried their furniture upstairs."
TEASER = "The river rose above its banks during the night."
ROBOTS = "/robots.txt"


def article(number: int = 1, extra: str = "", head_: str = "") -> bytes:
    body = "".join(f"<p>{WORDS} This is paragraph {n} of article {number}.</p>" for n in range(6))
    return (
        f"<!doctype html><html lang='en'><head><title>Article {number}</title>{head_}</head><body>"
        f"<nav><a href='/'>Home</a> <a href='/about'>About</a></nav><article><h1>Flood {number}</h1>{body}{extra}"
        "</article><footer>All rights reserved</footer></body></html>"
    ).encode()


def page(body: bytes = b"", **headers: str) -> Behaviour:
    return answers(200, body or article(), {"Content-Type": "text/html; charset=utf-8", **headers})


def feed(port: int, *numbers: int, teaser: str = TEASER, links: str = "", guid: str = "id") -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{guid}-{n}</guid><title>Flood {n}</title><description>{teaser}</description>"
        f"<link>http://127.0.0.1:{port}/article/{n}</link></item>"
        for n in numbers
    )
    return (
        "<?xml version='1.0'?><rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel>"
        f"<title>Herald</title><link>http://127.0.0.1:{port}/</link><description>d</description>{links}{items}"
        "</channel></rss>"
    ).encode()


class House:
    """One installation: an archive, a clock, and a life of the program whenever it is wanted."""

    def __init__(self, archive: Archive, web: Server, clock: Clock) -> None:
        self.archive, self.web, self.clock = archive, web, clock
        self.limits = QUICK

    def subscribe(self, path: str = "/feed", history: bool = False, **spec: object) -> None:
        url = f"http://127.0.0.1:{self.web.port}{path}"
        fields = {"full_text": True, "allow_private": True} | spec
        memory = {"history": True} if history else {}
        self.archive.add_source(SourceSpec("herald", location=url, **fields), NOON, memory=memory)  # type: ignore[arg-type]

    def poll(self) -> Ingested:
        async def live() -> Ingested:
            claimed = self.archive.claim(self.clock(), 9, LEASE, force=True)
            async with context(clock=self.clock, limits=self.limits) as given:
                home = [
                    collected async for come in run(claimed, given, load_collectors()) for collected in come
                ]
            return stages.ingest(self.archive, home[0], self.clock())

        return asyncio.run(live())

    def run(self, rounds: int = 1) -> list[Ingested]:
        """Errands, in one life of the program; a round is what can be claimed at once."""

        async def live() -> list[Ingested]:
            done = []
            async with context(clock=self.clock, limits=self.limits) as given:
                for _ in range(rounds):
                    for errand in self.archive.errands.claim(self.clock(), 9, LEASE):
                        brought = await run_errand(errand, given, self.archive.errands)
                        done.append(stages.finish(self.archive, brought, self.clock()))
            return done

        return asyncio.run(live())

    @property
    def copies(self) -> list[Copy]:
        return list(self.archive.export())

    @property
    def asked(self) -> list[str]:
        return [request.path for request in self.web.log]

    def error(self) -> str:
        return self.archive.fetches(self.archive.source("herald").id, 1)[0].error_code


@pytest.fixture
def house(
    tmp_path: Path, _sqlite_template: Path, web: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """Reads pages in this process, for a process of its own takes half a second to begin."""

    async def read(self: Extractor, body: bytes, content_type: str, url: str) -> Page:
        return extractor.read(body, content_type, url)

    monkeypatch.setattr(Extractor, "read", read)
    path = tmp_path / "archive.db"
    path.write_bytes(_sqlite_template.read_bytes())
    with Archive.open(f"sqlite:///{path}") as archive:
        yield House(archive, web, Clock())


# ---------------------------------------------------------------- pages


def test_the_page_of_a_new_entry_gives_it_its_text_once_and_for_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    house.web.on("/feed", answers(body=feed(house.web.port, 1)))
    house.web.on("/article/1", page())
    house.subscribe()
    house.poll()
    assert house.copies[0].text == TEASER
    assert house.run() == [Ingested(0, 1, 0)]
    [copy] = house.copies
    assert copy.text.count(WORDS) == 6
    assert "About" not in copy.text
    assert "<p>" in copy.html
    assert (copy.summary, copy.revisions, copy.language or "en") == (TEASER, 2, "en")
    assert house.archive.waiting_count() == 1  # it is judged again
    house.clock.now += 2 * HOUR
    house.poll()
    assert house.run() == []
    with page_reader() as read:
        source = house.archive.source("herald")
        assert stages.reprocess(house.archive, source, None, house.clock(), 100, read) == Ingested(0, 0, 1)
    assert house.asked.count("/article/1") == 1


def test_what_an_errand_brought_is_kept_as_it_was_served(house: House) -> None:
    port = house.web.port
    house.web.on("/feed", answers(body=feed(port, 1, links=older(port, "/past"))))
    house.web.on("/past", answers(200, feed(port, 2), {"Content-Type": "text/xml", "ETag": '"old"'}))
    house.web.on("/article/1", page())
    house.subscribe(history=True)
    house.poll()
    house.run(rounds=2)
    kept = {each.kind: each for each in house.archive.documents()}
    assert (kept["older"].body, kept["older"].etag) == (feed(port, 2), '"old"')
    assert (kept["page"].body, kept["page"].guid) == (article(), "id-1")
    assert kept["page"].content_type == "text/html; charset=utf-8"
    source = house.archive.source("herald")
    done = stages.reprocess(house.archive, source, None, house.clock(), 100, extractor.read)
    assert done == Ingested(0, 0, 2)


def test_a_teaser_that_changes_never_replaces_the_text(house: House) -> None:
    longer = feed(house.web.port, 1, teaser="Correction: " + TEASER).replace(b"Flood 1", b"Flood, updated")
    house.web.on("/feed", in_turn(answers(body=feed(house.web.port, 1)), answers(body=longer)))
    house.web.on("/article/1", page())
    house.subscribe()
    house.poll()
    house.run()
    house.clock.now += 2 * HOUR
    assert house.poll() == Ingested(0, 1, 0)
    [copy] = house.copies
    assert copy.text.count(WORDS) == 6
    assert (copy.title, copy.summary) == ("Flood, updated", "Correction: " + TEASER)
    source = house.archive.source("herald")
    assert stages.reprocess(house.archive, source, None, house.clock(), 100, extractor.read).revised == 0
    assert house.copies[0].text.count(WORDS) == 6


def test_what_a_page_says_of_itself_is_kept_as_evidence(house: House) -> None:
    port = house.web.port
    data = {
        "@graph": [
            {"@type": "WebPage", "name": "x"},
            {
                "@type": ["NewsArticle"],
                "headline": "Flood",
                "datePublished": "2026-11-21T08:00:00+01:00",
                "author": [{"@type": "Person", "name": "Ann Lee"}, {"name": "Bo Ek"}],
                "image": {"url": "/flood.jpg"},
            },
        ]
    }
    head_ = (
        "<link rel='canonical' href='/news/flood'><link rel=amphtml href='/amp/1'>"
        f"<meta property='og:url' content='http://127.0.0.1:{port}/og'>"
        f"<script type='application/ld+json'>{json.dumps(data)}</script>"
    )
    house.web.on("/feed", answers(body=feed(port, 1)))
    house.web.on("/article/1", page(article(head_=head_)))
    house.subscribe()
    house.poll()
    house.run()
    [copy] = house.copies
    assert copy.canonical_url == f"http://127.0.0.1:{port}/news/flood"
    assert copy.published is not None
    assert copy.published.isoformat() == "2026-11-21T07:00:00+00:00"
    assert [author.name for author in copy.authors] == ["Ann Lee", "Bo Ek"]
    assert copy.image == f"http://127.0.0.1:{port}/flood.jpg"
    facts = house.archive.revisions(copy.id)[-1].entry.page
    assert facts["amphtml"] == f"http://127.0.0.1:{port}/amp/1"
    assert facts["og:url"] == f"http://127.0.0.1:{port}/og"
    assert facts["url"] == f"http://127.0.0.1:{port}/article/1"


def test_robots_txt_is_asked_once_kept_over_restarts_and_obeyed(house: House) -> None:
    house.web.on("/feed", answers(body=feed(house.web.port, 1, 2)))
    robots = b"User-agent: *\nDisallow: /\n\nUser-agent: aggregator\nDisallow: /article/1\n"
    house.web.on(ROBOTS, answers(200, robots, {"Content-Type": "text/plain"}))
    house.web.on("/article/2", page(article(2)))
    house.subscribe()
    house.poll()
    for _ in range(3):
        house.run()
    assert house.asked == ["/feed", ROBOTS, "/article/2"]
    assert house.archive.status().not_fetched == 1
    assert sorted(copy.revisions for copy in house.copies) == [1, 2]
    assert house.run() == []


@pytest.mark.parametrize(("status", "may"), [(404, True), (403, True), (500, False), (429, False)])
def test_a_robots_txt_that_is_not_there_allows_all_and_one_that_fails_nothing_for_now(
    house: House, status: int, may: bool
) -> None:
    house.web.on("/feed", answers(body=feed(house.web.port, 1)))
    house.web.on(ROBOTS, answers(status, b""))
    house.web.on("/article/1", page())
    house.subscribe()
    house.poll()
    house.run()
    assert ("/article/1" in house.asked) is may
    assert house.archive.status().to_fetch == (0 if may else 1)


@pytest.mark.parametrize("delay", ["99999999999999999", "1e400", "-5", "nan"])
def test_a_crawl_delay_beyond_all_reason_holds_no_page_up_for_long(house: House, delay: str) -> None:
    house.web.on("/feed", answers(body=feed(house.web.port, 1)))
    house.web.on(ROBOTS, answers(200, f"User-agent: *\nCrawl-delay: {delay}\n".encode()))
    house.web.on("/article/1", page(article(1)))
    house.subscribe()
    house.poll()
    assert [done.revised for done in house.run(rounds=2)] == [1]
    house.clock.now += timedelta(seconds=61)
    assert house.archive.claim(house.clock(), 9, LEASE, force=True)


def test_a_crawl_delay_is_kept_across_workers(house: House) -> None:
    house.web.on("/feed", answers(body=feed(house.web.port, 1, 2)))
    house.web.on(ROBOTS, answers(200, b"User-agent: *\nCrawl-delay: 20\n", {"Content-Type": "text/plain"}))
    for n in (1, 2):
        house.web.on(f"/article/{n}", page(article(n)))
    house.subscribe()
    house.poll()
    assert len(house.run(rounds=3)) == 1
    assert house.archive.claim(house.clock(), 9, LEASE, force=True) == []  # nor is the feed asked meanwhile
    house.clock.now += timedelta(seconds=21)
    assert len(house.run(rounds=3)) == 1


def test_one_request_at_a_time_with_a_gap_whoever_asks(house: House) -> None:
    house.limits = replace(QUICK, gap=timedelta(seconds=0.2))
    house.web.on("/feed", answers(body=feed(house.web.port, 1, 2, 3)))
    for n in (1, 2, 3):
        house.web.on(f"/article/{n}", page(article(n)))
    house.subscribe()
    house.poll()
    assert house.archive.errands.claim(house.clock(), 9, LEASE) == []  # the host rests from the feed
    house.clock.now += timedelta(seconds=1)
    held = house.archive.errands.claim(house.clock(), 9, LEASE)
    assert len(held) == 1
    assert house.archive.errands.claim(house.clock(), 9, LEASE) == []
    assert house.archive.claim(house.clock(), 9, LEASE, force=True) == []
    house.archive.errands.release(held)
    for _ in range(3):
        house.run()
        house.clock.now += timedelta(seconds=1)
    assert max(request.under_way for request in house.web.log) == 1
    times = [request.at for request in house.web.log if "article" in request.path or request.path == ROBOTS]
    assert len(times) == 4
    assert times[1] - times[0] > 0.19  # robots.txt and the first page, in one life


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (answers(404, b""), "http-404"),
        (answers(410, b""), "http-410"),
        (answers(403, b""), "http-403"),
        (answers(200, b"%PDF", {"Content-Type": "application/pdf"}), "not-a-page"),
        (answers(302, b"", {"Location": "file:///etc/passwd"}), "refused-scheme"),
    ],
)
def test_what_will_not_mend_itself_is_given_up_at_once(house: House, bad: Behaviour, code: str) -> None:
    house.web.on("/feed", answers(body=feed(house.web.port, 1)))
    house.web.on("/article/1", bad)
    house.subscribe()
    house.poll()
    house.run()
    assert house.error() == code
    status = house.archive.status()
    assert (status.to_fetch, status.not_fetched) == (0, 1)
    house.clock.now += 100 * HOUR
    assert house.run() == []
    assert house.copies[0].text == TEASER


def test_what_may_pass_is_tried_again_ever_later_and_given_up_after_a_few_times(house: House) -> None:
    house.web.on("/feed", answers(body=feed(house.web.port, 1)))
    house.web.on("/article/1", answers(503, b"", {"Retry-After": "7200"}))
    house.subscribe()
    house.poll()
    waits = []
    for _ in range(5):
        house.run()
        began = house.clock.now
        while house.archive.status().to_fetch and not house.archive.errands.due(house.clock()):
            house.clock.now += timedelta(minutes=30)
        waits.append((house.clock.now - began) / HOUR)
    assert waits == [2, 2, 8, 24, 0]
    assert house.asked.count("/article/1") == 5
    assert house.archive.status().not_fetched == 1


def test_an_errand_that_died_with_its_worker_is_run_by_the_next(house: House) -> None:
    house.web.on("/feed", answers(body=feed(house.web.port, 1)))
    house.web.on("/article/1", page())
    house.subscribe()
    house.poll()
    [lost] = house.archive.errands.claim(house.clock(), 9, LEASE)
    assert house.run() == []
    house.clock.now += LEASE
    assert len(house.run()) == 1
    assert house.archive.errands.claim(house.clock(), 9, LEASE) == []
    assert lost.token == 1


@pytest.mark.parametrize(
    ("hostile", "code"),
    [
        (drips(head(200, {"Content-Type": "text/html"}), b"<p>" * 50_000, every=0), "too-large"),
        (hangs(), "timeout"),
    ],
)
def test_a_hostile_page_costs_its_share_and_no_more(house: House, hostile: Behaviour, code: str) -> None:
    house.web.on("/feed", answers(body=feed(house.web.port, 1)))
    house.web.on("/article/1", hostile)
    house.subscribe()
    house.poll()
    house.run()
    assert house.error() == code


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 30_000,
        b"<a " + b"b='c' " * 100_000 + b">",
        b"<script type='application/ld+json'>" + b"[" * 100_000 + b"</script>",
        b"\0" * 1000,
    ],
    ids=["nesting", "attributes", "json", "nothing"],
)
def test_a_page_that_no_parser_could_bear_leaves_the_teaser(house: House, body: bytes) -> None:
    house.web.on("/feed", answers(body=feed(house.web.port, 1)))
    house.web.on("/article/1", page(b"<html><body>" + body))
    house.subscribe()
    house.poll()
    house.run()
    assert house.copies[0].text == TEASER
    assert house.archive.status().to_fetch == 0


# ---------------------------------------------------------------- older documents


def older(port: int, path: str) -> str:
    return f"<atom:link rel='prev-archive' href='http://127.0.0.1:{port}{path}'/>"


def test_a_history_is_fetched_document_by_document_each_once_though_it_goes_in_circles(house: House) -> None:
    port = house.web.port
    house.web.on("/feed", answers(body=feed(port, 9, 8, links=older(port, "/2"))))
    house.web.on("/2", answers(body=feed(port, 8, 7, 6, links=older(port, "/1"))))
    house.web.on("/1", answers(body=feed(port, 5, 4, links=older(port, "/2"))))
    house.subscribe(history=True, full_text=False)
    house.poll()
    assert house.run() == [Ingested(2, 0, 0)]  # a life of the program for each document
    assert house.run() == [Ingested(2, 0, 0)]
    assert house.run() == []
    house.clock.now += 2 * HOUR
    house.poll()
    assert house.run() == []
    assert sorted(copy.guid for copy in house.copies) == [f"id-{n}" for n in range(4, 10)]
    assert house.asked == ["/feed", "/2", "/1", "/feed"]


def test_an_older_version_of_an_entry_never_replaces_a_newer_one(house: House) -> None:
    port = house.web.port
    house.web.on("/feed", answers(body=feed(port, 1, teaser="Corrected.", links=older(port, "/1"))))
    house.web.on("/1", answers(body=feed(port, 1, teaser="Wrong.")))
    house.subscribe(history=True, full_text=False)
    house.poll()
    house.run()
    assert [(copy.text, copy.revisions) for copy in house.copies] == [("Corrected.", 1)]


def test_without_the_wish_for_it_no_history_is_fetched(house: House) -> None:
    house.web.on("/feed", answers(body=feed(house.web.port, 1, links=older(house.web.port, "/1"))))
    house.subscribe(full_text=False)
    house.poll()
    assert house.run() == []


def test_a_document_of_the_history_that_fails_is_tried_again(house: House) -> None:
    port = house.web.port
    house.web.on("/feed", answers(body=feed(port, 2, links=older(port, "/1"))))
    house.web.on("/1", in_turn(answers(500, b""), answers(body=feed(port, 1))))
    house.subscribe(history=True, full_text=False)
    house.poll()
    assert house.run() == [Ingested(0, 0, 0)]
    house.clock.now += HOUR
    assert house.run() == [Ingested(1, 0, 0)]


# ---------------------------------------------------------------- the process that reads pages


def ask(*bodies: bytes) -> list[Page | str]:
    async def one_after_another() -> list[Page | str]:
        reader, found = Extractor(), list[Page | str]()
        for body in bodies:
            try:
                found.append(await reader.read(body, "text/html", "http://herald.example/1"))
            except Temporary as error:
                found.append(error.code)
        await reader.close()
        return found

    return asyncio.run(one_after_another())


def test_a_page_that_takes_too_long_ends_its_process_and_the_next_page_gets_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extraction, "LONGEST", 0.01)
    assert ask(article()) == ["too-complex"]
    monkeypatch.setattr(extraction, "LONGEST", 30)
    [read] = ask(article())
    assert isinstance(read, Page)
    assert WORDS in read.html


def test_what_is_missing_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "NEEDED", ("protego", "no_such_thing"))
    with pytest.raises(ConfigurationError, match=r"no_such_thing: pip install 'aggregator\[pages\]'"):
        extraction.check_installed()
