"""URLs: absolute form, host, and the identity that one page keeps and different articles never share."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import url

# Each pair with the reason why a careful person calls it one page.
SAME = [
    ("http://example.com/a-b-c", "https://example.com/a-b-c", "the scheme says how, not what"),
    ("https://www.example.com/x/1", "https://example.com/x/1", "www"),
    ("https://www2.example.com/x/1", "https://example.com/x/1", "a numbered www"),
    ("https://m.example.com/x/1", "https://www.example.com/x/1", "mobile host"),
    (
        "https://mobile.nytimes.com/2018/06/12/world/x.html",
        "https://nytimes.com/2018/06/12/world/x.html",
        "mobile.",
    ),
    ("https://amp.theguardian.com/world/2024/x", "https://www.theguardian.com/world/2024/x", "AMP host"),
    ("https://en.m.wikipedia.org/wiki/Cairo", "https://en.wikipedia.org/wiki/Cairo", "mobile label inside"),
    ("HTTPS://Example.COM/Path", "https://example.com/Path", "scheme and host know no case"),
    ("https://example.com./x", "https://example.com/x", "the root dot of DNS"),
    ("https://example.com:443/x", "https://example.com/x", "default port"),
    ("http://example.com:80/x", "http://example.com/x", "default port of http"),
    ("https://example.com:/x", "https://example.com/x", "a colon without a port"),
    ("https://user:pw@example.com/x", "https://example.com/x", "userinfo is about the reader"),
    ("https://example.com", "https://example.com/", "the empty path is the root"),
    ("https://example.com/news/a/", "https://example.com/news/a", "trailing slash"),
    ("https://example.com/news//a", "https://example.com/news/a", "a doubled slash"),
    ("https://example.com/news/index.html", "https://example.com/news/", "index file"),
    (
        "https://example.com/news/Default.aspx?id=3",
        "https://example.com/news?id=3",
        "index file of another server",
    ),
    ("https://example.com/a/./b/../c", "https://example.com/a/c", "dot segments (RFC 3986 5.2.4)"),
    ("https://example.com/a/%2E%2E/c", "https://example.com/c", "dot segments in disguise"),
    ("https://example.com/%7Ejo/x", "https://example.com/~jo/x", "an escape that need not be"),
    (
        "https://example.com/a%2cb%3A1",
        "https://example.com/a,b:1",
        "escaped commas, as mail programs make them",
    ),
    ("https://example.com/caf%c3%a9", "https://example.com/café", "UTF-8, escaped or not"),
    ("https://example.com/cafe\u0301", "https://example.com/caf\u00e9", "composed or not"),
    ("https://example.com/a b", "https://example.com/a%20b", "a raw space"),
    ("https://example.com/slug%20", "https://example.com/slug", "a space copied along"),
    ("https://süddeutsche.example/x", "https://xn--sddeutsche-9db.example/x", "punycode"),
    ("https://BÜCHER.example/x", "https://bücher.example/x", "case in a host of any script"),
    ("https://example.com/a?utm_source=x&utm_medium=y", "https://example.com/a", "campaign"),
    ("https://example.com/a?UTM_Source=x", "https://example.com/a", "campaign in capitals"),
    ("https://example.com/a?fbclid=IwAR0", "https://example.com/a?gclid=Cj0", "click ids"),
    ("https://example.com/a?mc_cid=1&mc_eid=2", "https://example.com/a", "newsletter ids"),
    (
        "https://example.com/a?at_medium=RSS&at_campaign=K",
        "https://example.com/a",
        "at_*, as the BBC writes them",
    ),
    ("https://example.com/a?xtor=RSS-3208", "https://example.com/a", "xtor, as French outlets write it"),
    ("https://example.com/a?wt_mc=nl.int&icid=x", "https://example.com/a", "German and house campaigns"),
    ("https://example.com/a?_ga=2.1&_hsenc=p2&_hsmi=9", "https://example.com/a", "analytics"),
    ("https://example.com/a?id=5&utm_source=x", "https://example.com/a?id=5", "campaign beside a choice"),
    ("https://example.com/a?b=2&a=1", "https://example.com/a?a=1&b=2", "parameter order"),
    ("https://example.com/a?a=1&amp;b=2", "https://example.com/a?a=1&b=2", "an ampersand escaped twice"),
    ("https://example.com/a?", "https://example.com/a", "an empty query"),
    ("https://example.com/a?&x=1&", "https://example.com/a?x=1", "empty parameters"),
    ("https://example.com/a?q=a+b", "https://example.com/a?q=a%20b", "a plus is a space in a query"),
    ("https://example.com/a?x=", "https://example.com/a?x", "an empty value"),
    ("https://example.com/a#comments", "https://example.com/a", "an anchor"),
    ("https://example.com/a#:~:text=truce", "https://example.com/a", "a text fragment"),
    ("https://example.com/a#Echobox=1700000", "https://example.com/a", "tracking in the fragment"),
    ("https://example.com/a#xtor=AL-32280270", "https://example.com/a", "tracking in the fragment"),
    ("https://example.com/2024/a-b-c/amp/", "https://example.com/2024/a-b-c/", "AMP as last segment"),
    ("https://example.com/2024/a-b-c/amp.html", "https://example.com/2024/a-b-c", "AMP as last segment"),
    ("https://example.com/amp/2024/a-b-c", "https://example.com/2024/a-b-c", "AMP as first segment"),
    ("https://example.com/news/amp/world-5125", "https://example.com/news/world-5125", "AMP in the middle"),
    ("https://example.com/news/world-5125.amp", "https://example.com/news/world-5125", "AMP as extension"),
    ("https://example.com/a/slug.amp.html", "https://example.com/a/slug.html", "AMP before the extension"),
    ("https://example.com/a?amp", "https://example.com/a", "AMP as a bare parameter"),
    ("https://example.com/a?amp=1&id=4", "https://example.com/a?id=4", "AMP as a parameter"),
    ("https://example.com/a?outputType=amp", "https://example.com/a", "AMP as a view"),
    (
        "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/2024/a-b-c/amp/?usqp=mq331&amp_js_v=0.1",
        "https://www.example.com/2024/a-b-c/",
        "AMP cache",
    ),
    (
        "https://cdn.ampproject.org/v/s/example.com/a-b?id=7&amp_gsa=1",
        "https://example.com/a-b?id=7",
        "AMP viewer",
    ),
    (
        "https://www.google.com/amp/s/www.example.com/a-b",
        "https://example.com/a-b",
        "AMP through a search engine",
    ),
    ("https://www.google.co.uk/amp/www.example.com/a-b", "http://example.com/a-b", "the same without the s"),
    (
        "https://www.google.com/url?rct=j&sa=t&url=https://example.com/a-b%3Fid%3D3&ct=ga&usg=AOv",
        "https://example.com/a-b?id=3",
        "the links of a news alert's feed",
    ),
    (
        "http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&url=https%3a%2f%2fexample.com%2fa-b&c=1",
        "https://example.com/a-b",
        "the links of a search engine's feed",
    ),
    (
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2Fa&h=AT0",
        "https://example.com/a",
        "a way out",
    ),
    (
        "https://youtu.be/dQw4w9WgXcQ?si=1",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=5s",
        "a short video link",
    ),
    (
        "https://www.youtube.com/embed/dQw4w9WgXcQ",
        "https://youtube.com/watch?v=dQw4w9WgXcQ",
        "an embedded video",
    ),
    ("https://example.com/a;jsessionid=1A2B?id=1", "https://example.com/a?id=1", "a session in the path"),
    ("https://example.com/a?PHPSESSID=1a2b&id=1", "https://example.com/a?id=1", "a session in the query"),
    (
        "https://example.com/2024/a-long-slug?ref=rss",
        "https://example.com/2024/a-long-slug",
        "ref beside a slug",
    ),
    ("https://example.com/story.php?id=9&ref=rss", "https://example.com/story.php?id=9", "ref beside an id"),
    ("https://example.com/a-b-c?source=nav_top", "https://example.com/a-b-c", "where the reader came from"),
    ("https://example.com/a-b-c?CMP=share_btn_tw", "https://example.com/a-b-c", "a share button"),
    (
        "https://example.com/a-b-c/?share=twitter&nb=1",
        "https://example.com/a-b-c/",
        "WordPress's share button",
    ),
    (
        "https://example.com/a-b-c/?replytocom=77#respond",
        "https://example.com/a-b-c/",
        "an answer to a comment",
    ),
    (
        "https://example.com/a-b-c/comment-page-2/#comment-9",
        "https://example.com/a-b-c",
        "a page of comments",
    ),
    (
        "https://jo.blogspot.com/2024/01/a.html?m=1",
        "https://jo.blogspot.com/2024/01/a.html",
        "Blogger's mobile view",
    ),
    ("https://example.com/a?print=1", "https://example.com/a", "the print view"),
    ("https://example.com/a?pagewanted=all", "https://example.com/a", "all pages at once"),
    (
        "https://example.com/#!/story/5?utm_source=x",
        "https://example.com/#!/story/5",
        "tracking within a route",
    ),
    ("https://example.com/#!/story/5/", "https://example.com/#!/story/5", "a slash after a route"),
    (" https://example.com/a\n", "https://example.com/a", "white space copied along"),
    ("https:\\\\example.com\\a", "https://example.com/a", "backslashes, as browsers read them"),
    ("http://http://example.com/a", "http://example.com/a", "a scheme too many"),
    ("http:/example.com/a", "http://example.com/a", "a slash too few"),
]

# Each pair with the reason why merging it could hide an article.
DIFFERENT = [
    ("https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/dqw4w9wgxcq", "letter case of the path chooses"),
    ("https://example.com/Article/AbC", "https://example.com/article/abc", "letter case of the path chooses"),
    ("https://example.com/a?id=AbC", "https://example.com/a?id=abc", "letter case of a value chooses"),
    ("https://example.com/a?id=1", "https://example.com/a?id=2", "id"),
    ("https://example.com/?p=12", "https://example.com/?p=13", "WordPress's plain links"),
    ("https://example.com/?p=12", "https://example.com/", "an article is not the front page"),
    ("https://example.com/a?page=2", "https://example.com/a?page=3", "pages of a list"),
    ("https://example.com/a?page=2", "https://example.com/a", "a later page"),
    ("https://example.com/watch?v=a", "https://example.com/watch?v=b", "v"),
    (
        "https://m.facebook.com/story.php?story_fbid=1&id=2",
        "https://facebook.com/story.php?story_fbid=3&id=2",
        "story",
    ),
    ("https://example.com/read?story=gaza", "https://example.com/read?story=cairo", "story"),
    (
        "https://example.com/story.asp?ref=1001",
        "https://example.com/story.asp?ref=1002",
        "a ref that chooses",
    ),
    (
        "https://example.com/story.asp?ref=abc",
        "https://example.com/story.asp?ref=def",
        "nothing else chooses",
    ),
    ("https://example.com/view?source=ap", "https://example.com/view?source=upi", "nothing else chooses"),
    ("https://example.com/a-b-c?cid=20231", "https://example.com/a-b-c?cid=20232", "cid as the content's id"),
    (
        "https://example.com/article.php?sid=10",
        "https://example.com/article.php?sid=11",
        "sid as a story's id",
    ),
    ("https://example.com/thread?tid=10", "https://example.com/thread?tid=11", "tid as a thread's id"),
    ("https://example.com/n.php?nb=10", "https://example.com/n.php?nb=11", "nb as a number"),
    ("https://example.com/?m=202401", "https://example.com/?m=202402", "m as a month"),
    ("https://example.com/?12345", "https://example.com/?12346", "a query without names"),
    ("https://example.com/a?x=1&x=2", "https://example.com/a?x=2&x=1", "order of one name's values"),
    ("https://example.com/a?x=1&x=2", "https://example.com/a?x=2", "a value more"),
    ("https://example.com/a%2Fb", "https://example.com/a/b", "an escaped slash parts nothing"),
    ("https://example.com/a%3Fid=1", "https://example.com/a?id=1", "an escaped question mark begins nothing"),
    (
        "https://example.com/a?q=a%26b=1",
        "https://example.com/a?q=a&b=1",
        "an escaped ampersand parts nothing",
    ),
    ("https://example.com/a?q=c%2B%2B", "https://example.com/a?q=c++", "an escaped plus is a plus"),
    ("https://example.com/a%23b", "https://example.com/a#b", "an escaped number sign begins nothing"),
    ("https://example.com:8080/a", "https://example.com/a", "another port is another server"),
    ("https://news.example.com/a", "https://example.com/a", "a subdomain with a meaning"),
    ("https://blog.example.com/a", "https://sport.example.com/a", "subdomains with meanings"),
    ("https://alice.substack.com/p/monday", "https://bob.substack.com/p/monday", "a host for each writer"),
    (
        "https://de.wikipedia.org/wiki/Kairo",
        "https://en.wikipedia.org/wiki/Kairo",
        "a host for each language",
    ),
    ("https://example.com/en/a", "https://example.com/fr/a", "a path for each language"),
    ("https://example.com/a?lang=en", "https://example.com/a?lang=fr", "a parameter for each language"),
    ("https://example.com/a", "https://example.org/a", "another site"),
    ("https://example.co.uk/a", "https://example.co.za/a", "another country"),
    ("https://m.co.uk/a", "https://www.co.uk/a", "no site's name would remain"),
    ("https://amp.dev/a", "https://m.dev/a", "no site's name would remain"),
    ("https://mexample.com/a", "https://example.com/a", "a letter is not a label"),
    ("https://straße.example/a", "https://strasse.example/a", "IDNA 2008 keeps the sharp s"),
    ("https://example.com/tag/amp", "https://example.com/tag", "amplifiers"),
    ("https://example.com/best-guitar-amp", "https://example.com/best-guitar", "amplifiers"),
    ("https://example.com/amp", "https://example.com/", "a page named amp"),
    ("https://example.com/example", "https://example.com/ex", "amp inside a word"),
    ("https://example.com/2024/champ", "https://example.com/2024/ch", "amp inside a word"),
    ("https://example.com/#!/story/5", "https://example.com/#!/story/6", "hashbang route"),
    ("https://example.com/app#/news/5", "https://example.com/app#/news/6", "script route"),
    ("https://example.com/#news/5", "https://example.com/#news/6", "route of a bare page"),
    ("https://example.com/#!/story/5", "https://example.com/", "a route is not the front page"),
    ("https://example.com/a.html", "https://example.com/a.pdf", "another document"),
    ("https://example.com/2024/01/02/live", "https://example.com/2024/01/03/live", "another day"),
    ("https://example.com/7,114883,30001.html", "https://example.com/7,114883,30002.html", "commas in ids"),
    ("https://example.com/a;id=1", "https://example.com/a;id=2", "path parameters with a meaning"),
    ("https://example.com/news/index.html", "https://example.com/news/index2.html", "not an index file"),
    (
        "https://example.com/index.php/a",
        "https://example.com/index.php/b",
        "an index file with more behind it",
    ),
    (
        "https://a-com.cdn.ampproject.org/c/s/a.com/x",
        "https://b-com.cdn.ampproject.org/c/s/b.com/x",
        "AMP caches",
    ),
    (
        "https://www.google.com/url?url=https://a.com/x",
        "https://www.google.com/url?url=https://a.com/y",
        "targets",
    ),
    ("https://example.com/c%2Cd?x=a%2Cb", "https://example.com/c,d?x=a,c", "after the escapes"),
    ("https://example.com/utm_source", "https://example.com/utm_medium", "tracking names in the path"),
    ("https://example.com/a?print=issue-5", "https://example.com/a?print=issue-6", "print as an issue"),
    ("https://example.com/a?page=all", "https://example.com/a?page=1", "page one may be a part"),
    ("https://example.com/a?format=podcast", "https://example.com/a?format=transcript", "another text"),
    ("https://x.com/a/status/1", "https://x.com/a/status/2", "posts"),
    ("https://t.me/s/chan/5", "https://t.me/s/chan/6", "posts"),
    ("https://192.0.2.1/a", "https://192.0.2.2/a", "addresses"),
    ("https://[2001:db8::1]/a", "https://[2001:db8::2]/a", "addresses"),
]


@pytest.mark.parametrize(("left", "right", "reason"), SAME)
def test_two_addresses_of_one_page_have_one_identity(left: str, right: str, reason: str) -> None:
    assert url.identity(left) == url.identity(right) != "", reason


@pytest.mark.parametrize(("left", "right", "reason"), DIFFERENT)
def test_different_articles_never_have_one_identity(left: str, right: str, reason: str) -> None:
    assert url.identity(left) != url.identity(right), reason
    assert url.identity(left)
    assert url.identity(right)


@pytest.mark.parametrize(
    "address", sorted({side for left, right, _ in SAME + DIFFERENT for side in (left, right)})
)
def test_the_identity_of_an_identity_is_itself(address: str) -> None:
    assert url.identity(url.identity(address)) == url.identity(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "mailto:a@example.com",
        "javascript:void(0)",
        "ftp://example.com/a",
        "example.com/a",
        "/a",
        "https://",
        "https:///",
        "tag:example.com,2024:1",
        "urn:uuid:1",
        "https://exa mple.com/",
        "https://[::1/",
        "data:,x",
    ],
)
def test_what_is_no_web_address_has_no_identity(address: str) -> None:
    assert url.identity(address) == ""
    assert url.host(address) == ""


_piece = st.text(st.sampled_from("aA1é日%2fFcC3.-_~+ ;,@:\\&=/?#!"), max_size=12)


@settings(deadline=None)
@given(st.lists(_piece, max_size=4), st.lists(st.tuples(_piece, _piece), max_size=4), _piece)
def test_identity_is_idempotent_for_any_address(
    path: list[str], query: list[tuple[str, str]], fragment: str
) -> None:
    pairs = "&".join(f"{name}={value}" for name, value in query)
    once = url.identity(f"http://www.example.com/{'/'.join(path)}?{pairs}#{fragment}")
    assert once
    assert url.identity(once) == once
    assert once.isascii()


_names = st.sampled_from(["id", "p", "story", "page", "utm_source", "fbclid", "ref", "v", "lang"])


@given(st.dictionaries(_names, st.text("ab1", max_size=3), max_size=6), st.integers())
def test_the_order_of_parameters_is_irrelevant(parameters: dict[str, str], seed: int) -> None:
    pairs = [f"{name}={value}" for name, value in parameters.items()]
    shuffled = random.Random(seed).sample(pairs, len(pairs))
    first, second = (url.identity("https://example.com/a?" + "&".join(order)) for order in (pairs, shuffled))
    assert first == second


@given(st.text(max_size=60))
def test_nothing_raises(address: str) -> None:
    for one in (address, f"https://{address}", f"https://example.com/{address}"):
        found = url.identity(one)
        assert url.identity(found) == found
        url.host(one)
        url.absolute("https://example.com/", one)


@pytest.mark.parametrize(
    ("base", "href", "expected"),
    [
        ("https://example.com/a/b", "c", "https://example.com/a/c"),
        ("https://example.com/a/b", "/c?d#e", "https://example.com/c?d#e"),
        ("https://example.com/a", "//cdn.example.org/x", "https://cdn.example.org/x"),
        ("", "//cdn.example.org/x", "https://cdn.example.org/x"),
        ("https://example.com/a", "?p=2", "https://example.com/a?p=2"),
        ("https://example.com/a/", "../x y.html", "https://example.com/x%20y.html"),
        ("https://example.com/a", " \n/b\t/c ", "https://example.com/b/c"),
        ("https://example.com/", "http://EXAMPLE.org:80/É", "http://example.org/%C3%89"),
        ("https://example.com/", "http://example.org:443/", "http://example.org:443/"),
        ("https://example.com/", "https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://example.com/", "https://example.org/%7Ea?b=%20", "https://example.org/%7Ea?b=%20"),
        ("https://example.com/a", "", ""),
        ("https://example.com/a", "mailto:a@example.com", ""),
        ("https://example.com/a", "javascript:alert(1)", ""),
        ("https://example.com/a", "data:text/html,x", ""),
        ("https://example.com/a", "https://[::1", ""),
        ("", "/a", ""),
        ("", "www.example.com/a", ""),
    ],
)
def test_absolute_is_a_web_address_or_nothing(base: str, href: str, expected: str) -> None:
    assert url.absolute(base, href) == expected


def test_host_is_lower_case_ascii_without_port_or_user() -> None:
    assert url.host("HTTPS://jo:pw@WWW.Bücher.Example.:8443/x") == "www.xn--bcher-kva.example"
    assert url.host("http://[2001:DB8::1]:80/") == "[2001:db8::1]"


def test_identity_is_cheap() -> None:
    address = "https://www.example.com/news/2024/03/05/some-slug?utm_source=a&utm_medium=b&id=5&fbclid=abc"
    best = min(_seconds(address, 500) for _ in range(5)) / 500
    assert best < 100e-6, "an order above what is usual: something became slow"


def _seconds(address: str, times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        url.identity(address)
    return time.perf_counter() - start


def test_the_key_is_that_of_the_first_address_that_names_a_page() -> None:
    page = "https://www.outlet.example/a?utm_source=x"
    assert url.key(page) == url.key("", page, "https://other.example/") == url.key("http://outlet.example/a")
    assert url.key(page) != url.key("https://outlet.example/A")
    assert -(2**63) <= url.key(page) < 2**63
    assert url.key() == url.key("", "mailto:a@outlet.example") == 0
