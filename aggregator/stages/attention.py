"""What wants a person's attention, a source or the archive: what is the matter, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ..collect.watch import Seen
from ..model import Source
from ..notice import ARCHIVE, Notice

LATE = timedelta(minutes=15)  # after its time
QUIET = timedelta(days=2)  # at least, and so many times its own rhythm:
TIMES = 10


TOLD = {"gone", "refused", "held back", "quiet", "moved"}  # at once; what merely fails may pass
LASTING = 10  # failures in a row, after which waiting is no advice
ROOM = timedelta(days=30)  # that the disk should have
LOOKED_AT = timedelta(hours=6)  # at least, before we say how fast an archive grows
NEARLY = 0.05  # of the disk

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


def notices(
    sources: Iterable[Source],
    grown: Sequence[tuple[datetime, int]],
    disk: tuple[int, int] | None,
    now: datetime,
) -> list[Notice]:
    """What a person is to be told without asking. `grown`, `disk`: see `of_the_disk`."""
    found = [notice for source in sources if (notice := attention(source, now))]
    lasting = {source.name for source in sources if source.failures >= LASTING}
    told = [each for each in found if each.state in TOLD or each.about in lasting]
    return [*told, *of_the_disk(grown, disk)]


def of_the_disk(grown: Sequence[tuple[datetime, int]], disk: tuple[int, int] | None) -> list[Notice]:
    """`grown`: sizes of the archive in bytes, the oldest first. `disk`: bytes that are free, of so many; None
    where it is another machine's.
    """
    if disk is None:
        return []
    free, whole = disk
    do = "Make room or move it to a larger disk; `aggregator retention` lets go what [retention] says."
    if free < NEARLY * whole:
        what = f"its disk is nearly full: {_size(free)} of {_size(whole)} are free"
        return [Notice(ARCHIVE, "full", what, do)]
    a_day = _growth(grown)
    if a_day <= 0 or free / a_day > ROOM.days:
        return []
    what = (
        f"it grows by {_size(a_day)} a day, and its disk has room for {_long(timedelta(days=free / a_day))}"
    )
    return [Notice(ARCHIVE, "growing", what, do)]


def _growth(grown: Sequence[tuple[datetime, int]]) -> float:
    """Bytes a day; 0 where it was not looked at for long enough."""
    if not grown or (length := grown[-1][0] - grown[0][0]) < LOOKED_AT:
        return 0.0
    return (grown[-1][1] - grown[0][1]) / (length / timedelta(days=1))


def attention(source: Source, now: datetime) -> Notice | None:
    """The one thing that matters most; None where all is well, or nobody asks the source."""
    if not source.active or source.origin == "import":
        return None
    found = _of_health(source) or _of_time(source, now)
    if found is None:
        return None
    state, what, do = found
    return Notice(source.name, state, what, do.format(name=source.name, url=source.url))


def _of_health(source: Source) -> tuple[str, str, str] | None:
    if source.gone:
        return "gone", "the server says that it is gone for good", _REMOVE
    if source.failures:
        state, do = _BY_CODE.get(
            source.error_code, ("failing", _WAIT if source.failures < LASTING else _REMOVE)
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


def _size(count: float) -> str:
    """Of bytes, for people."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
