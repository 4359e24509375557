"""A number that tells how the archive fares, as the archive gives it and monitoring takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """`values`: by the value of the label, or by "" where there is none."""

    name: str  # letters and _, the unit last
    text: str
    values: Mapping[str, float]
    label: str = ""
    total: bool = False  # it only ever rises
