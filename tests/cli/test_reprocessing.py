"""Reading again: from the kept bytes, without the network, and only what is understood otherwise is stored."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator import feeds
from aggregator.archive import Archive
from aggregator.model import Collected, Fetch, Outcome, ParsedFeed, SourceSpec
from aggregator.stages import ingest
from tests.archive.outlets import Outlet as WithPages
from tests.conftest import NOON, Clock

from .conftest import Person

ADDRESS = "https://outlet.example/feed"
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Outlet</title><link>https://outlet.example/</link>
{}</channel></rss>"""
ITEM = """<item><guid>{0}</guid><link>https://outlet.example/{0}</link><title>{1}</title>
<description>The council of the town met on Tuesday to discuss item {0}.</description></item>"""


def a_feed(*items: tuple[str, str]) -> bytes:
    return FEED.format("".join(ITEM.format(*item) for item in items)).encode()


@pytest.fixture
def archive(person: Person) -> Iterator[Archive]:
    with Archive.open(f"sqlite:///{person.folder / 'archive.db'}") as opened:
        opened.authority("example.org", NOON)
        yield opened


@pytest.fixture
def outlet(archive: Archive, clock: Clock) -> Outlet:
    return Outlet(archive, clock)


class Outlet:
    """A feed that answers; `parse` is what the program makes of it at the time."""

    def __init__(self, archive: Archive, clock: Clock) -> None:
        self.archive, self.clock = archive, clock
        self.source = archive.add_source(SourceSpec("outlet", location=ADDRESS), NOON)

    def answers(self, body: bytes, *, blind: bool = False) -> None:
        """`blind`: a parser that does not see titles, and overlooks the last item."""
        now = self.clock.forward(hours=1)
        feed = feeds.parse(body, "text/xml", ADDRESS, sanitised=False)
        if blind:
            entries = [
                replace(entry, title="", fingerprint=f"blind{n:011}") for n, entry in enumerate(feed.entries)
            ]
            feed = ParsedFeed(feed.format, tuple(entries[:-1] or entries))
        fetch = Fetch(self.source.id, now, Outcome.CHANGED, status=200, url=ADDRESS)
        ingest(self.archive, Collected(self.source, fetch, feed, body, "text/xml"), now)

    def titles(self) -> dict[str, list[str]]:
        """guid -> the titles of its revisions."""
        return {
            copy.guid: [revision.entry.title for revision in self.archive.revisions(copy.id)]
            for copy in self.archive.export()
        }


def test_what_a_better_parser_understands_becomes_a_revision_once(person: Person, outlet: Outlet) -> None:
    outlet.answers(a_feed(("a", "First"), ("b", "Second")), blind=True)
    assert outlet.titles() == {"a": [""]}
    done = person.do("reprocess", "--json").json
    assert done == {"new": 1, "revised": 1, "unchanged": 0, "placed": 2}
    assert outlet.titles() == {"a": ["", "First"], "b": ["Second"]}
    again = person.do("reprocess", "--json").json
    assert again == {"new": 0, "revised": 0, "unchanged": 2, "placed": 0}


def test_the_past_never_comes_back(person: Person, outlet: Outlet) -> None:
    outlet.answers(a_feed(("a", "As first told")))
    outlet.answers(a_feed(("a", "As corrected"), ("b", "Second")))
    outlet.answers(a_feed(("b", "Second")))
    before = outlet.titles()
    assert before["a"] == ["As first told", "As corrected"]
    assert person.do("reprocess", "--json").json["revised"] == 0
    assert outlet.titles() == before


def test_a_copy_that_was_corrected_where_no_bytes_were_kept_is_left_alone(
    person: Person, outlet: Outlet
) -> None:
    outlet.answers(a_feed(("a", "As first told")))
    now = outlet.clock.forward(hours=1)
    feed = feeds.parse(a_feed(("a", "As corrected")), "text/xml", ADDRESS, sanitised=False)
    ingest(outlet.archive, Collected(outlet.source, Fetch(outlet.source.id, now, Outcome.CHANGED), feed), now)
    person.do("reprocess")
    assert outlet.titles() == {"a": ["As first told", "As corrected"]}


def test_a_source_and_a_day_narrow_it(person: Person, outlet: Outlet) -> None:
    outlet.answers(a_feed(("a", "First")), blind=True)
    assert "0 revised" in person.do("reprocess", "--source", "seeds").out
    assert "0 revised" in person.do("reprocess", "--since", "2027-01-01").out
    assert "1 revised" in person.do("reprocess", "--source", "outlet", "--since", "2026-11-22").out
    assert person.type("reprocess", "--source", "nobody").code == 2


def test_the_documents_go_out_as_warc_that_other_tools_read(person: Person, outlet: Outlet) -> None:
    warcio = pytest.importorskip("warcio.archiveiterator")
    first, second = a_feed(("a", "First")), a_feed(("a", "First"), ("b", "Ü"))
    for body in (first, second, first):
        outlet.answers(body)
    person.do("export", "--warc", "out.warc.gz")
    path = person.folder / "out.warc.gz"
    records = [
        (r.rec_type, r.rec_headers.get_header("WARC-Target-URI"), r.content_stream().read(), r)
        for r in warcio.ArchiveIterator(path.open("rb"), check_digests="raise")
    ]
    assert [kind for kind, *_ in records] == ["warcinfo", "response", "response", "revisit"]
    assert [body for _, _, body, _ in records[1:3]] == [first, second]
    assert {address for _, address, *_ in records[1:]} == {ADDRESS}
    response, revisit = records[1][3], records[3][3]
    assert response.http_headers.get_statuscode() == "200"
    assert response.http_headers.get_header("Content-Type") == "text/xml"
    assert response.rec_headers.get_header("WARC-Date") == "2026-11-22T13:00:00.000000Z"
    assert revisit.rec_headers.get_header("WARC-Refers-To-Date") == "2026-11-22T13:00:00.000000Z"
    digests = {r.rec_headers.get_header("WARC-Payload-Digest") for r in (response, revisit)}
    assert len(digests) == 1
    checked = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", str(path)], capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    assert [each.name for each in path.parent.glob("*.part")] == []


def test_pages_and_older_documents_are_in_the_warc_too(person: Person, archive: Archive) -> None:
    warcio = pytest.importorskip("warcio.archiveiterator")
    outlet = WithPages(archive)
    for guid in "ab":  # one page for both: its second answer is a revisit
        outlet.page(guid, "Please wait.")
    past = outlet.past(outlet.document(("c", "C", "Long ago.")))
    outlet.answers(outlet.document(("a", "A", "First."), ("b", "B", "Second.")), older=past)
    outlet.run_errands()
    person.do("export", "--warc", "out.warc.gz")
    with (person.folder / "out.warc.gz").open("rb") as file:
        records = {
            (r.rec_headers.get_header("WARC-Target-URI"), r.rec_type): r.content_stream().read()
            for r in warcio.ArchiveIterator(file, check_digests="raise")
        }
    site = outlet.site
    assert records[f"{site}/archive/0", "response"] == outlet.history[past][0]
    pages = [(address, kind) for address, kind in records if address in (f"{site}/a", f"{site}/b")]
    assert sorted(kind for _, kind in pages) == ["response", "revisit"]
    assert outlet.pages["a"] in records.values()


def test_a_file_that_cannot_be_written_is_said_in_one_sentence(person: Person, outlet: Outlet) -> None:
    ran = person.type("export", "--warc", str(Path("nowhere") / "out.warc.gz"))
    assert ran.code == 1
    assert "cannot be written" in ran.err
