"""The line in the log that each attempt at a source gets: words for people, the same as fields for programs."""

from __future__ import annotations

import logging

from ..errors import ArchiveError
from ..model import Collected, Fetch, Ingested

PASSING = {"unreachable", "busy"}  # codes of errors of the archive that another try may be spared
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


def tell_or_keep(collected: Collected, done: Ingested | ArchiveError, *, keep: bool) -> bool:
    """What became of it in the archive; whether it is to be stored later, as far as we may `keep` it."""
    name = collected.source.name
    if isinstance(done, Ingested):
        tell(name, collected.fetch, done)
    elif done.code == "lost-lease":
        log.info("%s: %s", name, done)
    elif done.code in PASSING and keep:
        log.warning("%s: stored later: %s", name, done)
        return True
    else:
        log.error("%s: %s", name, done, extra={"source": name, "error_code": done.code})
    return False
