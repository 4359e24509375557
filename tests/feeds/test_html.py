"""HTML to text and back, and paragraphs taken out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import feeds
from aggregator.feeds import html
from aggregator.text import paragraphs

REAL = Path(__file__).parents[3] / "shared" / "corpora" / "feeds" / "real"
WORDS = st.lists(st.text("abc <&>\"'é", min_size=1).filter(str.strip), max_size=5)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("<p>a\n b</p><p>c</p>", "a b\n\nc"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("a<script>x</script>b<!-- c -->", "ab"),
        ("caf&eacute; &amp; 1 &lt; 2", "café & 1 < 2"),
        ('<p title="a>b">c</p>', "c"),
        ("", ""),
    ],
)
def test_text_is_what_a_reader_sees(said: str, text: str) -> None:
    assert html.to_text(said) == text


@given(WORDS)
def test_text_comes_back_from_the_html_made_of_it(parts: list[str]) -> None:
    text = "\n\n".join(parts)
    assert paragraphs(html.to_text(html.from_text(text))) == paragraphs(text)


@pytest.mark.parametrize(
    ("said", "dropped", "prefix", "left"),
    [
        ("<p>a</p><p>b</p>", {"b"}, "", "<p>a</p>"),
        ("<div><p>a</p><ul><li><a>b</a></li></ul></div>", {"b"}, "", "<div><p>a</p></div>"),
        ("a<br><br>b<br><br>c", {"b"}, "", "a<br><br>c"),
        ("<p>a</p>tail<p>b</p>", {"tail"}, "", "<p>a</p><p>b</p>"),
        ("<p>a b</p><p>c</p>", {"b"}, "", "<p>a b</p><p>c</p>"),
        ("<p>CAIRO (Reuters) - Egypt <b>said</b></p>", (), "CAIRO (Reuters) -", "<p>Egypt <b>said</b></p>"),
        ("<p><b>CAIRO</b> (Reuters) - <i>Egypt</i> x</p>", (), "CAIRO (Reuters) -", "<p><i>Egypt</i> x</p>"),
        ("<p>Top</p><p>CAIRO - a</p>", {"Top"}, "CAIRO -", "<p>a</p>"),
        ("<p>Other</p>", {"x"}, "CAIRO -", "<p>Other</p>"),
        ("<p>a</p><p><img src='x'></p>", {"a"}, "", '<p><img src="x"></p>'),
    ],
)
def test_paragraphs_and_a_dateline_are_taken_out(
    said: str, dropped: set[str], prefix: str, left: str
) -> None:
    assert html.without(said, dropped, prefix) == left


def test_html_that_needs_no_change_comes_back_as_it_was() -> None:
    said = "<p>a<br>b</p>"
    assert html.without(said, {"c"}) is said


@pytest.mark.skipif(not REAL.is_dir(), reason="the corpus is no part of the project")
def test_every_paragraph_of_the_text_can_be_taken_out_of_the_html() -> None:
    for path in sorted(REAL.glob("*.xml"))[:20]:
        for entry in feeds.parse(path.read_bytes(), "", "https://example.com/").entries[:3]:
            said = paragraphs(entry.text)
            for one in {said[0], said[-1], said[len(said) // 2]} if said else ():
                left = paragraphs(html.to_text(html.without(entry.html, {one})))
                assert one not in left, path.name
                assert left == [part for part in said if part != one], path.name
