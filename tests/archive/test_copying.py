"""Who copies whom, on both databases; and what the pages ask besides: versions, histories, sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.archive import Archive
from aggregator.archive.values import AgencyUse, OutletShare, Pair
from aggregator.model import Entry, Facts, Fetch, Outcome, Placing
from tests.conftest import NOON

from .making import a_spec, a_visit, an_entry, face, found, ingest, joins, together

DAY = timedelta(days=1)


def a_story(archive: Archive, number: int, *printed: tuple[str, int, str]) -> int:
    """A story printed by (outlet, minutes after it began, agency credited), at a time of its own."""
    began = NOON - timedelta(hours=number)
    for outlet, minutes, _ in printed:
        entry = an_entry(number, url=f"https://{outlet}.example/{number}")
        ingest(archive, [_at(entry, began + timedelta(minutes=minutes))], outlet)
    with archive.placing(NOON) as desk:
        batch = desk.waiting(100)
        story = desk.new_story()
        made = [found(batch[0], story), *(joins(copy, story) for copy in batch[1:])]
        agencies = [agency for _, _, agency in printed]
        credited = tuple(replace(p, facts=Facts(agency=a)) for p, a in zip(made, agencies, strict=True))
        first = face(batch[0], story, published=min(c.published for c in batch if c.published))
        desk.record(Placing(credited, (first,)))
    return story


def _at(entry: Entry, when: datetime) -> Entry:
    return replace(entry, published=when, fingerprint=f"{hash((entry.guid, when)) % 2**64:016x}")


def test_the_first_printing_leads_and_the_others_follow_with_the_median_lag(archive: Archive) -> None:
    a_story(archive, 1, ("herald", 0, "Reuters"), ("post", 10, "Reuters"), ("times", 5, ""))
    a_story(archive, 2, ("herald", 0, "Reuters"), ("post", 20, ""))
    a_story(archive, 3, ("herald", 0, ""), ("post", 60, "Reuters"))
    a_story(archive, 4, ("post", 0, ""), ("herald", 2, ""))
    a_story(archive, 5, ("times", 0, ""))
    told = archive.copying(NOON - DAY, NOON)
    assert told.stories == 4
    assert told.pairs == (
        Pair("herald", "post", 3, 2, timedelta(minutes=20)),
        Pair("herald", "times", 1, 0, timedelta(minutes=5)),
        Pair("post", "herald", 1, 0, timedelta(minutes=2)),
    )
    assert told.outlets == (
        OutletShare("herald", 4, 3),
        OutletShare("post", 4, 1),
        OutletShare("times", 1, 0),
    )
    assert told.agencies == (AgencyUse("Reuters", 2, 5, 3),)


def test_the_median_of_an_even_number_of_lags_is_between_its_middle_ones(archive: Archive) -> None:
    for number, lag in enumerate((1, 5, 9, 100), 1):
        a_story(archive, number, ("herald", 0, ""), ("post", lag, ""))
    [pair] = archive.copying(NOON - DAY, NOON).pairs
    assert pair.lag == timedelta(minutes=7)


def test_an_outlet_counts_once_a_story_and_no_printing_is_later_than_we_saw_it(archive: Archive) -> None:
    source = archive.add_source(a_spec("herald", title="The Paper"), NOON)
    archive.record(
        a_visit(source, [an_entry(1, published=NOON - DAY / 4)]),
        [an_entry(1, published=NOON - DAY / 4)],
        NOON,
    )
    other = archive.add_source(a_spec("herald-world", title="The Paper"), NOON)
    late = an_entry(2, published=NOON + DAY)
    archive.record(a_visit(other, [late]), [late], NOON)
    ingest(archive, [an_entry(3, published=NOON + 2 * DAY)], "post", NOON - timedelta(minutes=1))
    together(archive)
    told = archive.copying(NOON - DAY, NOON + DAY)
    assert [(share.outlet, share.stories) for share in told.outlets] == [("The Paper", 1), ("post", 1)]
    assert [(pair.first, pair.other, pair.lag) for pair in told.pairs] == [
        ("The Paper", "post", timedelta(hours=5, minutes=59))
    ]


def test_what_lies_outside_the_period_is_not_counted(archive: Archive) -> None:
    a_story(archive, 30, ("herald", 0, ""), ("post", 1, ""))
    assert archive.copying(NOON - DAY, NOON).pairs == ()
    assert archive.copying(NOON - 2 * DAY, NOON).stories == 1


def test_a_link_to_the_first_printing_is_credit(archive: Archive) -> None:
    ingest(archive, [an_entry(1, url="https://herald.example/a", published=NOON)], "herald")
    ingest(
        archive,
        [
            an_entry(
                2,
                url="https://post.example/b",
                canonical_url="https://herald.example/a",
                published=NOON + DAY / 24,
            )
        ],
        "post",
        NOON + DAY,
    )
    together(archive)
    [pair] = archive.copying(NOON - DAY, NOON + DAY).pairs
    assert (pair.stories, pair.credited) == (1, 1)


# ---------------------------------------------------------------- what else the pages ask


def test_versions_are_listed_without_their_texts_and_read_one_by_one(archive: Archive) -> None:
    ingest(archive, [an_entry(1, text="one two three")])
    ingest(archive, [an_entry(2)])
    ingest(archive, [an_entry(1, text="one two three four", title="Other")], at=NOON + DAY)
    listed = archive.versions([1, 2], 10)
    assert [(each.title, each.words, each.at) for each in listed[1]] == [
        ("Title 1", 3, NOON),
        ("Other", 4, NOON + DAY),
    ]
    assert len(listed[2]) == 1
    assert archive.versions([1, 2], 1) == {1: listed[1][1:]}
    one = archive.revision(listed[1][1].id)
    assert one is not None
    assert (one.copy_id, one.entry.text) == (1, "one two three four")
    assert archive.revision(999) is None


def test_the_last_attempts_at_each_source_are_told_together(archive: Archive) -> None:
    sources = [archive.add_source(a_spec(name), NOON) for name in ("herald", "post", "new")]
    for hour in range(5):
        for source in sources[:2]:
            visit = a_visit(source, [], NOON + timedelta(hours=hour), elapsed=0.5)
            archive.record(visit, [], NOON + timedelta(hours=hour))
    told = archive.histories([source.id for source in sources], 3)
    assert [fetch.at.hour for fetch in told[sources[1].id]] == [16, 15, 14]
    assert told[sources[2].id] == []
    assert isinstance(told[sources[0].id][0], Fetch)
    assert told[sources[0].id][0].outcome is Outcome.CHANGED


def test_a_session_is_its_own_until_it_ends(archive: Archive) -> None:
    archive.begin_session("ab", "Ann Other", NOON, NOON + DAY)
    archive.begin_session("cd", "", NOON, NOON + 2 * DAY)
    assert archive.session("ab", NOON + DAY / 2) == "Ann Other"
    assert archive.session("cd", NOON) == ""
    assert archive.session("ab", NOON + DAY + timedelta(seconds=1)) is None
    assert archive.session("zz", NOON) is None
    archive.begin_session("ef", "x", NOON + 3 * DAY, NOON + 4 * DAY)
    assert archive.setting("session ab") is None
    archive.end_sessions("ef")
    assert archive.session("ef", NOON) is None
    archive.begin_session("gh", "x", NOON, NOON + DAY)
    archive.end_sessions()
    assert archive.session("gh", NOON) is None
