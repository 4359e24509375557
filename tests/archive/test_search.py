"""Search: the same words find the same stories on either database, whatever the query is made of."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from aggregator.archive import Archive, asking, frames, fts, postings, search, wordruns
from aggregator.archive.words import places, words
from aggregator.model import Facts, Link, Placing
from aggregator.query import parse
from tests.conftest import NOON

from .making import a_spec, a_visit, an_entry, each_alone, face, found, ingest, joins, together

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


@pytest.fixture(params=["of the newest first", "of all of a time", "of all"])
def looked_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few are looked at before those that were printed in the time asked for are; or any, where these are many."""
    if request.param != "of the newest first":
        for room, name, value in (
            (search, "BLOCK", 1),
            (search, "COPIES", 1),
            (fts, "FIRST", 1),
            (wordruns, "FEW", 1),
            (asking, "WINDOW", 0 if request.param == "of all" else asking.WINDOW),
        ):
            monkeypatch.setattr(room, name, value)


@pytest.mark.usefixtures("looked_at")
def test_what_is_found_does_not_depend_on_which_copies_are_looked_at_first(reported: Archive) -> None:
    named = list(PLACED)
    for query, titles in QUERIES:
        found = [hit.title for hit in reported.search(query, 10)]
        assert sorted(found) == sorted(named[n] for n in titles), query


@pytest.mark.usefixtures("looked_at")
def test_a_copy_is_of_the_date_that_it_says_now_else_of_the_one_on_which_it_came(archive: Archive) -> None:
    dates = {1: DAY(1), 2: None, 3: DAY(9), 4: DAY(2), 5: DAY(3), 6: None}
    entries = [an_entry(n, title=f"Truce {n}", published=date) for n, date in dates.items()]
    ingest(archive, entries, at=DAY(10))
    ingest(
        archive,
        [an_entry(1, title="Truce 1", published=DAY(8)), an_entry(4, title="Truce 4", published=None)],
    )
    each_alone(archive)
    archive.index_text()

    def numbers(query: str) -> list[int]:
        return sorted(int(hit.title[-1]) for hit in archive.search(query, 10))

    assert numbers("truce before:2026-11-05") == numbers("before:2026-11-05") == [5]
    assert numbers("truce after:2026-11-10") == numbers("after:2026-11-10") == [2, 4, 6]
    assert numbers("truce after:2026-11-08 before:2026-11-10") == [1, 3]
    assert numbers("truce -before:2026-11-09") == [2, 3, 4, 6]


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
    assert far.snippet.startswith("… ") and far.snippet.endswith(" …")
    assert 200 < len(far.snippet) < 230
    assert {far.snippet[start:end] for start, end in far.marks} == {"needle", "word"}


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


def test_of_long_texts_as_many_are_indexed_at_once_as_there_is_room_for(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(archive, [an_entry(n, text=f"needle{n} " + "word " * 60) for n in range(5)])
    each_alone(archive, NOON)
    read: list[str] = []

    def counted(text: str) -> list[str]:
        read.append(text)
        return words(text)

    def noted(conn: Connection, limit: int) -> int:
        done.append(index(conn, limit))
        return done[-1]

    index, done = search.index, list[int]()
    monkeypatch.setattr(search, "WORDS", 100)
    monkeypatch.setattr(search, "words", counted)
    monkeypatch.setattr(search, "index", noted)
    assert archive.index_text() == 5
    assert done == [2, 2, 1, 0]
    assert len(read) == 2 * 5  # title and text of each, and of none twice
    assert all(archive.search(f"needle{n}", 9) for n in range(5))
    assert archive.verify() == []


def test_texts_beyond_every_bound_are_indexed(archive: Archive) -> None:
    long = " ".join(f"w{n}" for n in range(30_000)) + " " + "x" * 5000
    ingest(archive, [an_entry(1, text=long), an_entry(2, text="again " * 20_000)])
    each_alone(archive, NOON)
    assert archive.index_text() == 2
    assert len(archive.search("w9 w12000", 9)) == len(archive.search('"again again"', 9)) == 1


def test_words_are_folded_alike_wherever_they_are_found() -> None:
    assert words("L’État, c’est—MOI: ﬁn") == ["l", "etat", "c", "est", "moi", "fin"]


@given(st.text(max_size=60))
def test_a_word_is_marked_as_it_is_indexed(text: str) -> None:
    for word, start, end in places(text):
        assert word in "".join(words(text[start:end])) or len(word) > 64


# ---------------------------------------------------------------- fields, and everything else of the language

PLACED = {  # title -> (source, agency, place, language, day of November)
    "Truce talks in Cairo": ("herald", "Reuters", "Cairo", "en", 1),
    "Truce talks, again": ("post", "Reuters", "New York", "en-GB", 2),
    "Gespräche in Köln": ("zeitung", "dpa", "Köln", "de", 3),
    "停战协议在开罗签署": ("xinhua", "", "", "zh", 4),
    "Talks without a truce": ("herald", "", "", "", 5),
}


def DAY(number: int) -> datetime:
    return datetime(2026, 11, number, 12, tzinfo=UTC)


def each_with(archive: Archive, facts: Facts, at: datetime) -> None:
    """Place the one waiting copy in a story of its own, with what its text says of itself."""
    with archive.placing(at) as desk:
        (copy,) = desk.waiting(10)
        story = desk.new_story()
        desk.record(Placing((found(copy, story, at, facts=facts),), (face(copy, story),)))


def join(archive: Archive, story: int) -> None:
    with archive.placing(NOON) as desk:
        (copy,) = desk.waiting(10)
        desk.record(Placing((joins(copy, story),)))


def link(archive: Archive, one: int, other: int) -> None:
    """Two stories on one event, as a revision of the first one's copy would tell."""
    entry = an_entry(1, title="Truce talks in Cairo", text="Words of it, told anew.", published=DAY(1))
    archive.record(a_visit(archive.source("herald"), [entry]), [entry], NOON)
    with archive.placing(NOON) as desk:
        (copy,) = desk.waiting(10)
        facts = Facts(agency="Reuters", place="Cairo", language="en")
        desk.record(Placing((joins(copy, one, facts=facts, links=(Link(one, other, 0.4),)),)))


@pytest.fixture
def reported(archive: Archive) -> Archive:
    """Five stories of five sources; the first two are one event; the last has two copies."""
    for title, (source, agency, place, language, day) in PLACED.items():
        tags = ("world", "Wire Service") if source == "herald" else ("local",)
        archive.add_source(a_spec(source, title=f"The Daily {source.title()}", tags=tags), NOON)
        entry = an_entry(day, title=title, text=f"Words of it. {title} was “told” often.", published=DAY(day))
        named = archive.source(source)
        archive.record(a_visit(named, [entry]), [entry], NOON)
        each_with(archive, Facts(agency=agency, place=place, language=language), DAY(day))
    ingest(archive, [an_entry(9, title="Talks without a truce", text="again")], "echo")
    numbers = {story.title: story.id for story in archive.stories(9)}
    join(archive, numbers["Talks without a truce"])
    link(archive, numbers["Truce talks in Cairo"], numbers["Truce talks, again"])
    archive.index_text()
    return archive


QUERIES: list[tuple[str, list[int]]] = [
    ("truce source:herald", [4, 0]),
    ('source:"daily post"', [1]),
    ("tag:world", [4, 0]),
    ('tag:"wire service" -talks', []),
    ("agency:REUTERS", [1, 0]),
    ("place:koln", [2]),
    ("place:köln", [2]),
    ("place:york", [1]),
    ('place:"new york" OR place:cairo', [1, 0]),
    ("language:en", [1, 0]),
    ("language:en-gb", [1]),
    ("language:%", []),
    ("after:2026-11-04", [4, 3]),
    ("before:2026-11-02", [0]),
    ("truce after:2026-11-02 before:2026-11-03", [1]),
    ("truce -source:herald -source:echo", [1]),
    ("-truce", [3, 2]),
    ("-truce -停战", [2]),
    ("talks -title:truce", []),
    ("title:talks -agency:reuters", [4]),
    ("cairo OR 开罗", [3, 0]),
    ("(cairo OR again) truce", [1, 0, 4]),
    ("-(truce talks)", [3, 2]),
    ("place:cairo OR gesprache", [2, 0]),
    ("gesprache OR & OR place:cairo", [2, 0]),
    ("-… OR title:again", [1]),
    ("copies:2", [4]),
    ("is:event", [1, 0]),
    ("-is:event talks", [4]),
    ("停战 签署", [3]),
    ('"停战协议"', [3]),
    ('"战停"', []),
    ("title:told", []),
    ("source:nobody", []),
    ('place:"" -(', []),
    ("agency:!!!", []),
]


def test_every_part_of_the_language_finds_the_same_on_both_databases(reported: Archive) -> None:
    named = list(PLACED)
    for query, titles in QUERIES:
        found = [hit.title for hit in reported.search(query, 10)]
        assert found == [named[n] for n in titles], query
        if titles:
            newest = reported.stories(10, matching=parse(query))
            assert sorted(story.title for story in newest) == sorted(found), query


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            [
                "truce",
                "NEAR",
                "OR",
                "-",
                "(",
                ")",
                '"',
                "source:",
                "place:'",
                "after:2026",
                "is:event",
                "*",
                "\x00",
                "title:^",
                "copies:1",
                "AND",
                "NOT",
                "{",
                "language:_",
                "tag:\\",
                "before:0001",
            ]
        ),
        max_size=8,
    ).map(" ".join)
)
def test_no_combination_is_an_error(reported: Archive, query: str) -> None:
    assert isinstance(reported.search(query, 3), list)
    assert isinstance(reported.stories(3, matching=parse(query)), list)


def test_pages_of_an_answer_hold_each_story_once_and_in_order(archive: Archive) -> None:
    ingest(archive, [an_entry(n, title=f"needle {n}", text="needle " * (n % 7)) for n in range(250)])
    each_alone(archive)
    archive.index_text()
    pages = [archive.search("needle", 30, offset) for offset in range(0, 300, 30)]
    paged = [hit.story for page in pages for hit in page]
    assert len(paged) == len(set(paged)) == 250
    assert paged == [hit.story for hit in archive.search("needle", 250)]
    assert pages[8] and not pages[9]


def test_pages_fit_together_where_the_newest_titles_are_all_of_few_stories(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BLOCK", 6)
    ingest(archive, [an_entry(n, title=f"Needle, old {n}") for n in range(9)])
    each_alone(archive)
    for outlet in range(24):
        ingest(archive, [an_entry(99, title="Needle that all print")], f"outlet-{outlet}")
    together(archive)
    ingest(archive, [an_entry(50 + n, text="needle") for n in range(9)])
    each_alone(archive)
    archive.index_text()
    paged = [hit.title for offset in range(0, 24, 4) for hit in archive.search("needle", 4, offset)]
    assert len(paged) == len(set(paged)) == 19
    assert all("Needle" in title for title in paged[:10])


def test_what_says_it_more_and_in_fewer_words_comes_first(archive: Archive) -> None:
    texts = ["needle " + "hay " * 300, "needle " * 5 + "hay " * 20, "needle " + "hay " * 30]
    ingest(archive, [an_entry(n, title=f"Text {n}", text=text) for n, text in enumerate(texts)])
    each_alone(archive)
    archive.index_text()
    assert [hit.title for hit in archive.search("needle", 10)] == ["Text 1", "Text 2", "Text 0"]


def test_a_snippet_of_a_script_without_blanks_is_short_and_marked(archive: Archive) -> None:
    ingest(archive, [an_entry(1, text="很" * 500 + "停战协议" + "长" * 500)])
    each_alone(archive)
    archive.index_text()
    (hit,) = archive.search("停战", 1)
    assert len(hit.snippet) < 240
    assert [hit.snippet[start:end] for start, end in hit.marks] == ["停战"]


def test_a_common_word_costs_no_more_than_the_stories_that_are_shown(archive: Archive) -> None:
    ingest(archive, [an_entry(n, title=f"Title {n}", text="common") for n in range(900)][::-1])
    each_alone(archive)
    archive.index_text()
    looked_at: list[int] = []
    content = frames.content
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "content", lambda kept: looked_at.append(1) or content(kept))
        hits = archive.search("common", 20)
    assert len(hits) == 20
    assert len(looked_at) <= 100


def test_a_title_that_answers_comes_before_newer_texts_that_do(archive: Archive) -> None:
    entries = [an_entry(n, title="Needle" if n == 0 else f"Title {n}", text="needle") for n in range(600)]
    ingest(archive, entries[::-1])
    each_alone(archive)
    archive.index_text()
    assert archive.search("needle", 1)[0].title == "Needle"
    assert [hit.title for hit in archive.search("title:needle", 9)] == ["Needle"]


def test_copies_are_found_by_their_words_however_often_these_were_written_anew(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs of one copy become larger ones, of which copies are gone that changed; some are written in pieces."""
    monkeypatch.setattr(wordruns, "AT_ONCE", 50)
    monkeypatch.setattr(wordruns, "MOST", 64)
    monkeypatch.setattr(postings, "PAGE", 8)
    texts = {n: f"word{n} odd{n % 2} third{n % 3} needle" for n in range(90)}
    for n, text in texts.items():
        ingest(archive, [an_entry(n, title=f"Title {n}", text=text)])
        archive.index_text()
        if n % 4 == 3:
            texts[n - 2] = f"changed{n} odd{n % 2}"
            ingest(archive, [an_entry(n - 2, title=f"Title {n - 2}", text=texts[n - 2])])
    each_alone(archive)
    archive.index_text()
    assert archive.verify() == []
    for query in ("needle", "odd1 third2", "odd0 OR third1", "word7", "changed7", '"odd0 third0"', "-needle"):
        negative, asked = query.startswith("-"), query.strip('-"').replace(" OR ", "|").split(" ")
        holds = {
            f"Title {n}"
            for n, text in texts.items()
            if all(set(each.split("|")) & set(text.split()) for each in asked) != negative
        }
        assert {hit.title for hit in archive.search(query, 100)} == holds, query
    assert [hit.title for hit in archive.search("title:7", 5)] == ["Title 7"]


VOCABULARY = [
    *(
        "the",
        "of",
        "peace",
        "Peace",
        "café",
        "cafe\u0301",
        "Straße",
        "İstanbul",
        "ﬁne",
        "½",
        "well-known",
        "U.S.",
        "don't",
    ),
    *(
        "北京",
        "京",
        "東京タワー",
        "か\u3099",
        "서울",
        "ไทย",
        "नमस्ते",
        "مرحبا",
        "ŉ",
        "𐐀",
        "x" * 65,
        "3.14",
        "^",
        "^the",
        "\u200bzero",
        "👍",
    ),
]


@pytest.fixture
def both(
    tmp_path: Path, _sqlite_template: Path, postgres: Callable[[str], str], _postgres_template: str
) -> list[str]:
    """An empty archive on either database."""
    shutil.copy(_sqlite_template, tmp_path / "archive.db")
    return [f"sqlite:///{tmp_path / 'archive.db'}", postgres(_postgres_template)]


def test_whatever_is_asked_of_whatever_texts_both_databases_answer_alike(
    both: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((wordruns, "FEW"), (search, "BLOCK"), (search, "COPIES")):
        monkeypatch.setattr(module, name, 2)
    dice = random.Random(1)

    def said(most: int) -> str:
        return " ".join(dice.choices(VOCABULARY, k=dice.randint(0, most)))

    def term() -> str:
        word = dice.choice([dice.choice(VOCABULARY), f'"{said(3)}"'])
        return dice.choice(["", "", "", "-", "title:", "source:one ", "the OR "]) + word

    rounds = [
        (name, [an_entry(number, title=said(3), text=said(20)) for number in dice.sample(range(20), 6)])
        for name in ("one", "other") * 3
    ]
    queries = [" ".join(term() for _ in range(dice.randint(1, 3))) for _ in range(60)]
    answers = []
    for url in both:
        with Archive.open(url) as archive:
            archive.authority("example.org", NOON)
            for name, entries in rounds:
                ingest(archive, entries, name)
                each_alone(archive)
                archive.index_text()
            hits_of = [archive.search(query, 10) for query in queries]
            answers.append([[(hit.story, hit.snippet, hit.score) for hit in hits] for hits in hits_of])
    assert answers[0] == answers[1]
    assert sum(map(bool, answers[0])) > 20
