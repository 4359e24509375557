"""Web pages and older documents are kept, and read again with what the feed said: nothing changes by the same rules."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from aggregator.archive import Archive, Limits
from aggregator.archive.pages import Pages
from aggregator.errors import Temporary
from aggregator.model import Ingested
from tests.conftest import NOON

from .outlets import Outlet, happens, read_better, read_page, words
from .test_raw import frames_held

TEASER = "The river rose."
ARTICLE = words(60, "flood")


@pytest.fixture
def outlet(archive: Archive) -> Outlet:
    """Two articles of which the feed has teasers and the pages have the texts; a third is of the feed's history."""
    outlet = Outlet(archive)
    for guid in ("a", "b"):
        outlet.page(guid, f"{ARTICLE} {guid}")
    past = outlet.past(outlet.document(("b", "Old b", "What was wrong."), ("c", "C", "Long ago.")))
    outlet.answers(outlet.document(("a", "A", TEASER), ("b", "B", TEASER)), older=past)
    assert outlet.run_errands() == 3
    return outlet


def test_pages_and_older_documents_are_kept_byte_for_byte_and_it_is_known_whose_they_are(
    archive: Archive, outlet: Outlet
) -> None:
    held = {(each.kind, each.guid): each for each in archive.documents()}
    assert held.keys() == {("document", ""), ("older", ""), ("page", "a"), ("page", "b")}
    page = held["page", "a"]
    assert (page.body, page.url, page.content_type, page.etag, page.status) == (
        outlet.pages["a"],
        "https://outlet.example/a",
        "text/html",
        '"1"',
        200,
    )
    assert held["older", ""].body == outlet.history["https://outlet.example/archive/0"][0]
    assert [each.guid for each in archive.documents(kind="page", newest_first=True)] == ["a", "b"]
    assert archive.verify() == []


def test_pages_of_a_site_take_what_they_have_of_their_own_and_the_feed_is_folded_on_the_feed(
    archive: Archive, outlet: Outlet
) -> None:
    outlet.answers(outlet.document(("a", "A", TEASER), ("b", "B", f"{TEASER} It fell.")))
    assert dict(_bases(archive))["page"] is not None
    (_, first, _), (_, second, _) = (frame for frame in frames_held(archive) if frame[0] > 5_000)
    assert second < first / 10
    assert dict(_bases(archive))["document"] == 1


def _bases(archive: Archive) -> list[tuple[str, int | None]]:
    query = "SELECT kind, base_id FROM response JOIN body ON body.id = body_id ORDER BY fetch_id"
    with archive._read() as conn:
        return [(kind, base) for kind, base in conn.execute(text(query))]


def test_a_better_extractor_reads_the_kept_pages_again_once(archive: Archive, outlet: Outlet) -> None:
    assert outlet.reread() == Ingested(0, 0, 3)
    assert outlet.reread(read_better).revised == 2
    assert outlet.texts("ab") == [f"{ARTICLE} {guid}\n\nWith a caption." for guid in "ab"]
    assert [outlet.copies()[guid].summary for guid in "ab"] == [TEASER, TEASER]
    assert outlet.reread(read_better).revised == 0
    assert archive.verify() == []


def test_what_the_feed_said_last_stays_beside_the_page(outlet: Outlet) -> None:
    outlet.answers(outlet.document(("a", "A, corrected", "The river fell."), ("b", "B", TEASER)))
    assert outlet.reread().revised == 0
    outlet.reread(read_better)
    copy = outlet.copies()["a"]
    assert (copy.title, copy.summary) == ("A, corrected", "The river fell.")
    assert copy.text.endswith("With a caption.")


def test_a_feed_that_told_more_earlier_than_now_and_than_its_page_is_read_as_it_was(outlet: Outlet) -> None:
    for count in (90, 30, 80, 10):
        outlet.answers(outlet.document(("a", "A", words(count, "said")), ("b", "B", TEASER)))
        assert len(outlet.copies()["a"].text.split()) == 90
        assert outlet.reread().revised == 0


def test_a_page_is_read_again_though_no_document_names_its_copy_any_more(
    archive: Archive, outlet: Outlet
) -> None:
    archive.retain({outlet.source.id: Limits(documents=outlet.now)}, really=True)
    assert outlet.reread().revised == 0
    assert outlet.reread(read_better).revised == 2
    assert outlet.reread(read_better).revised == 0
    assert outlet.texts("a") == [f"{ARTICLE} a\n\nWith a caption."]


def test_of_a_page_that_was_let_go_or_costs_too_much_what_was_read_of_it_stays(
    archive: Archive, outlet: Outlet
) -> None:
    def dear(*_: object) -> object:
        raise Temporary("it takes too long", code="too-complex")

    assert outlet.reread(dear).revised == 0
    limits = {outlet.source.id: Limits(pages=outlet.now + timedelta(days=1))}
    said = archive.retain(limits, really=False)[outlet.source.id]
    assert (said.documents, said.pages, said.texts) == (0, 2, 0)
    assert archive.retain(limits, really=True)[outlet.source.id] == said
    assert [each.body is None for each in archive.documents(kind="page")] == [True, True]
    assert outlet.reread(read_better).revised == 0
    assert outlet.texts("ab") == [f"{ARTICLE} {guid}" for guid in "ab"]
    assert archive.verify() == []


def test_a_text_that_was_let_go_is_not_brought_back(archive: Archive, outlet: Outlet) -> None:
    archive.retain({outlet.source.id: Limits(texts=outlet.now + timedelta(days=1))}, really=True)
    assert outlet.reread(read_better) == Ingested(0, 0, 3)
    assert outlet.texts("abc") == ["", "", ""]


def test_a_history_that_is_read_again_never_replaces_what_came_later(
    archive: Archive, outlet: Outlet
) -> None:
    assert outlet.copies()["b"].title == "B"
    archive.retain({outlet.source.id: Limits(documents=NOON + timedelta(hours=1, seconds=1))}, really=True)
    assert [each.kind for each in archive.documents() if each.body is None] == ["document"]
    assert outlet.reread().revised == 0
    assert {guid: copy.title for guid, copy in outlet.copies().items()} == {"a": "A", "b": "B", "c": "C"}


def test_a_copy_that_a_better_parser_finds_in_the_history_is_new(archive: Archive) -> None:
    outlet = Outlet(archive)
    oldest = outlet.past(outlet.document(("c", "As first told", "One.")))
    past = outlet.past(outlet.document(("c", "As told then", "Two.")), oldest)
    outlet.answers(outlet.document(("a", "A", TEASER)), older=past)
    other = Outlet(archive, "other")
    other.answers(other.document(("a", "A", TEASER)))
    outlet.run_errands()
    assert outlet.copies()["c"].title == "As told then"
    assert outlet.reread() == Ingested(0, 0, 2)


def once(monkeypatch: pytest.MonkeyPatch, reading: str, happens: Callable[[], object]) -> None:
    """Between that something was looked up and that what came of it was stored, another process is faster."""
    looked_up, left = getattr(Pages, reading), [happens]

    def read(*asked: object) -> object:
        found = looked_up(*asked)
        if left:
            left.pop()()
        return found

    monkeypatch.setattr(Pages, reading, read)


def test_an_entry_that_a_hub_revises_while_its_page_is_read_stays_revised(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet = Outlet(archive)
    outlet.page("a", ARTICLE)
    outlet.answers(outlet.document(("a", "A", TEASER)))
    corrected = outlet.document(("a", "A, corrected", TEASER))
    once(monkeypatch, "entry", lambda: outlet.answers(corrected))
    outlet.run_errands()
    copy = outlet.copies()["a"]
    assert (copy.title, copy.text, copy.revisions) == ("A, corrected", ARTICLE, 3)
    assert outlet.reread().revised == 0


def test_a_page_that_comes_while_its_entry_is_revised_stays(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet = Outlet(archive)
    outlet.page("a", ARTICLE)
    outlet.answers(outlet.document(("a", "A", TEASER)))
    once(monkeypatch, "held", outlet.run_errands)
    assert outlet.answers(outlet.document(("a", "A, corrected", TEASER))).revised == 1
    copy = outlet.copies()["a"]
    assert (copy.title, copy.text, copy.revisions) == ("A, corrected", ARTICLE, 3)


def test_a_page_that_came_while_a_document_was_read_again_is_not_lost(archive: Archive) -> None:
    outlet = Outlet(archive)
    outlet.page("a", ARTICLE)
    outlet.answers(outlet.document(("a", "A", TEASER)))
    [document] = archive.documents()
    stale = [*archive.revisions(1)][-1].entry
    outlet.run_errands()
    assert archive.correct(document, [stale], outlet.now).revised == 0
    [page] = archive.documents(kind="page")
    with_page = archive.revisions(1)[-1].entry
    outlet.answers(outlet.document(("a", "A, corrected", TEASER)))
    assert archive.correct(page, [with_page], outlet.now).revised == 0
    assert outlet.copies()["a"].title == "A, corrected"


@pytest.mark.parametrize("seed", range(6))
def test_whatever_came_in_whichever_order_reading_it_again_changes_nothing(
    archive: Archive, seed: int
) -> None:
    happens(archive, random.Random(seed))
    before = list(archive.whole())
    for outlet in (Outlet(archive, name) for name in ("one", "two")):
        assert (done := outlet.reread()).revised == done.new == 0
    assert list(archive.whole()) == before
    assert archive.verify() == []


def test_everything_goes_out_and_comes_back_on_either_database(
    archive: Archive, outlet: Outlet, postgres: Callable[[str], str], tmp_path: Path
) -> None:
    lines = list(archive.whole())
    for url in (f"sqlite:///{tmp_path / 'there.db'}", postgres("template0")):
        Archive.restore(url, lines)
        with Archive.open(url) as there:
            assert list(there.whole()) == lines
            assert there.verify() == []
            again = Outlet(there, now=outlet.now)
            assert again.reread() == Ingested(0, 0, 3)
            assert again.reread(read_page).revised == 0
            assert again.reread(read_better).revised == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE response SET copy_id = 3 - copy_id WHERE copy_id = 1",
            "said to be of copy 2, which it is not",
        ),
        ("UPDATE response SET copy_id = NULL", "is a page, and said to be of copy None"),
        ("UPDATE response SET kind = 'leaf' WHERE kind = 'page'", "is a leaf"),
        ("DELETE FROM response WHERE kind = 'page'", "came with no fetch"),
    ],
)
def test_a_page_whose_it_is_not_is_found(archive: Archive, outlet: Outlet, change: str, said: str) -> None:
    with archive._write() as conn:
        if conn.dialect.name == "sqlite":
            for name in ("response_no_update", "response_no_delete"):
                conn.execute(text(f"DROP TRIGGER {name}"))
        else:
            conn.execute(text("ALTER TABLE response DISABLE TRIGGER USER"))
        conn.execute(text(change))
    findings = [str(finding) for finding in archive.verify()]
    assert findings
    assert all(said in finding for finding in findings)
