"""What wants a person's attention, and what is advised."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from aggregator.archive import Archive
from aggregator.collect.watch import Seen
from aggregator.model import Flaw, Source, SourceSpec
from aggregator.notice import Notice
from aggregator.stages import publish_operations
from aggregator.stages.attention import attention, notices, of_the_disk
from tests.conftest import NOON

from .publish.stories import META

ATOM = "{http://www.w3.org/2005/Atom}"

WELL = Source(1, SourceSpec("bbc", location="https://x.example/f"), next_fetch_at=NOON, last_success_at=NOON)
HOURLY = {"seen": Seen(rhythm=3600.0).packed()}
FLOOD = (Flaw("flood", "40 of its entries came in a flood"),)


@pytest.mark.parametrize(
    ("said", "state", "advice"),
    [
        ({"gone": True}, "gone", "aggregator sources remove bbc"),
        ({"failures": 1, "error_code": "timeout", "error": "slow"}, "failing", "Nothing yet"),
        ({"failures": 40, "error_code": "timeout", "error": "slow"}, "failing", "sources remove bbc"),
        ({"failures": 1, "error_code": "other-feed"}, "refused", "aggregator sources accept bbc"),
        ({"failures": 2, "error_code": "web-page"}, "refused", "aggregator sources add https://x.example/f"),
        ({"flaws": FLOOD}, "held back", "aggregator sources accept bbc"),
        ({"next_fetch_at": NOON - timedelta(hours=1)}, "late", "is running"),
        ({"memory": HOURLY, "last_changed_at": NOON - timedelta(days=3)}, "quiet", "still works"),
        ({"moved_to": "https://y.example/f"}, "moved", "new address"),
    ],
)
def test_each_trouble_has_its_advice(said: dict[str, Any], state: str, advice: str) -> None:
    found = attention(replace(WELL, **said), NOON)
    assert found and (found.about, found.state) == ("bbc", state)
    assert advice in found.do and found.what


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"active": False, "failures": 3},
        {"origin": "import", "next_fetch_at": NOON - timedelta(days=9)},
        {"next_fetch_at": NOON - timedelta(minutes=5)},
        {"next_fetch_at": NOON - timedelta(days=1), "not_before": NOON + timedelta(hours=1)},
        {"memory": HOURLY, "last_changed_at": NOON - timedelta(days=1)},
        {"memory": {"seen": Seen(rhythm=86_400.0).packed()}, "last_changed_at": NOON - timedelta(days=3)},
        {"last_changed_at": NOON - timedelta(days=300)},
    ],
)
def test_what_is_well_or_nobody_asks_is_left_alone(said: dict[str, Any]) -> None:
    assert attention(replace(WELL, **said), NOON) is None


# ---------------------------------------------------------------- told once

DAY = timedelta(days=1)
LONG_ENOUGH = [(NOON - DAY, 1_000_000_000), (NOON, 1_500_000_000)]  # half a gigabyte a day


def test_only_what_will_not_pass_by_itself_is_told_unasked() -> None:
    def told(**said: Any) -> list[str]:
        return [each.state for each in notices([replace(WELL, **said)], [], None, NOON)]

    assert told(moved_to="https://y.example/f") == ["moved"]
    assert told(failures=1, error_code="web-page") == ["refused"]
    assert told(failures=1, error_code="timeout") == []
    assert told(failures=10, error_code="timeout") == ["failing"]
    assert told(next_fetch_at=NOON - timedelta(hours=1)) == []


@pytest.mark.parametrize(
    ("grown", "disk", "state"),
    [
        (LONG_ENOUGH, (5_000_000_000, 100_000_000_000), "growing"),
        (LONG_ENOUGH, (50_000_000_000, 100_000_000_000), ""),
        (LONG_ENOUGH, (4_000_000_000, 100_000_000_000), "full"),
        (LONG_ENOUGH, None, ""),
        ([(NOON - timedelta(hours=1), 0), LONG_ENOUGH[1]], (5_000_000_000, 100_000_000_000), ""),
        (LONG_ENOUGH[::-1][:1], (5_000_000_000, 100_000_000_000), ""),
    ],
)
def test_an_archive_that_outgrows_its_disk_is_told_of_while_there_is_time(
    grown: list[tuple[datetime, int]], disk: tuple[int, int] | None, state: str
) -> None:
    assert [each.state for each in of_the_disk(grown, disk)] == ([state] if state else [])


def test_it_is_told_in_numbers_for_people() -> None:
    [notice] = of_the_disk(LONG_ENOUGH, (5_000_000_000, 100_000_000_000))
    assert notice.what == "it grows by 500 MB a day, and its disk has room for 10 days"


def test_each_trouble_is_told_once_until_it_is_over_and_comes_again(archive: Archive) -> None:
    gone, moved = (
        Notice("bbc", "gone", "It is gone.", "Remove it."),
        Notice("nasa", "moved", "It moved.", "Mend it."),
    )
    assert archive.notices.note([gone], NOON) == [replace(gone, at=NOON)]
    assert archive.notices.note([gone, moved], NOON + DAY) == [replace(moved, at=NOON + DAY)]
    assert archive.notices.note([moved], NOON + 2 * DAY) == []
    assert [each.about for each in archive.notices.listed(lasting=True)] == ["nasa"]
    assert [(each.about, each.over) for each in archive.notices.listed()] == [
        ("nasa", None),
        ("bbc", NOON + 2 * DAY),
    ]
    assert archive.notices.note([gone, moved], NOON + 3 * DAY) == [replace(gone, at=NOON + 3 * DAY)]


def test_the_size_is_remembered_once_an_hour(archive: Archive) -> None:
    for minutes in (0, 10, 70):
        grown = archive.notices.grown(NOON + timedelta(minutes=minutes))
    assert [at for at, _ in grown] == [NOON, NOON + timedelta(minutes=70)]
    assert all(size > 0 for _, size in grown)


def test_the_feed_of_notices_names_each_under_an_id_for_good_and_is_gone_when_it_is_not_wanted(
    archive: Archive, tmp_path: Path
) -> None:
    def published() -> bytes:
        publish_operations(archive, META, tmp_path, wanted=True)
        return (tmp_path / "operations.atom").read_bytes()

    archive.notices.note([Notice("bbc", "gone", "it is gone \x0b& <over>", "Remove it.")], NOON)
    first, again = published(), published()
    assert first == again
    archive.notices.note([], NOON + DAY)
    entry, later = (ElementTree.fromstring(each).find(f"{ATOM}entry") for each in (first, published()))
    assert entry is not None and later is not None
    assert entry.findtext(f"{ATOM}id") == later.findtext(f"{ATOM}id")
    assert entry.findtext(f"{ATOM}title") == "bbc: it is gone & <over>"
    assert "It is over since" in later.findtext(f"{ATOM}content", "")
    publish_operations(archive, META, tmp_path, wanted=False)
    assert not list(tmp_path.glob("operations*"))
