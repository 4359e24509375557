"""What feeds do beside what their formats say, and what is made of it."""

from __future__ import annotations

import pytest

from aggregator import feeds
from aggregator.model import Enclosure, Entry, ParsedFeed, Person

NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:atom="http://www.w3.org/2005/Atom" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" \
xmlns:enc="http://purl.oclc.org/net/rss_2.0/enc#"'
)


def rss(inside: str, base: str = "https://example.com/feed") -> ParsedFeed:
    return feeds.parse(
        f'<rss version="2.0" {NAMESPACES}><channel>{inside}</channel></rss>'.encode(), "", base
    )


def atom_entry(inside: str) -> Entry:
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry>{inside}</entry></feed>'
    [entry] = feeds.parse(body.encode(), "", "https://example.com/feed").entries
    return entry


def test_somebody_who_is_named_twice_is_one_person_with_the_address() -> None:
    [entry] = rss(
        "<item><author>ann@example.com (Ann)</author><dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator></item>"
    ).entries
    assert entry.authors == (Person("Ann", email="ann@example.com"), Person("Bob"))


def test_a_teaser_that_is_a_little_longer_than_its_article_is_the_teaser() -> None:
    [entry] = rss(
        "<item><description>What is in the article, in a few words.</description>"
        "<content:encoded>&lt;p&gt;The article.&lt;/p&gt;</content:encoded></item>"
    ).entries
    assert (entry.text, entry.summary) == ("The article.", "What is in the article, in a few words.")


def test_content_and_description_in_each_others_place_change_places() -> None:
    article = "The whole article in the place of its description. " * 10
    [entry] = rss(
        f"<item><description>{article}</description><content:encoded>Teaser.</content:encoded></item>"
    ).entries
    assert (entry.text, entry.summary) == (article.strip(), "Teaser.")


def test_the_enclosures_of_an_old_module_are_enclosures() -> None:
    [entry] = rss(
        '<item><enc:enclosure rdf:resource="/a.mp3" enc:type="audio/mpeg" enc:length="65535"/></item>'
    ).entries
    assert entry.enclosures == (Enclosure("https://example.com/a.mp3", "audio/mpeg", 65535),)


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ('<title type="html">The &amp;lt;b&amp;gt; tag, &lt;i&gt;explained&lt;/i&gt;</title>', "The <b> tag, explained"),
        ('<title type="text">The &lt;b&gt; tag</title>', "The <b> tag"),
        ("<title>The &lt;b&gt; tag</title>", "The <b> tag"),
        (
            '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">The &lt;b&gt; <i>tag</i></div></title>',
            "The <b> tag",
        ),
        ('<title type="xhtml">The &lt;b&gt;tag&lt;/b&gt;</title>', "The tag"),  # which is HTML, and says otherwise
    ],
)  # fmt: skip
def test_a_title_of_atom_says_what_it_is_and_is_believed(title: str, read: str) -> None:
    assert atom_entry(title).title == read


def test_content_that_is_elsewhere_is_where_the_entry_leads() -> None:
    entry = atom_entry('<id>tag:1</id><content src="big.html" type="text/html"/><summary>Short</summary>')
    assert (entry.url, entry.text) == ("https://example.com/big.html", "Short")


def test_of_alternatives_the_richest_is_read() -> None:
    entry = atom_entry(
        '<content type="multipart/alternative"><content type="text/plain">plain</content>'
        '<content type="text/html" mode="escaped">&lt;p&gt;rich&lt;/p&gt;</content></content>'
    )
    assert entry.html == "<p>rich</p>"


@pytest.mark.parametrize("before", ["", "<li>nobody closes"], ids=["plain", "for a parser"])
def test_who_runs_no_scripts_sees_what_is_there_for_them(before: str) -> None:
    html = f'{before}<img data-src="/1.png"><noscript><img src="/1.png" alt="Lake"></noscript>'
    [entry] = rss(f"<item><description><![CDATA[{html}]]></description></item>").entries
    assert '<img src="https://example.com/1.png" alt="Lake">' in entry.html
    assert "img" not in entry.text


def test_a_relative_address_that_is_said_to_be_one_is_one() -> None:
    [one, other] = rss('<item><guid isPermaLink="true">/1</guid></item><item><guid>/2</guid></item>').entries
    assert (one.guid, one.url) == ("/1", "https://example.com/1")
    assert (other.guid, other.url) == ("/2", "https://example.com/2")


def test_the_items_of_rss_1_1_are_in_a_list() -> None:
    feed = feeds.parse(
        b"""<Channel xmlns="http://purl.org/net/rss1.1#"><title>T</title><items>
        <item><title>One</title></item><item><title>Two</title></item></items></Channel>"""
    )
    assert [entry.title for entry in feed.entries] == ["One", "Two"]


@pytest.mark.parametrize(
    "behind", ["<script>x</script>", "\0\0\0", "<rss/>", "<br />Warning: ...", "x" * 9000]
)
@pytest.mark.parametrize("title", ["Rain &amp; snow", "Rain & snow"])
def test_what_stands_behind_the_end_costs_nothing_but_a_flaw(title: str, behind: str) -> None:
    body = f"<rss version='2.0'><channel><item><title>{title}</title></item></channel></rss>{behind}"
    feed = feeds.parse(body.encode())
    assert [entry.title for entry in feed.entries] == ["Rain & snow"]
    assert [flaw.code for flaw in feed.flaws] == ["junk-behind"]


def test_a_document_that_quotes_its_own_end_and_breaks_off_is_truncated() -> None:
    body = b"<rss version='2.0'><channel><item><title>A</title><description><![CDATA[it ends with </rss> and"
    assert "truncated" in {flaw.code for flaw in feeds.parse(body).flaws}


SHARED = """<item><guid>https://example.com/</guid><link>/1</link><title>Rain</title></item>
<item><guid>https://example.com/</guid><link>/2</link><title>Snow</title></item>"""


def test_articles_that_share_an_id_are_articles_of_their_own() -> None:
    feed = rss(SHARED)
    one, other = feed.entries
    assert one.guid != other.guid
    assert [flaw.code for flaw in feed.flaws] == ["shared-guid"]
    assert [entry.guid for entry in rss(SHARED + "<item><guid>7</guid></item>").entries][:2] == [
        one.guid,
        other.guid,
    ]


def test_an_article_that_comes_under_the_id_of_one_that_was_read_is_told_apart() -> None:
    first = "<item><guid>1</guid><link>/1</link><title>Rain</title></item>"
    [rain] = rss(first).entries
    known = {rain.item: (rain.guid, rain.fingerprint, rain.published)}
    snow = "<item><guid>1</guid><link>/2</link><title>Snow</title></item>"

    def read_again(inside: str) -> ParsedFeed:
        body = f'<rss version="2.0" {NAMESPACES}><channel>{inside}</channel></rss>'
        return feeds.parse(body.encode(), "", "https://example.com/feed", known=known)

    new, old = read_again(snow + first).entries
    assert old.unread
    assert (old.guid, new.title) == ("1", "Snow")
    assert new.guid != "1"
    twice = read_again(first + first)
    assert [entry.guid for entry in twice.entries] == ["1", "1"]
    assert not twice.flaws


@pytest.mark.parametrize(
    "second", ["<link>/1</link><title>Rain, again</title>", "<link>/2</link><title>Rain</title>"]
)
def test_an_article_that_is_there_twice_is_one(second: str) -> None:
    one, other = rss(
        f"<item><guid>1</guid><link>/1</link><title>Rain</title></item><item><guid>1</guid>{second}</item>"
    ).entries
    assert one.guid == other.guid == "1"


ATOM_FILE = """<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="https://example.com/a/feed"/>
<entry><id>1</id><link href="1.html"/><content type="html">&lt;a href="x"&gt;x&lt;/a&gt;</content></entry></feed>"""
RSS_FILE = """<rss version="2.0"><channel><link>https://example.com/a/</link>
<item><link>1.html</link><description>&lt;a href="x"&gt;x&lt;/a&gt;</description></item></channel></rss>"""
JSON_FILE = """{"version": "https://jsonfeed.org/version/1.1", "feed_url": "https://example.com/a/feed.json",
"items": [{"id": "1", "url": "1.html", "content_html": "<a href='x'>x</a>"}]}"""


@pytest.mark.parametrize("document", [ATOM_FILE, RSS_FILE, JSON_FILE], ids=["atom", "rss", "json"])
def test_a_document_without_an_address_stands_where_it_says_it_does(document: str) -> None:
    [entry] = feeds.parse(document.encode()).entries
    assert (entry.url, entry.html) == (
        "https://example.com/a/1.html",
        '<a href="https://example.com/a/x">x</a>',
    )


def test_a_hub_that_speaks_another_language_is_no_hub() -> None:
    hubs = '[{"type": "rssCloud", "url": "https://cloud.example/"}, {"type": "WebSub", "url": "https://hub.example/"}]'
    feed = feeds.parse(
        f'{{"version": "https://jsonfeed.org/version/1.1", "hubs": {hubs}, "items": []}}'.encode()
    )
    assert feed.hubs == ("https://hub.example/",)


def test_a_name_that_ends_in_a_colon_costs_nobody_else_anything() -> None:
    feed = feeds.parse(
        b'<feed xmlns="urn:own"><note:><b/>x</note:><entry><id>1</id><title>T</title></entry></feed>'
    )
    assert [entry.title for entry in feed.entries] == ["T"]
    assert [flaw.code for flaw in feed.flaws] == ["not-well-formed"]
