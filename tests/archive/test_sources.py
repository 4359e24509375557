"""Sources: what the configuration says of them, and who may ask which, when."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.archive import Archive
from aggregator.errors import ArchiveBusy, ConfigurationError
from aggregator.model import Outcome, Source, SourceSpec
from tests.conftest import NOON, Clock

from .making import LEASE, a_spec, a_visit, an_entry, ingest

SPECS = [a_spec("one"), a_spec("two"), a_spec("seeds", kind="directory", location="seeds")]


def names(sources: list[Source]) -> list[str]:
    return sorted(source.name for source in sources)


# ---------------------------------------------------------------- declared


def at_one(*names: str) -> list[SourceSpec]:
    """Sources of these names at one address."""
    return [a_spec(name, location="https://one.example/feed") for name in names]


def test_declared_sources_come_back_as_they_were_declared(archive: Archive) -> None:
    spec = a_spec("one", every="15m", title="The One", tags=("news", "world"), prefer=3, allow_private=True)
    archive.declare([spec], NOON)
    source = archive.source("one")
    assert source.spec == spec
    assert (source.origin, source.active, source.next_fetch_at) == ("config", True, NOON)


def test_a_source_that_the_configuration_no_longer_names_rests_and_keeps_its_copies(archive: Archive) -> None:
    archive.declare(SPECS, NOON)
    entry = an_entry()
    archive.record(a_visit(archive.source("one"), [entry]), [entry], NOON)
    archive.declare(SPECS[1:], NOON)
    assert names(archive.sources()) == ["seeds", "two"]
    assert not archive.source("one").active
    assert len(list(archive.export())) == 1


def test_a_source_added_by_hand_survives_a_declaration_that_does_not_name_it(archive: Archive) -> None:
    archive.add_source(a_spec("mine"), NOON)
    archive.declare(SPECS, NOON)
    assert archive.source("mine").active
    archive.remove_source("mine")
    assert not archive.source("mine").active


def test_a_configured_source_cannot_be_removed_by_hand(archive: Archive) -> None:
    archive.declare(SPECS, NOON)
    with pytest.raises(ConfigurationError, match=r"config\.toml"):
        archive.remove_source("one")
    with pytest.raises(ConfigurationError, match="no source named 'nobody'"):
        archive.remove_source("nobody")


def test_declaring_the_same_again_keeps_the_memory_of_the_schedule(archive: Archive) -> None:
    archive.declare(SPECS, NOON)
    source = archive.claim(NOON, 1, LEASE, names=["one"])[0]
    learnt = replace(
        source,
        etag='W/"e\u0301"',
        moved_to="https://new.example/feed",
        next_fetch_at=NOON + timedelta(hours=1),
        failures=2,
        memory={"seen": ["é"]},
    )
    archive.record(a_visit(learnt, []), [], NOON)
    archive.declare(SPECS, NOON + timedelta(minutes=1))
    assert archive.source("one") == replace(learnt, lease_token=0)


def test_a_source_under_a_new_name_keeps_its_memory_and_its_copies(archive: Archive) -> None:
    archive.declare(SPECS, NOON)
    source, entry = archive.claim(NOON, 1, LEASE, names=["one"])[0], an_entry()
    learnt = replace(source, etag='"v"', next_fetch_at=NOON + timedelta(hours=1))
    archive.record(a_visit(learnt, [entry]), [entry], NOON)
    archive.declare([*at_one("uno"), *SPECS[1:]], NOON)
    uno = archive.source("uno")
    assert (uno.id, uno.etag, uno.next_fetch_at) == (source.id, '"v"', NOON + timedelta(hours=1))
    assert [copy.source for copy in archive.export()] == ["uno"]
    assert names(archive.sources(active_only=False)) == ["seeds", "two", "uno"]


def test_of_two_names_for_one_address_that_goes_which_is_asked_keeps_the_memory(archive: Archive) -> None:
    archive.declare(at_one("one", "same"), NOON)
    archive.declare(at_one("same"), NOON)
    asked = archive.source("same").id
    archive.declare(at_one("new"), NOON)
    assert archive.source("new").id == asked
    archive.declare(at_one("new", "newer"), NOON)  # the other one had come to rest
    assert {source.name: source.active for source in archive.sources(active_only=False)} == {
        "new": True,
        "newer": True,
    }


def test_what_was_removed_by_hand_is_taken_up_again_under_any_name(archive: Archive) -> None:
    archive.add_source(at_one("mine")[0], NOON)
    claimed = archive.claim(NOON, 1, LEASE, names=["mine"])[0]
    gone = replace(claimed, etag='"v"', gone=True, failures=1, next_fetch_at=None, memory={"seen": ["a"]})
    archive.record(a_visit(gone, []), [], NOON)
    archive.remove_source("mine")
    again = archive.add_source(at_one("mine-again")[0], NOON, memory={"history": True})
    assert (again.id, again.etag, again.gone, again.failures) == (claimed.id, '"v"', False, 0)
    assert again.memory == {"seen": ["a"], "history": True}
    assert again.next_fetch_at == NOON


def test_an_import_never_takes_the_place_of_a_source_that_rests(archive: Archive) -> None:
    archive.add_source(at_one("mine")[0], NOON)
    archive.remove_source("mine")
    archive.add_source(at_one("old")[0], NOON, origin="import")
    assert names(archive.sources(active_only=False)) == ["mine", "old"]


def test_another_every_makes_a_source_due_when_it_may_be_and_another_address_at_once(
    archive: Archive,
) -> None:
    def again(source: Source) -> datetime | None:
        return NOON + timedelta(hours=1) if source.spec.every == "5m" else NOON - timedelta(hours=1)

    archive.declare([a_spec("one")], NOON)
    later = NOON + timedelta(minutes=1)
    archive.declare([a_spec("one", every="5m")], later, again=again)
    assert archive.source("one").next_fetch_at == NOON + timedelta(hours=1)
    archive.declare([], later, again=again)
    archive.declare([a_spec("one", every="5m")], later, again=again)  # put to rest, and taken up again
    assert archive.source("one").next_fetch_at == NOON + timedelta(hours=1)
    archive.declare([a_spec("one", every="4m")], later, again=again)
    assert archive.source("one").next_fetch_at == later
    archive.declare([a_spec("one", every="5m", location="https://new.example/feed")], later, again=again)
    assert archive.source("one").next_fetch_at == later


def test_a_source_that_moves_in_the_configuration_starts_afresh(archive: Archive, clock: Clock) -> None:
    archive.declare(SPECS, NOON)
    source = archive.claim(NOON, 1, LEASE, names=["one"])[0]
    gone = replace(source, etag="x", gone=True, next_fetch_at=None)
    archive.record(a_visit(gone, []), [], NOON)
    archive.declare(
        [a_spec("one", location="https://other.example/feed"), *SPECS[1:]], clock.forward(hours=1)
    )
    fresh = archive.source("one")
    assert (fresh.etag, fresh.gone, fresh.next_fetch_at) == ("", False, clock())


def test_a_change_of_address_fences_off_who_is_on_the_way_to_the_old_one(archive: Archive) -> None:
    archive.declare(SPECS, NOON)
    source = archive.claim(NOON, 1, LEASE, names=["one"])[0]
    archive.declare([a_spec("one", location="https://other.example/feed"), *SPECS[1:]], NOON)
    with pytest.raises(ArchiveBusy):
        archive.record(a_visit(source, [an_entry()]), [an_entry()], NOON)


# ---------------------------------------------------------------- claimed


def test_what_is_due_is_claimed_once_and_again_when_the_lease_is_over(archive: Archive, clock: Clock) -> None:
    archive.declare(SPECS, NOON)
    assert names(archive.claim(clock(), 10, LEASE)) == ["one", "seeds", "two"]
    assert archive.claim(clock.forward(minutes=4), 10, LEASE) == []
    assert names(archive.claim(clock.forward(minutes=2), 10, LEASE)) == ["one", "seeds", "two"]


def test_a_claim_takes_no_more_than_asked_for_the_longest_due_first(archive: Archive, clock: Clock) -> None:
    for name in ("late", "later", "latest"):
        archive.add_source(a_spec(name), clock.forward(minutes=1))
    assert [source.name for source in archive.claim(clock(), 2, LEASE)] == ["late", "later"]


def test_what_is_not_due_is_claimed_only_by_force(archive: Archive) -> None:
    archive.declare(SPECS, NOON + timedelta(hours=1))
    assert archive.claim(NOON, 10, LEASE) == []
    assert names(archive.claim(NOON, 10, LEASE, names=["one"], force=True)) == ["one"]


@pytest.mark.parametrize("said", [{"gone": True}, {"not_before": NOON + timedelta(hours=2)}])
def test_no_force_overrules_what_a_server_said(archive: Archive, said: dict[str, object]) -> None:
    archive.declare(SPECS, NOON)
    source = archive.claim(NOON, 1, LEASE, names=["one"])[0]
    archive.record(a_visit(replace(source, **said), []), [], NOON)  # type: ignore[arg-type]
    assert archive.claim(NOON + timedelta(hours=1), 10, LEASE, names=["one"], force=True) == []


def test_an_imported_source_is_never_polled(archive: Archive) -> None:
    archive.add_source(a_spec("heap", kind="jsonl", location=""), NOON, origin="import")
    assert archive.claim(NOON, 10, LEASE, force=True) == []


def test_sources_of_one_host_take_turns(archive: Archive, clock: Clock) -> None:
    archive.declare([a_spec(f"f{n}", location=f"https://EXAMPLE.org:443/{n}") for n in range(3)], NOON)
    first = archive.claim(NOON, 10, LEASE)
    assert names(first) == ["f0"]
    assert archive.claim(clock.forward(minutes=1), 10, LEASE) == []
    archive.record(a_visit(replace(first[0], next_fetch_at=NOON + timedelta(hours=1)), []), [], clock())
    assert names(archive.claim(clock(), 10, LEASE)) == ["f1"]


def test_a_source_takes_the_turn_of_the_host_it_moved_to(archive: Archive) -> None:
    archive.declare(SPECS, NOON)
    one = archive.claim(NOON, 1, LEASE, names=["one"])[0]
    archive.record(a_visit(replace(one, moved_to="https://two.example/feed"), []), [], NOON)
    assert names(archive.claim(NOON, 10, LEASE)) == ["one", "seeds"]


def test_a_released_source_is_free_at_once(archive: Archive) -> None:
    archive.declare(SPECS, NOON)
    archive.release(archive.claim(NOON, 10, LEASE))
    assert names(archive.claim(NOON, 10, LEASE)) == ["one", "seeds", "two"]


def test_a_lease_is_kept_on_while_it_lasts_and_not_once_it_is_over(archive: Archive, clock: Clock) -> None:
    archive.declare(SPECS, NOON)
    source = archive.claim(NOON, 1, LEASE, names=["one"])[0]
    assert archive.keep(source, clock.forward(minutes=4), LEASE)
    assert archive.claim(clock.forward(minutes=4), 10, LEASE, names=["one"]) == [], (
        "it lasts a whole lease more"
    )
    assert not archive.keep(source, clock.forward(minutes=2), LEASE), "the host may be another's by now"
    other = archive.claim(clock(), 1, LEASE, names=["one"])[0]
    assert not archive.keep(source, clock(), LEASE)
    assert archive.keep(other, clock(), LEASE)


def test_whoever_wakes_after_the_lease_was_claimed_anew_stores_nothing(
    archive: Archive, clock: Clock
) -> None:
    archive.declare(SPECS, NOON)
    sleeper = archive.claim(NOON, 1, LEASE, names=["one"])[0]
    other = archive.claim(clock.forward(minutes=6), 1, LEASE, names=["one"])[0]
    with pytest.raises(ArchiveBusy) as error:
        archive.record(a_visit(sleeper, [an_entry()]), [an_entry()], clock())
    assert error.value.code == "lost-lease"
    assert archive.fetches(sleeper.id, 10) == []
    archive.release([sleeper])
    assert archive.claim(clock(), 1, LEASE, names=["one"]) == []
    assert archive.record(a_visit(other, [an_entry()]), [an_entry()], clock()).new == 1


def test_many_claimers_never_share_a_source_or_a_host(archive: Archive) -> None:
    archive.declare([a_spec(f"s{n}", location=f"https://h{n % 7}.example/{n}") for n in range(35)], NOON)
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda _: archive.claim(NOON, 2, LEASE), range(30)))
    hosts = [source.url.split("/")[2] for claimed in claims for source in claimed]
    assert sorted(hosts) == sorted({f"h{n}.example" for n in range(7)})


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["claim", "fetch", "sleep"]), st.integers(1, 8)), max_size=25))
def test_however_claims_and_time_go_a_host_has_one_lease_at_most(
    new_archive_url: Callable[[], str], steps: list[tuple[str, int]]
) -> None:
    clock, held = Clock(), list[tuple[Source, object]]()
    with Archive.open(new_archive_url()) as archive:
        archive.declare([a_spec(f"s{n}", location=f"https://h{n % 3}.example/{n}") for n in range(7)], NOON)
        for step, number in steps:
            held = [(source, until) for source, until in held if until > clock()]  # type: ignore[operator]
            if step == "claim":
                held += [(source, clock() + LEASE) for source in archive.claim(clock(), number, LEASE)]
            elif step == "fetch" and held:
                source, _ = held.pop(number % len(held))
                due = clock() + timedelta(minutes=number)
                archive.record(a_visit(replace(source, next_fetch_at=due), []), [], clock())
            else:
                clock.forward(minutes=number)
                continue
            hosts = [source.url.split("/")[2] for source, _ in held]
            assert len(set(hosts)) == len(hosts)


def test_the_log_tells_the_latest_attempt_first(archive: Archive, clock: Clock) -> None:
    archive.declare(SPECS, NOON)
    source = archive.source("one")
    for outcome in (Outcome.FAILED, Outcome.UNCHANGED, Outcome.CHANGED):
        visit = a_visit(source, [], clock.forward(hours=1), elapsed=0.25, status=200, error="naïve\x00")
        archive.record(replace(visit, fetch=replace(visit.fetch, outcome=outcome)), [], clock())
    log = archive.fetches(source.id, 2)
    assert [fetch.outcome for fetch in log] == [Outcome.CHANGED, Outcome.UNCHANGED]
    assert (log[0].at, log[0].elapsed, log[0].status, log[0].error) == (clock(), 0.25, 200, "naïve")


def test_the_figures_of_a_source_count_copies_stories_and_what_waits(archive: Archive) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    stats = archive.source_stats()[archive.source("outlet").id]
    assert (stats.copies, stats.stories, stats.waiting) == (2, 0, 2)
