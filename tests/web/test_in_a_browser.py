"""The pages in a real browser, on a phone and on a desk: found, read, compared, decided; nothing leaves the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator import feeds, stages
from aggregator.archive import Archive
from aggregator.canon import Canonicaliser, load_rules
from aggregator.model import Collected, FeedMeta, Fetch, Outcome, SourceSpec
from aggregator.publish import load_publishers
from aggregator.web.application import create_app

from ..publish.stories import META, NOON
from .browser import CHROMIUM, Browser, Tab, chromium
from .test_over_the_archive import OTHER, SEEDS, rss
from .test_server import serving

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's package chromium")
TOKEN = "a long token that is hard to guess"
WIDTHS = pytest.mark.parametrize("width", [390, 1280])
TRACKER = '<p>Look at this.</p><img src="{}"><p>{}</p>'
RULES = load_rules()
# the lowest ratio of the luminance of a text to that of its ground (WCAG 2.2, 1.4.3), with its place
CONTRAST = """(() => {
  const shade = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (c !== 'rgba(0, 0, 0, 0)') return c } return 'rgb(255, 255, 255)' };
  let worst = [99, ''];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility() || e.closest('svg, option')) continue;
    const pair = [shade(getComputedStyle(e).color), shade(ground(e))].sort((a, b) => b - a);
    const ratio = (pair[0] + .05) / (pair[1] + .05);
    if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 120)];
  }
  return worst })()"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@dataclass
class Place:
    """The site as it stands, and its address."""

    archive: Archive
    base: str


@dataclass
class Later:
    """An application that is put in its place when the port is known."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app
        await self.app(scope, receive, send)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A server over an archive of three stories, one of two copies; another printing holds a tracking image."""
    later = Later()
    with (
        serving(later) as port,
        Archive.open(f"sqlite:///{tmp_path / 'a.db'}") as archive,
    ):
        base = f"http://127.0.0.1:{port}/"
        fill(archive, port)
        meta = FeedMeta(id=META.id, title="Stories", base_url=base, language="en")
        stages.publish(archive, meta, load_publishers().values(), tmp_path / "public", NOON)
        views = partial(stages.views, archive)
        later.app = create_app(archive, views, meta, tmp_path / "public", token=TOKEN)
        yield Place(archive, base)


def fill(archive: Archive, port: int) -> None:
    one, two = (path.read_text("utf-8").split("\n\n", 1) for path in sorted(SEEDS.glob("*.txt")))
    # "localhost" is another host than 127.0.0.1 to a browser, and the same server to us
    tracker = f'{OTHER}\n\n<img src="http://localhost:{port}/tracker.gif" alt="A map"> Ferries stay in port.'
    bodies = {
        "herald": rss("herald", (one[0], one[1]), ("Rain in the north", tracker)),
        "post": rss(
            "post", (two[0], two[1]), ("A library lends telescopes", "Two hundred wait for one. " * 20)
        ),
    }
    archive.authority("example.org", NOON)
    archive.declare([SourceSpec(name, location=f"https://{name}.example/feed") for name in bodies], NOON)
    for source in archive.claim(NOON, 10, timedelta(minutes=5)):
        feed = feeds.parse(bodies[source.name], "application/rss+xml", source.url)
        stages.ingest(archive, Collected(source, Fetch(source.id, NOON, Outcome.CHANGED, 200), feed), NOON)
    stages.canonicalise(archive, Canonicaliser(RULES), NOON)
    archive.index_text()


def a_tab(browser: Browser, width: int, dark: bool = False) -> Tab:
    return browser.tab(width, 844 if width < 600 else 900, dark)


def log_in(tab: Tab, place: Place) -> None:
    tab.go(f"{place.base}login")
    tab.type("#token", TOKEN)
    tab.type("#name", "Ann")
    tab.press("main button")


def nothing_went_wrong(tab: Tab, place: Place) -> None:
    assert tab.complaints() == []
    assert strangers(tab, place) == []


def strangers(tab: Tab, place: Place) -> list[str]:
    """Addresses elsewhere that were asked for. The browser's own icons are data."""
    return [url for url in tab.requests() if not url.startswith((place.base, "data:"))]


@WIDTHS
def test_a_reader_searches_opens_a_story_and_compares_its_printings(
    browser: Browser, place: Place, width: int
) -> None:
    tab = a_tab(browser, width)
    tab.go(place.base)
    assert len(tab.all("article h3")) == 3
    tab.type("#q", "philadelphi corridor")
    tab.press("header [type=submit]")
    assert "Corridor" in tab.all("mark")
    tab.press("article h3 a")
    assert "Mediators meet in Cairo" in tab.text("h1")
    assert tab.all(".printings .outlet") == ["herald", "post"]
    assert "prints the text of" in tab.text("aside")
    assert tab.all("main button") == []
    tab.press(".more a")
    assert "gone" in tab.text(".tally")
    assert tab.all(".difference ins") or tab.all(".difference del")
    nothing_went_wrong(tab, place)


@WIDTHS
def test_a_person_logs_in_splits_merges_and_keeps_apart(browser: Browser, place: Place, width: int) -> None:
    [story] = [story for story in place.archive.stories(9) if story.copies == 2]
    tab = a_tab(browser, width)
    log_in(tab, place)
    assert "Logged in as Ann." in tab.text("footer")
    tab.go(f"{place.base}stories/{story.ulid}")
    tab.mark(".printings li:last-child input")
    tab.press("form[action$='/split'] button")
    assert "Split off" in tab.text(".done")
    new = tab.path.split("/")[2].partition("?")[0]
    assert new != story.ulid
    assert "decided by Ann" in tab.text("aside")

    tab.type("#other", f"{place.base}stories/{story.ulid}")
    tab.press("form[action$='/merge'] button")
    assert tab.path == f"/stories/{story.ulid}?done=merged"
    assert len(tab.all(".printings li")) == 2
    tab.go(f"{place.base}stories/{new}")
    assert tab.path == f"/stories/{story.ulid}"

    other = next(each for each in place.archive.stories(9) if each.id != story.id)
    tab.type("#other", other.ulid)
    tab.press("#other ~ * button[formaction], form[action$='/merge'] button[formaction]")
    assert tab.path == f"/stories/{story.ulid}?done=apart"
    methods = [each.method for each in place.archive.decisions(other.id) if each.by == "Ann"]
    assert methods == ["apart"]

    tab.press("footer button")
    tab.go(f"{place.base}stories/{story.ulid}")
    assert tab.all("main button") == []
    nothing_went_wrong(tab, place)


PATHS = (
    "",
    "?source=herald&copies=2",
    "sources",
    "sources/herald",
    "report?days=30",
    "feeds",
    "login",
    "nothing",
)


@WIDTHS
@pytest.mark.parametrize("dark", [False, True])
def test_every_page_can_be_read_and_fits_its_window(
    browser: Browser, place: Place, width: int, dark: bool
) -> None:
    [story] = [story for story in place.archive.stories(9) if story.copies == 2]
    tab = a_tab(browser, width, dark)
    log_in(tab, place)
    for path in (*PATHS, f"stories/{story.ulid}", f"stories/{story.ulid}/compare"):
        tab.go(place.base + path)
        tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"/{path} is too wide"
        ratio, where = tab.evaluate(CONTRAST)
        assert ratio >= 4.5, f"/{path}: contrast {ratio:.2f} of {where}"
    assert strangers(tab, place) == []
    assert [said for said in tab.complaints() if "404" not in said] == []


def test_a_story_never_fetches_what_its_text_points_to(browser: Browser, place: Place) -> None:
    [story] = [story for story in place.archive.stories(9) if "Rain" in story.title]
    tab = a_tab(browser, 1280)
    tab.go(f"{place.base}stories/{story.ulid}")
    assert "Picture: A map Ferries stay in port." in tab.text()
    nothing_went_wrong(tab, place)


def test_the_keyboard_reaches_the_content_first(browser: Browser, place: Place) -> None:
    tab = a_tab(browser, 1280)
    tab.go(place.base)
    tab.key("Tab", 9)
    assert tab.evaluate("document.activeElement.innerText") == "To the content"
    assert tab.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    tab.key("Enter", 13, "\r")
    assert tab.evaluate("location.hash") == "#content"
