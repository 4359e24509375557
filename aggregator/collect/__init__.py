"""collect: brings documents home, from the web and from disk. Beside the daemon the only async room.

    Collector   what a kind of source does; `load_collectors` finds the kinds that are installed
    Context     what collectors share: `open_context` makes one from a User-Agent, a folder and `Limits`
    run         asks many sources at once, one at a time a host
    run_errand  fetches a page of an entry or an older document, once
    take        makes what it is of a feed's answer that has come already
    cadence     when to come again (pure)
    guard       where we may connect to
    watch       how a feed behaves from one document to the next (pure)

Import rule: the nouns (model, errors, url, text) and `feeds`. Owns httpx, aiohttp and APScheduler's
CronTrigger. What goes wrong with a source is written on it, never raised past a collector.
"""

from .cadence import Schedule, next_fetch_at, parse_every
from .collector import Collector, load_collectors
from .context import Context, open_context
from .errands import run_errand
from .extraction import check_installed, page_reader
from .feed import due_again, take
from .finding import Found, discover_feed, preview
from .guard import Guard
from .http import Answer, HttpClient
from .limits import Limits
from .running import Ours, always, run
from .watch import accepted

__all__ = [
    "Answer",
    "Collector",
    "Context",
    "Found",
    "Guard",
    "HttpClient",
    "Limits",
    "Ours",
    "Schedule",
    "accepted",
    "always",
    "check_installed",
    "discover_feed",
    "due_again",
    "load_collectors",
    "next_fetch_at",
    "open_context",
    "page_reader",
    "parse_every",
    "preview",
    "run",
    "run_errand",
    "take",
]
