"""Reading: stories newest first, found by any of their names, with their copies and the reasons."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from aggregator.archive import Archive, opening
from aggregator.errors import InputError
from tests.conftest import NOON, Clock

from .making import an_entry, each_alone, ingest, together


def hours_ago(hours: int) -> dict[str, object]:
    return {"published": NOON - timedelta(hours=hours)}


def test_the_newest_stories_come_first_page_by_page(archive: Archive) -> None:
    ingest(archive, [an_entry(n, **hours_ago(n % 4)) for n in range(20)])
    each_alone(archive)
    every = [story.id for story in archive.stories(100)]
    pages, last = [], None
    while page := archive.stories(6, before=last):
        pages += [story.id for story in page]
        last = page[-1]
    assert pages == every
    assert len(set(every)) == 20
    assert [story.updated for story in archive.stories(100)] == sorted(
        (story.updated for story in archive.stories(100)), reverse=True
    )
    assert len(archive.stories(100, before=NOON - timedelta(hours=1))) == 10
    assert len(archive.stories(100, since=NOON - timedelta(hours=1))) == 10


def test_stories_of_one_source_are_those_with_a_copy_of_it(archive: Archive) -> None:
    ingest(archive, [an_entry(1)], "one")
    ingest(archive, [an_entry(2)], "two")
    together(archive)
    ingest(archive, [an_entry(3)], "two")
    each_alone(archive)
    assert len(archive.stories(9, sources=[archive.source("one").id])) == 1
    assert len(archive.stories(9, sources=[archive.source("two").id])) == 2
    assert archive.stories(9, sources=[]) == []


def test_a_story_is_found_by_every_name_it_has(archive: Archive, clock: Clock) -> None:
    for number in range(3):
        ingest(archive, [an_entry(number)])
        each_alone(archive, clock.forward(days=40))
    ingest(archive, [an_entry(number) for number in range(3, 150)])
    each_alone(archive, clock())
    first, second, third, *_ = every = sorted(archive.stories(150), key=lambda story: story.id)
    beginnings = Counter(story.ulid[:2] for story in every if not story.ulid[:2].isdecimal())
    [(shared, many)] = beginnings.most_common(1)
    assert many > 1
    for ref in (first.public_id, first.ulid, first.ulid[:7], first.ulid.lower(), f" {first.id} "):
        assert archive.story(ref) == first
    with pytest.raises(InputError, match="several stories"):
        archive.story(shared)
    for ref in ("", "400", "nonsense", "999999999999999999999999", "tag:example.org:story/x", "%", "01_"):
        assert archive.story(ref) is None
    archive.merge(second.id, third.id, "person", clock())
    lives = archive.story(third.public_id)
    assert lives is not None
    assert lives.id == second.id


def test_a_beginning_that_only_merged_stories_share_is_not_ambiguous(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    one, two = each_alone(archive)
    archive.merge(one, two, "person", NOON)
    survivor = archive.story(str(one))
    assert survivor is not None
    assert archive.story(survivor.ulid[:10]) == survivor


def test_copies_come_with_their_source_and_in_copy_order(archive: Archive) -> None:
    ingest(archive, [an_entry(1)], "one")
    ingest(archive, [an_entry(1)], "two")
    story = together(archive)
    copies = archive.copies([story, 77])
    assert list(copies) == [story]
    assert [(copy.id, copy.source, copy.outlet) for copy in copies[story]] == [
        (1, "one", "one"),
        (2, "two", "two"),
    ]
    assert copies[story][0].source_url == "https://one.example/feed"


def test_the_reasons_of_a_story_include_what_went_into_it(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    one, two = each_alone(archive)
    archive.merge(one, two, "person", NOON)
    assert [(each.method, each.story_id, each.copy_id) for each in archive.decisions(one)] == [
        ("found", one, 1),
        ("found", two, 2),
        ("merge", one, None),
        ("merge", one, 2),
    ]


def test_an_export_streams_every_copy_in_order_while_others_come_in(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aggregator.archive import reading

    monkeypatch.setattr(reading, "PAGE", 3)
    ingest(archive, [an_entry(n) for n in range(7)])
    seen = []
    for copy in archive.export():
        if copy.id == 2:
            ingest(archive, [an_entry(50)])
        seen.append(copy.id)
    assert seen == list(range(1, 9))


def test_the_status_counts_everything(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(3)])
    one, two, _ = each_alone(archive)
    archive.merge(one, two, "person", NOON)
    ingest(archive, [an_entry(1, title="Again")])
    status = archive.status()
    assert (status.sources, status.fetches, status.copies, status.revisions) == (1, 2, 3, 4)
    assert (status.stories, status.merged, status.waiting, status.to_index) == (2, 1, 1, 3)
    assert status.bytes > 50_000
    assert status.schema == opening.newest()
