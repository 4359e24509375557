"""Which parts of a text are furniture, as it is kept: "0.24y2.38p" for [0, 24) byline, [26, 64) photo.

Each part is how far it begins behind the end of the one before, a dot, its length, and why: a letter for the common
reasons, others in full. A copy has nine, so that in words they took as much room as the rest of what is known of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Span = tuple[int, int, str]
LETTERS = {
    "advertisement": "a", "agency": "g", "breadcrumb": "b", "byline": "y", "comments": "m", "cookies": "k",
    "copyright": "c", "counter": "n", "credit": "r", "date": "d", "dateline": "e", "disclaimer": "i",
    "ellipsis": "o", "learned": "f", "link": "l", "list": "s", "newsletter": "w", "photo": "p", "rule": "u",
    "share": "h", "tags": "x", "title": "t",
}  # fmt: skip
_REASONS = {letter: reason for reason, letter in LETTERS.items()}
_PART = re.compile(r"(-?\d+)\.(\d+)(\D*?)(?=-?\d+\.|$)")


def told(spans: Iterable[Span]) -> str:
    parts, last = [], 0
    for start, end, reason in spans:
        parts.append(f"{start - last}.{end - start}{LETTERS.get(reason, reason)}")
        last = end
    return "".join(parts)


def read(said: str) -> tuple[Span, ...]:
    spans, last = [], 0
    for gap, length, reason in _PART.findall(said):
        start = last + int(gap)
        last = start + int(length)
        spans.append((start, last, _REASONS.get(reason, reason)))
    return tuple(spans)
