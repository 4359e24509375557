"""Watching how a feed behaves from one document to the next. Pure: what is remembered and a document to a verdict.

    new ids for old entries  (renumbered once, or at every reading)  healed: the ids that we know are kept
    an old id for another article                                    healed: it gets an id of its own
    a flood of entries without a date, or all of one date            held back until a person accepts them
    another feed at the same address                                 refused until a person accepts it
    nothing in it that we know                                       said: entries were missed

What is remembered (`Seen`) are the entries of the last document, each as a few short hashes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import NamedTuple
from zlib import crc32

from xxhash import xxh3_64_hexdigest

from ..model import Entry, Flaw, ParsedFeed, Source
from ..packing import unpacked

MOST = 150  # entries remembered
MANY = 3  # entries from which a rule is about the feed rather than about one entry
FLOOD = 20  # entries
ANY = 10**9  # entries: so many that nothing is a flood
WORDS = 10  # different ones, from which texts can be told apart by them
SAMPLE = 8  # words of a text that are remembered
ALIKE = 3  # of them in both: two versions of one text share six, two articles one

_WORD = re.compile(r"[^\W\d_]{4,}")
_TAG = re.compile(r"<[^>]*>")


class Known(NamedTuple):
    """An entry as it is remembered."""

    guid: str  # under which the archive has it
    served: str  # what the feed said last, where that is another
    fingerprint: str
    says: str  # hash of title and content, "" if there is neither
    title: str  # hash
    place: str  # hash of the URL, "" if there is none
    words: str  # a sample of the text, 4 hex digits each; "" where it is too short
    date: int  # seconds since 1970, 0 if there is none
    item: str = ""  # hash of the item as served; "" where it must be read again


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered of a feed between two documents."""

    entries: tuple[Known, ...] = ()
    size: int = 0  # entries of the last document, the held-back ones not counted
    held: frozenset[str] = frozenset()  # short hashes of guids that are held back
    rhythm: float = 0.0  # seconds between two entries, 0 if unknown
    churns: int = 0  # documents in a row whose entries all had new ids

    def items(self) -> dict[str, tuple[str, str, datetime | None]]:
        """What need not be read again: by the hash of the item, who it is."""
        return {
            known.item: (known.guid, known.fingerprint, _moment(known.date))
            for known in self.entries
            if known.item
        }

    def packed(self) -> str:
        """One string: it is parsed only where a document has changed."""
        return json.dumps(
            [self.entries, self.size, sorted(self.held), self.rhythm, self.churns], separators=(",", ":")
        )

    @staticmethod
    def unpacked(said: str) -> Seen:
        """Nothing is remembered where the memory cannot be read."""
        try:
            entries, size, held, rhythm, churns = json.loads(said)
            return Seen(tuple(Known(*one) for one in entries), size, frozenset(held), rhythm, churns)
        except (ValueError, TypeError):
            return Seen()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The document as it may be taken, with what is to be said of it, and what to remember."""

    feed: ParsedFeed
    seen: Seen
    known: float = 0.0  # share of its entries that were known, 0 to 1
    missed: int = 0  # entries that came and went unseen, estimated
    renamed: Mapping[str, str] = field(default_factory=dict)  # guid as served -> as kept; "": held back


@dataclass(frozen=True, slots=True)
class _Named:
    """An entry of the document, and who it is."""

    entry: Entry
    guid: str  # under which it goes on
    known: Known | None  # None: it is new


def accepted(source: Source, now: datetime) -> Source:
    """The source as it is when a person has said that its feed is meant to be as it is: it is read anew, whole."""
    seen = Seen.unpacked(source.memory.get("seen", ""))
    trusting = replace(seen, held=frozenset(), size=ANY)
    return replace(
        source,
        etag="",
        last_modified="",
        body_hash="",
        outlet="",
        failures=0,
        error_code="",
        error="",
        flaws=(),
        next_fetch_at=now,
        memory={**source.memory, "seen": trusting.packed()},
    )


def is_another(source: Source, feed: ParsedFeed, seen: Seen) -> bool:
    """Has the address passed to somebody else: another title, another site, and no entry that we know?"""
    if not (seen.entries and source.outlet and feed.title and source.site_url and feed.url):
        return False
    renamed = source.outlet.casefold() != feed.title.casefold() and _site(source.site_url) != _site(feed.url)
    return renamed and not _shares_any(feed.entries, seen)


def judge(feed: ParsedFeed, seen: Seen) -> Verdict:
    """The document in the light of the one before it."""
    named, renamed, reused = _recognised(feed.entries, seen)
    times = Counter(entry.guid for entry in feed.entries)
    churns = min(seen.churns + 1, 99) if _is_churn(renamed, len(named), seen) else 0
    flaws = [*_said_of_renaming(renamed, len(named), churns), *_said_of_reuse(reused)]
    kept, held = _without_flood(named, seen)
    if len(kept) < len(named):
        flaws.append(_said_of_flood(len(named) - len(kept)))
    rhythm = _rhythm(kept) or seen.rhythm
    missed = _missed(kept, seen, rhythm)
    if missed:
        flaws.append(_said_of_missed(missed))
    known = sum(one.known is not None for one in kept)
    return Verdict(
        replace(feed, entries=tuple(_taken(one) for one in kept), flaws=(*feed.flaws, *flaws)),
        Seen(tuple(_remembered(one, times) for one in kept[:MOST]), len(kept), held, rhythm, churns),
        known / len(kept) if kept else 1.0,
        missed,
        {one.entry.guid: one.guid for one in named if one.guid != one.entry.guid}
        | dict.fromkeys({one.entry.guid for one in named} - {one.entry.guid for one in kept}, ""),
    )


def _taken(one: _Named) -> Entry:
    return one.entry if one.entry.guid == one.guid else replace(one.entry, guid=one.guid)


# ---------------------------------------------------------------- who is who


def _recognised(entries: Sequence[Entry], seen: Seen) -> tuple[list[_Named], list[Entry], list[Entry]]:
    """Who each entry is; those that have a new id; those that have the id of another article."""
    by_served = {known.served or known.guid: known for known in seen.entries}
    strangers = {e.guid: e for e in entries if _is_stranger(e, by_served.get(e.guid))}
    settled = {entry.guid for entry in entries} - set(strangers)
    twins = _twins(strangers.values(), seen, settled)
    ours = {known.guid: known for known in seen.entries} | by_served
    named = [_named(entry, ours.get(entry.guid), entry.guid in strangers, twins) for entry in entries]
    named = list(_each_once(named))
    renamed = [entry for guid, entry in strangers.items() if guid in twins and guid not in by_served]
    reused = [entry for guid, entry in strangers.items() if guid in by_served]
    return named, renamed, reused


def _named(entry: Entry, known: Known | None, is_stranger: bool, twins: dict[str, Known]) -> _Named:
    if known and not is_stranger:
        return _Named(entry, known.guid, known)
    if twin := twins.get(entry.guid):
        return _Named(entry, twin.guid, twin)
    if known:  # the id of another article
        return _Named(entry, f"{entry.guid}~{_short(entry.url or entry.title)}", None)
    return _Named(entry, entry.guid, None)


def _each_once(named: Iterable[_Named]) -> Iterator[_Named]:
    """No two entries go on under one id, whatever ids have been given to what."""
    taken: dict[str, str] = {}
    for one in named:
        entry = one.entry
        if taken.setdefault(one.guid, entry.guid) == entry.guid:
            yield one
        else:
            yield _Named(entry, f"{entry.guid}~{entry.fingerprint[:8]}", None)


def _is_stranger(entry: Entry, known: Known | None) -> bool:
    """Is this id new to us, or known for an article that is wholly different?"""
    if known is None:
        return True
    if known.fingerprint == entry.fingerprint or _title(entry) == known.title:
        return False
    if not known.place or _place(entry) in ("", known.place):
        return False
    words = _words(entry)
    if known.words and words:
        return len(set(_sampled(known.words)) & set(_sampled(words))) < ALIKE
    date = _date(entry)
    return bool(date and known.date and abs(date - known.date) >= 86_400)


def _twins(strangers: Collection[Entry], seen: Seen, settled: Container[str]) -> dict[str, Known]:
    """By the id as served: the article that we know under another id, where that is beyond doubt.

    The same address and title are enough; the same text is where it is true of several entries.
    """
    missing = [known for known in seen.entries if (known.served or known.guid) not in settled]
    by_text = _unambiguous((known.says, known) for known in missing)
    by_place = _unambiguous((known.place + known.title, known) for known in missing if known.place)
    placed = {e.guid: by_place[_place(e) + _title(e)] for e in strangers if _place(e) + _title(e) in by_place}
    same = {e.guid: by_text[_says(e)] for e in strangers if e.guid not in placed and _says(e) in by_text}
    found = placed | (same if len(placed) + len(same) >= MANY else {})
    times = Counter(known.guid for known in found.values())
    return {guid: known for guid, known in found.items() if times[known.guid] == 1}


def _is_churn(renamed: Sequence[Entry], of: int, seen: Seen) -> bool:
    return len(renamed) >= min(MANY, len(seen.entries)) > 0 and 2 * len(renamed) >= of


def _unambiguous(pairs: Iterable[tuple[str, Known]]) -> dict[str, Known]:
    listed = [(key, known) for key, known in pairs if key]
    counts = Counter(key for key, _ in listed)
    return {key: known for key, known in listed if counts[key] == 1}


def _said_of_renaming(entries: Sequence[Entry], of: int, churns: int) -> list[Flaw]:
    if not entries:
        return []
    if churns > 1:
        message = "its entries get new ids at every reading; they are recognised and keep the first one"
        return [Flaw("guid-churn", message)]
    come = "entry of {} comes under a new id; it is recognised and keeps the old one"
    many = "entries of {} come under new ids; they are recognised and keep the old ones"
    message = f"{len(entries)} " + (come if len(entries) == 1 else many).format(of)
    return [Flaw("renumbered", message, entries[0].guid)]


def _said_of_reuse(entries: Sequence[Entry]) -> list[Flaw]:
    if not entries:
        return []
    some = "an entry comes" if len(entries) == 1 else f"{len(entries)} entries come"
    message = f"{some} under the id of another article; each article is kept under an id of its own"
    return [Flaw("reused-guid", message, entries[0].guid)]


def _shares_any(entries: Iterable[Entry], seen: Seen) -> bool:
    guids = {known.served or known.guid for known in seen.entries}
    texts = {known.says for known in seen.entries} - {""}
    places = {known.place for known in seen.entries} - {""}
    return any(e.guid in guids or _says(e) in texts or _place(e) in places for e in entries)


# ---------------------------------------------------------------- floods and gaps


def _without_flood(entries: Sequence[_Named], seen: Seen) -> tuple[list[_Named], frozenset[str]]:
    """The entries less those that are held back, and the short hashes of the ids of these."""
    new = {_short(guid) for guid in _doubtful([one for one in entries if one.known is None])} - seen.held
    is_flood = bool(seen.entries) and len(new) >= FLOOD and len(new) > 2 * seen.size
    held = seen.held | new if is_flood else seen.held
    kept = [one for one in entries if one.known or _short(one.guid) not in held]
    return kept, held if len(kept) < len(entries) else frozenset()


def _doubtful(entries: Sequence[_Named]) -> list[str]:
    """The ids of those that say no date, or one that many others say as well."""
    times = Counter(_date(one.entry) for one in entries)
    return [one.guid for one in entries if not _date(one.entry) or times[_date(one.entry)] >= FLOOD]


def _said_of_flood(count: int) -> Flaw:
    said = f"{count} of its entries came in a flood, without dates of their own, and are held back"
    return Flaw("flood", f"{said}; `aggregator sources accept` lets them in")


def _missed(entries: Sequence[_Named], seen: Seen, rhythm: float) -> int:
    """How many entries came and went between two documents that share none, by their dates."""
    if len(seen.entries) < MANY or len(entries) < MANY or any(one.known for one in entries):
        return 0
    dates = [date for one in entries if (date := _date(one.entry))]
    newest = max((known.date for known in seen.entries), default=0)
    if not dates or not newest or not rhythm:
        return 0
    return max(0, round((min(dates) - newest) / rhythm) - 1)


def _said_of_missed(count: int) -> Flaw:
    entries = "entry was" if count == 1 else "entries were"
    return Flaw("rolled-over", f"about {count} {entries} missed between two readings: poll faster (`every`)")


def _rhythm(entries: Sequence[_Named]) -> float:
    """Seconds between two entries of the document, typically; 0 where it does not tell."""
    dates = sorted(date for one in entries if (date := _date(one.entry)))
    if len(dates) < MANY:
        return 0.0
    gaps = [later - earlier for earlier, later in pairwise(dates)]
    return median(gaps) or (dates[-1] - dates[0]) / len(gaps)


# ---------------------------------------------------------------- what is remembered of an entry


def _remembered(one: _Named, times: Mapping[str, int]) -> Known:
    """`times` that each id is served in the document: only what its id alone tells apart need not be read again."""
    entry, known = one.entry, one.known
    served = "" if entry.guid == one.guid else entry.guid
    item = entry.item if not served and times[entry.guid] == 1 else ""
    if known and known.fingerprint == entry.fingerprint:
        same = (known.served, known.item) == (served, item)
        return known if same else known._replace(served=served, item=item)
    hashes = _says(entry), _title(entry), _place(entry), _words(entry)
    return Known(one.guid, served, entry.fingerprint, *hashes, _date(entry), item)


def _says(entry: Entry) -> str:
    content = _content(entry)
    return _short(f"{entry.title}\n{content}") if entry.title and content else ""


def _content(entry: Entry) -> str:
    entry = unpacked(entry)
    return entry.html or entry.summary


def _title(entry: Entry) -> str:
    return _short(entry.title)


def _place(entry: Entry) -> str:
    """Of the URL less its scheme, so that a move to https is none."""
    return _short(entry.url.partition("://")[2].rstrip("/"))


def _words(entry: Entry) -> str:
    """The words of its beginning whose hashes are the lowest: two versions of one text share most of them."""
    said = _TAG.sub(" ", _content(entry)[:300])
    words = "\n".join(_WORD.findall(f"{entry.title} {said}".lower())).encode()
    hashes = {each & 0xFFFF for each in map(crc32, words.split(b"\n"))}
    return "".join(f"{each:04x}" for each in sorted(hashes)[:SAMPLE]) if len(hashes) >= WORDS else ""


def _sampled(words: str) -> list[str]:
    return [words[at : at + 4] for at in range(0, len(words), 4)]


def _date(entry: Entry) -> int:
    return int(entry.published.timestamp()) if entry.published else 0


def _moment(date: int) -> datetime | None:
    return datetime.fromtimestamp(date, UTC) if date else None


def _short(said: str) -> str:
    return xxh3_64_hexdigest(said.encode("utf-8", "surrogatepass"))[:8] if said else ""


def _site(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower().removeprefix("www.")
