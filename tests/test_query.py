"""The query language: what a person types is understood, and whatever else is read as words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.query import FIELDS, MOST_TERMS, Query, Term, any_of, parse


def said(query: Query) -> list[str]:
    """The clauses in a form that shows what binds to what."""
    return [
        " | ".join("-" * t.negative + (f"{t.field}:" if t.field else "") + t.text for t in clause)
        for clause in query.clauses
    ]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("gaza truce", ["gaza", "truce"]),
        ('"truce proposal" cairo', ["truce proposal", "cairo"]),
        ("“truce proposal”", ["truce proposal"]),
        ('place:"New York" -source:bbc', ["place:New York", "-source:bbc"]),
        ('-"a phrase" word', ["-a phrase", "word"]),
        ("a OR b c", ["a | b", "c"]),
        ("c a OR b OR d", ["c", "a | b | d"]),
        ("source:bbc OR cairo", ["source:bbc | cairo"]),
        ("(a b) OR c", ["a | c", "b | c"]),
        ("a (b OR (c d))", ["a", "b | c", "b | d"]),
        ("-(a b)", ["-a | -b"]),
        ("-(a OR -b) c", ["-a", "b", "c"]),
        ("Source:BBC", ["source:BBC"]),
        ("a or b", ["a", "or", "b"]),
        ("http://news.example/a?b=c", ["http //news.example/a?b=c"]),
        ("well-known", ["well-known"]),
    ],
)
def test_what_is_meant(text: str, clauses: list[str]) -> None:
    query = parse(text)
    assert said(query) == clauses
    assert query.notes == ()


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", []),
        ("OR", []),
        ("a OR", ["a"]),
        ("OR a OR OR b", ["a | b"]),
        ("((((", []),
        (")) a (b", ["a", "b"]),
        ('"open', ["open"]),
        ('""', []),
        ("- -- -(", []),
        ("NEAR(a b, 3) a* ^b", ["NEAR", "a", "b,", "3", "a*", "^b"]),
        ("source:", ["source:"]),
        ("title:(a)", ["title:", "a"]),
    ],
)
def test_what_is_malformed_is_read_as_words(text: str, clauses: list[str]) -> None:
    assert said(parse(text)) == clauses


def test_dates_are_the_beginning_of_what_is_named() -> None:
    for text, moment in {
        "after:2026": datetime(2026, 1, 1, tzinfo=UTC),
        "after:2026-11": datetime(2026, 11, 1, tzinfo=UTC),
        "before:2026-11-22": datetime(2026, 11, 22, tzinfo=UTC),
        "before:2026-11-22T10:30": datetime(2026, 11, 22, 10, 30, tzinfo=UTC),
        "before:2026-11-22T10:30+02:00": datetime(2026, 11, 22, 8, 30, tzinfo=UTC),
    }.items():
        assert parse(text).clauses[0][0].moment == moment


@pytest.mark.parametrize(
    ("text", "clauses", "named"),
    [
        ("after:yesterday", ["after yesterday"], "after:yesterday"),
        ("before:2026-13-01", ["before 2026-13-01"], "before:2026-13-01"),
        ("copies:many", ["copies many"], "copies:many"),
        ("is:news", ["is news"], "is:news"),
        ("colour:red", ["colour red"], "colour"),
    ],
)
def test_a_field_that_cannot_be_so_is_read_as_words_and_named(
    text: str, clauses: list[str], named: str
) -> None:
    query = parse(text)
    assert said(query) == clauses
    assert len(query.notes) == 1 and named in query.notes[0] and query.notes[0].endswith(".")


def test_a_query_beyond_every_bound_is_cut_and_says_so() -> None:
    assert "longer than" in parse("a " * 2000).notes[0]
    many = parse(" ".join(f"w{n}" for n in range(100)))
    assert len(many.clauses) == MOST_TERMS and "more than" in many.notes[0]
    assert len(parse("(a b c d e f g h) OR " * 40).clauses) <= MOST_TERMS


@given(st.text(max_size=60) | st.text('()"-:OR aN\x00\ud800', max_size=60))
def test_no_text_is_an_error_and_none_grows(text: str) -> None:
    query = parse(text)
    assert sum(map(len, query.clauses)) <= MOST_TERMS
    assert all(term.text for clause in query.clauses for term in clause)


@given(st.lists(st.sampled_from(["a", "-b", '"c d"', "source:x", "OR", "(", ")"]), max_size=12))
def test_brackets_around_the_whole_change_nothing(parts: list[str]) -> None:
    if parts.count("(") == parts.count(")") == 0:
        text = " ".join(parts)
        assert parse(f"({text})").clauses == parse(text).clauses


def test_two_queries_together_ask_for_both() -> None:
    both = any_of("source", ["bbc", "the (post)"]) & parse("truce")
    assert said(both) == ["source:bbc | source:the (post)", "truce"]
    assert not any_of("tag", [])
    assert any_of("copies", ["3"]).clauses == ((Term("3", "copies", number=3),),)
    with pytest.raises(ValueError, match="whole number"):
        any_of("copies", ["x"])


def test_every_field_is_explained_in_the_language_s_own_page() -> None:
    import aggregator.query as language

    assert all(f"{field}:" in (language.__doc__ or "") for field in FIELDS)
