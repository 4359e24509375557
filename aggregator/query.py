"""The query language of the command line, the pages, the interface and the feeds: text to a frozen `Query`.

    words               all must occur, in any order, whatever their case and accents
    "a phrase"          these words in this order; a word with signs within, as well-known, is one too
    title:word          in the title
    source:bbc          a copy of this source, by its name or by words of its title
    tag:world           of a source that bears the tag
    agency:reuters      the agency, or the place, that the text names as its origin
    place:"new york"
    language:en         en, en-GB, ...
    after:2026-11-01    printed at this moment or later: a year, a month, a day or a time, in UTC
    before:2026-11-22   printed before it
    copies:3            of a story that at least so many copies print
    is:event            of a story that is linked with others on the same event
    -anything           not so
    this OR that        binds closer than what stands side by side; (brackets) as usual

A story answers when one copy of it does. There is no wrong query: what cannot be understood is read as words, and
`Query.notes` says so in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from typing import NamedTuple

LONGEST = 1000  # characters of a query
MOST_TERMS = 64
DEEPEST = 12  # brackets within brackets
FIELDS = ("title", "source", "tag", "agency", "place", "language", "after", "before", "copies", "is")
_PLAIN = str.maketrans(dict.fromkeys("“”„«»＂", '"') | {"：": ":", "（": "(", "）": ")"})
_TOKEN = re.compile(
    r"""(?P<bracket>[()]) | (?P<before>-)(?=\() | (?P<minus>-)?(?:(?P<field>[A-Za-z]+):(?=[^\s()]))?"""
    r"""(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"()]+))""",
    re.VERBOSE,
)
_DATE = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must be so, or must not."""

    text: str  # words in their order; for a field its value
    field: str = ""  # "" = anywhere in the text; else one of FIELDS
    negative: bool = False
    moment: datetime | None = None  # of after and before
    number: int = 0  # of copies


Clause = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Every clause must hold, and a clause holds when one of its terms does."""

    clauses: tuple[Clause, ...] = ()
    notes: tuple[str, ...] = ()  # what was not understood as it was perhaps meant, one sentence each

    def __bool__(self) -> bool:
        return bool(self.clauses)

    def __and__(self, other: Query) -> Query:
        return Query(self.clauses + other.clauses, self.notes + other.notes)


class Place(NamedTuple):
    """Where a page of the newest stories begins: after this one, which may have moved since."""

    updated: datetime
    id: int  # of the story


@dataclass(frozen=True, slots=True)
class Feed:
    """A query that people subscribe to under a name of its own."""

    name: str  # in its address: feeds/<name>.atom
    query: Query
    title: str = ""
    limit: int = 100  # entries
    digest: str = ""  # SHA-256 of its token in hex; "" = anybody may read it
    key: str = ""  # what its id ends with, where that is not its name: of one that was asked for by its query
    asked: str = ""  # what stands after the "?" of its address


def any_of(field: str, values: Iterable[str]) -> Query:
    """One of the values must hold; no values, no condition."""
    terms: list[Term] = []
    for value in values:
        term, note = _with_field(Term(value), field)
        if note:
            raise ValueError(note)
        terms.append(term)
    return Query((tuple(terms),)) if terms else Query()


def parse(text: str) -> Query:
    """The query that a text means. Takes any text."""
    notes: list[str] = []
    if len(text) > LONGEST:
        notes.append(f"The query is longer than {LONGEST} characters; what follows was left out.")
    reading = _Reading(list(_tokens(text[:LONGEST].translate(_PLAIN), notes)))
    clauses = reading.all_of(0)
    while reading.left():  # a bracket that nothing opened
        reading.at += 1
        clauses += reading.all_of(0)
    if sum(map(len, clauses)) > MOST_TERMS:
        notes.append(f"The query says more than {MOST_TERMS} things; only the first were looked for.")
        clauses = _first(clauses)
    return Query(tuple(clauses), tuple(notes))


# ---------------------------------------------------------------- words

_Token = str | Term  # "(", ")", "-(", "OR", or a term


def _tokens(text: str, notes: list[str]) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        if found["bracket"] or found["before"]:
            yield found["bracket"] or "-"
        elif found[0] == "OR":
            yield "OR"
        else:
            term = Term(
                found["word"] if found["phrase"] is None else found["phrase"], negative=bool(found["minus"])
            )
            term, note = _with_field(term, found["field"] or "")
            if note:
                notes.append(note)
            if term.text.strip("-"):
                yield term


def _with_field(term: Term, said: str) -> tuple[Term, str]:
    """The term under its field; as mere words, with the reason, where the field cannot have that value."""
    field, value = said.lower(), term.text
    plain = replace(term, text=f"{said} {value}" if said else value)
    if field not in FIELDS:
        looks_like_url = not said or value.startswith("//")
        return plain, "" if looks_like_url else f"There is no field “{said}”; it was read as a word."
    term = replace(term, field=field)
    if field in {"after", "before"}:
        moment = _moment(value)
        wrong = f"“{said}:{value}” is not a date such as 2026-11-22; it was read as words."
        return (replace(term, moment=moment), "") if moment else (plain, wrong)
    if field == "copies":
        known = value.isascii() and value.isdigit() and len(value) < 10
        wrong = f"“{said}:{value}” needs a whole number; it was read as words."
        return (replace(term, number=int(value)), "") if known else (plain, wrong)
    if field == "is" and value.lower() != "event":
        return plain, f"“is:{value}” is not known, only is:event; it was read as words."
    return term, ""


def _moment(said: str) -> datetime | None:
    """The beginning of a year, a month or a day, or a time; None for anything else."""
    try:
        if found := _DATE.fullmatch(said):
            return datetime(int(found[1]), int(found[2] or 1), int(found[3] or 1), tzinfo=UTC)
        moment = datetime.fromisoformat(said)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# ---------------------------------------------------------------- grammar


class _Reading:
    """Recursive descent over tokens to clauses: a conjunction of disjunctions."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def left(self) -> bool:
        return self.at < len(self.tokens)

    def _next(self) -> _Token:
        return self.tokens[self.at] if self.left() else ")"

    def all_of(self, depth: int) -> list[Clause]:
        """What stands side by side, up to a closing bracket."""
        clauses: list[Clause] = []
        while (token := self._next()) != ")":
            if token == "OR":  # without anything before it
                self.at += 1
            else:
                clauses += self._alternatives(depth)
        return clauses

    def _alternatives(self, depth: int) -> list[Clause]:
        found = self._one(depth)
        while self._next() == "OR":
            self.at += 1
            if self._next() in {"OR", ")"}:  # without anything after it
                continue
            found = _either(found, self._one(depth))
        return found

    def _one(self, depth: int) -> list[Clause]:
        token = self._next()
        self.at += 1
        if isinstance(token, Term):
            return [(token,)]
        if token == "-":
            return _not(self._one(depth))
        if depth >= DEEPEST:  # brackets so deep group nothing
            return []
        inner = self.all_of(depth + 1)
        self.at += 1  # the closing bracket, or the end
        return inner


def _either(one: list[Clause], other: list[Clause]) -> list[Clause]:
    """(a b) OR (c d): a or c, a or d, b or c, b or d."""
    if not one or not other:
        return one or other
    return [first + second for first, second in product(_first(one), _first(other))]


def _not(clauses: list[Clause]) -> list[Clause]:
    """Not all of the clauses: for every choice of one term from each, one of these is not so."""
    found: list[Clause] = []
    for clause in _first(clauses):
        opposite: list[Clause] = [(replace(term, negative=not term.negative),) for term in clause]
        found = _first(_either(found, opposite)) if found else opposite
    return found


def _first(clauses: list[Clause]) -> list[Clause]:
    """As many clauses as have at most `MOST_TERMS` terms together; at least one, cut."""
    kept, terms = [], 0
    for clause in clauses:
        terms += len(clause)
        if terms > MOST_TERMS:
            break
        kept.append(clause)
    return kept or [clause[:MOST_TERMS] for clause in clauses[:1]]
