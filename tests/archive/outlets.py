"""A feed with teasers, its history, and the web pages of its articles, as the program takes them: without a network."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator import feeds, stages
from aggregator.archive import Archive
from aggregator.errand import Brought, Page
from aggregator.model import Collected, Copy, Fetch, Ingested, Outcome, Source
from tests.conftest import NOON

from .making import LEASE, a_spec

MOST = 500
ITEM = "<item><guid isPermaLink='false'>{0}</guid><link>{1}/{0}</link><title>{2}</title><description>{3}</description></item>"
FRAME = "<html><head><title>Outlet</title><style>{0}</style></head><body><nav>{0}</nav>{1}</body></html>"
FURNITURE = " ".join(f"menu-{n:x}" for n in range(400, 800))


def read_page(body: bytes, content_type: str, url: str) -> Page:
    """An extractor: the article is what is in <article>."""
    text, facts = feeds.page(body, content_type, url)
    _, begun, rest = text.partition("<article>")
    return Page(rest.partition("</article>")[0] if begun else "", facts)


def read_better(body: bytes, content_type: str, url: str) -> Page:
    """One of a later version, which finds the caption as well."""
    read = read_page(body, content_type, url)
    return Page(read.html and f"{read.html}<p>With a caption.</p>", read.facts)


def words(count: int, of: str) -> str:
    return " ".join(f"{of}{n}" for n in range(count))


@dataclass(slots=True)
class Outlet:
    """`now` goes on by an hour with everything that it answers."""

    archive: Archive
    name: str = "outlet"
    full_text: bool = True
    now: datetime = NOON
    pages: dict[str, bytes] = field(default_factory=dict)  # by guid
    history: dict[str, tuple[bytes, str]] = field(default_factory=dict)  # document and next URL, by URL

    @property
    def site(self) -> str:
        return f"https://{self.name}.example"

    @property
    def source(self) -> Source:
        return self.archive.add_source(a_spec(self.name, full_text=self.full_text), NOON)

    def document(self, *items: tuple[str, str, str]) -> bytes:
        """Of items: guid, title, text."""
        made = "".join(ITEM.format(guid, self.site, title, said) for guid, title, said in items)
        return f"<rss version='2.0'><channel><title>{self.name}</title>{made}</channel></rss>".encode()

    def page(self, guid: str, said: str, facts: str = "") -> None:
        article = f"{facts}<article><p>{said}</p></article>" if said else "<p>Please subscribe.</p>"
        self.pages[guid] = FRAME.format(FURNITURE, article).encode()

    def past(self, body: bytes, next_url: str = "") -> str:
        """An older document, at the URL that is answered."""
        url = f"{self.site}/archive/{len(self.history)}"
        self.history[url] = (body, next_url)
        return url

    def answers(self, body: bytes, older: str = "") -> Ingested:
        """To a visit."""
        self.now += timedelta(hours=1)
        source = self.source
        feed = feeds.parse(body, "text/xml", source.url, sanitised=False)
        fetch = Fetch(source.id, self.now, Outcome.CHANGED, status=200, url=source.url)
        came = Collected(source, fetch, feed, body, "text/xml", older=older)
        return stages.ingest(self.archive, came, self.now)

    def run_errands(self) -> int:
        """Fetch what is wanted until nothing is; how many there were."""
        ran = 0
        while claimed := self.archive.errands.claim(self.now, 9, LEASE, [self.name]):
            for errand in claimed:
                self.now += timedelta(minutes=1)
                fetch = Fetch(errand.source.id, self.now, Outcome.CHANGED, status=200, url=errand.url)
                brought = Brought(errand, fetch)
                if errand.kind == "older":
                    body, older = self.history[errand.url]
                    feed = feeds.parse(body, "text/xml", errand.url, sanitised=False)
                    brought = Brought(
                        errand, fetch, feed=feed, body=body, content_type="text/xml", older=older
                    )
                elif (guid := errand.url.rpartition("/")[2]) in self.pages:
                    body = self.pages[guid]
                    read = read_page(body, "text/html", errand.url)
                    brought = Brought(
                        errand, fetch, page=read, body=body, content_type="text/html", etag='"1"'
                    )
                stages.finish(self.archive, brought, self.now)
                ran += 1
        return ran

    def reread(self, by: object = None, since: datetime | None = None) -> Ingested:
        extractor = by or read_page
        assert callable(extractor)
        return stages.reprocess(self.archive, self.source, since, self.now, MOST, extractor)

    def copies(self) -> dict[str, Copy]:
        return {copy.guid: copy for copy in self.archive.export()}

    def texts(self, guids: Iterable[str]) -> list[str]:
        copies = self.copies()
        return [copies[guid].text for guid in guids]


def happens(archive: Archive, chance: random.Random) -> None:
    """Two outlets whose entries come, go, grow and shrink; their pages, some with little on them; some history."""
    for outlet in (Outlet(archive, "one"), Outlet(archive, "two")):
        for guid in "abcdef":
            outlet.page(guid, words(chance.choice((0, 5, 40, 80)), guid))
        past = ""
        for _ in range(chance.randrange(4)):
            past = outlet.past(a_document(outlet, chance), past)
        for _ in range(chance.randint(2, 6)):
            outlet.answers(a_document(outlet, chance), older=chance.choice(("", past)))
            if chance.random() < 0.6:
                outlet.run_errands()


def a_document(outlet: Outlet, chance: random.Random) -> bytes:
    guids = chance.sample("abcdef", chance.randint(1, 5))
    return outlet.document(
        *(
            (guid, f"{guid} {chance.randrange(3)}", words(chance.choice((0, 8, 60, 90)), "w"))
            for guid in guids
        )
    )
