"""Two nouns more: what the ledger of the published feed says, and the documents that it has closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Publication:
    """Where a story stands in the published feed: the ledger's line about it.

    The feed is one row of entries by `number`, the last the newest. The newest of them are in the subscription
    document; each that is not in an archive document yet (`document` is None) certainly is.
    """

    story_id: int
    number: int | None  # None: left out, see `problem`
    at: datetime  # when it took this place
    updated: datetime  # as its entry said
    version: str = ""  # of all that its entry says; see `publish.version`
    gone: bool = False  # joined another story: the entry is a tombstone
    document: int | None = None  # the number of the archive document that it is in
    problem: str = ""  # why it cannot be shown: one sentence


@dataclass(frozen=True, slots=True)
class Closed:
    """An archive document as it was closed."""

    number: int
    base_url: str  # that its addresses begin with
    updated: datetime  # the newest of its entries
    body: bytes
