"""Numbers of 32 bits for what has no other: what a revision says beside its texts, what was decided together, and runs.

Texts and documents are frames, which know their own. These are made when a row comes, go where the archive goes, and
are held against it by `verify`; what a policy may let go, or what moves on, is not in them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from .types import as_text

SAID = (
    *("guid", "copy_id", "fetch_id", "at", "fingerprint", "url", "canonical_url", "title", "summary"),
    *("published", "updated", "language", "words", "details"),
)


def of_revision(said: Mapping[str, Any]) -> int:
    """`said`: those columns, the guid of its copy, and `at` where it is that of its copy, too."""
    return kept(added(0, [said[name] for name in SAID]))


def of_occasion(occasion: Sequence[Any], decisions: Iterable[Sequence[Any]]) -> int:
    """Of its columns, and those of the decisions of it by their numbers."""
    sum = added(0, occasion)
    for decision in decisions:
        sum = added(sum, decision)
    return kept(sum)


def of_run(said: Sequence[int], parts: Iterable[bytes]) -> int:
    """Of the numbers of a run of sketches, and of its bytes and those of its pages."""
    sum = added(0, said)
    for part in parts:
        sum = zlib.crc32(part, sum)
    return kept(sum)


def added(sum: int, row: Sequence[Any]) -> int:
    return zlib.crc32(_encode(row).encode(), sum)


def kept(sum: int) -> int:
    """As a database has it, whose numbers of 32 bits have a sign."""
    return sum - 2**31


@lru_cache(maxsize=256)  # a document has one time of arrival and few dates
def _moment(value: datetime) -> str:
    return as_text(value.astimezone(UTC))


_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_moment).encode
