"""The plugin point: what a kind of source must do, and how the kinds that are installed are found."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Protocol

from ..errors import ConfigurationError
from ..model import Collected, Source
from .context import Context

GROUP = "aggregator.collectors"


class Collector(Protocol):
    """A kind of source. One instance serves all sources of its kind, many at a time."""

    async def collect(self, source: Source, context: Context) -> Collected:
        """Ask `source` once. Never raises CollectError: what goes wrong is the outcome of the Fetch."""


def load_collectors() -> dict[str, Collector]:
    """Every installed kind by its name, the built-in ones by the same door. Raises ConfigurationError."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    if not found:
        raise ConfigurationError(
            "no collector is installed, not even our own: install the package (pip install -e .)",
            code="no-collectors",
        )
    collectors: dict[str, Collector] = {}
    for name in sorted(found):
        try:
            collectors[name] = found[name].load()()
        except Exception as error:
            raise ConfigurationError(
                f"the collector {name!r} ({found[name].value}) cannot be loaded: {error}",
                code="bad-collector",
            ) from error
    return collectors
