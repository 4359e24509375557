"""No document raises, and none of 1 MB takes over a second, whatever is in it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator import feeds
from aggregator.feeds.bounds import MAX_ENTRIES
from aggregator.feeds.notes import Notes
from aggregator.feeds.parsing import read
from aggregator.model import Entry

REAL = Path(__file__).parents[3] / "shared" / "corpora" / "feeds" / "real"
SECOND = 1.0


def rss(inside: str) -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{inside}</channel></rss>'.encode()


def item(html: str) -> str:
    return f"<item><title>t</title><description><![CDATA[{html}]]></description></item>"


def many(pattern: str, count: int) -> str:
    return "".join(pattern.format(number) for number in range(count))


LAUGHS = (
    '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    + many('<!ENTITY c{0} "&b;&b;&b;&b;&b;&b;&b;&b;">', 1000)
    + "]>"
)
HOSTILE = {
    "nested divs": rss(item("<div>" * 50_000)),
    "nested divs, closed": rss(item("<div>" * 50_000 + "</div>" * 50_000)),
    "ruby texts without a ruby": rss(item("<rt>" * 200_000)),
    "groups without a selection": rss(item("<optgroup>" * 90_000)),
    "nested divs in every entry": rss(item("<div>" * 390) * 480),
    "formatting carried on": rss(item("<p>" + many("<b a{}>", 100) + "</p>" + "<p>x" * 100_000)),
    "formatting in every entry": rss(item(many("<b {:x}><p>", 124)) * 850),
    "a little formatting in every entry": rss(item(many("<b {:x}><p>", 20)) * 4_300),
    "closed by another": rss(item("<b><i></b>" * 90_000)),
    "attributes in content": rss(item("<a " + many("b{} ", 140_000) + ">x</a>")),
    "attributes behind quotes": rss(item('<a x=">" y="<>" ' + many('b{}="<>" ', 70_000) + ">x</a>")),
    "comments never closed": rss(item("<!--" * 200_000)),
    "brackets": rss(item("<" * 900_000)),
    "ampersands": rss("<item><title>" + "&" * 900_000 + "</title></item>"),
    "quotes": rss(item("<a " + "\"'" * 450_000)),
    "unclosed quotes": rss(item('<a b="' * 150_000)),
    "spaces": rss(item("a" + " " * 900_000 + "<br>" + "\n" * 50_000)),
    "lines that go on": rss(item("abc\n" * 240_000)),
    "paragraphs of a letter": rss(item("a\n\n" * 300_000)),
    "prefixes": rss(many("<p{0}:a/>", 80_000)),
    "elements": rss("<a>" * 200_000),
    "elements, closed": rss("<a>" * 120_000 + "</a>" * 120_000),
    "attributes": b"<rss " + many('a{0}="1" ', 80_000).encode() + b"><channel/></rss>",
    "attributes, broken": b"<rss " + many("a{0}=1 ", 100_000).encode() + b"><channel/></rss>",
    "laughs": (LAUGHS + '<rss version="2.0"><channel><title>&b;&c1;</title></channel></rss>').encode(),
    "doctype never closed": b"<!DOCTYPE rss [" + b"<!ENTITY a 'b'" * 60_000,
    "doctypes": b"<!DOCTYPE rss " * 70_000,
    "declarations": b"<?xml " * 160_000,
    "cdata never closed": rss("<item><title><![CDATA[" * 45_000),
    "cdata that others begin in": rss("<title><![CDATA[x</title>" * 40_000),
    "stray end tags": rss("</a>" * 240_000),
    "what ends words, deep": rss("<b>" * 190 + "<title><guid>" * 75_000),
    "entries without a container": b"<x>&" + b"<item>" * 160_000,
    "items": rss("<item/>" * 140_000),
    "items never closed": rss("<item>" * 160_000),
    "dated badly": rss(many("<item><pubDate>no date {} at all</pubDate></item>", 4_900)),
    "json nested": b'{"version":"https://jsonfeed.org/version/1","items":' + b"[" * 900_000,
    "json objects": b'{"version":"https://jsonfeed.org/version/1","items":[' + b'{"a":' * 180_000,
    "json number": b'{"version":"https://jsonfeed.org/version/1","items":[{"id":' + b"9" * 900_000 + b"}]}",
    "no feed": b"<a><b>" * 150_000,
    "zeroes": b"\0" * 1_000_000,
    "high bytes": b"<rss><channel><title>" + bytes(range(128, 256)) * 7_000 + b"</title></channel></rss>",
    "references": rss(item("&ab" * 300_000)),
    "references of many kinds": rss(item(many("&#{};", 110_000))),
    "half references": rss(item("&notit;" * 130_000)),
    "one tag": rss(item("<p " + many('a{}="b" ', 70_000) + "/>")),
    "tags of many kinds": rss(item(many('<p title="{0}">{0}</p>', 32_000))),
    "attributes said again": rss(item("<p " + 'title="b" ' * 90_000 + ">x</p>")),
    "spaces in a tag": rss(item("<p a" + " " * 450_000 + "b" + "\n" * 450_000 + ">x</p>")),
    "plain tables": rss(item("<table><tbody><tr><td>" * 22 + "x" + "</td></tr></tbody></table>" * 22) * 700),
    "relative addresses": rss(item(many('<a href="{}/../x">y</a>', 36_000))),
    "authors without an address": rss("<item><author>" + "a." * 450_000 + "</author></item>"),
    "an author in brackets": rss("<item><author>(" + ")" * 900_000 + "a</author></item>"),
    "marks on one letter": rss("<item><title>a" + "\u0301\u0323" * 220_000 + "</title></item>"),
    "marks in an address": rss(
        many("<item><link>http://x.example/" + "\u0301\u0323" * 900 + "</link></item>", 250)
    ),
    "an attribute without an end": rss("<item><title b=1 " + "a" * 900_000 + "></title><</item>"),
    "links that repeat a long base": rss(
        "<item><link>http://x.example/"
        + "a" * 7_000
        + "/</link><description>"
        + "&lt;a href=x&gt;" * 60_000
        + "</description></item>"
    ),
    "attributes of an enclosure": rss("<item><enclosure " + many('a{}="1" ', 95_000) + "/></item>"),
    "namespaces": b"<rss "
    + many('xmlns:n{0}="n:{0}" ', 40_000).encode()
    + b"><channel><item><title>t</title></item></channel></rss>",
    "links in a table and in no cell": rss(item("<table>" + "<a>x</a>" * 120_000)),
    "every letter, and a byte that is none": b"<rss><channel><title>\xff"
    + "".join(map(chr, range(0x3000, 0xD000))).encode() * 8
    + b"</title></channel></rss>",
    "an html page": b"<!doctype html><html>" + b"<div>" * 190_000,
}


@pytest.fixture(scope="module", autouse=True)
def what_is_imported_late_is_imported() -> None:
    Notes().date("21 mars 2026 at 9")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_of_one_megabyte_costs_less_than_a_second(name: str) -> None:
    body = HOSTILE[name]
    start = time.process_time()
    feed = feeds.parse(body, "text/xml", "https://example.com/feed")
    spent = time.process_time() - start
    assert spent < SECOND
    assert all(entry.sanitised for entry in feed.entries)
    assert not [flaw for flaw in feed.flaws if flaw.code == "unreadable"]


@pytest.mark.parametrize("name", ["nested divs", "attributes in content", "brackets", "no feed"])
def test_html_functions_are_bounded_too(name: str) -> None:
    html = HOSTILE[name].decode()
    start = time.process_time()
    feeds.html.to_text(html)
    feeds.html.without(html, {"x"}, "y")
    feeds.discover(html.encode(), "text/html", "https://example.com/")
    assert time.process_time() - start < SECOND


def test_a_long_base_makes_no_long_document_of_a_short_one() -> None:
    base = "https://x.example/" + "a" * 7_000 + "/"
    links = "<a href=x>y</a>" * 50_000
    assert len(feeds.sanitise(Entry(guid="1", html=links, base=base)).html) < 20 * len(links)
    written = '<a href="x"/>' * 50_000
    nested = f'<div xmlns="http://www.w3.org/1999/xhtml" xml:base="{base}">{written}</div>'
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml">{nested}</content></entry></feed>'
    assert len(feeds.parse(body.encode(), sanitised=False).entries[0].html) < 20 * len(body)


ATOM = 'xmlns="http://www.w3.org/2005/Atom"'
JSON = '{"version":"https://jsonfeed.org/version/1.1",'
# What a document says once, and each of its entries has: half a megabyte must not become gigabytes.
REPEATED = {
    "namespaces": "<rss " + many('xmlns:n{0}="urn:a:{0}" ', 3_000) + "><channel>" + "<item/>" * 5_000 + "</channel></rss>",
    "a long namespace": f'<rss xmlns:n="{"n" * 300_000}"><channel>' + "<item><n:a/></item>" * 5_000 + "</channel></rss>",
    "authors": f"<feed {ATOM}>" + many("<author><name>a{}</name></author>", 12_000) + "<entry/>" * 5_000 + "</feed>",
    "authors in JSON": JSON + '"authors":[{"name":"x"}' + many(',{{"name":"a{}"}}', 20_000)
    + '],"items":[{"id":"x"}' + many(',{{"id":"{}"}}', 4_999) + "]}",
    "a language": f'<feed {ATOM} xml:lang="en{"-abcdefg" * 40_000}">' + "<entry/>" * 5_000 + "</feed>",
    "a base": f'<feed {ATOM} xml:base="http://x.example/{"a" * 7_900}/">'
    + '<entry><link href="x"/><link rel="enclosure" href="y"/></entry>' * 5_000 + "</feed>",
}  # fmt: skip


@pytest.mark.parametrize("name", REPEATED)
def test_what_a_document_says_once_is_not_made_much_of(name: str) -> None:
    body = REPEATED[name].encode()
    start = time.process_time()
    feed = feeds.parse(body, base_url="https://example.com/feed")
    assert time.process_time() - start < SECOND
    assert len(feed.entries) == 5_000
    said = sum(len(repr(entry)) - len("Entry") + len(entry.raw) for entry in feed.entries)
    assert said < 10_000_000 + 20 * len(body)


def test_items_keep_the_namespaces_they_need_when_there_are_too_many() -> None:
    declared = many('xmlns:n{0}="urn:a:{0}" ', 3_000)
    items = "<item><title>x</title><n7:a/></item>" * 200
    entries = feeds.parse(f"<rss {declared}><channel>{items}</channel></rss>".encode()).entries
    assert 'xmlns:n9="urn:a:9"' in entries[0].raw
    assert entries[-1].raw == '<item xmlns:n7="urn:a:7"><title>x</title><n7:a/></item>'


def test_a_million_items_are_read_up_to_the_limit_and_the_rest_is_named() -> None:
    body = rss("<item><title>x</title></item>" * 1_000_000)
    start = time.process_time()
    feed = feeds.parse(body, max_entries=100)
    assert time.process_time() - start < 3 * SECOND
    assert len(feed.entries) == 100
    assert [flaw.code for flaw in feed.flaws] == ["too-many-entries"]
    assert feed.title == "T"


def test_a_json_feed_of_many_items_is_read_one_by_one() -> None:
    items = ",".join(f'{{"id":"{number}","content_text":"x"}}' for number in range(100_000))
    feed = feeds.parse(
        f'{{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{items}]}}'.encode()
    )
    assert len(feed.entries) == MAX_ENTRIES
    assert feed.title == "T"
    assert [flaw.code for flaw in feed.flaws] == ["too-many-entries"]


def test_entities_of_a_document_are_never_expanded_twice() -> None:
    body = b'<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><rss><channel><title>&a; &b;</title></channel></rss>'
    assert feeds.parse(body).title == "ha &b;"


def test_no_file_is_opened_for_an_external_entity() -> None:
    body = b'<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss><channel><title>a&f;b</title></channel></rss>'
    assert feeds.parse(body).title == "a&f;b"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!-- ]> --><!ENTITY f SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/a>b" [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_a_doctype_costs_no_item_wherever_it_stands_and_whatever_is_in_it(doctype: str) -> None:
    body = f"<!--{'x' * 5_000}-->{doctype}<rss><channel><item><title>a&f;b</title></item>&f;</channel></rss>"
    [entry] = feeds.parse(body.encode()).entries
    assert entry.title == "a&f;b"


def test_a_lone_surrogate_costs_no_json_feed() -> None:
    body = (
        JSON
        + r'"items":[{"id":"\ud800","title":"a\udfffb","url":"http://x.example/\ud800","content_html":"<p>\ud800c"}]}'
    )
    [entry] = feeds.parse(body.encode()).entries
    assert (entry.title, entry.html, entry.url) == ("ab", "<p>c</p>", "http://x.example/")


@given(st.binary(max_size=300))
def test_no_bytes_raise(body: bytes) -> None:
    feeds.parse(body)


def documents() -> list[bytes]:
    found = [
        rss(item("<p>Hello <b>you</b></p>")),
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry/></feed>',
    ]
    return found + [path.read_bytes()[:20_000] for path in sorted(REAL.glob("*.xml"))[:6]]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(documents()), st.data())
def test_no_document_raises_however_it_is_damaged(body: bytes, data: st.DataObject) -> None:
    damaged = bytearray(body)
    for _ in range(data.draw(st.integers(1, 20))):
        place = data.draw(st.integers(0, len(damaged)))
        width = data.draw(st.integers(0, 40))
        damaged[place : place + width] = data.draw(st.binary(max_size=12))
    feed = read(bytes(damaged), "", Notes("https://example.com/feed"), MAX_ENTRIES)
    assert all(entry.guid for entry in feed.entries)
    for entry in feed.entries:
        assert feeds.sanitise(entry).sanitised
