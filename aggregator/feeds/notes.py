"""What is noted while one document is read: its flaws, how much patience is left for strange dates, what is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

from lxml import etree
from xxhash import xxh3_64_hexdigest

from aggregator import __version__, url
from aggregator.feeds import dates
from aggregator.model import Flaw

T = TypeVar("T")
Known: TypeAlias = Mapping[
    str, tuple[str, str, datetime | None]
]  # by `Entry.item`: guid, fingerprint, published
_MAX_FLAWS = 50
_ROOM, _TIMES = 4_000_000, 3  # characters; each item as served repeats the namespaces of its document
_MANY_NAMES = 5_000  # each is looked for among all before it: 25 ms an item
_ODD_DATES = 5_000  # at 0.1 ms each
_STRANGE_DATES = 150  # in words of any language, at 3 ms each
_NO_ODD_DATE, _NO_STRANGE_DATE = 25, 50  # for how many one counts that could not be read


class Notes:
    """One document's notes; mutable, and gone with the reading."""

    def __init__(self, base_url: str = "", known: Known | None = None) -> None:
        self.base_url = base_url
        self.known = known or {}
        self.flawed = 0  # times that a flaw was found
        self.language = ""  # of the feed, once it is known: dates are tried in it
        self.flaws: list[Flaw] = []
        self.room_for(0)
        self._around: etree._Element | None = None  # the items of a document are in one element, mostly
        self._names = 0
        self._patience_with_odd, self._patience_with_strange = _ODD_DATES, _STRANGE_DATES

    def room_for(self, length: int) -> None:
        """How long all items of a document may be together, as they are kept."""
        self.room = _ROOM + _TIMES * length
        self._half = self.room // 2

    @property
    def is_crowded(self) -> bool:
        return self.room < self._half

    def is_full_of_names(self, around: etree._Element | None) -> bool:
        """Whether so many namespaces are declared around an item that to repeat them costs their square."""
        if around is not self._around:
            self._around = around
            self._names = len(around.nsmap) if around is not None else 0
        return self._names > _MANY_NAMES

    def found_at(self, *said: str) -> None:
        """What a document says of its own address stands in for the one that nobody knows, as of a file's."""
        self.base_url = self.base_url or next(filter(None, said), "")

    def written_at(self, site: str) -> None:
        """Whoever serves a document of another site for it, as FeedBurner does, is not where its links lead from."""
        if site and url.host(site) != url.host(self.base_url):
            self.base_url = site

    def flaw(self, code: str, message: str, where: str = "") -> None:
        self.flawed += 1
        if len(self.flaws) < _MAX_FLAWS:
            self.flaws.append(Flaw(code, message, where))

    def inherited(self, *said: object) -> None:
        """What every item inherits from its document; another version of us may make something else of it."""
        self._inherited = repr((__version__, *said))

    def item(self, raw: str) -> str:
        """The hash by which an item is known again, with all that decides about how it is read; "" for none."""
        if not raw:
            return ""
        return xxh3_64_hexdigest((self._inherited + raw).encode("utf-8", "surrogatepass"))

    def first(self, entries: Sequence[T], most: int) -> Sequence[T]:
        """At most so many of a document's entries; the others are noted as left out."""
        if len(entries) > most:
            self.flaw("too-many-entries", f"Only the first {most} entries are read.")
        return entries[:most]

    def first_date(self, several: Iterable[str], where: str = "") -> datetime | None:
        """The first of several dates that can be read."""
        return next(filter(None, (self.date(said, where) for said in several)), None)

    def date(self, said: str, where: str = "") -> datetime | None:
        """The time that a date means, in UTC; None with a flaw where it means none for sure."""
        if not said:
            return None
        found = dates.plain(said)
        if found is None and self._patience_with_odd > 0:
            found = dates.odd(said)
            self._patience_with_odd -= 1
        if found is None and self._patience_with_strange > 0 and dates.is_in_words(said):
            found = dates.strange(said, self.language)
            self._patience_with_strange -= 1 if found else _NO_STRANGE_DATE
        if found is None:
            self._patience_with_odd -= _NO_ODD_DATE
            self.flaw(*_complaint(said), where)
        return found


def _complaint(said: str) -> tuple[str, str]:
    if dates.is_ambiguous(said):
        return "ambiguous-date", f"The date {said[:60]!r} could mean two days; it is kept as written."
    return "bad-date", f"The date {said[:60]!r} could not be read; it is kept as written."
