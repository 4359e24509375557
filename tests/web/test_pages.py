"""The pages as a person and a browser see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import html as lxml_html
from starlette.testclient import TestClient

from aggregator.archive.values import AgencyUse, Copying, OutletShare, Pair, Version
from aggregator.model import Decision, Facts, Fetch, Flaw, Outcome, Source, SourceSpec, StoryView
from aggregator.notice import Notice
from aggregator.publish import files
from aggregator.web.application import create_app

from ..publish.stories import META, NOON, a_copy, a_story, a_view
from .fake import NOW, FakeArchive, FakeNotices, an_app

EVIL = "<script>alert(1)</script>\"'&{0}{evil}"
LOG = [
    Fetch(1, NOON, Outcome.FAILED, 500, 0, 2.0, "http-500", "The server has an error."),
    Fetch(1, NOON - timedelta(hours=1), Outcome.CHANGED, 200, 5000, 0.4, new=3, revised=1),
    Fetch(1, NOON - timedelta(hours=2), Outcome.UNCHANGED, 304, 120, 0.1),
]
CAIRO = Facts(agency="Reuters", place="Cairo", reporting=("A. Hassan",), editing=("C. Oatis",))


def cairo() -> StoryView:
    lead = a_copy(1, facts=CAIRO, outlet="Herald")
    return a_view(
        1, a_copy(2, outlet="Post"), a_copy(65, outlet="Times"), lead=lead, text="Talks began in Cairo."
    )


@pytest.fixture
def archive() -> FakeArchive:
    found = Decision("found", 1, 1, at=NOON, rules_version="1")
    text = Decision(
        "text",
        1,
        2,
        score=0.97,
        threshold=0.6,
        matched_copy_id=1,
        runner_up_story_id=7,
        runner_up_score=0.1,
        evidence={"passages": ["Talks began"]},
        at=NOON,
    )
    mine = Decision("split", 1, 65, by="person", note="not the same", at=NOON)
    spec = SourceSpec("herald", location="https://herald.example/feed", title="Herald")
    return FakeArchive(
        held=[cairo(), a_view(2, title="A second story")],
        reasons={1: [found, text, mine]},
        declared=[Source(1, spec, flaws=(Flaw("bad-date", "A date could not be read.", "line 7"),))],
        log={1: LOG},
        said=[
            (Version(1, 1, NOON, "Talks began", 4), "Talks began in Cairo."),
            (Version(2, 2, NOON, "Talks begin", 5), "Talks began in Cairo today."),
            (Version(3, 1, NOON + timedelta(hours=1), "Talks began", 4), "Talks ended in Cairo."),
        ],
        told=Copying(
            NOON - timedelta(days=7),
            NOON,
            9,
            (OutletShare("Herald", 9, 7), OutletShare("Post", 8, 2), OutletShare("Times", 1, 0)),
            (
                Pair("Herald", "Post", 6, 5, timedelta(minutes=12)),
                Pair("Post", "Herald", 2, 0, timedelta(hours=2)),
                Pair("Herald", "Times", 1, 0, timedelta(seconds=30)),
            ),
            (AgencyUse("Reuters", 5, 11, 9),),
        ),
    )


@pytest.fixture
def client(archive: FakeArchive, tmp_path: Path) -> Iterator[TestClient]:
    files.write(tmp_path, "feed.atom", b"<feed/>", modified=NOON)
    with TestClient(an_app(archive, tmp_path), raise_server_exceptions=False) as client:
        yield client


def tree(text: str) -> Any:
    """A page's elements, as a browser would have them."""
    return lxml_html.fromstring(text)


def words(client: TestClient, path: str) -> str:
    """The visible text of a page, white space folded."""
    found = client.get(path)
    assert found.status_code == 200, found.text
    return " ".join(" ".join(tree(found.text).xpath("//main//text()[not(parent::title)]")).split())


def test_the_river_shows_each_story_once_with_what_is_known_of_it(client: TestClient) -> None:
    shown = words(client, "/")
    assert shown.index("A second story") < shown.index("Mediators meet in Cairo")
    assert "Reuters · Cairo" in shown
    assert "3 copies" in shown
    assert "Herald, Post, Times · first seen" in shown.replace("first seen", "· first seen")
    assert "first seen 22 Nov 2026, 12:01" in shown
    assert "Sunday, 22 November 2026" in shown


def test_a_search_finds_stories_once_and_says_when_there_are_none(client: TestClient) -> None:
    assert words(client, "/?q=talks").count("Mediators meet in Cairo") == 1
    assert "Nothing was found" in words(client, "/?q=zebra")
    assert 'value="talks"' in client.get("/?q=talks").text


def test_a_search_marks_what_it_found_and_can_be_shown_newest_first(client: TestClient) -> None:
    page = tree(client.get("/?q=talks").text)
    assert page.xpath("//mark/text()") == ["Talks"]
    assert page.xpath("//h2/text()") == ["The best first"]
    newest = page.xpath("//p[@class='tally']/a/@href")[0]
    again = tree(client.get(newest).text)
    assert [str(each) for each in again.xpath("//h2//time/text()")] == ["Sunday, 22 November 2026"]


def test_whatever_is_looked_for_can_be_subscribed_to(client: TestClient) -> None:
    page = tree(client.get("/?q=talks+OR+truce&source=outlet-1&until=2026-11-22").text)
    offered = page.xpath("//p[@class='tally']/a[contains(@href, '/feeds/')]/@href")
    assert [each.partition("?")[0] for each in offered] == [
        f"/feeds/search.{kind}" for kind in ("atom", "rss", "json")
    ]
    assert parse_qs(offered[0].partition("?")[2]) == {
        "q": ['talks OR truce source:"outlet-1" before:"2026-11-23"']
    }
    assert page.xpath("//link[@rel='alternate' and contains(@href, 'search.atom')]/@href") == offered[:1]
    assert "/feeds/search" not in client.get("/").text


def test_the_river_is_narrowed_by_a_form_and_each_choice_can_be_taken_back(client: TestClient) -> None:
    assert "A second story" not in words(client, "/?copies=3")
    page = tree(client.get("/?copies=3&source=outlet-1&until=").text)
    assert page.xpath("//input[@name='copies']/@value") == ["3"]
    assert page.xpath("//a[@class='chip']/@href") == ["/?copies=3", "/?source=outlet-1"]
    assert not page.xpath("//details[@class='sift']/@open")
    assert "Nothing was found" in words(client, "/?source=nobody")
    assert "open" in tree(client.get("/?source=nobody").text).xpath("//details[@class='sift']")[0].attrib


def test_a_choice_that_cannot_be_understood_is_said_and_left_out(client: TestClient) -> None:
    shown = words(client, "/?from=yesterday&copies=many")
    assert "“yesterday” cannot be understood for “from”" in shown
    assert "“many” cannot be understood" in shown
    assert "A second story" in shown


def test_paging_keeps_what_was_asked_for(tmp_path: Path) -> None:
    held = [a_view(number, title=f"Story {number}.", text="talks") for number in range(1, 51)]
    with TestClient(an_app(FakeArchive(held=held), tmp_path)) as client:
        for path, rest in (("/?source=outlet-1", "source=outlet-1&before="), ("/?q=talks", "q=talks&page=2")):
            [older] = tree(client.get(path).text).xpath("//a[@rel='next']/@href")
            assert rest in older
            assert len(tree(client.get(older).text).xpath("//article")) == 10


def test_the_river_pages_back_in_time_even_through_a_single_moment(tmp_path: Path) -> None:
    held = [a_view(number, title=f"Story {number}.", updated=NOON) for number in range(1, 61)]
    archive = FakeArchive(held=held)
    with TestClient(an_app(archive, tmp_path)) as client:
        first = tree(client.get("/").text)
        [older] = first.xpath("//a[@rel='next']/@href")
        second = tree(client.get(older).text)
        titles = [each.text for page in (first, second) for each in page.xpath("//h3/a")]
        assert titles == [f"Story {number}." for number in range(60, 0, -1)]
        assert not second.xpath("//a[@rel='next']")


def test_an_empty_river_says_what_will_come(tmp_path: Path) -> None:
    with TestClient(an_app(FakeArchive(), tmp_path / "not yet")) as client:
        assert "No story has come in yet" in words(client, "/")
        assert "No source is declared yet" in words(client, "/sources")
        assert "No feed has been published yet" in words(client, "/feeds")


def test_a_story_shows_its_text_every_copy_with_its_lag_and_why(client: TestClient) -> None:
    shown = words(client, f"/stories/{a_story(1).ulid}")
    for said in (
        "Mediators met.",
        "Reporting by A. Hassan",
        "Editing by C. Oatis",
        "Herald 22 Nov 2026, 12:01 first",
        "Post 22 Nov 2026, 12:02 + 1 min",
        "Times 22 Nov 2026, 13:05 + 1 h 4 min",
        "Herald printed a text that no story had: the story began.",
        "Post prints the text of Herald.",
        "97 %, 60 % needed",
        "0.100 (story 7)",
        "Talks began",
        "Times was taken out of the story it was in.",
        "decided by a person",
        a_story(1).public_id,
    ):
        assert said in shown


def test_a_story_links_to_those_on_the_same_events(client: TestClient, archive: FakeArchive) -> None:
    assert "On the same events" not in words(client, f"/stories/{a_story(1).ulid}")
    archive.related = {1: [2, 99]}
    page = tree(client.get(f"/stories/{a_story(1).ulid}").text)
    assert page.xpath("//ul[@class='related']//a/@href") == [f"/stories/{a_story(2).ulid}"]


def test_copies_of_one_folder_are_told_apart_in_the_decisions(tmp_path: Path) -> None:
    lead = a_copy(1, url="", guid="seeds/one.txt", outlet="Seeds", published=NOON)
    other = a_copy(2, url="", guid="seeds/two.txt", outlet="Seeds", published=NOON)
    text = Decision("text", 1, 2, matched_copy_id=1)
    with TestClient(
        an_app(FakeArchive(held=[a_view(1, other, lead=lead)], reasons={1: [text]}), tmp_path)
    ) as client:
        shown = words(client, f"/stories/{a_story(1).ulid}")
        assert "Seeds (two.txt) prints the text of Seeds (one.txt)." in shown
        assert "same time" in shown


def test_copies_on_the_web_are_linked_and_others_name_their_file(tmp_path: Path) -> None:
    lead = a_copy(1, url="", guid="seeds/one.txt", outlet="Seeds")
    archive = FakeArchive(held=[a_view(1, a_copy(2), lead=lead)])
    with TestClient(an_app(archive, tmp_path)) as client:
        page = tree(client.get(f"/stories/{a_story(1).ulid}").text)
        assert page.xpath("//ol[@class='printings']//a/@href") == ["https://outlet2.example/article"]
        assert "Seeds one.txt" in " ".join(page.xpath("string(//ol[@class='printings'])").split())


def test_the_decisions_are_there_for_programs(client: TestClient, archive: FakeArchive) -> None:
    found = client.get(f"/stories/{a_story(1).ulid}/why.json")
    assert found.headers["content-type"] == "application/json"
    told = found.json()
    assert told["story"] == a_story(1).public_id
    assert [copy["outlet"] for copy in told["copies"]] == ["Herald", "Post", "Times"]
    assert [each["method"] for each in told["decisions"]] == ["found", "text", "split"]
    assert told["decisions"][1]["evidence"] == {"passages": ["Talks began"]}
    assert told["decisions"][1]["at"] == "2026-11-22T12:00:00Z"
    archive.merged["01GONE"] = a_story(1).ulid
    moved = client.get("/stories/01GONE/why.json", follow_redirects=False)
    assert moved.headers["location"] == f"/stories/{a_story(1).ulid}/why.json"


def test_a_story_that_joined_another_redirects_to_it(client: TestClient, archive: FakeArchive) -> None:
    archive.merged["01GONE"] = a_story(1).ulid
    found = client.get("/stories/01GONE", follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (301, f"/stories/{a_story(1).ulid}")


def test_the_number_of_a_story_redirects_to_its_address(client: TestClient) -> None:
    assert (
        client.get("/stories/2", follow_redirects=False).headers["location"] == f"/stories/{a_story(2).ulid}"
    )


@pytest.mark.parametrize(
    "path", ["/stories/nobody", "/stories/01JDA7Z", "/nothing", "/static/nothing.css", "/a/b"]
)
def test_what_is_not_there_is_a_friendly_404(client: TestClient, path: str) -> None:
    found = client.get(path)
    assert found.status_code == 404
    assert "There is nothing here" in found.text
    assert 'href="/"' in found.text


def test_the_health_of_every_source_is_shown(client: TestClient, archive: FakeArchive) -> None:
    spec = SourceSpec("herald", location="https://herald.example/feed", title="Herald")
    archive.declared = [
        Source(1, spec, last_success_at=NOON, next_fetch_at=NOON + timedelta(hours=1)),
        Source(2, SourceSpec("post"), failures=3, error="It timed out."),
        Source(3, SourceSpec("gone"), gone=True),
        Source(4, SourceSpec("new", location="https://new.example/feed")),
        Source(5, SourceSpec("off"), active=False),
        Source(6, SourceSpec("given")),
    ]
    shown = words(client, "/sources")
    assert "Herald https://herald.example/feed Well. 22 Nov 2026, 12:00 22 Nov 2026, 13:00 12 7" in shown
    page = tree(client.get("/sources").text)
    assert page.xpath("//tr[@id='herald']//th/a/@href") == ["/sources/herald"]
    assert page.xpath("//tr[@id='post']//svg/@aria-label") == ["not asked yet"]
    assert "Failed 3 times in a row. It timed out." in shown
    assert "gone for good" in shown
    assert "Not asked yet." in shown
    assert "Imported, never asked." in shown
    assert "No longer asked." in shown


def test_many_sources_are_shown_by_the_page_and_found_by_their_names(
    client: TestClient, archive: FakeArchive
) -> None:
    archive.declared = [
        Source(number, SourceSpec(f"outlet-{number:03}", location=f"https://{number}.example/feed"))
        for number in range(1, 451)
    ]
    first = tree(client.get("/sources").text)
    assert len(first.xpath("//tbody/tr")) == 200 and "450 sources; 1 to 200." in words(client, "/sources")
    assert first.xpath("//nav[@class='pager']/a/@rel") == ["next"]
    [second] = first.xpath("//nav[@class='pager']/a/@href")
    page = tree(client.get(second).text)
    assert page.xpath("//tbody/tr/@id")[0] == "outlet-201"
    assert page.xpath("//nav[@class='pager']/a/@rel") == ["prev", "next"]
    assert len(tree(client.get("/sources?page=3").text).xpath("//tbody/tr")) == 50
    found = tree(client.get("/sources?q=OUTLET-44").text)
    assert found.xpath("//tbody/tr/@id") == [f"outlet-44{number}" for number in range(10)]
    assert "No source is here." in words(client, "/sources?q=nothing")
    for odd in ("0", "-1", "x", "99999999999999999999", "²"):
        assert client.get(f"/sources?page={odd}").status_code == 200
    river = tree(client.get("/").text)
    assert river.xpath("//select[@id='source']") == [] and river.xpath("//input[@id='source']")


def test_a_source_has_a_page_with_its_last_attempts_and_remarks(client: TestClient) -> None:
    shown = words(client, "/sources/herald")
    assert "A date could not be read. line 7" in shown
    assert "22 Nov 2026, 12:00 failed The server has an error. 500 2.00 s" in shown
    assert "22 Nov 2026, 11:00 changed 200 0.40 s 5.0 kB 3 1" in shown
    page = tree(client.get("/sources/herald").text)
    assert page.xpath("//svg/@aria-label") == ["asked 3 times: 1 failed, 3 new"]
    assert page.xpath("//svg/rect/@class") == ["same", "fresh", "bad"]
    assert client.get("/sources/nobody").status_code == 404


def test_the_report_draws_and_lists_who_copies_whom(client: TestClient) -> None:
    shown = words(client, "/report")
    assert "9 stories of several copies, 3 outlets." in shown
    assert "Herald Post 6 5 83 % 12 min" in shown
    assert "Post Herald 2 0 0 % 2 h" in shown
    assert "Reuters 5 11 9 82 %" in shown
    page = tree(client.get("/report").text)
    squares = page.xpath("//svg[@class='matrix']/rect[title]")
    assert [each.get("class") for each in squares] == ["credited", "bare", "bare"]
    assert squares[0].findtext("title") == "Post followed Herald 6 times, 5 credited, 12 min later"
    assert int(squares[0].get("width")) > int(squares[1].get("width")) > int(squares[2].get("width"))


def test_the_report_is_of_a_week_unless_another_period_is_asked_for(
    client: TestClient, archive: FakeArchive
) -> None:
    archive.told = None
    assert "In the last week no story was printed by two outlets." in words(client, "/report")
    assert "In the last 30 days no story" in words(client, "/report?days=30")
    assert "In the last week no story" in words(client, "/report?days=99999")


def test_two_printings_are_compared_word_by_word(client: TestClient) -> None:
    page = tree(client.get(f"/stories/{a_story(1).ulid}/compare?from=1&to=3").text)
    [text] = page.xpath("//div[@class='text']")
    assert text.xpath(".//del/text()") == ["began"]
    assert text.xpath(".//ins/text()") == ["ended"]
    assert page.xpath("//select[@id='to']/option[@selected]/@value") == ["3"]
    labels = page.xpath("//select[@id='from']/option/text()")
    assert labels[0] == "Herald, version 1 of 2, 22 Nov 2026, 12:00"
    assert labels[2] == "Post, 22 Nov 2026, 12:00"


def test_without_a_wish_the_latest_of_the_first_printing_is_compared_with_the_next(
    client: TestClient,
) -> None:
    page = tree(client.get(f"/stories/{a_story(1).ulid}/compare").text)
    assert page.xpath("//option[@selected]/@value") == ["3", "2"]


def test_versions_of_other_stories_cannot_be_compared(client: TestClient) -> None:
    for wish in ("from=99", "to=x", "from=1&to=-1"):
        assert client.get(f"/stories/{a_story(1).ulid}/compare?{wish}").status_code == 404


def test_a_story_of_one_version_says_that_there_is_nothing_to_compare(tmp_path: Path) -> None:
    archive = FakeArchive(held=[a_view(1)], said=[(Version(1, 1, NOON, "Talks", 2), "Talks began.")])
    with TestClient(an_app(archive, tmp_path)) as client:
        assert "nothing to compare it with" in words(client, f"/stories/{a_story(1).ulid}/compare")


def test_the_versions_of_a_copy_lead_to_what_changed(client: TestClient, archive: FakeArchive) -> None:
    lead = a_copy(1, revisions=2)
    archive.held[0] = a_view(1, a_copy(2), lead=lead)
    page = tree(client.get(f"/stories/{a_story(1).ulid}").text)
    assert page.xpath("//ol[@class='versions']//a/@href") == [
        f"/stories/{a_story(1).ulid}/compare?from=1&to=3"
    ]


def test_the_feeds_are_offered_to_people_and_to_programs(client: TestClient) -> None:
    assert "https://news.example.org/feed.atom" in words(client, "/feeds")
    [link] = tree(client.get("/").text).xpath("//link[@rel='alternate']")
    assert (link.get("type"), link.get("href")) == ("application/atom+xml", "/feed.atom")


def test_a_page_that_did_not_change_is_304(client: TestClient) -> None:
    tag = client.get("/").headers["etag"]
    assert client.get("/", headers={"if-none-match": tag}).status_code == 304


def test_the_style_sheet_is_kept_for_ever_under_the_address_of_its_bytes(client: TestClient) -> None:
    [address] = tree(client.get("/").text).xpath("//link[@rel='stylesheet']/@href")
    found = client.get(address)
    assert found.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in found.headers["cache-control"]
    assert urlsplit(address).query == "v=" + found.headers["etag"].strip('"')[:12]


def test_the_archive_out_of_order_is_said_in_one_sentence(client: TestClient, archive: FakeArchive) -> None:
    archive.broken = True
    found = client.get("/")
    assert (found.status_code, found.headers["retry-after"]) == (503, "30")
    assert "The archive archive.db cannot be read: the disk is gone." in found.text
    assert client.get("/readyz").json() == {
        "ready": False,
        "reason": "The archive archive.db cannot be read: the disk is gone.",
    }
    assert client.get("/healthz").text == "ok\n"


def test_ready_is_ready(client: TestClient) -> None:
    assert client.get("/readyz").json() == {"ready": True}


def test_a_mistake_of_ours_is_a_page_and_gives_nothing_away(client: TestClient, archive: FakeArchive) -> None:
    archive.held[0] = None  # type: ignore[call-overload]
    found = client.get("/")
    assert found.status_code == 500
    assert "Something went wrong" in found.text
    assert "NoneType" not in found.text


PATHS = (
    "/",
    "/?q=talks",
    "/?before=nonsense",
    f"/stories/{a_story(1).ulid}",
    f"/stories/{a_story(1).ulid}/compare",
    "/sources",
    "/sources/herald",
    "/report",
    "/feeds",
    "/nothing",
)


@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_fenced_in_and_asks_nobody_for_anything(client: TestClient, path: str) -> None:
    found = client.get(path)
    policy = found.headers["content-security-policy"]
    page = tree(found.text)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["referrer-policy"] == "no-referrer"
    assert not page.xpath("//script | //style | //@style | //img | //iframe | //*[@onclick]")
    fetched = page.xpath("//link[@rel!='alternate']/@href")
    assert fetched
    assert all(address.startswith("/static/") for address in fetched)


@pytest.mark.parametrize("path", PATHS)
def test_every_page_can_be_used_by_ear_and_by_keyboard(client: TestClient, path: str) -> None:
    page = tree(client.get(path).text)
    assert page.get("lang") == "en"
    assert len(page.xpath("//h1")) == len(page.xpath("//main")) == 1
    assert page.xpath("//a[@class='skip']/@href") == ["#content"]
    levels = [int(each.tag[1]) for each in page.xpath("//h1 | //h2 | //h3 | //h4")]
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert {each.get("for") for each in page.xpath("//label")} == {
        each.get("id") for each in page.xpath("//input[@type!='hidden'] | //select")
    }
    for table in page.xpath("//table"):
        assert table.xpath("caption") and table.xpath("thead//th/@scope") and table.xpath("tbody//th/@scope")
    assert all(drawing.get("aria-label") for drawing in page.xpath("//svg"))
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert set(page.xpath("//@aria-labelledby")) <= set(ids)
    assert page.xpath("string(//title)").endswith("· Stories")


def test_outside_text_is_escaped_wherever_it_stands(tmp_path: Path) -> None:
    lead = a_copy(
        1,
        title=EVIL + "x",
        outlet=EVIL,
        guid=EVIL,
        url="",
        rights=EVIL,
        language='"><script>',
        facts=Facts(EVIL, EVIL, "", (EVIL,), (EVIL,), (EVIL,)),
    )
    other = a_copy(2, url="javascript:alert(1)", outlet=EVIL)
    reason = Decision(EVIL, 1, 1, evidence={EVIL: [EVIL, {EVIL: 0.5}]}, note=EVIL, rules_version=EVIL)
    archive = FakeArchive(
        held=[a_view(1, other, lead=lead, title=EVIL, html="<p>fine</p>", text=EVIL)],
        reasons={1: [reason]},
        declared=[Source(1, SourceSpec(EVIL, location="javascript:1", title=EVIL), error=EVIL, failures=1)],
    )
    with TestClient(an_app(archive, tmp_path)) as client:
        for path in ("/", f"/?q={EVIL}", f"/stories/{a_story(1).ulid}", "/sources", f"/{EVIL}"):
            shown = client.get(path).text
            assert "<script" not in shown
            assert not re.search(r"""(href|src)=["']?javascript""", shown)


def test_a_lone_surrogate_does_not_break_a_page(tmp_path: Path) -> None:
    with TestClient(an_app(FakeArchive(held=[a_view(1, title="a\ud800b")]), tmp_path)) as client:
        assert "a?b" in client.get("/").text


def test_links_stand_under_the_path_of_the_site(tmp_path: Path) -> None:
    archive = FakeArchive(held=[a_view(1)])
    meta = type(META)(id=META.id, title="News", base_url="https://example.org/news/")
    with TestClient(create_app(archive, archive.views, meta, tmp_path, clock=lambda: NOW)) as client:
        page = tree(client.get("/").text)
        assert all(address.startswith(("/news/", "#")) for address in page.xpath("//@href | //@action"))


def test_what_wants_attention_stands_on_the_page_of_sources_and_on_that_of_the_source(tmp_path: Path) -> None:
    told = [
        Notice("herald", "quiet", "nothing new for 4 days", "See whether it <works>.", NOON),
        Notice("the archive", "full", "its disk is nearly full", "Make room.", NOON),
        Notice("herald", "moved", "it moved", "Mend it.", NOON, over=NOON),
    ]
    archive = FakeArchive(declared=[Source(1, SourceSpec("herald"))], notices=FakeNotices(told))
    with TestClient(an_app(archive, tmp_path)) as client:
        page = client.get("/sources").text
        assert "nothing new for 4 days. See whether it &lt;works&gt;." in page
        assert "The archive: its disk is nearly full. Make room." in page
        assert "it moved" not in page, "it is over"
        assert "nothing new for 4 days" in client.get("/sources/herald").text
