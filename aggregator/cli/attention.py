"""Sources that want a person's attention: what is the matter with each, and what to do about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..collect.watch import Seen
from ..model import Source

LATE = timedelta(minutes=15)  # after its time
QUIET = timedelta(days=2)  # at least, and so many times its own rhythm:
TIMES = 10


@dataclass(frozen=True, slots=True)
class Attention:
    source: str
    state: str  # "gone", "refused", "failing", "late", "held back", "quiet", "moved"
    what: str
    do: str  # one sentence


_ACCEPT = "Look at it; if it is meant to be so: aggregator sources accept {name}"
_REMOVE = "Find its new address, or: aggregator sources remove {name}"
_BY_CODE = {
    "other-feed": ("refused", _ACCEPT),
    "web-page": ("refused", "See which feeds the page names: aggregator sources add {url}"),
    "not-a-feed": ("refused", "Mend the address of the source."),
    "parked-page": ("refused", _REMOVE),
    "refused-address": ("refused", "If it is a server of your own, set allow_private for it."),
    "no-folder": ("failing", "Create the folder, or mend the path of the source."),
    "no-file": ("failing", "Create the file, or mend the path of the source."),
    "http-401": ("failing", "It wants a password: ask the publisher."),
    "http-403": ("failing", "It keeps us out: set `contact` in [collect], or ask the publisher."),
    "http-404": ("failing", _REMOVE),
}
_WAIT = "Nothing yet; it is asked again, less and less often."
_LONG = 10  # failures in a row, after which waiting is no advice


def attention(source: Source, now: datetime) -> Attention | None:
    """The one thing that matters most; None where all is well, or nobody asks the source."""
    if not source.active or source.origin == "import":
        return None
    found = _of_health(source) or _of_time(source, now)
    if found is None:
        return None
    state, what, do = found
    return Attention(source.name, state, what, do.format(name=source.name, url=source.url))


def _of_health(source: Source) -> tuple[str, str, str] | None:
    if source.gone:
        return "gone", "the server says that it is gone for good", _REMOVE
    if source.failures:
        state, do = _BY_CODE.get(
            source.error_code, ("failing", _WAIT if source.failures < _LONG else _REMOVE)
        )
        times = "" if source.failures == 1 else f" ({source.failures} times in a row)"
        return state, f"{source.error or source.error_code}{times}", do
    flood = next((flaw for flaw in source.flaws if flaw.code == "flood"), None)
    return ("held back", flood.message, _ACCEPT) if flood else None


def _of_time(source: Source, now: datetime) -> tuple[str, str, str] | None:
    due = max(filter(None, (source.next_fetch_at, source.not_before)), default=None)
    if due and now - due > LATE:
        return "late", f"was due {_long(now - due)} ago", "Look whether a process that collects is running."
    if silence := _silence(source, now):
        what = f"nothing new for {_long(silence)}, which is against its own rhythm"
        return "quiet", what, "See whether the feed still works where its site says it is."
    if source.moved_to:
        what = f"{source.spec.location} moved to {source.moved_to}"
        return "moved", what, "It is followed; put the new address into its declaration."
    return None


def _silence(source: Source, now: datetime) -> timedelta | None:
    """For how long a feed has brought nothing, where that is long for it."""
    rhythm = Seen.unpacked(source.memory.get("seen", "")).rhythm
    if not rhythm or source.last_changed_at is None:
        return None
    silence = now - source.last_changed_at
    return silence if silence > max(QUIET, timedelta(seconds=TIMES * rhythm)) else None


def _long(length: timedelta) -> str:
    hours = int(length.total_seconds()) // 3600
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} h" if hours else f"{int(length.total_seconds()) // 60} min"
