"""Sketch keys and sentence units, kept so that placing costs the same in a large archive as in a small one.

Keys are hashes, so each new one belongs on another page of an index: as rows of a table they cost 5 µs a
look-up and more to write, rising with the archive. So the keys of a batch are stored together, as one run of
sorted numbers in large pages (`runs`). Once FAN runs of a level are there they become one of the next level,
as in a log-structured merge tree, up to MOST numbers: a number is rewritten two or three times in its life.
Runs know the days they cover, so that a look-up passes over those of other times. Of a number 36 bits are kept, as what
it adds to the one before it; what holds it, as its place among the copies, and the days that they are of, of the run.

Runs never change. What is in memory is their lists of pages and their sieves, 8 bits a number, read when first
asked for; and the latest runs that this process wrote, as a whole. Only the one process that is placing may call this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, delete, select

from . import checksums, dialect, runs
from .runs import Bits, Held, Ints, Whole
from .schema import Copy, Setting, SketchPage, SketchRun

KEYS, UNITS = 0, 1
RUNS = "sketch runs"  # the setting that notes which there are
FAN = 4
# Numbers of the latest runs that stay in memory, 12 bytes each: a week of 3,000 copies a day.
REMEMBERED = 1_600_000
MOST = 2_000_000  # numbers in a run, so that merging takes some 40 MB for a moment
PATIENCE = 50  # look-ups after which the sieve of a run that is of other days leaves the memory
_DAYS = 1 << 20  # what holds a number is the copy and the day, in one number
_PAGES = 1 << 20  # page numbers a run
_MIX = np.uint64(0xD6E8FEB86659FD93)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a copy is looked up by, placed in time."""

    copy_id: int
    at: datetime
    keys: Sequence[int]
    units: Sequence[int]


class _Guide(NamedTuple):
    """What finds the pages of a run, and tells what they mean."""

    firsts: Ints  # first number of each page
    sieve: Bits
    holders: Ints  # that there are, rising


@dataclass(slots=True)
class _Run:
    """A row of `sketch_run`; what finds its pages is read when it is needed."""

    id: int
    kind: int
    level: int
    first_day: int
    last_day: int
    size: int
    first_copy: int
    sum: int
    whole: Whole | None = field(default=None)  # if this process wrote it of late
    asked: int = 0  # the look-up that it was last asked in
    _guide: _Guide | None = field(default=None)

    def forget(self) -> None:
        """Let what finds its pages go."""
        self._guide = None

    def guide(self, conn: Connection) -> _Guide:
        if self._guide is None:
            columns = SketchRun.firsts, SketchRun.sieve, SketchRun.copies, SketchRun.days, SketchRun.holders
            firsts, sieve, copies, days, count = conn.execute(
                select(*columns).where(SketchRun.id == self.id)
            ).one()
            size = np.array([count])
            rows = np.cumsum(runs.unpack([copies], size)) + self.first_copy
            holders = rows * _DAYS + runs.unpack([days], size) + self.first_day
            self._guide = _Guide(np.frombuffer(firsts, "<i8"), np.frombuffer(sieve, np.uint8), holders)
        return self._guide


def day(at: datetime) -> int:
    """Days since 1970; never below 0."""
    return max(0, (at - _EPOCH).days)


class Sketches:
    """Everything that copies are looked up by, as one index."""

    def __init__(self) -> None:
        self._runs: dict[int, _Run] = {}
        self._asked = 0  # look-ups so far

    def forget(self) -> None:
        """After a rollback the memory is no longer what the archive holds: read it again next time."""
        self._runs = {}

    def catch_up(self, conn: Connection) -> None:
        """Learn which runs there are now: another process may have added and merged some."""
        query = select(
            SketchRun.id,
            SketchRun.kind,
            SketchRun.level,
            SketchRun.first_day,
            SketchRun.last_day,
            SketchRun.size,
            SketchRun.first_copy,
            SketchRun.sum,
        )
        self._runs = {row.id: self._runs.get(row.id) or _Run(*row) for row in conn.execute(query)}

    # ------------------------------------------------------------ adding

    def add(self, conn: Connection, sketches: Sequence[Sketch]) -> None:
        """Durable with the transaction, found at once."""
        for kind, told in ((KEYS, [each.keys for each in sketches]), (UNITS, [s.units for s in sketches])):
            numbers = runs.short(np.fromiter(chain.from_iterable(told), np.int64))
            holders = np.array([each.copy_id * _DAYS + day(each.at) for each in sketches], np.int64)
            if len(numbers):
                held = runs.ordered(numbers, np.repeat(holders, [len(each) for each in told]))
                self._write(conn, kind, 0, Whole.of(held))
                self._merge(conn, kind)
        self._tell(conn)

    def _tell(self, conn: Connection) -> None:
        """Note which runs there are, so that one that is lost is missed."""
        conn.execute(dialect.put(conn, Setting), {"key": RUNS, "value": self._written})

    @property
    def _written(self) -> str:
        return str(checksums.added(0, sorted((run.id, run.sum) for run in self._runs.values())))

    def are_those_written(self, conn: Connection) -> bool:
        """Whether the runs are those that were noted last."""
        noted = conn.scalar(select(Setting.value).where(Setting.key == RUNS))
        return noted == self._written if noted or self._runs else True

    def _write(self, conn: Connection, kind: int, level: int, whole: Whole) -> None:
        id = dialect.next_ids(conn, SketchRun, 1)[0]
        copies, days = whole.holders // _DAYS, whole.holders % _DAYS
        known = int(days.min()), int(days.max()), len(whole.numbers), int(copies[0])
        firsts, sieve = whole.numbers[:: runs.PAGE], runs.sieve(whole.numbers)
        stored = firsts.astype("<i8", copy=False).tobytes(), sieve.tobytes()
        whose = runs.pack(np.diff(copies, prepend=copies[:1])), runs.pack(days - known[0])
        said = kind, level, *known, len(copies)
        sum = checksums.of_run(said, chain((*stored, *whose), _write_pages(conn, id, whole)))
        dialect.insert_all(conn, SketchRun, [(id, kind, level, *known, *stored, len(copies), *whose, sum)])
        self._runs[id] = _Run(id, kind, level, *known, sum, whole)
        self._let_go()

    def _let_go(self) -> None:
        """Keep in memory only the latest of the runs that were written here."""
        room = REMEMBERED
        for id in sorted(self._runs, reverse=True):
            run = self._runs[id]
            if run.whole is not None:
                room -= run.size
                run.whole = run.whole if room >= 0 else None

    def _merge(self, conn: Connection, kind: int) -> None:
        """FAN runs of a level become one of the next, as long as that is no more than MOST numbers."""
        level = 0
        while group := [
            run
            for run in self._runs.values()
            if (run.kind, run.level) == (kind, level) and run.size <= MOST // FAN
        ]:
            if len(group) >= FAN:
                self._write(conn, kind, level + 1, self._merged(conn, group))
                self._drop(conn, group)
            level += 1

    def _merged(self, conn: Connection, group: Sequence[_Run]) -> Whole:
        """One of all of them, each of which leaves the memory as it goes in."""

        def each() -> Iterator[Whole]:
            for run in group:
                yield self._whole(conn, run)
                run.whole = None

        holders = runs.rising(np.concatenate([self._holders(conn, run) for run in group]))
        return runs.merged(each(), holders, sum(run.size for run in group))

    def _holders(self, conn: Connection, run: _Run) -> Ints:
        return run.guide(conn).holders if run.whole is None else run.whole.holders

    def _drop(self, conn: Connection, group: Sequence[_Run]) -> None:
        for run in group:
            first = run.id * _PAGES
            conn.execute(delete(SketchPage).where(SketchPage.id.between(first, first + _PAGES - 1)))
            conn.execute(delete(SketchRun).where(SketchRun.id == run.id))
            del self._runs[run.id]

    # ------------------------------------------------------------ all of it

    def replace(self, conn: Connection, made: Sketches, beside: Connection, kept: Collection[int]) -> bool:
        """Hold what `made` holds in another database, and what is held of the copies `kept`; False if it is so."""
        self.forget()  # what is in memory need not be what is held
        self.catch_up(conn)
        old, own = list(self._runs.values()), np.array(sorted(kept), np.int64)
        stay = [(run.kind, self._of(conn, run, own)) for run in old if not _fault(conn, run, None)]
        if self.are_those_written(conn) and self._digests(conn, own) == made._digests(beside, own):
            return False
        for run in list(made._runs.values()):  # before the old ones go: a number never comes twice
            self._write(conn, run.kind, run.level, made._whole(beside, run))
        for kind, held in stay:
            if len(held.numbers):
                self._write(conn, kind, 0, Whole.of(held))
        self._drop(conn, old)
        self._tell(conn)
        return True

    def _of(self, conn: Connection, run: _Run, copies: Ints) -> Held:
        """What the run holds of these copies."""
        if not len(copies):
            return runs.joined([])
        held = self._read(conn, run)
        own = np.isin(held.holders // _DAYS, copies)
        return Held(held.numbers[own], held.holders[own])

    def _digests(self, conn: Connection, left_out: Ints) -> dict[int, int] | None:
        """Of each kind, what is held of all but some copies, as one number. None for a damaged index."""
        found = {KEYS: 0, UNITS: 0}
        for run in self._runs.values():
            if _fault(conn, run, None):
                return None
            held = self._read(conn, run)
            rest = ~np.isin(held.holders // _DAYS, left_out)
            mixed = _mixed(Held(held.numbers[rest], held.holders[rest]))
            found[run.kind] = (found[run.kind] + mixed) % 2**64
        return found

    def holders(self, conn: Connection) -> set[int]:
        """The copies that hold a key."""
        every = [
            np.unique(self._read(conn, run).holders // _DAYS) for run in self._runs.values() if not run.kind
        ]
        return set(np.unique(np.concatenate(every)).tolist()) if every else set()

    # ------------------------------------------------------------ asking

    def postings(self, conn: Connection, keys: Ints, first: datetime, last: datetime) -> Held:
        """The copies of the days first..last that hold one of the keys, which rise, each once."""
        return self._find(conn, KEYS, keys, day(first), day(last))

    def printings(self, conn: Connection, units: Ints) -> Held:
        """The copies that hold one of the units, at any time."""
        return self._find(conn, UNITS, units, 0, _DAYS)

    def _find(self, conn: Connection, kind: int, numbers: Ints, first: int, last: int) -> Held:
        asked = runs.rising(runs.short(numbers))
        near = self._near(kind, first, last)
        held = runs.joined([self._find_in(conn, run, asked) for run in near])
        days = held.holders % _DAYS
        within = (days >= first) & (days <= last)
        return runs.named(Held(held.numbers[within], held.holders[within] // _DAYS), numbers)

    def _near(self, kind: int, first: int, last: int) -> list[_Run]:
        """The runs about these days. What finds the pages of others is let go once they were long not asked."""
        self._asked += 1
        found = []
        for run in (run for run in self._runs.values() if run.kind == kind):
            if run.first_day <= last and run.last_day >= first:
                run.asked = self._asked
                found.append(run)
            elif self._asked - run.asked > PATIENCE:
                run.forget()
        return found

    def _find_in(self, conn: Connection, run: _Run, asked: Ints) -> Held:
        if run.whole is not None:
            return run.whole.find(asked)
        guide = run.guide(conn)
        likely = runs.sifted(guide.sieve, asked)
        pages = runs.pages(guide.firsts, likely)
        return runs.find(_pages(conn, run, pages), likely)

    def _whole(self, conn: Connection, run: _Run) -> Whole:
        return Whole.of(self._read(conn, run)) if run.whole is None else run.whole

    def _read(self, conn: Connection, run: _Run) -> Held:
        if run.whole is not None:
            return run.whole.held
        return _pages(conn, run, np.arange(len(run.guide(conn).firsts)))


def _write_pages(conn: Connection, run: int, whole: Whole) -> Iterator[bytes]:
    """Store the pages of a run, some hundreds at a time; tells their bytes."""
    first = run * _PAGES
    for pages in runs.stored(whole):
        dialect.insert_all(conn, SketchPage, [(first + at, *page) for at, page in enumerate(pages)])
        first += len(pages)
        yield from chain.from_iterable(pages)


def _mixed(held: Held) -> int:
    """A number for the pairs, whatever their order: of two collections together it is the sum, in 64 bits."""
    mixed = held.numbers.view(np.uint64) * _MIX ^ held.holders.view(np.uint64)
    mixed ^= mixed >> np.uint64(32)
    mixed *= _MIX
    mixed ^= mixed >> np.uint64(29)
    return int(mixed.sum(dtype=np.uint64))


def _pages(conn: Connection, run: _Run, wanted: Ints) -> Held:
    """The numbers of these pages; of a page that is missing, none."""
    guide = run.guide(conn)
    query = "SELECT id, numbers, holders FROM sketch_page WHERE id IN THESE ORDER BY id"
    pages = dialect.of_these(conn, query, (run.id * _PAGES + wanted).tolist()) if len(wanted) else []
    there = np.array([id % _PAGES for id, *_ in pages], np.int64)
    sizes = np.minimum(runs.PAGE, run.size - there * runs.PAGE)
    gaps = runs.unpack([numbers for _, numbers, _ in pages], sizes)
    places = runs.unpack([holders for *_, holders in pages], sizes)
    return Held(runs.filled(guide.firsts[there], sizes, gaps), guide.holders[places])


def faults(conn: Connection) -> Iterator[str]:
    """Runs that are missing, or of which anything is not as it was written, or about no copy."""
    copies = set(conn.scalars(select(Copy.id)))
    every = Sketches()
    every.catch_up(conn)
    for run in every._runs.values():
        if fault := _fault(conn, run, copies):
            yield f"run {run.id} {fault}"
    if not every.are_those_written(conn):
        yield "a run is missing, or one is there that was not written"
    for id in conn.scalars(select(SketchPage.id).order_by(SketchPage.id)):
        if id // _PAGES not in every._runs:
            yield f"page {id} is of no run"


def _fault(conn: Connection, run: _Run, copies: set[int] | None) -> str:
    """What is wrong with a run; `copies`: those there are, if that is to be looked at."""
    try:
        firsts, sieve, _ = run.guide(conn)
        held = _pages(conn, run, np.arange(len(firsts)))
    except (ValueError, IndexError):
        return "has a page that is cut short, or a list of pages that is"
    if len(held.numbers) != run.size or len(held.holders) != run.size:
        return f"holds {len(held.numbers)} numbers, not {run.size}"
    if (held.numbers[1:] < held.numbers[:-1]).any() or (held.numbers[:: runs.PAGE] != firsts).any():
        return "is out of order"
    if len(runs.sifted(sieve, held.numbers)) != run.size:
        return "has a sieve that does not let its own numbers pass"
    days = held.holders % _DAYS
    if run.size and (int(days.min()), int(days.max())) != (run.first_day, run.last_day):
        return "is of other days than it says"
    if _sum(conn, run) != run.sum:
        return "is not as it was written"
    if copies is None:
        return ""
    strange = set(np.unique(held.holders // _DAYS).tolist()) - copies
    return f"names copy {min(strange)}, which there is not" if strange else ""


def _sum(conn: Connection, run: _Run) -> int:
    """The checksum of a run as it is."""
    own = SketchRun.firsts, SketchRun.sieve, SketchRun.copies, SketchRun.days, SketchRun.holders
    *parts, holders = conn.execute(select(*own).where(SketchRun.id == run.id)).one()
    first = run.id * _PAGES
    within = SketchPage.id.between(first, first + _PAGES - 1)
    query = select(SketchPage.numbers, SketchPage.holders).where(within).order_by(SketchPage.id)
    pages = conn.execute(query.execution_options(yield_per=2_000))
    said = run.kind, run.level, run.first_day, run.last_day, run.size, run.first_copy, holders
    return checksums.of_run(said, chain(parts, chain.from_iterable(pages)))
