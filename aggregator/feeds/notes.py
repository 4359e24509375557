"""What is noted while one document is read: its flaws, and how much patience is left for strange dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from aggregator.feeds import dates
from aggregator.model import Flaw

T = TypeVar("T")
_MAX_FLAWS = 50
_ODD_DATES = 200  # that could not be read, at 0.1 ms each
_STRANGE_DATES = 3  # that no library could read, at up to 0.2 s each


class Notes:
    """One document's notes; mutable, and gone with the reading."""

    def __init__(self, base_url: str = "") -> None:
        self.base_url = base_url
        self.language = ""  # of the feed, once it is known: dates are tried in it
        self.flaws: list[Flaw] = []
        self._patience_with_odd, self._patience_with_strange = _ODD_DATES, _STRANGE_DATES

    def flaw(self, code: str, message: str, where: str = "") -> None:
        if len(self.flaws) < _MAX_FLAWS:
            self.flaws.append(Flaw(code, message, where))

    def first(self, entries: Sequence[T], most: int) -> Sequence[T]:
        """At most so many of a document's entries; the others are noted as left out."""
        if len(entries) > most:
            self.flaw("too-many-entries", f"Only the first {most} entries are read.")
        return entries[:most]

    def date(self, said: str, where: str = "") -> datetime | None:
        """The time that a date means, in UTC; None with a flaw where it means none for sure."""
        if not said:
            return None
        found = dates.plain(said)
        if found is None and self._patience_with_odd > 0:
            found = dates.odd(said)
            self._patience_with_odd -= found is None
        if found is None and self._patience_with_strange > 0:
            found = dates.strange(said, self.language)
            self._patience_with_strange -= found is None
        if found is None:
            self.flaw(*_complaint(said), where)
        return found


def _complaint(said: str) -> tuple[str, str]:
    if dates.is_ambiguous(said):
        return "ambiguous-date", f"The date {said[:60]!r} could mean two days; it is kept as written."
    return "bad-date", f"The date {said[:60]!r} could not be read; it is kept as written."
