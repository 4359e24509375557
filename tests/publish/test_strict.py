"""An archive of hostile and broken feeds is published without a complaint of a strict validator."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import feeds, stages
from aggregator.archive import Archive
from aggregator.canon import Canonicaliser, load_rules
from aggregator.model import Collected, Enclosure, Facts, Fetch, Outcome, Person, SourceSpec
from aggregator.notice import Notice
from aggregator.publish import load_publishers, operations
from aggregator.publish.item import web
from aggregator.publish.words import email, identity, language, markup, person, plain

from .stories import META, NOON, a_copy, a_view
from .strict import complaints, of_outlines

EVERY = 9  # of the documents of the corpus one is read
XML = ("atom", "rss")


def test_documents_of_hostile_and_broken_feeds_are_without_a_complaint(shared: Path, tmp_path: Path) -> None:
    found = [
        path for path in sorted((shared / "corpora" / "feeds").rglob("*")) if path.suffix in (".xml", ".json")
    ]
    documents = found[::EVERY]
    with Archive.open(f"sqlite:///{tmp_path / 'archive.db'}") as archive:
        archive.authority("example.org", NOON)
        names = [f"source-{number}" for number in range(len(documents))]
        archive.declare([SourceSpec(name, location=f"https://{name}.example/feed") for name in names], NOON)
        for name, path in zip(names, documents, strict=True):
            source = archive.source(name)
            feed = feeds.parse(path.read_bytes(), "", source.spec.location)
            stages.ingest(archive, Collected(source, Fetch(source.id, NOON, Outcome.CHANGED), feed), NOON)
        canonicaliser = Canonicaliser(load_rules())
        while stages.canonicalise(archive, canonicaliser, NOON):
            pass
        every = load_publishers().values()
        for _ in range(2):
            made = stages.publish(archive, META, every, tmp_path, NOON)
        assert made.stories > 20
        assert made.problems == ()
    written = [path for path in tmp_path.rglob("*") if path.suffix in (".atom", ".rss")]
    assert len(written) > 2  # archive documents among them
    found = {path.name: complaints(path.read_bytes(), NOON, _address(path, tmp_path)) for path in written}
    assert not {name: lines for name, lines in found.items() if lines}
    assert of_outlines((tmp_path / "sources.opml").read_bytes()) == []


def _address(path: Path, folder: Path) -> str:
    return META.base_url + path.relative_to(folder).as_posix()


def test_notices_of_one_moment_about_sources_of_any_name_are_without_a_complaint() -> None:
    names = ("the archive", "bbc", "naïve&co2", "a/b?c#d", "<b>")
    notices = [Notice(name, "held back", "it is <late> & R&D2", "Wait.", at=NOON) for name in names]
    assert complaints(operations.render(META, notices).body, NOON, f"{META.base_url}operations.atom") == []
    assert complaints(operations.render(META, []).body, NOON) == []


def test_whatever_the_site_is_called_is_without_a_complaint() -> None:
    said = "R&D2 <b> <a@b.example>"
    meta = replace(
        META, title=said, subtitle=said, author=said, language=said, hubs=("https://hub.example/",)
    )
    for kind in XML:
        for each in (meta, replace(meta, subtitle="", author="")):
            body = load_publishers()[kind].render(each, [a_view()]).body
            assert complaints(body, NOON + timedelta(minutes=5)) == []


def test_a_feed_in_which_nothing_is_yet_is_without_a_complaint() -> None:
    for kind in XML:
        assert complaints(load_publishers()[kind].render(META, []).body, NOON) == []


def test_signs_of_markup_in_plain_text_are_spelt_so_that_none_is_taken_for_markup() -> None:
    view = a_view(title="R&D2: a <b and &copy", lead=a_copy(categories=("Q&A2", "x<y")))
    for kind in XML:
        body = load_publishers()[kind].render(META, [view]).body
        assert b"R&#x26;D2: a &#x3C;b and &#x26;copy" in body
        assert complaints(body, NOON + timedelta(minutes=5)) == []


def test_text_that_was_encoded_twice_is_read_once() -> None:
    assert plain("CafÃ© au lait, trÃ¨s") == "Café au lait, très"
    assert plain("AMANHÃ, disse “já”") == "AMANHÃ, disse “já”"
    assert markup("<p>CafÃ©</p><p>«AMANHÃ»</p>") == "<p>Café</p><p>«AMANHÃ»</p>"


def test_rss_holds_no_enclosure_on_a_host_without_a_full_name() -> None:
    played = [Enclosure(f"http://{host}/a.mp3", "audio/mpeg", 1, "") for host in ("localhost", "a.example")]
    body = load_publishers()["rss"].render(META, [a_view(lead=a_copy(enclosures=tuple(played)))]).body
    assert b"http://localhost" not in body
    assert b"http://a.example/a.mp3" in body


def test_brackets_stand_in_no_address() -> None:
    assert web("https://a.example/?b[]=1") == "https://a.example/?b%5B%5D=1"
    assert web("http://[2001:db8::1]/") == ""


def test_outlines_say_the_same_as_text_and_as_html() -> None:
    specs = [SourceSpec(name, location=f"https://{name}.example/", title=said) for name, said in
             (("a", "R&D <b>"), ("b", "Q & A"))]  # fmt: skip
    body = feeds.opml.write("AT&T", specs)
    assert of_outlines(body) == []
    assert [spec.title for spec in feeds.opml.read(body)] == ["R& D ‹b›", "Q & A"]


ODD = st.sampled_from(
    (
        "\ufffd", "\x85", "\x93", "\ufdd0", "\U0001fffe", "</b>", "<b>", "&amp;", "&amp;amp;lt;", "&#133;", "&nbsp;",
        "<a@b.example>", "<", ">", "&", ";", "/b>", "#39", "word", "Ã", "Â", "©", "2", "copy", " ", "é", "\u200f", "<script>alert(1)</script>",
    )
)  # fmt: skip
SAID = st.lists(ODD, max_size=6).map("".join)
WHEN = st.datetimes(timezones=st.just(UTC), max_value=datetime(2026, 11, 22, 12, 5))


@settings(max_examples=60, deadline=None)
@given(SAID, SAID, SAID, WHEN, WHEN)
def test_no_words_and_no_dates_bring_a_complaint(
    title: str, name: str, said: str, published: datetime, updated: datetime
) -> None:
    copy = a_copy(
        title=title, outlet=name, html=feeds.html.from_text(said) if said else "", text=said, rights=said,
        authors=(Person(name, said, said),), categories=(title, said), language=name, guid=said,
        published=published, updated=updated, facts=Facts(agency=name, place=said, reporting=(name,)),
    )  # fmt: skip
    other = a_copy(2, title=said, outlet=name, url="")
    view = a_view(1, other, lead=copy, title=title, published=published, updated=updated)
    for kind in XML:
        document = load_publishers()[kind].render(META, [view])
        assert document.problems == ()
        assert complaints(document.body, NOON + timedelta(minutes=5)) == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Profits &amp; losses", "Profits & losses"),
        ("AT&amp;amp;T", "AT&T"),
        ("How <b>not</b> to do it", "How not to do it"),
        ("a < b and b > c", "a < b and b > c"),
        ("Caf\ufffd", "Caf?"),
    ],
)
def test_a_title_says_what_it_means(said: str, meant: str) -> None:
    assert plain(said) == meant


def test_what_is_no_language_and_no_address_is_left_out() -> None:
    assert [language(tag) for tag in ("en", "pt-BR", "english", "xx-YY", "")] == ["en", "pt-BR", "", "", ""]
    assert [email(said) for said in ("a@b.example", "a at b", "a@b", "<a@b.example>")] == [
        "a@b.example",
        "",
        "",
        "",
    ]
    assert person("Ann Lee <ann@b.example>") == "Ann Lee"


def test_the_first_identifier_counts_that_has_one_form_only() -> None:
    tag = "tag:example.org,2026:a"
    for loose in (
        "HTTP://example.org/a",
        "http://example.org",
        "http://example.org/%7ea",
        "urn:uuid:12",
        "a/../b",
        "http://example.org:80/",
    ):
        assert identity(loose, tag) == tag
    for kept in (
        "http://example.org/?a=b",
        "urn:isbn:0451450523",
        "urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6",
    ):
        assert identity(kept, tag) == kept
