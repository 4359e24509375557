"""A number of 32 bits for what a revision says beside its texts: whence, when, under which title, address and dates.

Texts are frames, which know their own. It is made when the revision comes, goes where the archive goes, and is held
against the row by `verify`; what a policy may let go, or move, is not in it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .types import as_text

SAID = (
    *("copy_id", "fetch_id", "at", "fingerprint", "url", "canonical_url", "title", "summary"),
    *("published", "updated", "language", "words", "details"),
)


def of_revision(said: Mapping[str, Any]) -> int:
    """`said`: those columns, `at` as it is kept."""
    return zlib.crc32(_encode([said[name] for name in SAID]).encode()) - 2**31


def _moment(value: datetime) -> str:
    return as_text(value.astimezone(UTC))


_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_moment).encode
