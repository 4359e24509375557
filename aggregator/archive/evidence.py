"""What decisions are made of, as it is kept: features as a list of numbers, passages as places in the copy's text.

Every decision about two texts has the same two dozen features, and quotes a text that the archive has anyway. So
`decision.features` is [number of a `feature_set`, then the features in its order, in thousandths], and
`decision.evidence` a list of what NAMES says, in its order. A passage in it is [start, end] of the revision's text, in
characters, with a third number where it was cut there. What cannot be told so is kept as it is. A quote goes with the
text that a policy lets go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, select

from ..model import Decision
from . import dialect
from .schema import FeatureSet, Revision

NAMES = ("passages", "only_here", "only_there")
_CUT = " …"


def shortened(
    conn: Connection, decisions: Sequence[Decision], known: Mapping[int, str] = MappingProxyType({})
) -> list[tuple[Any, Any]]:
    """The features and the evidence of each as they are kept. `known`: texts by revision, so that they need not be
    read again.
    """
    quoting = {one.revision_id for one in decisions if one.revision_id and "passages" in one.evidence}
    said = {**_texts(conn, quoting - known.keys()), **known}
    quoted = (_evidence(one.evidence, said.get(one.revision_id or 0, "")) for one in decisions)
    return list(zip(_numbers(conn, [one.features for one in decisions]), quoted, strict=True))


def told(conn: Connection, decisions: Sequence[Decision]) -> list[Decision]:
    """As they were made."""
    sets: dict[int, list[str]] = {row.id: row.names for row in conn.execute(_SETS)}
    decisions = [replace(one, evidence=_named_evidence(one.evidence)) for one in decisions]
    quoting = {one.revision_id for one in decisions if one.revision_id and _places(one.evidence)}
    said = _texts(conn, quoting)
    return [
        replace(
            one,
            features=_named(one.features, sets),
            evidence=_quoted(one.evidence, said.get(one.revision_id or 0, "")),
        )
        for one in decisions
    ]


_SETS = select(FeatureSet.id, FeatureSet.names)


def _texts(conn: Connection, revision_ids: Iterable[int]) -> dict[int, str]:
    query = select(Revision.id, Revision.text).where(dialect.within(conn, Revision.id, sorted(revision_ids)))
    return dict(conn.execute(query).all()) if revision_ids else {}


# ---------------------------------------------------------------- features


def _numbers(conn: Connection, features: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Each as a list of numbers; as it is where it has other values than whole thousandths."""
    found: list[Any] = list(features)
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, each in enumerate(features):
        if each and set(map(type, each.values())) == {float}:
            alike[tuple(each)].append(at)
    sets = {tuple(names): id for id, names in conn.execute(_SETS).all()} if alike else {}
    for names, places in alike.items():
        values = np.array([list(features[at].values()) for at in places])
        thousandths = np.rint(values * 1000)
        whole = ((thousandths / 1000 == values) & (np.abs(thousandths) < 2**53)).all(1)
        if whole.any() and names not in sets:
            sets[names] = max(sets.values(), default=0) + 1
            conn.execute(insert(FeatureSet).values(id=sets[names], names=list(names)))
        kept = thousandths[whole].astype(np.int64).tolist()
        for at, row in zip(np.array(places)[whole].tolist(), kept, strict=True):
            found[at] = [sets[names], *row]
    return found


def _named(kept: Any, sets: Mapping[int, list[str]]) -> Mapping[str, Any]:
    if not isinstance(kept, list):
        features: Mapping[str, Any] = kept
        return features
    number, *values = kept
    return {name: value / 1000 for name, value in zip(sets[number], values, strict=True)}


# ---------------------------------------------------------------- passages


def _evidence(evidence: Mapping[str, Any], text: str) -> Any:
    if text and "passages" in evidence:
        evidence = {**evidence, "passages": [_place(quote, text) for quote in evidence["passages"]]}
    if not evidence or not all(name in NAMES and said for name, said in evidence.items()):
        return evidence
    last = max(NAMES.index(name) for name in evidence)
    return [evidence.get(name, []) for name in NAMES[: last + 1]]


def _named_evidence(kept: Any) -> Mapping[str, Any]:
    if not isinstance(kept, list):
        evidence: Mapping[str, Any] = kept
        return evidence
    return {name: said for name, said in zip(NAMES, kept, strict=False) if said}


def _place(quote: Any, text: str) -> Any:
    """[start, end] of a quote, [start, end, 1] of one that was cut; the quote itself where it is not of the text."""
    if not isinstance(quote, str):
        return quote
    if (start := text.find(quote)) >= 0:
        return [start, start + len(quote)]
    begun = quote.removesuffix(_CUT)
    if begun != quote and (start := text.find(begun)) >= 0:
        return [start, start + len(begun), 1]
    return quote


def _places(evidence: Mapping[str, Any]) -> bool:
    return any(isinstance(each, list) for each in evidence.get("passages", ()))


def _quoted(evidence: Mapping[str, Any], text: str) -> Mapping[str, Any]:
    if not _places(evidence):
        return evidence
    kept = [each for each in evidence["passages"] if isinstance(each, str) or text]
    quotes = [each if isinstance(each, str) else _quote(*each, text=text) for each in kept]
    rest = {name: said for name, said in evidence.items() if name != "passages"}
    return {"passages": quotes, **rest} if quotes else rest


def _quote(start: int, end: int, cut: int = 0, *, text: str) -> str:
    return text[start:end] + (_CUT if cut else "")
