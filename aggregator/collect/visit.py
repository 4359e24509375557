"""How one visit to a source becomes its new state and a line of the log. Pure.

read       a document came: validators, health and outlet are renewed
unchanged  nothing new: health is renewed
failed     anything else: what was known is kept, the failure is counted
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..errors import AggregatorError, Permanent, SlowDown
from ..model import Collected, Fetch, Flaw, Outcome, ParsedFeed, Source


@dataclass(frozen=True, slots=True)
class Visit:
    """One attempt as it happened: when, what answered, at what cost."""

    source: Source
    at: datetime
    url: str = ""
    status: int | None = None
    wire: int = 0  # bytes
    elapsed: float = 0.0  # seconds

    def read(
        self,
        feed: ParsedFeed,
        next_fetch_at: datetime,
        *,
        body: bytes = b"",
        content_type: str = "",
        **state: Any,
    ) -> Collected:
        """A document came. `state` are further fields of the source."""
        state = {
            "outlet": feed.title or self.source.outlet,
            "site_url": feed.url or self.source.site_url,
            "flaws": feed.flaws,
        } | state
        source = self._well(next_fetch_at, last_changed_at=self.at, **state)
        fetch = self._fetch(Outcome.CHANGED, flaws=feed.flaws)
        return Collected(source, fetch, feed, body, content_type)

    def unchanged(
        self, next_fetch_at: datetime, flaws: tuple[Flaw, ...] | None = None, **state: Any
    ) -> Collected:
        """Nothing new. The flaws of the document stay on the source, unless this attempt says which there are."""
        source = self._well(next_fetch_at, flaws=self.source.flaws if flaws is None else flaws, **state)
        return Collected(source, self._fetch(Outcome.UNCHANGED, flaws=flaws or ()))

    def failed(self, error: AggregatorError, next_fetch_at: datetime | None, **state: Any) -> Collected:
        """Nothing to read. Validators and what the archive holds stay as they are."""
        outcome = _outcome(error)
        source = replace(
            self.source,
            failures=self.source.failures + 1,
            error_code=error.code,
            error=str(error),
            last_fetch_at=self.at,
            next_fetch_at=next_fetch_at,
            gone=outcome is Outcome.GONE,
            **state,
        )
        return Collected(source, self._fetch(outcome, error_code=error.code, error=str(error)))

    def _well(self, next_fetch_at: datetime, **state: Any) -> Source:
        return replace(
            self.source,
            failures=0,
            error_code="",
            error="",
            last_fetch_at=self.at,
            last_success_at=self.at,
            next_fetch_at=next_fetch_at,
            not_before=None,
            gone=False,
            **state,
        )

    def _fetch(self, outcome: Outcome, **more: Any) -> Fetch:
        return Fetch(
            source_id=self.source.id,
            at=self.at,
            outcome=outcome,
            status=self.status,
            bytes=self.wire,
            elapsed=self.elapsed,
            url=self.url or self.source.url,
            **more,
        )


def _outcome(error: AggregatorError) -> Outcome:
    if error.code == "gone":
        return Outcome.GONE
    if isinstance(error, SlowDown):
        return Outcome.SLOWED
    return Outcome.REFUSED if isinstance(error, Permanent) else Outcome.FAILED
