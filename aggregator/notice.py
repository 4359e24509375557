"""A notice: something that a person should know of a source or of the archive, in plain words. Told once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """`about` and `state` tell one trouble from another; it lasts from `at` to `over`, None while it does."""

    about: str  # the name of a source, or ARCHIVE
    state: str  # "gone", "refused", "failing", "late", "held back", "quiet", "moved"; "growing", "full"
    what: str
    do: str  # one sentence
    at: datetime | None = None  # None: it was not told yet
    over: datetime | None = None


ARCHIVE = "the archive"  # no name of a source has a space in it
