"""Who copies whom, over a period: made anew at most every few minutes, since it reads much."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .reading import Copying
from .site import Site

PERIODS = {1: "the last day", 7: "the last week", 30: "the last 30 days"}
FRESH = timedelta(minutes=10)  # for so long a report is not made anew


@dataclass(frozen=True, slots=True)
class Reports:
    """Those made last, by their period."""

    site: Site
    kept: dict[int, Copying] = field(default_factory=dict)

    def copying(self, days: int) -> Copying:
        until = _rounded(self.site.clock())
        held = self.kept.get(days)
        if held is None or held.until != until:
            held = self.kept[days] = self.site.archive.copying(until - timedelta(days=days), until)
        return held


def _rounded(now: datetime) -> datetime:
    """The end of the current stretch of `FRESH`, so that what has just been printed counts."""
    beginning = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return beginning + ((now - beginning) // FRESH + 1) * FRESH
