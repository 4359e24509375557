"""What wants a person's attention, and what is advised."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aggregator.cli.attention import attention
from aggregator.collect.watch import Seen
from aggregator.model import Flaw, Source, SourceSpec
from tests.conftest import NOON

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
    assert found and (found.source, found.state) == ("bbc", state)
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
