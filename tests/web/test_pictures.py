"""Pictures in an article become links: nothing is fetched unasked, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.sanitising import sanitise
from aggregator.model import Entry
from aggregator.web.pictures import without_media


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (
            '<p>a &amp; b &#8212; <b title="x > y">c</b></p>',
            '<p>a &amp; b &#8212; <b title="x > y">c</b></p>',
        ),
        (
            '<img src="https://x.example/a?b=1&amp;c=2" alt="A &quot;map&quot;">',
            '<a class="media" href="https://x.example/a?b=1&amp;c=2" rel="noopener noreferrer">Picture: A &quot;map&quot;</a>',
        ),
        (
            '<a href="/b"><img src="https://x.example/a" /></a>',
            '<a href="/b"><span class="media">Picture: x.example</span></a>',
        ),
        (
            '<picture><source srcset="https://x.example/a"><img src="data:image/png;base64,xx"></picture>c',
            "c",
        ),
        (
            '<video src="https://x.example/f"><track src="x"></video>',
            '<a class="media" href="https://x.example/f" rel="noopener noreferrer">Film: x.example</a>',
        ),
        ('<iframe src="javascript:alert(1)"></iframe>', ""),
    ],
)
def test_media_become_links_and_all_else_stays(html: str, shown: str) -> None:
    assert without_media(html) == shown


@given(st.text(alphabet="<>/abimgsrc=\"' &;x", max_size=60))
def test_sanitised_html_holds_nothing_that_is_fetched(text: str) -> None:
    html = sanitise(Entry("1", html=text + '<img src="https://x.example/a.png" width="600">')).html
    assert "<img" not in without_media(html)
    plain = sanitise(Entry("1", html=text.replace("img", "i"))).html
    assert without_media(plain) == plain
