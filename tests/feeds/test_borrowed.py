"""What one format says in the words of another, in a namespace written otherwise, or in another place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator import feeds
from aggregator.model import Enclosure, Entry, EntryOrigin, ParsedFeed, Person

FEED = "https://example.com/feeds/all.xml"
NAMESPACES = 'xmlns:a="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" \
xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:googleplay="http://www.google.com/schemas/play-podcasts/1.0" \
xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'


def rss(inside: str, base: str = FEED) -> ParsedFeed:
    return feeds.parse(
        f'<rss version="2.0" {NAMESPACES}><channel>{inside}</channel></rss>'.encode(), "", base
    )


def item(inside: str) -> Entry:
    [entry] = rss(f"<item>{inside}</item>").entries
    return entry


def atom_entry(inside: str) -> Entry:
    body = f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES}><entry>{inside}</entry></feed>'
    [entry] = feeds.parse(body.encode(), "", FEED).entries
    return entry


def titles(document: str) -> list[str]:
    return [entry.title for entry in feeds.parse(document.encode(), "", FEED).entries]


def test_a_channel_may_say_all_of_itself_in_the_words_of_atom() -> None:
    feed = rss(
        """<a:title type="html">Snow &amp;amp; &lt;i&gt;rain&lt;/i&gt;</a:title><a:subtitle>Weather</a:subtitle>
        <a:rights>R</a:rights><a:logo>/l.png</a:logo><a:author><a:name>Ann</a:name></a:author>"""
    )
    assert (feed.title, feed.description, feed.rights) == ("Snow & rain", "Weather", "R")
    assert (feed.icon, feed.authors) == ("https://example.com/l.png", (Person("Ann"),))


def test_an_item_may_say_all_of_itself_in_the_words_of_atom() -> None:
    entry = item(
        """<a:title>Snow &lt; rain</a:title><a:id>urn:1</a:id><a:link href="/1"/><a:author><name>Ann</name></a:author>
        <a:content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Wet</p></div></a:content>
        <a:issued>2026-03-21T09:00:00Z</a:issued>"""
    )
    assert (entry.title, entry.guid, entry.url) == ("Snow < rain", "urn:1", "https://example.com/1")
    assert (entry.authors, entry.html) == ((Person("Ann"),), "<p>Wet</p>")
    assert entry.published == datetime(2026, 3, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "html"),
    [
        ("<summary>S</summary><content:encoded>&lt;p&gt;C&lt;/p&gt;</content:encoded>", "<p>C</p>"),
        ("<dc:description>D</dc:description>", "D"),
        ("<itunes:subtitle>Short</itunes:subtitle><itunes:summary>Long</itunes:summary>", "Long"),
    ],
)
def test_an_entry_of_atom_may_say_what_it_says_in_modules(said: str, html: str) -> None:
    assert atom_entry(said).html == html


@pytest.mark.parametrize(
    ("said", "html"),
    [
        ("<itunes:subtitle>S</itunes:subtitle><googleplay:description>G</googleplay:description>", "G"),
        ('<div xmlns="http://www.w3.org/1999/xhtml"><p>X</p></div>', "<p>X</p>"),
        ("<summary>S</summary>", "S"),
    ],
)
def test_what_an_item_says_is_found_where_it_says_it(said: str, html: str) -> None:
    assert item(said).html == html


@pytest.mark.parametrize(
    "uri",
    [
        "https://purl.org/dc/elements/1.1/",
        "http://purl.org/dc/elements/1.1",
        "HTTP://PURL.ORG/DC/ELEMENTS/1.1/",
    ],
)
def test_a_namespace_is_known_however_it_is_written(uri: str) -> None:
    body = (
        f'<rss version="2.0" xmlns:x="{uri}"><channel><item><x:creator>Ann</x:creator></item></channel></rss>'
    )
    assert feeds.parse(body.encode()).entries[0].authors == (Person("Ann"),)


@pytest.mark.parametrize(
    "uri",
    [
        "http://www.w3.org/2005/Atom",
        "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "http://purl.org/rss/1.0/modules/content/",
        "http://www.w3.org/1999/xhtml",
    ],
)
def test_an_rss_in_the_namespace_of_another_format_is_an_rss(uri: str) -> None:
    feed = feeds.parse(
        f"""<rss version="2.0" xmlns="{uri}" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title>
        <atom:link rel="self" href="https://example.com/self"/>
        <item><title>Rain</title><link>/1</link><guid>1</guid></item></channel></rss>""".encode(),
        "",
        FEED,
    )
    assert (feed.format, feed.title, feed.self_url) == ("rss2.0", "T", "https://example.com/self")
    assert [(entry.guid, entry.title, entry.url) for entry in feed.entries] == [
        ("1", "Rain", "https://example.com/1")
    ]


@pytest.mark.parametrize(
    "document",
    [
        "<rss version='2.0'><channel><channel><item><title>Rain</title></item></channel></channel></rss>",
        "<rss version='2.0'><channel><items><item><title>Rain</title></item></items></channel></rss>",
        "<rss version='2.0'><channel><entry><title>Rain</title></entry></channel></rss>",
        "<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel><a:entry><a:title>Rain</a:title></a:entry>"
        "</channel></rss>",
        "<entry><title>Rain</title></entry>",
    ],
)
def test_entries_are_found_where_none_is_in_its_place(document: str) -> None:
    assert titles(document) == ["Rain"]


@pytest.mark.parametrize(
    ("said", "person"),
    [
        ("<author><name>Ann</name><title>Editor</title><company>X Inc.</company></author>", Person("Ann")),
        (
            "<author><name>Ann</name><email>a@x.example</email><uri>/ann</uri></author>",
            Person("Ann", "https://example.com/ann", "a@x.example"),
        ),
        ("<a:author><email>a@x.example</email></a:author>", Person("", "", "a@x.example")),
        ("<author>by <a href='/ann'>Ann Lee</a></author>", Person("by Ann Lee")),
        ("<author>a@x.example (Ann (NYC))</author>", Person("Ann (NYC)", "", "a@x.example")),
        ('<author>"Ann Lee" &lt;a@x.example&gt;</author>', Person("Ann Lee", "", "a@x.example")),
        ("<author>(Ann) and (Bo)</author>", Person("Ann) and (Bo")),
        (
            "<dc:creator><x:Agent xmlns:x='urn:x'><x:name>Ann</x:name></x:Agent></dc:creator>",
            Person("Ann"),
        ),
    ],
)
def test_an_author_in_parts_is_read_by_parts(said: str, person: Person) -> None:
    assert item(said).authors == (person,)


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ("<link>www.example.org/1</link>", "https://www.example.org/1"),
        ("<link>https://example.org/?a=1&amp;amp;b=2</link>", "https://example.org/?a=1&b=2"),
        ("<link xml:base='https://example.org/d/'>1</link>", "https://example.org/d/1"),
        ("<link rel='self' href='/feed'/><link>/1</link>", "https://example.com/1"),
        ("<link>&lt;a href='/1'&gt;View&lt;/a&gt;</link>", "https://example.com/1"),
        ("<link><a href='/?a=1&amp;b=2'>View</a></link>", "https://example.com/?a=1&b=2"),
        ("<link>no link</link><guid>https://example.com/g</guid>", "https://example.com/g"),
    ],
)
def test_a_link_is_what_was_meant(said: str, url: str) -> None:
    assert item(said).url == url


def test_links_of_a_feed_that_another_host_hands_on_lead_to_its_site() -> None:
    said = '<link>https://site.example/</link><item><link>/1</link><description>&lt;a href="/2"&gt;x&lt;/a&gt;</description></item>'
    [entry] = rss(said, "https://feeds.proxy.example/site").entries
    assert (entry.url, entry.html) == (
        "https://site.example/1",
        '<a href="https://site.example/2">x</a>',
    )
    assert rss(said, "https://site.example/feeds/all.xml").entries[0].url == "https://site.example/1"


def test_an_item_may_say_in_the_words_of_atom_where_it_was_first() -> None:
    said = '<a:source><a:title>O</a:title><a:id>urn:o</a:id><a:link href="https://o.example/"/></a:source>'
    assert item(said).origin == EntryOrigin("O", "urn:o", "https://o.example/")


def test_a_feed_of_atom_may_say_how_long_it_wants_to_be_left_alone() -> None:
    said = "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
    body = f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">{said}</feed>'
    assert feeds.parse(body.encode()).ttl == timedelta(hours=6)


def test_what_an_entry_is_to_a_program_is_no_category() -> None:
    kind = '<category scheme="http://schemas.google.com/g/2005#kind" term="http://schemas.google.com/blogger/2008/kind#post"/>'
    assert atom_entry(
        kind + '<category scheme="http://www.blogger.com/atom/ns#" term="rain"/>'
    ).categories == ("rain",)


def test_a_hub_without_its_prefix_is_a_hub() -> None:
    feed = rss('<link>https://example.com/</link><link rel="hub" href="https://hub.example/"/>')
    assert (feed.url, feed.hubs) == ("https://example.com/", ("https://hub.example/",))


@pytest.mark.parametrize(
    ("said", "url"), [("12", ""), ("None so far", ""), ("/1#comments", "https://example.com/1#comments")]
)
def test_comments_are_a_page_or_nothing(said: str, url: str) -> None:
    assert item(f"<comments>{said}</comments>").comments_url == url


def test_comments_are_read_on_a_page_before_a_feed() -> None:
    links = '<link rel="replies" type="application/atom+xml" href="/c.atom"/><link rel="replies" type="text/html" href="/c"/>'
    assert atom_entry(links).comments_url == "https://example.com/c"


def test_a_file_is_named_by_its_publisher_and_by_its_peers() -> None:
    entry = item(
        """<enclosure url="https://counter.example/~5/f.mp3" type="audio/mpeg" length="7"/>
        <feedburner:origEnclosureLink>https://example.com/f.mp3</feedburner:origEnclosureLink>
        <media:peerLink type="application/x-bittorrent" href="/f.torrent"/>"""
    )
    assert entry.enclosures == (
        Enclosure("https://example.com/f.mp3", "audio/mpeg", 7),
        Enclosure("https://example.com/f.torrent", "application/x-bittorrent"),
    )


def test_an_item_of_rdf_is_about_its_page() -> None:
    [entry] = feeds.parse(
        b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
        <item rdf:about="https://example.com/1"><title>Rain</title></item></rdf:RDF>"""
    ).entries
    assert (entry.guid, entry.url) == ("https://example.com/1", "https://example.com/1")


@pytest.mark.parametrize(
    "said", ["<dc:identifier>doi:1</dc:identifier>", "<guid/><dc:identifier> doi:1 </dc:identifier>"]
)
def test_an_identifier_is_an_id_where_there_is_no_other(said: str) -> None:
    assert (item(said).guid, atom_entry(said).guid) == ("doi:1", "doi:1")
    assert item(said + "<link>/1</link>").guid == "https://example.com/1"


@pytest.mark.parametrize(
    "said",
    [
        "<prism:publicationDate>2026-03-21</prism:publicationDate>",
        "<published>2026-03-21</published>",
        "<pubDate>soon</pubDate><date>2026-03-21</date>",
    ],
)
def test_a_date_is_found_under_other_names(said: str) -> None:
    assert item(said).published == datetime(2026, 3, 21, tzinfo=UTC)


def test_of_dates_that_an_entry_says_the_first_that_can_be_read_counts() -> None:
    entry = atom_entry("<published>soon</published><dc:date>2026-03-21</dc:date>")
    assert entry.published == datetime(2026, 3, 21, tzinfo=UTC)


def test_a_character_that_was_written_as_two_halves_is_whole() -> None:
    assert titles(
        "<rss><channel><item><title>&#8364;&#55357;&#56832;&#xD83D;&#xDE00;</title></item></channel></rss>"
    ) == ["€😀😀"]
    assert titles("<rss><channel><item><title>a&#55357;b&#56832;c</title></item></channel></rss>") == ["abc"]


def test_entities_that_a_document_declares_may_be_characters() -> None:
    declared = '<!DOCTYPE rss [<!ENTITY co "Snow &#38; Co"><!ENTITY nbsp "&#160;">]>'
    document = f"{declared}<rss><channel><item><title>&co;&nbsp;KG</title></item></channel></rss>"
    assert titles(document) == ["Snow & Co KG"]
    assert not feeds.parse(document.encode()).flaws


def test_a_page_that_mentions_a_feed_in_a_comment_is_a_page() -> None:
    feed = feeds.parse(b"<!DOCTYPE html><html><!-- no <rss> here --><body>Hi</body></html>")
    assert [flaw.code for flaw in feed.flaws] == ["html"]
