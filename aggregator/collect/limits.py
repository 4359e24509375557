"""How much of our time, memory and manners one source may cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """The `[collect]` section of config.toml."""

    minimum: timedelta = timedelta(0)  # a floor under every feed; its own `every` is one already
    gap: timedelta = timedelta(seconds=1)  # between two requests to one host
    concurrency: int = 32  # requests under way at once; see `turns`
    connect_timeout: timedelta = timedelta(seconds=10)
    read_timeout: timedelta = timedelta(seconds=20)  # without a byte
    deadline: timedelta = timedelta(seconds=60)  # for one request as a whole, redirects included
    max_body: int = 20_000_000  # bytes, on the wire and again after decompression
    max_entries: int = 5000  # of one document
    max_redirects: int = 5
