"""The line in the log that each attempt at a source gets: words for people, the same as fields for programs."""

from __future__ import annotations

import logging

from ..model import Fetch, Ingested

log = logging.getLogger("aggregator.daemon")


def tell(source: str, fetch: Fetch, done: Ingested, url: str = "") -> None:
    """`url`: of a page or an older document, fetched once for the source."""
    words = fetch.error or f"{done.new} new, {done.revised} revised"
    fields = {
        "source": source,
        "url": url or fetch.url,
        "outcome": fetch.outcome.value,
        "status": fetch.status,
        "bytes": fetch.bytes,
        "elapsed": round(fetch.elapsed, 3),
        "new": done.new,
        "revised": done.revised,
        "error_code": fetch.error_code,
    }
    level = logging.WARNING if fetch.error and not url else logging.INFO
    log.log(level, "%s: %s, %s", url or source, fetch.outcome.value, words, extra=fields)
