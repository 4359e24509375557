"""/metrics for Prometheus: what the archive measures of itself, so that every process tells the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .. import __version__
from ..measure import Measure
from .site import Site

PREFIX = "aggregator_"
Ask = Callable[[datetime], Sequence[Measure]]


@dataclass(frozen=True, eq=False)  # a registry knows it by its identity
class _Told(Collector):
    """What was measured at one time."""

    measures: Sequence[Measure]

    def collect(self) -> Iterator[Metric]:
        for each in self.measures:
            kind = CounterMetricFamily if each.total else GaugeMetricFamily
            family = kind(PREFIX + each.name, each.text, labels=[each.label] if each.label else None)
            for value, number in each.values.items():
                family.add_metric([value] if each.label else [], number)
            yield family


@dataclass(frozen=True, slots=True)
class Metrics:
    """The endpoint; `public`: for everybody, not only for who asks from this machine."""

    site: Site
    ask: Ask
    public: bool = False

    def routes(self) -> list[Route]:
        return [Route("/metrics", self.metrics)]

    async def metrics(self, request: Request) -> Response:
        if not (self.public or _is_near(request)):
            raise HTTPException(404)
        measures = await self.site.read(self.ask, self.site.clock())
        body, media_type = exposition(measures, request.headers.get("accept", ""))
        return Response(body, headers={"Content-Type": media_type, "Cache-Control": "no-store"})


def exposition(measures: Iterable[Measure], accept: str = "") -> tuple[bytes, str]:
    """The text format, or OpenMetrics for who asks for it; with the media type."""
    registry = CollectorRegistry()
    version = Measure("build_info", "The version that tells this.", {__version__: 1}, "version")
    registry.register(_Told([version, *measures]))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


def _is_near(request: Request) -> bool:
    """Whether it is this machine that asks, on its own behalf: a proxy on it says for whom it does."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers or request.client is None:
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
