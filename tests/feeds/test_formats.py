"""What each format says, and where our model keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator import feeds
from aggregator.model import Enclosure, EntryOrigin, ParsedFeed, Person

REAL = Path(__file__).parents[3] / "shared" / "corpora" / "feeds" / "real"
BASE = "https://example.com/feed"
RSS = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom" \
xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'


def rss(inside: str) -> ParsedFeed:
    return feeds.parse(f'<rss version="2.0" {RSS}><channel>{inside}</channel></rss>'.encode(), "", BASE)


def atom(inside: str) -> ParsedFeed:
    return feeds.parse(f'<feed xmlns="http://www.w3.org/2005/Atom">{inside}</feed>'.encode(), "", BASE)


def test_an_rss_item_is_read_whole() -> None:
    [entry] = rss(
        """<item><title>A &amp;amp; B</title><link>/a</link><guid isPermaLink="false">7</guid>
        <dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator><category>X</category><category>Y</category>
        <description>Short</description><content:encoded><![CDATA[<p>Long <a href="b">b</a></p>]]></content:encoded>
        <pubDate>Sat, 21 Nov 2026 10:00:00 +0100</pubDate><comments>/c</comments>
        <enclosure url="/f.mp3" type="audio/mpeg" length="12"/><source url="https://o.example/">Origin</source>
        <media:thumbnail url="/t.png"/><feedburner:origLink>https://example.com/real</feedburner:origLink></item>"""
    ).entries
    assert (entry.guid, entry.title, entry.url) == ("7", "A & B", "https://example.com/a")
    assert entry.html == '<p>Long <a href="https://example.com/b">b</a></p>'
    assert (entry.text, entry.summary) == ("Long b", "Short")
    assert entry.authors == (Person("Ann"), Person("Bob"))
    assert entry.categories == ("X", "Y")
    assert entry.enclosures == (Enclosure("https://example.com/f.mp3", "audio/mpeg", 12),)
    assert entry.published == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert entry.origin == EntryOrigin("Origin", "", "https://o.example/")
    assert entry.comments_url == "https://example.com/c"
    assert entry.image == "https://example.com/t.png"
    assert entry.canonical_url == "https://example.com/real"
    assert entry.raw.startswith("<item")
    assert len(entry.fingerprint) == 16


def test_content_in_a_bag_of_rdf_is_content() -> None:
    said = """<item><title>A</title><description>Short</description><content:items xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Bag><rdf:li><content:item><content:format rdf:resource="http://www.w3.org/1999/xhtml"/>
        <rdf:value rdf:parseType="Literal"><p xmlns="http://www.w3.org/1999/xhtml">Long <em>b</em></p></rdf:value>
        </content:item></rdf:li></rdf:Bag></content:items></item>"""
    [entry] = rss(said).entries
    assert (entry.html, entry.summary) == ("<p>Long <em>b</em></p>", "Short")


def test_a_channel_says_when_to_come_back_and_who_to_ask() -> None:
    feed = rss(
        """<title>T</title><link>https://example.com/</link><language>en_GB</language><ttl>60</ttl>
        <sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>
        <skipHours><hour>0</hour><hour>24</hour><hour>25</hour></skipHours><skipDays><day>monday</day></skipDays>
        <atom:link rel="hub" href="https://hub.example/"/><atom:link rel="self" href="https://example.com/feed"/>
        <atom:link rel="prev-archive" href="/2025.xml"/>"""
    )
    assert feed.ttl == timedelta(hours=12)
    assert feed.skip_hours == {0}
    assert feed.skip_days == {"Monday"}
    assert feed.hubs == ("https://hub.example/",)
    assert feed.self_url == BASE
    assert feed.links == {"prev-archive": "https://example.com/2025.xml"}
    assert feed.language == "en-GB"


def test_a_guid_is_the_page_only_where_it_says_so() -> None:
    linked, unlinked = rss(
        "<item><guid>https://example.com/1</guid></item><item><guid isPermaLink='false'>https://example.com/2</guid></item>"
    ).entries
    assert linked.url == "https://example.com/1"
    assert unlinked.url == ""


def test_without_a_guid_the_link_serves_and_then_what_the_entry_says() -> None:
    linked, one, other, again = rss(
        "<item><link>/1</link></item><item><title>a</title></item><item><title>b</title></item><item><title>a</title></item>"
    ).entries
    assert linked.guid == "https://example.com/1"
    assert one.guid.startswith("hash:")
    assert one.guid != other.guid
    assert one.guid == again.guid


def test_a_fingerprint_changes_with_what_a_reader_sees_and_with_nothing_else() -> None:
    def fingerprint(inside: str) -> str:
        return atom(f"<entry><id>1</id>{inside}</entry>").entries[0].fingerprint

    one = fingerprint("<title>a</title><updated>2026-01-01T00:00:00Z</updated>")
    assert one == fingerprint("<title>a</title><updated>2026-02-02T00:00:00Z</updated>")
    assert one != fingerprint("<title>b</title><updated>2026-01-01T00:00:00Z</updated>")


def test_the_fingerprint_does_not_depend_on_sanitising() -> None:
    body = f"<rss {RSS}><channel><item><description>&lt;b onclick='x'&gt;hi</description></item></channel></rss>".encode()
    [raw] = feeds.parse(body, sanitised=False).entries
    assert not raw.sanitised
    [clean] = feeds.parse(body).entries
    assert feeds.sanitise(raw) == clean
    assert raw.fingerprint == clean.fingerprint


def test_an_atom_entry_is_read_whole() -> None:
    feed = atom(
        """<title type="html">A &amp;lt;b&amp;gt; &lt;i&gt;title&lt;/i&gt;</title><id>urn:feed</id><author><name>F</name></author>
        <entry xml:base="https://x.example/d/" xml:lang="de"><id>urn:1</id><title>1 &lt; 2</title>
        <link rel="alternate" type="text/html" href="a.html"/><link rel="enclosure" href="f.mp3" length="3" type="audio/mpeg"/>
        <link rel="replies" href="c"/><category term="t" label="Label"/>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p xml:base="e/">Hi <img src="p.png" alt=""/></p></div></content>
        <summary>S</summary><published>2026-11-21T10:00:00+01:00</published><updated>2026-11-22T00:00:00Z</updated>
        <source><id>urn:o</id><title>O</title><link href="https://o.example/"/></source><rights>R</rights></entry>"""
    )
    [entry] = feed.entries
    assert feed.format == "atom1.0"
    assert entry.title == "1 < 2"
    assert entry.url == "https://x.example/d/a.html"
    assert entry.html == '<p>Hi <img src="https://x.example/d/e/p.png" alt=""></p>'
    assert (entry.language, entry.summary, entry.rights) == ("de", "S", "R")
    assert entry.origin == EntryOrigin("O", "urn:o", "https://o.example/")
    assert entry.authors == (Person("F"),)
    assert entry.categories == ("Label",)
    assert entry.published == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert entry.comments_url == "https://x.example/d/c"


def test_youtube_says_its_words_in_media() -> None:
    [entry] = atom(
        """<entry xmlns:media="http://search.yahoo.com/mrss/"><id>yt:video:1</id><title>V</title><media:group>
        <media:content url="https://v.example/1" type="application/x-shockwave-flash"/>
        <media:thumbnail url="https://v.example/1.jpg"/><media:description>One.

Two.</media:description></media:group></entry>"""
    ).entries
    assert entry.text == "One.\n\nTwo."
    assert entry.image == "https://v.example/1.jpg"


def test_rdf_keeps_its_items_beside_the_channel() -> None:
    feed = feeds.parse(
        b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
        <channel rdf:about="x"><title>T</title><link>https://example.com/</link></channel>
        <item rdf:about="https://example.com/1"><title>One</title><link>https://example.com/1</link></item></rdf:RDF>"""
    )
    assert (feed.format, feed.title, feed.url) == ("rss1.0", "T", "https://example.com/")
    assert feed.entries[0].guid == "https://example.com/1"


def test_a_news_sitemap_is_a_feed() -> None:
    feed = feeds.parse(
        b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
        <url><loc>https://example.com/1</loc><news:news><news:publication><news:name>P</news:name><news:language>en</news:language>
        </news:publication><news:publication_date>2026-11-21</news:publication_date><news:title>N</news:title>
        <news:keywords>a, b</news:keywords></news:news></url><url><loc>https://example.com/about</loc></url></urlset>"""
    )
    [entry] = feed.entries
    assert (feed.format, feed.title) == ("sitemap", "P")
    assert (entry.guid, entry.title, entry.language) == ("https://example.com/1", "N", "en")
    assert entry.categories == ("a", "b")


@pytest.mark.parametrize(
    ("said", "person"),
    [
        ("ann@example.com (Ann)", Person("Ann", "", "ann@example.com")),
        ("Ann (ann@example.com)", Person("Ann", "", "ann@example.com")),
        ("Ann &lt;ann@example.com&gt;", Person("Ann", "", "ann@example.com")),
        ("ann@example.com", Person("", "", "ann@example.com")),
        ("Ann (Berlin)", Person("Ann (Berlin)")),
    ],
)
def test_an_author_on_one_line_is_a_name_and_an_address(said: str, person: Person) -> None:
    assert rss(f"<item><author>{said}</author></item>").entries[0].authors == (person,)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"<!doctype html><html><body>Hi</body></html>", "html"),
        (b"just words", "not-a-feed"),
        (b'{"hello": "world"}', "not-a-feed"),
        (b"<rss><channel><item><title>a</title></item>", "truncated"),
        (b"<b>Warning</b>: x in y.php <rss><channel><title>a</title></channel></rss>", "junk-before"),
        (b"<rss><channel><title>a & b</title></channel></rss>", "not-well-formed"),
        (b"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>", "sitemap-index"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_read(body: bytes, code: str) -> None:
    assert code in [flaw.code for flaw in feeds.parse(body).flaws]


@pytest.mark.parametrize(
    "title",
    ["a & b", "a &amp; b", "a &#38; b", "<![CDATA[a & b]]>", "a &amp;amp; b"],
)
def test_an_ampersand_survives_every_way_of_writing_it(title: str) -> None:
    assert rss(f"<title>{title}</title>").title == "a & b"


def test_entities_of_html_and_missing_prefixes_are_mended_without_losing_markup() -> None:
    feed = feeds.parse(
        b"<rss><channel><item><title>caf&eacute; &copy; 1&lt;2</title><dc:creator>Ann</dc:creator>"
        b"<description>&lt;p&gt;a&lt;/p&gt;</description></item></channel></rss>"
    )
    [entry] = feed.entries
    assert entry.title == "café © 1<2"
    assert entry.authors == (Person("Ann"),)
    assert entry.html == "<p>a</p>"


def test_tags_that_do_not_match_cost_nothing_but_a_flaw() -> None:
    feed = feeds.parse(
        b"<rss><channel><item><title>a</title><description><p>x<br>y</description></item><item><title>b<item><title>c"
    )
    assert [entry.title for entry in feed.entries] == ["a", "b", "c"]
    assert feed.entries[0].text == "x\ny"


@pytest.mark.skipif(not REAL.is_dir(), reason="the corpus is no part of the project")
def test_every_real_feed_is_read_the_same_twice_and_comes_out_safe() -> None:
    for path in sorted(REAL.glob("*.xml")):
        body = path.read_bytes()
        feed = feeds.parse(body, "", BASE)
        assert feed.format, path.name
        assert feed.entries, path.name
        assert feed == feeds.parse(body, "", BASE)
        for entry in feed.entries:
            assert "<script" not in entry.html
            assert feeds.sanitise(entry) is entry
            assert entry.published or entry.updated or entry.date_said is not None
