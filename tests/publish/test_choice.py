"""The choice of the shown copy is a policy: a person changes it, and readers see the same story, not a new one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from aggregator import feeds, stages
from aggregator.archive import Archive
from aggregator.canon import Canonicaliser, load_rules
from aggregator.model import Collected, Entry, Fetch, Outcome, ParsedFeed, SourceSpec
from aggregator.publish import load_publishers
from tests.archive.making import a_spec
from tests.conftest import NOON

from .stories import META
from .test_year import article
from .walking import NAMES

LATER = NOON + timedelta(hours=1)
HERALD = a_spec("herald", tags=("local",))
POST = a_spec("post", tags=("broadcaster",))


@pytest.fixture
def printed(archive: Archive) -> Archive:
    """One article, first in the herald, then in the post; the sources were added by hand."""
    for spec in (HERALD, POST):
        prints(archive, spec)
    return archive


def prints(archive: Archive, spec: SourceSpec, said: dict[str, str] | None = None, words: int = 6) -> None:
    html = "".join(f"<p>{part}</p>" for part in article(1)[:words])
    url = f"https://{spec.name}.example/1"
    entry = Entry("1", url, "Report", html, published=NOON, fingerprint=spec.name, page=said or {})
    source = archive.add_source(spec, NOON)
    collected = Collected(source, Fetch(source.id, NOON, Outcome.CHANGED), ParsedFeed("rss2.0", (entry,)))
    archive.record(collected, [feeds.sanitise(entry)], NOON)


def shown(archive: Archive, folder: Path) -> tuple[str, str, str]:
    """Id, `updated` and address of the one entry."""
    canon = Canonicaliser(load_rules())
    while stages.canonicalise(archive, canon, LATER):
        pass
    stages.publish(archive, META, load_publishers().values(), folder, LATER)
    [entry] = etree.fromstring((folder / "feed.atom").read_bytes()).findall("a:entry", NAMES)
    link = entry.find("a:link[@rel='alternate']", NAMES)
    assert link is not None
    id, updated = (entry.findtext(f"a:{name}", "", NAMES) for name in ("id", "updated"))
    return id, updated, link.get("href", "")


def test_the_source_or_tag_named_first_is_shown_under_the_same_id_and_date(
    printed: Archive, tmp_path: Path
) -> None:
    id, updated, url = shown(printed, tmp_path)
    assert url == "https://herald.example/1"
    for preferred, outlet in (
        (("post",), "post"),
        (("herald", "post"), "herald"),
        (("broadcaster", "local"), "post"),
        (("nobody", "local", "post"), "herald"),
        ((), "herald"),
    ):
        printed.declare([], LATER, preferred)
        assert shown(printed, tmp_path) == (id, updated, f"https://{outlet}.example/1")


def test_a_number_of_its_own_goes_before_the_list() -> None:
    wanted = ("herald", "post")
    numbered = a_spec("number", prefer=1).preferred(wanted)
    assert numbered.prefer > HERALD.preferred(wanted).prefer > POST.preferred(wanted).prefer
    assert POST.preferred(wanted).prefer > a_spec("other").preferred(wanted).prefer
    assert a_spec("number", prefer=-1).preferred(wanted).prefer < a_spec("other").preferred(wanted).prefer


@pytest.mark.parametrize(("said", "outlet"), [({}, "herald"), ({"paywalled": "true"}, "post")])
def test_a_page_that_says_that_it_must_be_paid_for_stands_back(
    archive: Archive, tmp_path: Path, said: dict[str, str], outlet: str
) -> None:
    prints(archive, HERALD, said)
    prints(archive, POST)
    assert shown(archive, tmp_path)[2] == f"https://{outlet}.example/1"


def test_a_source_that_is_said_to_want_money_stands_back(archive: Archive, tmp_path: Path) -> None:
    prints(archive, a_spec("herald", paywalled=True))
    prints(archive, POST, words=5)
    assert shown(archive, tmp_path)[2] == "https://post.example/1"


@pytest.mark.parametrize(
    ("said", "paywalled"),
    [
        ("false", True),
        ('"False"', True),
        ('"https://schema.org/False"', True),
        ("true", False),
        ('"True"', False),
        ("null", False),
        ("[]", False),
    ],
)
def test_what_a_page_says_in_json_ld(said: str, paywalled: bool) -> None:
    data = f'{{"@type": "NewsArticle", "headline": "Flood", "isAccessibleForFree": {said}}}'
    body = f"<html><script type='application/ld+json'>{data}</script><p>Text</p></html>"
    facts = feeds.page(body.encode(), "text/html", "https://herald.example/1")[1]
    assert (facts.get("paywalled") == "true") == paywalled
