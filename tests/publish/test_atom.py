"""What the Atom feed says of a story, and that no story can make it invalid or stop it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.model import Enclosure, EntryOrigin, Facts, FeedMeta, Person, StoryView
from aggregator.publish import Document
from aggregator.publish.atom import AtomPublisher

from .stories import META, NOON, a_copy, a_story, a_view

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "xml": "http://www.w3.org/XML/1998/namespace",
}


def render(*views: StoryView, meta: FeedMeta = META) -> Document:
    return AtomPublisher().render(meta, views)


def parsed(document: Document) -> etree._Element:
    """The feed's root, once it is known to be valid."""
    root = etree.fromstring(document.body)
    SCHEMA.assertValid(root)
    for entry in root.iterfind("a:entry", NAMES):  # RFC 4287 section 4.1.1, which RELAX NG cannot say
        alternates = [(link.get("type"), link.get("hreflang")) for link in links(entry, "alternate")]
        assert len(alternates) == len(set(alternates)) == 1
    return root


def entry_of(view: StoryView) -> etree._Element:
    document = render(view)
    assert document.problems == ()
    entry = parsed(document).find("a:entry", NAMES)
    assert entry is not None
    return entry


def links(element: etree._Element, rel: str) -> list[etree._Element]:
    return [link for link in element.findall("a:link", NAMES) if link.get("rel") == rel]


def text(element: etree._Element, path: str) -> str | None:
    return element.findtext(path, namespaces=NAMES)


def test_an_empty_feed_is_valid_and_its_date_is_no_clock() -> None:
    document = render()
    assert text(parsed(document), "a:updated") == "1990-01-01T00:00:00+00:00"
    assert document.updated == datetime(1990, 1, 1, tzinfo=UTC)


def test_the_feed_names_itself_its_site_and_its_newest_change() -> None:
    document = render(a_view(1), a_view(7), a_view(3))
    root = parsed(document)
    assert [link.get("href") for link in links(root, "self")] == ["https://news.example.org/feed.atom"]
    assert [link.get("href") for link in links(root, "alternate")] == ["https://news.example.org/"]
    assert text(root, "a:updated") == document.updated.isoformat()
    assert document.updated.replace(microsecond=0) == NOON + timedelta(minutes=7)
    assert root.get(f"{{{NAMES['xml']}}}lang") == "en"


def test_entries_keep_the_order_given() -> None:
    entries = parsed(render(a_view(3), a_view(1), a_view(2))).findall("a:entry", NAMES)
    assert [text(entry, "a:id") for entry in entries] == [a_story(number).public_id for number in (3, 1, 2)]


def test_an_entry_carries_the_story_id_and_its_two_times() -> None:
    entry = entry_of(a_view(5, published=NOON, updated=NOON + timedelta(hours=2, microseconds=7)))
    assert text(entry, "a:id") == a_story(5).public_id
    published, updated = (
        datetime.fromisoformat(text(entry, f"a:{name}") or "") for name in ("published", "updated")
    )
    assert published.replace(microsecond=0) == NOON
    assert updated - published == timedelta(hours=2)


def test_stories_of_one_second_have_times_of_their_own_the_same_in_every_document() -> None:
    many = [a_view(number, updated=NOON) for number in range(1, 100)]
    times = [text(entry, "a:updated") for entry in parsed(render(*many)).findall("a:entry", NAMES)]
    assert len(set(times)) == 99
    assert [text(entry_of(view), "a:updated") for view in many] == times
    assert {(said or "")[:19] for said in times} == {"2026-11-22T12:00:00"}


def test_even_one_story_that_is_told_twice_has_two_times() -> None:
    root = parsed(render(a_view(1), a_view(1)))
    assert len({text(entry, "a:updated") for entry in root.findall("a:entry", NAMES)}) == 2


def test_an_entry_is_never_updated_before_it_was_published() -> None:
    entry = entry_of(a_view(published=NOON, updated=NOON - timedelta(days=1)))
    assert text(entry, "a:updated") == text(entry, "a:published")


def test_links_say_what_they_are() -> None:
    other = a_copy(2, title="Talks in Cairo", language="en-GB")
    entry = entry_of(a_view(1, other))
    [alternate], [via] = links(entry, "alternate"), links(entry, "via")
    related, page = links(entry, "related")
    assert dict(alternate.items()) == {
        "rel": "alternate",
        "href": "https://outlet1.example/article",
        "type": "text/html",
        "hreflang": "en",
    }
    assert (related.get("href"), related.get("title")) == (other.url, "Outlet 2: Talks in Cairo")
    assert (related.get("type"), related.get("hreflang")) == ("text/html", "en-GB")
    assert page.get("href") == f"https://news.example.org/stories/{a_story().ulid}"
    assert via.get("href") == "https://outlet1.example/feed"


@pytest.mark.parametrize(
    "address", ["", "file:///seeds/one.txt", "seeds/one.txt", "javascript:alert(1)", "mailto:a@b.c"]
)
def test_a_copy_that_is_not_on_the_web_is_shown_at_the_page_of_its_story(address: str) -> None:
    lead = a_copy(1, url=address, source_url="seeds", site_url="")
    entry = entry_of(a_view(1, a_copy(2, url=address, guid="seeds/two.txt"), lead=lead))
    [alternate] = links(entry, "alternate")
    assert alternate.get("href") == f"https://news.example.org/stories/{a_story().ulid}"
    [related] = links(entry, "related")
    assert related.get("href") == f"https://news.example.org/stories/{a_story().ulid}#copy-2"
    assert links(entry, "via") == []
    assert text(entry, "a:source/a:id") == "tag:example.org,2026-11-22:source/outlet-1"
    assert "Also in <a href" in (text(entry, "a:content") or "")


def test_copies_of_one_folder_are_told_apart_by_their_file() -> None:
    lead = a_copy(1, url="", outlet="Seeds", guid="seeds/one.txt")
    entry = entry_of(a_view(1, a_copy(2, url="", outlet="Seeds", guid="seeds/two.txt"), lead=lead))
    content = text(entry, "a:content") or ""
    assert "As printed in Seeds (one.txt). Also in <a href" in content
    assert ">Seeds (two.txt)</a>." in content


def test_the_source_is_the_feed_of_the_copy_shown() -> None:
    lead = a_copy(rights="© Outlet", updated=NOON + timedelta(minutes=9))
    source = entry_of(a_view(lead=lead)).find("a:source", NAMES)
    assert source is not None
    assert text(source, "a:id") == "https://outlet1.example/feed"
    assert text(source, "a:title") == text(source, "a:author/a:name") == "Outlet 1"
    assert text(source, "a:updated") == "2026-11-22T12:09:00+00:00"
    assert text(source, "a:rights") == "© Outlet"
    assert [link.get("href") for link in links(source, "self")] == ["https://outlet1.example/feed"]
    assert [link.get("href") for link in links(source, "alternate")] == ["https://outlet1.example/"]


def test_what_an_earlier_aggregator_said_of_the_source_is_kept() -> None:
    origin = EntryOrigin(
        title="The Herald", id="tag:herald.example,2020:feed", url="https://herald.example/feed"
    )
    entry = entry_of(a_view(lead=a_copy(origin=origin)))
    assert text(entry, "a:source/a:id") == origin.id
    assert text(entry, "a:source/a:title") == "The Herald"
    assert [link.get("href") for link in links(entry, "via")] == ["https://outlet1.example/feed"]


@pytest.mark.parametrize(
    ("facts", "authors", "names"),
    [
        (Facts(reporting=("A. Hassan", "B. Lewis")), (Person("Desk"),), ["A. Hassan", "B. Lewis"]),
        (Facts(), (Person("Desk"), Person(email="x@example.org")), ["Desk", "x@example.org"]),
        (Facts(), (Person(),), ["Outlet 1"]),
    ],
)
def test_authors_are_the_reporters_else_those_of_the_feed_else_the_outlet(
    facts: Facts, authors: tuple[Person, ...], names: list[str]
) -> None:
    entry = entry_of(a_view(lead=a_copy(facts=facts, authors=authors)))
    assert [each.text for each in entry.findall("a:author/a:name", NAMES)] == names


def test_categories_enclosures_rights_and_language_are_carried() -> None:
    audio = Enclosure("https://cdn.example/a.mp3", "audio/mpeg", 1234, "Listen")
    broken = Enclosure("file:///etc/passwd", "audio/mpeg", 1)
    odd = Enclosure("https://cdn.example/b", "not a type", -5)
    lead = a_copy(
        categories=("World", "Gaza", "World", " "),
        enclosures=(audio, broken, odd),
        rights="© X",
        language="ar",
    )
    entry = entry_of(a_view(lead=lead))
    assert [each.get("term") for each in entry.findall("a:category", NAMES)] == ["World", "Gaza"]
    first, second = links(entry, "enclosure")
    assert (first.get("type"), first.get("length"), first.get("title")) == ("audio/mpeg", "1234", "Listen")
    assert dict(second.items()) == {"rel": "enclosure", "href": "https://cdn.example/b"}
    assert text(entry, "a:rights") == "© X"
    assert entry.get(f"{{{NAMES['xml']}}}lang") == "ar"


def test_the_content_is_the_html_and_ends_with_whose_words_they_are_and_who_else_printed_them() -> None:
    facts = Facts(agency="Reuters", place="Cairo", reporting=("A",), writing=("B",), editing=("C", "D", "E"))
    others = (a_copy(3, outlet="Café & <Bar>"), a_copy(2, outlet="Post"))
    entry = entry_of(a_view(1, *others, lead=a_copy(facts=facts)))
    content = entry.find("a:content", NAMES)
    assert content is not None
    assert content.get("type") == "html"
    page = f"https://news.example.org/stories/{a_story().ulid}"
    assert content.text == (
        "<p>Mediators met.</p>"
        "<p><small>Reuters, Cairo. Reporting by A; writing by B; editing by C, D and E.</small></p>"
        '<p><small>As printed in Outlet 1. Also in <a href="https://outlet2.example/article">Post</a>, '
        '<a href="https://outlet3.example/article">Café &amp; &lt;Bar&gt;</a>. '
        f'<a href="{page}">Every copy, and why they are one story</a>.</small></p>'
    )


def test_a_story_that_everybody_printed_names_some_and_counts_the_rest() -> None:
    entry = entry_of(a_view(1, *(a_copy(number) for number in range(2, 60))))
    assert len(links(entry, "related")) == 26  # 25 copies and the page of the story
    assert "and 33 more." in (text(entry, "a:content") or "")


@pytest.mark.parametrize(
    ("title", "body", "shown"),
    [
        ("", "Short and good.", "Short and good."),
        ("\x00\ud800", "word " * 60, "word " * 17 + "word…"),
        ("", "", "Untitled, from Outlet 1"),
        ("AT&T <b>wins</b>", "x", "AT&T wins"),
    ],
)
def test_every_entry_has_a_title(title: str, body: str, shown: str) -> None:
    assert text(entry_of(a_view(title=title, text=body, lead=a_copy(title=""))), "a:title") == shown


def test_a_story_that_cannot_be_rendered_is_left_out_and_named() -> None:
    naive = a_view(2, updated=datetime(2026, 1, 1))
    nameless = a_view(4, public_id="\x00")
    document = render(a_view(1), naive, a_view(3), nameless)
    assert len(parsed(document).findall("a:entry", NAMES)) == 2
    assert len(document.problems) == 2
    assert a_story(2).public_id in document.problems[0]
    assert "no zone" in document.problems[0]


def test_a_story_that_joined_another_leaves_a_tombstone() -> None:
    gone, survivor = a_story(2), a_story(1)
    root = parsed(AtomPublisher().render(META, [a_view(1)], [(gone, survivor)]))
    grave = root.find("at:deleted-entry", NAMES)
    assert grave is not None
    assert grave.get("ref") == gone.public_id
    assert grave.get("when") == "2026-11-22T12:02:00+00:00"
    assert text(grave, "at:comment") == f"merged into {survivor.public_id}"


def test_the_same_stories_give_the_same_bytes() -> None:
    views = [a_view(1, a_copy(2), a_copy(3)), a_view(2)]
    assert render(*views).body == render(*views).body


def test_the_order_in_which_copies_are_handed_over_does_not_matter() -> None:
    assert render(a_view(1, a_copy(2), a_copy(3))).body == render(a_view(1, a_copy(3), a_copy(2))).body


# every kind of character that XML, UTF-8 or a reader chokes on
HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),  # surrogates among them
        st.sampled_from("\x00\x08\x0b\x1f\x7f\x85\ufffe\uffff\ud800\udfff\u2028<>&'\"]/"),
    ),
    max_size=30,
)
FRAGMENT = st.one_of(
    HOSTILE, st.sampled_from(["]]>", "<p>unclosed", "<!--", "&nbsp;", "<![CDATA[", "</entry>", "https://"])
)


@settings(deadline=None)
@given(st.lists(st.lists(FRAGMENT, max_size=3).map("".join), min_size=1, max_size=12), st.booleans())
def test_no_text_whatever_makes_the_feed_invalid_or_costs_another_story(
    words: list[str], quoted: bool
) -> None:
    turn = cycle(words)

    def said() -> str:
        return next(turn)

    lead = a_copy(
        outlet=said(),
        url=("https://" if quoted else "") + said(),
        source_url="https://x.example/" + said(),
        site_url=said(),
        guid=said(),
        authors=(Person(said(), said(), said()),),
        categories=(said(), said()),
        enclosures=(Enclosure("https://x.example/" + said(), said(), 3, said()),),
        language=said(),
        rights=said(),
        facts=Facts(said(), said(), "", (said(),), (said(),), (said(),), said()),
        origin=EntryOrigin(said(), said(), "https://x.example/" + said()) if quoted else None,
    )
    view = a_view(1, replace(lead, id=2), lead=lead, title=said(), html=said(), text=said())
    meta = replace(META, title="T" + said(), subtitle=said(), author=said(), language=said())
    document = render(view, a_view(2), meta=meta)
    assert document.problems == ()
    assert len(parsed(document).findall("a:entry", NAMES)) == 2


def test_a_source_with_spaces_in_its_name_has_an_id_all_the_same() -> None:
    lead = a_copy(1, url="", source_url="", source="bad name/with slash")
    assert text(entry_of(a_view(lead=lead)), "a:source/a:id") == (
        "tag:example.org,2026-11-22:source/bad%20name%2Fwith%20slash"
    )


def test_a_copy_from_the_future_counts_as_of_the_day_we_met_it() -> None:
    lead = a_copy(published=NOON + timedelta(days=999), updated=None)
    assert text(entry_of(a_view(lead=lead)), "a:source/a:updated") == lead.first_seen.isoformat()


def test_an_entry_that_would_crowd_out_all_others_is_shown_by_its_summary_and_a_link() -> None:
    words = "words & words " * 20_000
    entry = entry_of(a_view(html=f"<p>{words}</p>", text=words, lead=a_copy(summary="")))
    content = text(entry, "a:content") or ""
    assert content.startswith("<p>words &amp; words")
    assert '<a href="https://outlet1.example/article">The whole text</a>' in content
    assert len(content) < 2000
    short = entry_of(a_view(html=f"<p>{words}</p>", text=words, lead=a_copy(summary="In short.")))
    assert (text(short, "a:content") or "").startswith("<p>In short.</p>")
