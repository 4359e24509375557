"""Which copy a story shows: the preferred, then the original, the free to read, the fullest, the earliest."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator import url
from aggregator.model import Face

from .compare import compare
from .reading import Reading
from .trial import Arrival

SMALL = 0.9  # texts that share more than this of each other differ by edits and counters


@dataclass(frozen=True, slots=True)
class Card:
    """What the choice needs to know of a copy."""

    copy_id: int
    title: str
    prefer: int
    original: bool  # of the agency it credits, or nobody's printing but its own
    words: int  # of the clean text
    at: datetime
    url_key: int
    claimed: bool  # its canonical URL is another page
    paywalled: bool

    def rank(self, origins: Iterable[int]) -> tuple[int, bool, bool, int, datetime, int]:
        """Lower is better; lengths count in steps of an eighth, so that a few words more do not win."""
        original = self.original or (not self.claimed and self.url_key in origins)
        return (-self.prefer, not original, self.paywalled, -steps(self.words), self.at, self.copy_id)


def steps(words: int) -> int:
    """Lengths that are alike to a reader are equal: about six steps to twice the length."""
    return int(words.bit_length() * 4 + (words >> max(0, words.bit_length() - 3) & 3)) if words else 0


def card(arrival: Arrival) -> Card:
    copy = arrival.copy
    agency = arrival.facts.agency
    own = url.key(copy.url) if copy.canonical_url else copy.url_key
    return Card(
        copy_id=copy.copy_id,
        title=copy.title,
        prefer=copy.prefer,
        original=bool(agency) and is_home(agency, url.identity(copy.url)),
        words=arrival.reading.count,
        at=_printed(arrival),
        url_key=copy.url_key,
        claimed=bool(copy.url_key and own and own != copy.url_key),
        paywalled=copy.paywalled,
    )


def _printed(arrival: Arrival) -> datetime:
    """When the copy was printed: what is dated anew when it is edited was there when we met it."""
    seen = arrival.copy.seen
    return min(arrival.at, seen) if seen else arrival.at


def is_home(agency: str, address: str) -> bool:
    """Whether the page is on the site of the agency that it credits."""
    name = "".join(agency.lower().split())
    return len(name) > 1 and any(part in (name, f"{name}news") for part in url.host(address).split("."))


class Cards:
    """Cards by copy, the oldest of them forgotten beyond `limit`."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._held: OrderedDict[int, Card] = OrderedDict()

    def put(self, found: Card) -> None:
        self._held[found.copy_id] = found
        self._held.move_to_end(found.copy_id)
        if len(self._held) > self._limit:
            self._held.popitem(last=False)

    def get(self, copy_id: int) -> Card | None:
        return self._held.get(copy_id)


class Faces:
    """The stories that a batch touched, and how each will show itself."""

    def __init__(self, cards: Cards) -> None:
        self._cards = cards
        self._before: dict[int, tuple[Card, Reading] | None] = {}  # batch copy -> as it was judged last
        self._after: dict[int, Reading] = {}
        self._stories: set[int] = set()

    def touched(self, arrival: Arrival, story: int, before: Arrival | None, left: int | None) -> None:
        """A copy came into a story; `before` is what it was, `left` where it stood, if it was placed."""
        self._before[arrival.id] = (card(before), before.reading) if before else None
        self._after[arrival.id] = arrival.reading
        self._cards.put(card(arrival))
        self._stories.update((story, story if left is None else left))

    def merged(self, survivor: int, gone: int) -> None:
        self._stories.discard(gone)
        self._stories.add(survivor)

    def choose(
        self,
        members: Mapping[int, Sequence[int]],
        recall: Callable[[Iterable[int]], Iterable[Arrival]],
    ) -> tuple[Face, ...]:
        """A face for each touched story that has copies; `recall` reads copies that no card is held of."""
        stories = sorted(story for story in self._stories if members.get(story))
        unknown = {id for story in stories for id in members[story] if self._cards.get(id) is None}
        found = {arrival.id: card(arrival) for arrival in recall(unknown)} if unknown else {}
        for each in found.values():
            self._cards.put(each)
        return tuple(self._face(story, members[story], found) for story in stories)

    def _face(self, story: int, members: Sequence[int], found: Mapping[int, Card]) -> Face:
        cards = [held for id in members if (held := self._cards.get(id) or found.get(id))]
        lead = foremost(cards)
        return Face(
            story_id=story,
            lead_copy_id=lead.copy_id,
            title=lead.title or next((each.title for each in cards if each.title), ""),
            published=min(each.at for each in cards),
            significant=self._significant(lead, cards),
        )

    def _significant(self, lead: Card, cards: Sequence[Card]) -> bool:
        """Whether what is shown differs from what was, beyond small edits; a new story shows nothing new."""
        if lead.copy_id not in self._before:
            return False
        earlier = [
            was[0] if was else None if each.copy_id in self._before else each
            for each in cards
            for was in [self._before.get(each.copy_id)]
        ]
        shown = [each for each in earlier if each]
        if not shown:
            return False
        former = foremost(shown)
        if former.copy_id != lead.copy_id:
            return False  # another copy is shown, and the article is the same
        was = self._before.get(former.copy_id)
        return was is not None and differs(self._after[lead.copy_id], was[1])


def differs(reading: Reading, before: Reading) -> bool:
    if reading.exact == before.exact:
        return False
    sides = compare(reading, before)
    return sides is None or min(side.share for side in sides) < SMALL


def foremost(cards: Sequence[Card]) -> Card:
    if len(cards) == 1:
        return cards[0]
    claims: dict[int, int] = defaultdict(int)
    for each in cards:
        claims[each.url_key] += each.claimed
    origins = {key for key, count in claims.items() if count and key}
    return min(cards, key=lambda each: each.rank(origins))
