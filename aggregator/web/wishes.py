"""What of the river somebody wants to see: the address of a page to a `Query`, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from ..query import Query, any_of, parse

LONGEST = 200  # characters of the words, and of a field
MOST_PAGES = 50
# parameter -> (field of the query language, what a person calls it)
FIELDS = {
    "source": ("source", "source"),
    "tag": ("tag", "tag"),
    "agency": ("agency", "agency"),
    "place": ("place", "place"),
    "language": ("language", "language"),
    "copies": ("copies", "copies, at least"),
    "from": ("after", "from"),
    "until": ("before", "until"),
}
_WORDY = ("", "title")


@dataclass(frozen=True, slots=True)
class Wish:
    """`words` in the query language, fields of the form by their parameter, an order, and a page of it."""

    words: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    newest: bool = False  # first, where words would rank them
    before: str = ""  # the last story of the page before, in the order of time
    page: int = 1  # in the order of rank
    query: Query = field(default_factory=Query)

    def __bool__(self) -> bool:
        return bool(self.words or self.fields)

    @property
    def ranked(self) -> bool:
        """The best first: there are words to rank by, and nobody asked for the newest."""
        wordy = any(term.field in _WORDY for clause in self.query.clauses for term in clause)
        return wordy and not self.newest

    def said(self, name: str) -> str:
        return dict(self.fields).get(name, "")

    def address(self, without: str = "", **more: str | int) -> str:
        """The query string of this wish: from its first page on, less one thing or with more."""
        whole = {"q": self.words, **dict(self.fields), "order": "newest" if self.newest else ""} | more
        return urlencode({name: value for name, value in whole.items() if value and name != without})

    @property
    def text(self) -> str:
        """All of it in the query language, for a feed of the same stories."""
        said = {name: value.replace('"', " ") for name, value in self.fields}
        if "until" in said:
            said["until"] = _day_after(said["until"])
        return " ".join(
            [
                *([self.words] if self.words else ()),
                *(f'{FIELDS[name][0]}:"{value}"' for name, value in said.items()),
            ]
        )

    def active(self) -> list[tuple[str, str, str]]:
        """(label, value, query string without it) of each field that is set."""
        return [(FIELDS[name][1], value, self.address(without=name)) for name, value in self.fields]


def wish(parameters: Mapping[str, str]) -> Wish:
    """What the address asks for. Takes anything; what cannot be understood is said in the notes of the query."""
    words = " ".join(parameters.get("q", "").split())[:LONGEST]
    said = {name: parameters.get(name, "").strip()[:LONGEST] for name in FIELDS}
    query = parse(words)
    for name, value in said.items():
        query &= _field(name, value)
    return Wish(
        words=words,
        fields=tuple((name, value) for name, value in said.items() if value),
        newest=parameters.get("order") == "newest",
        before=parameters.get("before", "")[:LONGEST],
        page=_page(parameters.get("page", "")),
        query=query,
    )


def _field(name: str, value: str) -> Query:
    known, label = FIELDS[name]
    if name == "copies" and value in ("0", "1"):
        return Query()
    try:
        return any_of(known, [_day_after(value) if name == "until" else value] if value else [])
    except ValueError:
        return Query(notes=(f"“{value}” cannot be understood for “{label}”; it was left out.",))


def _page(said: str) -> int:
    known = said.isascii() and said.isdecimal() and len(said) < 9
    return max(1, min(int(said), MOST_PAGES)) if known else 1


def _day_after(day: str) -> str:
    """The day itself counts."""
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day
