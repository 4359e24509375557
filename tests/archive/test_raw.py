"""Raw documents: every byte comes back, no byte is kept twice, and what is alike takes little room."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from aggregator.archive import Archive, frames, texts
from aggregator.errors import ArchiveError
from tests.conftest import NOON

from .making import a_spec, a_visit, an_entry

ITEM = "<item><guid>{0}</guid><title>Title {0}</title><description>{1}</description></item>"


def a_feed(first: int, last: int) -> bytes:
    """A document of the items first..last-1, the newest first; each has 40 words of its own."""
    made = []
    for number in reversed(range(first, last)):
        dice = random.Random(number)
        made.append(ITEM.format(number, " ".join(f"{dice.getrandbits(40):x}" for _ in range(40))))
    return f"<rss><channel>{''.join(made)}</channel></rss>".encode()


def answer(archive: Archive, body: bytes, hour: int, name: str = "outlet", **said: str) -> None:
    """The source answers with these bytes; the entries are of no matter here."""
    source = replace(archive.add_source(a_spec(name), NOON), **said)
    at = NOON + timedelta(hours=hour)
    visit = a_visit(source, [an_entry()], at, body=body, content_type="text/xml", url=source.url, status=200)
    archive.record(visit, [an_entry()], at)


def frames_held(archive: Archive) -> list[tuple[int, int, int | None]]:
    """(size, bytes it takes, base) of each body."""
    with archive._read() as conn:
        rows = conn.execute(text("SELECT size, length(frame), base_id FROM body ORDER BY id")).all()
    return [(row[0], row[1], row[2]) for row in rows]


def test_documents_come_back_byte_for_byte_in_order_with_what_came_along(archive: Archive) -> None:
    bodies = [a_feed(0, 30), b"\x00\xff not a feed at all", a_feed(1, 31)]
    for hour, body in enumerate(bodies):
        answer(archive, body, hour, etag='"v1"', last_modified="Sun, 22 Nov 2026 12:00:00 GMT")
    held = list(archive.documents())
    assert [document.body for document in held] == bodies
    assert [document.body for document in archive.documents(newest_first=True)] == bodies[::-1]
    assert (held[0].etag, held[0].content_type, held[0].status) == ('"v1"', "text/xml", 200)
    assert held[1].at == NOON + timedelta(hours=1)
    assert [d.body for d in archive.documents(since=NOON + timedelta(hours=2))] == bodies[2:]
    assert list(archive.documents([held[0].source_id + 1])) == []


def test_the_same_bytes_are_kept_once_whoever_sends_them(archive: Archive) -> None:
    for hour, name in enumerate(("one", "two", "one")):
        answer(archive, a_feed(0, 5), hour, name)
    assert len(frames_held(archive)) == 1
    assert len(list(archive.documents())) == 3


def test_a_document_that_changed_a_little_takes_little(archive: Archive) -> None:
    for hour in range(10):
        answer(archive, a_feed(hour, hour + 30), hour)
    first, *others = frames_held(archive)
    assert first[2] is None
    assert all(base == 1 for _, _, base in others)
    assert sum(taken for _, taken, _ in others) < 3 * first[1]


def test_a_document_that_has_little_left_in_common_stands_alone(archive: Archive) -> None:
    for hour, start in enumerate((0, 25, 26, 500)):
        answer(archive, a_feed(start, start + 30), hour)
    assert [base for *_, base in frames_held(archive)] == [None, None, 2, None]


def test_damage_is_said_and_never_passed_on(archive: Archive) -> None:
    answer(archive, a_feed(0, 3), 0)
    with archive._write() as conn:
        conn.execute(text("UPDATE body SET frame = (SELECT html FROM revision)"))
    with pytest.raises(ArchiveError, match="outlet of 2026-11-22 12:00 is damaged"):
        list(archive.documents())


def test_a_fetch_that_brought_no_bytes_leaves_none(archive: Archive) -> None:
    answer(archive, b"", 0)
    assert list(archive.documents()) == []


@given(st.text(st.characters(), max_size=300), st.text(st.characters(), max_size=300))
def test_a_text_folded_on_another_comes_back(one: str, base: str) -> None:
    assert texts.unfold_html(texts.fold_html(one, base), base) == one
    assert texts.unfold_item(texts.fold_item(one, base, "", "", ""), base, "", "", "") == one
    assert texts.unfold_item(texts.fold_item(one, "", base, base, one), "", base, base, one) == one


def test_texts_of_older_schemas_are_read_as_they_are() -> None:
    assert texts.unfold_html(frames.pack(b"as it was"), "whatever") == "as it was"
    folded = b"\x01" + frames.fold(b"<p>as it was</p>", b"as it was")
    assert texts.unfold_html(folded, "as it was") == "<p>as it was</p>"
    assert texts.unfold_item(folded, "", "as it was", "https://outlet.example", "Title") == "<p>as it was</p>"
    assert texts.unfold_html(None, "whatever") == ""
