"""Only what is safe and meant to be read comes out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import feeds, url
from aggregator.feeds.addresses import absolute
from aggregator.feeds.sanitising import safe_html
from aggregator.model import Entry

BASE = "https://example.com/a/b"


@pytest.mark.parametrize(
    ("said", "safe"),
    [
        ("<p onclick='x()'>a</p>", "<p>a</p>"),
        ("<script>x</script>a<style>b</style>", "a"),
        ("<a href='javascript:x'>a</a>", "<a>a</a>"),
        ("<a href='c?x=1&amp;y=2'>a</a>", '<a href="https://example.com/a/c?x=1&amp;y=2">a</a>'),
        ("<a href='/c'>a</a>", '<a href="https://example.com/c">a</a>'),
        ("<a href='#c'>a</a>", '<a href="https://example.com/a/b#c">a</a>'),
        ("<a href='mailto:a@example.com'>a</a>", '<a href="mailto:a@example.com">a</a>'),
        ("<img src='//x.example/a.png'>", '<img src="https://x.example/a.png">'),
        ("<img src='data:image/png;base64,AA'>a", "a"),
        ("<img src='/p.gif' width=1 height=1>a", "a"),
        ("<img src='/p.gif' width='0'>a", "a"),
        ("<img src='https://pixel.wp.com/b.gif?x'>a", "a"),
        ("<img src='/p.png' width=100 alt='x'>", '<img src="https://example.com/p.png" width="100" alt="x">'),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ('<code>&lt;a href="x"&gt;</code>', '<code>&lt;a href="x"&gt;</code>'),
        ("<iframe src='https://x.example/'></iframe>a", "a"),
        ("<form><input name=a></form>a", "a"),
        ("plain", "plain"),
    ],
)
def test_html_is_cut_to_the_allow_list(said: str, safe: str) -> None:
    assert safe_html(said, BASE) == safe


@pytest.mark.parametrize(
    "base", ["https://example.com/a/b", "https://example.com", "https://example.com/?q=/a#f/g", ""]
)
@pytest.mark.parametrize(
    "said",
    [
        "c",
        "/c",
        "#c",
        "c/../d",
        "./c",
        "?q",
        "//x.example/c",
        "c#d",
        "c:d",
        "/a/../c",
        "~c",
        "http://x.example",
    ],
)
def test_the_short_way_to_an_absolute_url_leads_where_the_long_one_does(base: str, said: str) -> None:
    assert absolute(base, said) == url.absolute(base, said)


def test_what_nests_too_deep_keeps_its_words() -> None:
    assert safe_html("<div>" * 5000 + "a<p>b") == "<p>a</p>\n<p>b</p>"


PIECES = (
    "<p>", "</p>", "<a href='", "'>", "<img src=", "<script>", "</script>", "<svg>", "<style>", "<!--", "-->", "x", "&",
    "&lt;", "javascript:", "onerror=", '"', "'", "<", ">", " ", "<math>", "<span class='", "</span>",
)  # fmt: skip
MARKUP = st.lists(st.sampled_from(PIECES)).map("".join)


@given(MARKUP)
def test_sanitising_is_final_and_leaves_nothing_that_acts(said: str) -> None:
    safe = safe_html(said, BASE)
    assert safe_html(safe, BASE) == safe
    assert not re.search(r"<(?:script|style|svg|math|iframe)|<[a-z]+[^>]* (?:on\w+|style|class)=", safe)
    assert 'href="javascript' not in safe


def test_an_entry_is_sanitised_once_and_gets_its_text() -> None:
    entry = Entry(guid="1", html="<h2>A</h2><p>b<br>c</p><ul><li>d</li><li>e</li></ul>")
    clean = feeds.sanitise(entry)
    assert clean.text == "A\n\nb\nc\n\nd\n\ne"
    assert clean.sanitised
    assert feeds.sanitise(clean) is clean
