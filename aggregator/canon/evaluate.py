"""How well copies are grouped into stories, against labels: adjusted Rand index, pairs, B-cubed, errors."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aggregator import text, url
from aggregator.model import Waiting

from .index import MemoryIndex
from .place import Canonicaliser
from .rules import Rules


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares in 0..1 but for `ari`, which is below 0 where chance would do better."""

    copies: int
    stories_true: int
    stories_found: int
    precision: float  # of the pairs of copies put together, those that belong together
    recall: float  # of the pairs that belong together, those put together
    f1: float
    ari: float
    b3_precision: float
    b3_recall: float

    def as_dict(self) -> dict[str, Any]:
        return {name: round(value, 5) for name, value in asdict(self).items()}


def score(truth: Sequence[Hashable], found: Sequence[Hashable]) -> Scores:
    """Compare two groupings of the same copies, given as one label a copy."""
    cells = Counter(zip(truth, found, strict=True))
    true, got = Counter(truth), Counter(found)
    n = len(truth)
    both, together, belong = (sum(map(_pairs, counts.values())) for counts in (cells, got, true))
    precision, recall = both / together if together else 1.0, both / belong if belong else 1.0
    expected = together * belong / _pairs(n) if n > 1 else 0.0
    most = (together + belong) / 2
    return Scores(
        copies=n,
        stories_true=len(true),
        stories_found=len(got),
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall) if both else 0.0,
        ari=(both - expected) / (most - expected) if most != expected else 1.0,
        b3_precision=sum(count * count / got[to] for (_, to), count in cells.items()) / n if n else 1.0,
        b3_recall=sum(count * count / true[of] for (of, _), count in cells.items()) / n if n else 1.0,
    )


def _pairs(n: int) -> int:
    return n * (n - 1) // 2


@dataclass(frozen=True, slots=True)
class Wrong:
    """Two copies that are together and should not be, or the other way round: positions in the labels."""

    one: int
    other: int
    together: bool


def worst(truth: Sequence[Hashable], found: Sequence[Hashable], limit: int = 10) -> list[Wrong]:
    """One pair for each wrong meeting of a label and a story, those that concern most copies first."""
    cells: dict[tuple[Hashable, Hashable], list[int]] = defaultdict(list)
    for at, cell in enumerate(zip(truth, found, strict=True)):
        cells[cell].append(at)
    weighed = [*_wrong(cells, 1, together=True), *_wrong(cells, 0, together=False)]
    return [
        wrong for _, wrong in sorted(weighed, key=lambda row: (-row[0], row[1].one, row[1].other))[:limit]
    ]


def _wrong(
    cells: Mapping[tuple[Hashable, Hashable], list[int]], side: int, together: bool
) -> Iterable[tuple[int, Wrong]]:
    groups: dict[Hashable, list[list[int]]] = defaultdict(list)
    for cell, members in cells.items():
        groups[cell[side]].append(members)
    for parts in groups.values():
        largest, *rest = sorted(parts, key=len, reverse=True)
        for part in rest:
            yield len(largest) * len(part), Wrong(largest[0], part[0], together)


def place(rows: Sequence[Mapping[str, Any]], rules: Rules, now: datetime, batch: int = 500) -> MemoryIndex:
    """Place rows in the import format (JSON Feed item keys, `_source`) in memory; copy ids count from 1."""
    canon, index = Canonicaliser(rules), MemoryIndex()
    sources: dict[str, int] = {}
    for first in range(0, len(rows), batch):
        waiting = [
            as_waiting(row, at + 1, sources.setdefault(str(row.get("_source")), len(sources) + 1), now)
            for at, row in enumerate(rows[first : first + batch], first)
        ]
        index.record(waiting, canon.place(waiting, index, now))
    while doubtful := index.doubtful(500):
        index.record([], canon.look_again(doubtful, index, now))
    return index


def as_waiting(row: Mapping[str, Any], copy_id: int, source_id: int, now: datetime) -> Waiting:
    said = row.get("date_published")
    address = text.clean(str(row.get("url") or ""))
    body = text.clean(str(row.get("content_text") or ""))
    return Waiting(
        copy_id=copy_id,
        revision_id=copy_id,
        source_id=source_id,
        guid=str(row.get("id")),
        title=text.one_line(str(row.get("title") or "")),
        text=body,
        url=address,
        published=datetime.fromisoformat(str(said).replace("Z", "+00:00")) if said else None,
        seen=now,
        url_key=url.key(address),
        words=len(body.split()),
    )
