"""How a feed behaves from one document to the next, and what is made of it. Each document is judged by what the
one before left in the memory, which goes through its packed form as it does in the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.collect.watch import FLOOD, Seen, Verdict, judge
from aggregator.model import Entry, ParsedFeed

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEXTS = [
    "The river rose above its banks during the night while villagers carried furniture upstairs",
    "Ministers signed a treaty about fishing quotas after months of difficult negotiation abroad",
    "Scientists photographed an unknown beetle whose wings reflect moonlight under dense canopy",
    "The orchestra cancelled tomorrow's concert because several violinists caught influenza",
    "Engineers reopened the mountain tunnel once loose boulders were removed from both portals",
    "A grandmother finished the marathon barefoot, eleven minutes ahead of her famous nephew",
]


def entry(number: int, guid: str = "", **said: object) -> Entry:
    fields: dict[str, object] = {
        "guid": guid or f"id-{number}",
        "url": f"https://herald.example/{number}",
        "title": f"Headline number {number}",
        "html": f"<p>{TEXTS[number % len(TEXTS)]} {number}.</p>",
        "published": NOON + number * HOUR,
    } | said
    print_ = f"{hash(tuple(sorted((k, str(v)) for k, v in fields.items() if k != 'guid'))) % 2**64:016x}"
    return Entry(fingerprint=print_, **fields)  # type: ignore[arg-type]


def read(*documents: Sequence[Entry]) -> Verdict:
    """The verdict on the last of these documents, read one after another."""
    seen = Seen()
    for document in documents:
        verdict = judge(ParsedFeed("rss2.0", tuple(document)), seen)
        seen = Seen.unpacked(verdict.seen.packed())
        assert seen == verdict.seen
    return verdict


def guids(verdict: Verdict) -> list[str]:
    return [entry.guid for entry in verdict.feed.entries]


def codes(verdict: Verdict) -> list[str]:
    return [flaw.code for flaw in verdict.feed.flaws]


FIVE = [entry(n) for n in range(5)]


def test_a_well_behaved_feed_passes_as_it_is() -> None:
    verdict = read(FIVE, [entry(5), *FIVE])
    assert verdict.feed.entries == (entry(5), *FIVE)
    assert (codes(verdict), verdict.missed) == ([], 0)
    assert verdict.known == pytest.approx(5 / 6)


def test_a_first_document_is_all_new_and_nothing_is_wrong_with_that() -> None:
    verdict = read([entry(n, published=None) for n in range(500)])
    assert (len(verdict.feed.entries), codes(verdict), verdict.known) == (500, [], 0)


# ---------------------------------------------------------------- new ids for old entries


def test_entries_that_were_renumbered_keep_the_ids_that_we_know_for_good() -> None:
    new = [entry(n, f"post-{n}") for n in range(5)]
    once = read(FIVE, new)
    assert guids(once) == [f"id-{n}" for n in range(5)]
    assert codes(once) == ["renumbered"]
    assert once.known == 1
    again = read(FIVE, new, [entry(9, "post-9"), *new])
    assert guids(again) == ["post-9", *(f"id-{n}" for n in range(5))]
    assert codes(again) == []


def test_ids_that_change_at_every_reading_are_named_so() -> None:
    documents = [[entry(n, f"{time}-{n}") for n in range(5)] for time in range(4)]
    assert guids(read(*documents)) == [f"0-{n}" for n in range(5)]
    assert codes(read(*documents)) == ["guid-churn"]


def test_a_revised_entry_under_its_new_id_is_still_the_same() -> None:
    new = [entry(n, f"post-{n}") for n in range(5)]
    revised = replace(new[0], html="<p>Corrected.</p>", fingerprint="f" * 16)
    assert guids(read(FIVE, new, [revised, *new[1:]]))[0] == "id-0"


def test_a_site_that_moved_with_ids_that_are_its_addresses_is_recognised_by_the_texts() -> None:
    old = [entry(n, f"http://herald.example/{n}") for n in range(5)]
    new = [entry(n, f"https://new.example/{n}", url=f"https://new.example/{n}") for n in range(5)]
    assert guids(read(old, new)) == [f"http://herald.example/{n}" for n in range(5)]


def test_one_entry_with_the_text_of_another_is_believed_to_be_another() -> None:
    """Yesterday's notice printed again today is news."""
    reprint = entry(0, "id-again", url="https://herald.example/again")
    assert guids(read(FIVE, [reprint, *FIVE[1:]]))[0] == "id-again"


def test_entries_that_say_the_same_are_not_confused() -> None:
    alike = [entry(n, title="Notice", html="<p>Same.</p>") for n in range(5)]
    moved = [replace(e, guid=f"new-{n}", url=f"https://b.example/{n}") for n, e in enumerate(alike)]
    assert guids(read(alike, moved)) == [f"new-{n}" for n in range(5)]


# ---------------------------------------------------------------- an old id for another article


def test_an_id_that_is_given_to_another_article_does_not_take_the_first_ones_place() -> None:
    other = entry(77, "id-0")
    verdict = read(FIVE, [other, *FIVE[1:]])
    assert guids(verdict)[0].startswith("id-0~")
    assert codes(verdict) == ["reused-guid"]
    later = read(FIVE, [other, *FIVE[1:]], [other, *FIVE[2:]])
    assert guids(later)[0] == guids(verdict)[0]
    assert codes(later) == []


def test_an_update_with_a_new_headline_and_address_is_the_same_article() -> None:
    updated = entry(0, "id-0", title="Headline, updated", url="https://herald.example/0-updated")
    assert guids(read(FIVE, [updated, *FIVE[1:]]))[0] == "id-0"


def test_ids_that_are_places_in_a_list_lead_to_each_article_all_the_same() -> None:
    before = [entry(n, f"{5 - n}") for n in (4, 3, 2, 1, 0)]
    after = [entry(n, f"{6 - n}") for n in (5, 4, 3, 2, 1)]
    newest, *others = guids(read(before, after))
    assert others == ["1", "2", "3", "4"]
    assert newest.startswith("1~")


# ---------------------------------------------------------------- floods, gaps


def test_a_flood_without_dates_is_held_back_and_what_comes_after_it_is_not() -> None:
    flood = [entry(n, published=None) for n in range(100, 160)]
    verdict = read(FIVE, [*flood, *FIVE])
    assert guids(verdict) == [f"id-{n}" for n in range(5)]
    assert codes(verdict) == ["flood"]
    assert "60 of its entries" in verdict.feed.flaws[0].message
    later = read(FIVE, [*flood, *FIVE], [entry(7), *flood, *FIVE])
    assert guids(later)[0] == "id-7"
    assert codes(later) == ["flood"]
    over = read(FIVE, [*flood, *FIVE], FIVE)
    assert codes(over) == []


def test_a_flood_of_one_date_is_one() -> None:
    flood = [entry(n, published=NOON) for n in range(100, 160)]
    assert codes(read(FIVE, [*flood, *FIVE])) == ["flood"]


def test_many_entries_with_dates_of_their_own_are_welcome() -> None:
    many = [entry(n) for n in range(100, 160)]
    assert len(guids(read(FIVE, [*many, *FIVE]))) == 65


def test_a_feed_that_never_says_dates_may_change_wholly() -> None:
    old = [entry(n, published=None) for n in range(FLOOD + 5)]
    new = [entry(n + 100, published=None) for n in range(FLOOD + 5)]
    assert len(guids(read(old, new))) == FLOOD + 5


def test_a_feed_that_rolled_over_tells_about_how_many_entries_were_missed() -> None:
    verdict = read(FIVE, [entry(n) for n in range(17, 22)])
    assert (verdict.missed, codes(verdict)) == (12, ["rolled-over"])
    assert "about 12 entries were missed" in verdict.feed.flaws[0].message


def test_a_feed_that_only_just_rolled_over_missed_nothing() -> None:
    assert read(FIVE, [entry(n) for n in range(5, 10)]).missed == 0


# ---------------------------------------------------------------- whatever comes

entries = st.builds(
    lambda n, guid, dated: entry(n, guid, **({} if dated else {"published": None})),
    st.integers(0, 8),
    st.sampled_from(["a", "b", "c", "d", "e"]),
    st.booleans(),
)


@given(st.lists(st.lists(entries, max_size=6, unique_by=lambda e: e.guid), min_size=1, max_size=5))
def test_whatever_ids_do_no_two_entries_of_a_document_become_one(documents: list[list[Entry]]) -> None:
    verdict = read(*documents)
    assert len(set(guids(verdict))) == len(documents[-1])
    assert 0 <= verdict.known <= 1


@pytest.mark.parametrize("said", ["", "null", "{}", "[1]", "nonsense", "[[[1]],2,3,4,5]"])
def test_a_memory_that_cannot_be_read_is_no_memory(said: str) -> None:
    assert Seen.unpacked(said) == Seen()
