"""Sketch keys and sentence units, kept so that placing costs the same in a large archive as in a small one.

Keys are hashes, so each new one belongs on another page of the index: 500 copies straight into a table of 1e5
rewrite nearly every page of it (690 µs a copy, and growing). New ones therefore wait in `fresh_sketch`, two
short blobs a copy, with a mirror in memory to look them up in. Once more than MOST_FRESH wait, one slice of
the key space at a time moves on to `posting` and `printing`: many rows, few pages. A row of `fresh_sketch`
goes when every slice has moved since it came. A crash leaves at worst some keys in both places: no harm.

Only the one process that is placing may call this; others catch up when it is their turn.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select

from . import dialect
from .schema import FreshSketch, Posting, Printing

SLICES = 32
MOST_FRESH = 320_000  # keys and units; about 40 MB in memory, 5,000 copies
DAYS = 7  # of a generation
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GENERATIONS = 1 << 20


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a copy is looked up by, placed in time."""

    copy_id: int
    at: datetime
    keys: Sequence[int]
    units: Sequence[int]


def generation(at: datetime) -> int:
    """Weeks since 1970, from Thursday to Wednesday; never below 0."""
    return max(0, (at - _EPOCH).days // DAYS)


class _Fresh:
    """Numbers to what holds them, both whole numbers, in slices that can be taken out one by one.

    A number that several hold goes down from layer to layer. Each layer is a dict of nothing but ints, which
    Python's garbage collector leaves alone: with lists in it, collecting cost a third of all placing.
    """

    def __init__(self) -> None:
        self._slices: list[list[dict[int, int]]] = [[{}] for _ in range(SLICES)]

    def size(self) -> int:
        return sum(len(layer) for layers in self._slices for layer in layers)

    def put(self, numbers: Iterable[int], holder: int) -> None:
        # A number's slice: five bits below the top three. A sketch may keep only hashes under a limit, whose
        # top bits are all alike.
        slices = self._slices
        for number in numbers:
            layers = slices[(number >> 56) & (SLICES - 1)]
            if layers[0].setdefault(number, holder) != holder:
                _put_below(layers, number, holder)

    def find(self, numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
        """(number, holder)"""
        slices = self._slices
        for number in numbers:
            layers = slices[(number >> 56) & (SLICES - 1)]
            if number in layers[0]:
                yield from ((number, layer[number]) for layer in layers if number in layer)

    def take(self, number: int) -> Iterator[tuple[int, int]]:
        """Empty a slice; what was in it, in order within each layer."""
        layers = self._slices[number]
        self._slices[number] = [{}]
        for layer in layers:
            yield from ((number, layer[number]) for number in sorted(layer))


def _put_below(layers: list[dict[int, int]], number: int, holder: int) -> None:
    for layer in layers[1:]:
        if layer.setdefault(number, holder) == holder:
            return
    layers.append({number: holder})


class Sketches:
    """The fresh ones in memory, the others in SQL, as one index."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """After a rollback the memory is no longer what the archive holds: read it again next time."""
        self._keys = _Fresh()  # key -> copy and generation in one number
        self._units = _Fresh()  # unit -> copy
        self._last = 0  # the highest fresh_sketch.id in memory
        self._turn = 0  # slices moved on so far
        self._came: deque[tuple[int, int]] = deque()  # (turn, last id) of what came when

    def catch_up(self, conn: Connection) -> None:
        """Take in what was placed since, by us before a crash or by another process."""
        query = select(FreshSketch.__table__).where(FreshSketch.id > self._last).order_by(FreshSketch.id)
        for row in conn.execute(query):
            self._take(row.copy_id, row.generation, array("q", row.keys), array("q", row.units))
            self._last = row.id
        self._came.append((self._turn, self._last))

    def add(self, conn: Connection, sketches: Sequence[Sketch]) -> None:
        """Durable with the transaction, found at once."""
        rows = []
        for sketch in sketches:
            number = generation(sketch.at)
            keys, units = array("q", sketch.keys), array("q", sketch.units)
            values = {"keys": keys.tobytes(), "units": units.tobytes()}
            rows.append({"copy_id": sketch.copy_id, "generation": number, **values})
            self._take(sketch.copy_id, number, keys, units)
        if rows:
            conn.execute(insert(FreshSketch), rows)
            self._last = conn.scalar(select(func.max(FreshSketch.id))) or 0
            self._came.append((self._turn, self._last))
        self._move_on(conn)

    def _take(self, copy_id: int, number: int, keys: array[int], units: array[int]) -> None:
        self._keys.put(keys, copy_id * _GENERATIONS + number)
        self._units.put(units, copy_id)

    def _move_on(self, conn: Connection) -> None:
        while self._keys.size() + self._units.size() > MOST_FRESH:
            postings, printings = list[int](), list[int]()
            for key, packed in self._keys.take(self._turn % SLICES):
                postings += (packed % _GENERATIONS, key, packed // _GENERATIONS)
            for held in self._units.take(self._turn % SLICES):
                printings += held
            dialect.add_numbers(conn, Posting, postings)
            dialect.add_numbers(conn, Printing, printings)
            self._turn += 1
        self._drop(conn)

    def _drop(self, conn: Connection) -> None:
        done = 0
        while self._came and self._came[0][0] + SLICES <= self._turn:
            done = self._came.popleft()[1]
        if done:
            conn.execute(delete(FreshSketch).where(FreshSketch.id <= done))

    def postings(
        self, conn: Connection, keys: Iterable[int], first: datetime, last: datetime
    ) -> set[tuple[int, int]]:
        """(key, copy id) in the generations that touch first..last."""
        early, late, asked = generation(first), generation(last), sorted(set(keys))
        found = {
            (key, packed // _GENERATIONS)
            for key, packed in self._keys.find(asked)
            if early <= packed % _GENERATIONS <= late
        }
        if numbers := list(_generations(conn, early, late)):
            query = select(Posting.key, Posting.copy_id).where(
                Posting.generation.in_(numbers), dialect.within(conn, Posting.key, asked)
            )
            found.update(conn.execute(query).all())
        return found

    def printings(self, conn: Connection, units: Iterable[int]) -> set[tuple[int, int]]:
        """(unit, copy id), at any time."""
        asked = sorted(set(units))
        found = set(self._units.find(asked))
        query = select(Printing.unit, Printing.copy_id).where(dialect.within(conn, Printing.unit, asked))
        found.update(conn.execute(query).all())
        return found


def _generations(conn: Connection, early: int, late: int) -> Iterator[int]:
    """Those between the two that hold anything: each empty one would cost a look-up a key."""
    number: int | None = early - 1
    while number is not None:
        number = conn.scalar(select(func.min(Posting.generation)).where(Posting.generation > number))
        if number is None or number > late:
            return
        yield number
