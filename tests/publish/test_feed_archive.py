"""The published feed as a whole: subscription document, archive documents, tombstones, on both databases."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from aggregator import stages
from aggregator.archive import Archive
from aggregator.model import Face, FeedMeta, Placing, Story, StoryView
from aggregator.publish import Document, Publisher, files, load_publishers
from aggregator.query import Feed, parse
from tests.archive.making import an_entry, each_alone, ingest, joins
from tests.conftest import NOON, Clock

from .stories import META
from .walking import NAMES, link, walk

SMALL = stages.Limits(entries=10)


class Site:
    """An archive that is published into a folder, with a clock that goes on by a minute each time."""

    def __init__(self, archive: Archive, folder: Path) -> None:
        self.archive = archive
        self.folder = folder
        self.clock = Clock(NOON)
        self.publishers: list[Publisher] = list(load_publishers().values())

    def print(self, *numbers: int, source: str = "outlet", **said: str) -> list[int]:
        """New articles, each a story of its own."""
        at = self.clock.forward(minutes=1)
        entries = [an_entry(n, published=NOON + timedelta(seconds=n), **said) for n in numbers]
        ingest(self.archive, entries, source, at)
        return each_alone(self.archive, at)

    def edit(self, number: int, significant: bool, **said: str) -> None:
        """The outlet changes an article that it printed before."""
        at = self.clock.forward(minutes=1)
        ingest(self.archive, [an_entry(number, published=NOON + timedelta(seconds=number), **said)], at=at)
        with self.archive.placing(at) as desk:
            [copy] = desk.waiting(10)
            story = copy.story_id or 0
            face = Face(story, copy.copy_id, copy.title, copy.published or NOON, significant)
            desk.record(Placing((joins(copy, story, at),), (face,)))

    def copy(self, number: int, story: int, source: str) -> None:
        """Another outlet prints it too."""
        at = self.clock.forward(minutes=1)
        ingest(self.archive, [an_entry(number, guid=f"{source}-{number}")], source, at)
        with self.archive.placing(at) as desk:
            [copy] = desk.waiting(10)
            desk.record(Placing((joins(copy, story, at),), ()))

    def publish(self, limits: stages.Limits = SMALL, meta: FeedMeta = META) -> stages.Published:
        now = self.clock.forward(minutes=1)
        return stages.publish(self.archive, meta, self.publishers, self.folder, now, limits)

    def live(self) -> dict[str, str]:
        """Public id -> title of every story that the archive holds."""
        return {story.public_id: story.title for story in self.archive.stories(10_000)}

    def bytes(self) -> dict[str, str]:
        """File -> hash of its bytes."""
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def site(archive: Archive, tmp_path: Path) -> Site:
    return Site(archive, tmp_path / "public")


def archived(files: dict[str, str]) -> dict[str, str]:
    return {name: held for name, held in files.items() if name.startswith("archive/")}


def test_walking_back_gives_exactly_the_archive_and_no_document_holds_more_than_its_limit(site: Site) -> None:
    for start in range(0, 60, 7):
        site.print(*range(start, start + 7))
        site.publish()
        seen = walk(site.folder)
        assert seen.titles() == site.live()
    assert len(seen.documents) > 5
    for name in seen.documents:
        root = etree.fromstring((site.folder / name).read_bytes())
        assert len(root.findall("a:entry", NAMES)) <= 10


def test_archive_documents_know_their_neighbours_and_the_subscription_document(site: Site) -> None:
    site.print(*range(40))
    site.publish()
    *_, third, second, first = walk(site.folder).documents
    roots = [etree.fromstring((site.folder / name).read_bytes()) for name in (first, second, third)]
    assert (first, second, third) == ("archive/1.atom", "archive/2.atom", "archive/3.atom")
    assert [link(root, "self") for root in roots] == [META.base_url + n for n in (first, second, third)]
    assert [link(root, "prev-archive") for root in roots] == [
        "",
        META.base_url + first,
        META.base_url + second,
    ]
    assert [link(root, "next-archive") for root in roots[:2]] == [
        META.base_url + second,
        META.base_url + third,
    ]
    assert {link(root, "current") for root in roots} == {META.base_url + "feed.atom"}
    assert len({root.findtext("a:id", "", NAMES) for root in roots}) == 1


def test_of_very_many_entries_at_once_a_document_takes_many(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages.publishing, "MANY", 30)
    site.print(*range(110))
    site.publish()
    seen = walk(site.folder)
    assert seen.titles() == site.live()
    held = [
        len(
            etree.fromstring((site.folder / "archive" / f"{number}.atom").read_bytes()).findall(
                "a:entry", NAMES
            )
        )
        for number in range(1, len(seen.documents))
    ]
    assert held == [30, 30, 30, 5, 5]


def test_of_many_long_entries_a_document_takes_as_many_as_it_has_room_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages.publishing, "LARGEST", 40_000)
    monkeypatch.setattr(stages.publishing, "MANY", 40)
    site.print(*range(90), html="<p>" + "some <b>words</b> " * 150 + "</p>")
    site.publish()
    seen = walk(site.folder)
    assert seen.titles() == site.live()
    sizes = [(site.folder / "archive" / f"{n}.atom").stat().st_size for n in range(1, len(seen.documents))]
    assert max(sizes) < 40_000
    assert min(sizes[:5]) > 30_000  # as long as there are many too many


def test_a_closed_document_never_changes_whatever_happens_to_its_stories(site: Site) -> None:
    first, second, *_ = site.print(*range(25))
    site.publish()
    before = archived(site.bytes())
    assert before
    site.edit(0, True, title="Corrected", text="Quite another text.", html="<p>Quite another text.</p>")
    site.archive.merge(first, second, "person", site.clock.forward(minutes=1))
    site.publish()
    after = archived(site.bytes())
    assert {name: after[name] for name in before} == before


def test_a_story_that_changed_after_its_document_was_closed_comes_again_and_is_met_first(site: Site) -> None:
    site.print(*range(25))
    site.publish()
    assert "Title 3" not in (site.folder / "feed.atom").read_text()
    site.edit(3, True, title="Title 3, corrected", text="Other.", html="<p>Other.</p>")
    site.publish()
    assert "Title 3, corrected" in (site.folder / "feed.atom").read_text()
    assert walk(site.folder).titles() == site.live()


def test_a_late_copy_shows_in_the_entry_but_does_not_move_its_date(site: Site) -> None:
    stories = site.print(*range(25))
    site.publish()
    old, new = stories[0], stories[-1]
    dates = {story.id: story.updated for story in site.archive.stories(100)}
    site.copy(900, old, "late")
    site.copy(901, new, "late")
    site.publish()
    seen = walk(site.folder)
    for story in (old, new):
        held = site.archive.story(str(story))
        assert held is not None
        assert held.updated == dates[story]
        entry = seen.shown[held.public_id]
        assert "Also in" in (entry.findtext("a:content", "", NAMES))
    order = list(seen.shown)
    assert order.index(f"{held.public_id}") < 10  # it stayed where it was, in the open end


def test_stories_that_join_after_publication_leave_a_tombstone_at_the_front_and_others_none(
    site: Site,
) -> None:
    first, second, *_ = site.print(*range(25))
    site.publish()
    third, fourth = site.print(101, 102)
    now = site.clock.forward(minutes=1)
    older, younger = (site.archive.story(str(story)) for story in (first, second))
    assert older and younger
    site.archive.merge(second, first, "person", now)
    site.archive.merge(third, fourth, "person", now)
    site.publish()
    seen = walk(site.folder)
    assert seen.gone == {younger.public_id: f"merged into {older.public_id}"}
    assert seen.titles() == site.live()
    grave = etree.fromstring((site.folder / "feed.atom").read_bytes()).find("at:deleted-entry", NAMES)
    assert grave is not None
    assert grave.get("when", "") > now.isoformat()[:19]  # RFC 6721: later than any `updated` of the entry
    assert [each.get("href") for each in grave.findall("a:link", NAMES)] == [
        f"{META.base_url}stories/{older.ulid}"
    ]


def test_a_split_gives_the_new_story_an_entry_and_the_old_one_keeps_its_id(site: Site) -> None:
    [story] = site.print(1)
    site.copy(900, story, "other")
    site.publish()
    before = site.live()
    copies = site.archive.copies([story])[story]
    site.archive.split(story, [copies[1].id], "person", site.clock.forward(minutes=1))
    site.publish()
    seen = walk(site.folder)
    assert seen.titles() == site.live()
    assert before.keys() < seen.shown.keys()
    assert not seen.gone


def test_nothing_is_written_where_nothing_changed(site: Site) -> None:
    site.print(*range(25))
    assert site.publish().written
    assert site.publish().written == ()


def test_a_folder_that_was_lost_comes_back_byte_for_byte(site: Site) -> None:
    for start in range(0, 40, 8):
        site.print(*range(start, start + 8))
        site.publish()
    site.edit(3, True, title="Corrected", text="Other.", html="<p>Other.</p>")
    site.publish()
    before = site.bytes()
    shutil.rmtree(site.folder)
    site.publish()
    assert site.bytes() == before


def test_a_second_process_fills_a_folder_of_its_own_with_the_same_bytes(site: Site, tmp_path: Path) -> None:
    site.print(*range(25))
    site.publish()
    other = Site(site.archive, tmp_path / "elsewhere")
    other.clock = site.clock
    other.publish()
    assert other.bytes() == site.bytes()


def test_a_site_that_moves_takes_its_archive_with_it(site: Site) -> None:
    site.print(*range(40))
    site.publish()
    moved = replace(META, base_url="https://elsewhere.example/news/")
    ids = walk(site.folder).shown.keys()
    site.publish(meta=moved)
    seen = walk(site.folder, moved.base_url)
    assert seen.shown.keys() == ids
    assert seen.titles() == site.live()
    assert not [path for path in site.folder.rglob("*.atom") if META.base_url.encode() in path.read_bytes()]


def test_the_subscription_document_stays_below_its_size_and_nothing_is_lost_by_it(site: Site) -> None:
    for number in range(30):
        site.print(number, html="<p>" + "long words " * (50 if number % 3 else 3000) + f"{number}</p>")
        site.publish(stages.Limits(entries=100, size=60_000))
        for name in ("feed.atom", "feed.rss", "feed.json"):
            assert (site.folder / name).stat().st_size < 60_000
        assert walk(site.folder).titles() == site.live()


def test_a_bad_story_is_left_out_and_named_and_comes_back_when_it_is_mended(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, *_ = site.print(*range(5))
    real = stages.publishing.view

    def failing(story: object, copies: object) -> object:
        if getattr(story, "id", 0) == bad:
            raise ValueError("broken beyond words")
        return real(story, copies)  # type: ignore[arg-type]

    monkeypatch.setattr(stages.publishing, "view", failing)
    [sentence] = site.publish().problems
    assert "broken beyond words" in sentence
    assert site.archive.feed.failed() == [sentence]
    assert len(walk(site.folder).shown) == 4
    monkeypatch.undo()
    site.edit(4, False, title="Mended")  # the first story is of the last entry of the document
    assert site.publish().problems == ()
    assert site.archive.feed.failed() == []
    assert walk(site.folder).titles() == site.live()


def test_a_new_story_settles_first_but_not_in_a_new_archive(site: Site) -> None:
    quiet = replace(SMALL, settle=timedelta(minutes=10))
    site.print(1)
    site.publish(quiet)
    assert len(walk(site.folder).shown) == 1  # a new archive does not wait
    site.clock.forward(hours=1)
    [late] = site.print(2)
    site.publish(quiet)
    assert len(walk(site.folder).shown) == 1
    site.copy(3, late, "late")
    site.edit(1, True, title="Corrected", text="Other.", html="<p>Other.</p>")
    site.publish(quiet)
    assert list(walk(site.folder).titles().values()) == ["Corrected"]  # what readers know does not wait
    site.clock.forward(minutes=10)
    site.publish(quiet)
    assert len(walk(site.folder).shown) == 2
    assert "Also in" in (site.folder / "feed.atom").read_text()


def test_the_ledger_is_sound(site: Site) -> None:
    first, second, *_ = site.print(*range(25))
    site.publish()
    site.archive.merge(first, second, "person", site.clock.forward(minutes=1))
    site.publish()
    assert site.archive.verify() == []
    with site.archive.feed.reading() as ledger:
        open_now = [place for _, place in ledger.oldest_open(100)]
        assert all(place and place.document is None for place in open_now)
        assert ledger.open_count(100) == len(open_now) <= 10


# ---------------------------------------------------------------- a run where nothing changed


class Counting:
    """A publisher that counts how often it is asked."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher, self.renderings = publisher, 0
        self.name, self.filename = publisher.name, publisher.filename
        self.media_type, self.archives = publisher.media_type, publisher.archives

    def render(
        self, meta: FeedMeta, stories: Sequence[StoryView], merged: Sequence[tuple[Story, Story]] = ()
    ) -> Document:
        self.renderings += 1
        return self.publisher.render(meta, stories, merged)


class Remembering:
    """A process that publishes again and again: the feed of all, and one of a part."""

    def __init__(self, site: Site) -> None:
        self.site, self.memory = site, stages.Memory()
        self.counting = [Counting(each) for each in site.publishers]
        self.part = Feed("part", query=parse("before:2100"))

    def run(self, meta: FeedMeta = META) -> tuple[bool, bool]:
        """Whether anything was rendered, and whether anything was written."""
        site, before = self.site, sum(each.renderings for each in self.counting)
        now, publishers = site.clock.forward(minutes=1), {each.name: each for each in self.counting}
        whole = stages.publish(site.archive, meta, publishers.values(), site.folder, now, SMALL, self.memory)
        part = stages.publish_selected(
            site.archive,
            meta,
            [self.part],
            publishers,
            site.folder,
            now,
            state=whole.state,
            memory=self.memory,
        )
        rendered = sum(each.renderings for each in self.counting) > before
        return rendered, bool(whole.written or part.written)


def test_nothing_is_rendered_where_nothing_changed(site: Site) -> None:
    site.print(*range(25))
    process = Remembering(site)
    while process.run() != (False, False):
        pass
    site.print(100)
    assert process.run() == (True, True)
    assert process.run()[1] is False  # an archive document may have been closed
    assert process.run() == (False, False)
    site.edit(100, significant=False, title="Title 100, corrected")
    assert process.run() == (True, True)
    assert process.run() == (False, False)
    assert process.run(replace(META, title="Another title")) == (True, True)


def test_a_process_clears_what_killed_ones_left_at_its_first_writing_and_once_an_hour(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ABANDONED", -1)
    site.print(*range(25))
    process = Remembering(site)
    left = site.folder / "archive" / ".1.atom.killed.unfinished"
    left.parent.mkdir(parents=True)
    for number, minutes, stays in ((100, 0, False), (101, 0, True), (102, 60, False)):
        left.touch()
        site.clock.forward(minutes=minutes)
        site.print(number)
        process.run()
        assert left.exists() is stays


def test_archive_documents_are_only_looked_at_where_one_was_closed_or_their_folder_was_touched(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.print(*range(25))
    process = Remembering(site)
    while process.run() != (False, False):
        pass
    looked: list[Path] = []
    names = files.names
    monkeypatch.setattr(files, "names", lambda folder: looked.append(folder) or names(folder))
    site.edit(24, significant=False, title="Title 24, corrected")
    assert process.run() == (True, True)
    assert not looked
    (site.folder / "archive" / "1.atom").unlink()
    site.edit(24, significant=False, title="Title 24, corrected again")
    assert process.run() == (True, True)
    assert looked
    assert walk(site.folder).titles() == site.live()


@pytest.mark.parametrize(
    "lost", ["feed.atom", "feed.rss.gz", "archive/1.atom", "feeds/part.json", "sources.opml"]
)
def test_what_is_lost_comes_back_though_nothing_changed(site: Site, lost: str) -> None:
    site.print(*range(25))
    process = Remembering(site)
    while process.run() != (False, False):
        pass
    before = site.bytes()
    (site.folder / lost).unlink()
    assert process.run()[0] is True
    assert site.bytes() == before


def test_another_choice_of_copy_is_shown_though_no_story_changed(site: Site) -> None:
    [story] = site.print(1)
    site.copy(1, story, "second")
    process = Remembering(site)
    while process.run() != (False, False):
        pass
    site.archive.declare([], NOON, ["second"])
    assert process.run() == (True, True)
