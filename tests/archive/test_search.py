"""Search: the same words find the same stories on either database, whatever the query is made of."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.archive import Archive, search
from tests.conftest import NOON

from .making import an_entry, each_alone, ingest, together

TEXTS = {
    "Mediators meet in Cairo": "The truce proposal was discussed. Prime Minister’s aides said so.",
    "Truce at last": "Both sides signed in Doha after mediators met in Cairo.",
    "Das Wetter in Köln": "Straße gesperrt, STRASSE offen: über 30 °C.",
    "停战协议": "调解人在开罗会晤,讨论停战协议。",
    "هدنة في القاهرة": "اجتمع الوسطاء في القاهرة",
    "दिल्ली में बैठक": "दिल्ली में आज बैठक हुई",
}


@pytest.fixture
def filled(archive: Archive) -> Archive:
    ingest(
        archive, [an_entry(n, title=title, text=text) for n, (title, text) in enumerate(TEXTS.items())][::-1]
    )
    each_alone(archive)
    assert archive.index_text() == len(TEXTS)
    return archive


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("cairo", ["Mediators meet in Cairo", "Truce at last"]),
        ("TRUCE", ["Truce at last", "Mediators meet in Cairo"]),
        ("truce doha", ["Truce at last"]),
        ('"truce proposal"', ["Mediators meet in Cairo"]),
        ('"proposal truce"', []),
        ('"met in cairo" signed', ["Truce at last"]),
        ('"cairo the"', []),  # the title's last word, the text's first
        ("koln", ["Das Wetter in Köln"]),
        ("strasse", ["Das Wetter in Köln"]),
        ("prime minister's", ["Mediators meet in Cairo"]),
        ("停战", ["停战协议"]),
        ("القاهرة", ["هدنة في القاهرة"]),
        ("दिल्ली", ["दिल्ली में बैठक"]),
        ("nothing-like-it", []),
        ("", []),
        ('"" " , .', []),
    ],
)
def test_words_and_phrases_are_found(filled: Archive, query: str, titles: list[str]) -> None:
    assert [hit.title for hit in filled.search(query, 10)] == titles


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40) | st.text("\"'*()^:&|!<>-\\ aN\x00\ud800", max_size=20))
def test_no_query_is_an_error(filled: Archive, query: str) -> None:
    assert isinstance(filled.search(query, 3), list)


def test_a_story_is_found_once_by_its_best_copy_with_a_snippet(archive: Archive) -> None:
    ingest(archive, [an_entry(1, text="word " * 100 + "needle in here " + "word " * 100)], "one")
    ingest(archive, [an_entry(2, title="Needle", text="needle")], "two")
    story = together(archive)
    archive.index_text()
    (hit,) = archive.search("needle", 10)
    assert (hit.story_id, hit.source, hit.title) == (story, "two", "Needle")
    (far,) = archive.search("needle word", 10)
    assert "needle in here" in far.snippet
    assert far.snippet.startswith("… ")
    assert len(far.snippet.split()) == 32


def test_what_is_not_placed_or_not_indexed_yet_is_not_found(archive: Archive) -> None:
    ingest(archive, [an_entry(1, text="needle")])
    each_alone(archive)
    assert archive.search("needle", 10) == []
    assert archive.index_text() == 1
    assert len(archive.search("needle", 10)) == 1
    assert archive.index_text() == 0


def test_a_revision_is_found_by_its_new_words_only(archive: Archive) -> None:
    ingest(archive, [an_entry(1, text="needle haystack")])
    each_alone(archive)
    archive.index_text()
    ingest(archive, [an_entry(1, text="thread haystack")])
    archive.index_text()
    assert archive.search("needle", 10) == []
    assert len(archive.search("thread haystack", 10)) == 1
    assert archive.verify() == []


def test_no_more_is_indexed_than_asked_for(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(7)])
    assert archive.index_text(3) == 3
    assert archive.status().to_index == 4


def test_texts_beyond_every_bound_are_indexed(archive: Archive) -> None:
    long = " ".join(f"w{n}" for n in range(30_000)) + " " + "x" * 5000
    ingest(archive, [an_entry(1, text=long), an_entry(2, text="again " * 20_000)])
    each_alone(archive, NOON)
    assert archive.index_text() == 2
    assert len(archive.search("w9 w12000", 9)) == len(archive.search('"again again"', 9)) == 1


def test_words_are_folded() -> None:
    assert search.words("L’État, c’est—MOI: ﬁn") == ["l", "etat", "c", "est", "moi", "fin"]
    assert search.phrases('a "b  c" d"e f') == [["a"], ["b", "c"], ["d"], ["e", "f"]]
