"""WebSub both ways, put together: hubs tell us of news, and we tell hubs of ours.

`Subscriber` is told: it remembers which sources name a hub, asks the hubs, believes what they deliver under a
right signature, and slows the polling of a source while its hub works. `Announcer` tells: it notes which of our
feeds have other bytes than their hubs know of. What is to be done next is in the archive, so all of it survives
a restart, and any worker on the archive may do it.

A hub works from its first delivery until a poll finds news that it kept to itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from . import stages
from .archive import Announcement, Archive
from .collect import Context, websub
from .errors import ArchiveError, CollectError, SlowDown
from .model import Collected, Ingested, Outcome, Subscription

log = logging.getLogger("aggregator.websub")
InSql = Callable[..., Awaitable[Any]]  # (function, *arguments): runs it where SQL may wait

CHECK = timedelta(days=1)  # between two polls of a source whose hub works
AT_ONCE = 16  # hubs asked in one round
PATIENCE = timedelta(minutes=5)  # until a round that died is taken up by another
DENIED = timedelta(days=7)  # before a hub that denied us is asked again
FEEDS = frozenset({".atom", ".rss", ".json"})


@dataclass(frozen=True, slots=True)
class Subscriber:
    """`base` is where hubs reach us, ends with "/"; "" where nobody can: then every source is polled."""

    archive: Archive
    base: str
    clock: Callable[[], datetime]

    def ingest_all(self, several: Sequence[Collected]) -> Sequence[Ingested | ArchiveError]:
        """Put fetched documents in; what they say of hubs is noted, and the next poll is late where a hub works."""
        if not self.base:
            return stages.ingest_all(self.archive, several, self.clock())
        try:
            held = [self._held(each) for each in several]
        except ArchiveError as error:
            return [error] * len(several)
        paced = [self._paced(*each) for each in zip(several, held, strict=True)]
        done = stages.ingest_all(self.archive, paced, self.clock())
        for collected, subscription, late, each in zip(several, held, paced, done, strict=True):
            if isinstance(each, Ingested) and _answered(collected):
                self._note(collected, subscription, each, slowed=late is not collected)
        return done

    def _held(self, collected: Collected) -> Subscription | None:
        return self.archive.subscriptions.of_source(collected.source.id) if _answered(collected) else None

    def _note(self, collected: Collected, held: Subscription | None, done: Ingested, *, slowed: bool) -> None:
        """What cannot be noted now is by the next poll."""
        try:
            self._note_hub(collected, held)
            if held and held.working and (done.new or slowed):
                due = collected.source.next_fetch_at
                self.archive.subscriptions.polled(held, due, silent=done.new > 0)
        except ArchiveError as error:
            log.warning("%s: what it says of its hub is not noted: %s", collected.source.name, error)

    def _paced(self, collected: Collected, held: Subscription | None) -> Collected:
        """Asked late while the hub works, never sooner than its own schedule says, nor after the lease."""
        due, now = collected.source.next_fetch_at, self.clock()
        if not (held and held.working and due and held.lease_until and held.lease_until > now):
            return collected
        late = max(due, min(now + CHECK, held.lease_until))
        if late == due:
            return collected
        return replace(collected, source=replace(collected.source, next_fetch_at=late))

    def _note_hub(self, collected: Collected, held: Subscription | None) -> None:
        memory, source = collected.source.memory, collected.source
        hub, topic = str(memory.get("hub", "")), str(memory.get("topic", ""))
        if hub and topic and (held is None or (held.hub, held.topic, held.base) != (hub, topic, self.base)):
            token, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
            self.archive.subscriptions.wish(source.id, hub, topic, self.base, token, secret, self.clock())
        elif held and not (hub and topic):
            self.archive.subscriptions.end(source.id, self.clock())

    # ------------------------------------------------------------ asking hubs

    async def renew(self, context: Context, in_sql: InSql) -> None:
        """Ask the hubs that are due: to begin, to go on, to end."""
        for each in await asyncio.gather(
            *(self._ask(one, context, in_sql) for one in await in_sql(self._due)), return_exceptions=True
        ):
            if isinstance(each, BaseException):
                log.error("a hub could not be asked: %r", each)

    def _due(self) -> list[Subscription]:
        now, subscriptions = self.clock(), self.archive.subscriptions
        if not self.base:
            subscriptions.forget_all(now)
            return []
        subscriptions.end_orphans(now)
        return subscriptions.due(now, AT_ONCE, PATIENCE)

    async def _ask(self, subscription: Subscription, context: Context, in_sql: InSql) -> None:
        again = self.clock() + websub.retry_after(subscription.failures)
        try:
            await websub.subscribe(subscription, context)
        except CollectError as error:
            log.warning("%s", error)
            if isinstance(error, SlowDown) and error.retry_after:
                again = max(again, error.retry_after)
            await in_sql(self.archive.subscriptions.asked, subscription, again, str(error))
            return
        await in_sql(self.archive.subscriptions.asked, subscription, again)

    # ------------------------------------------------------------ being asked, being told

    def known(self, token: str) -> Subscription | None:
        return self.archive.subscriptions.by_token(token)

    def verify(self, subscription: Subscription, asked: Mapping[str, str]) -> str | None:
        """What goes back to a hub that asks whether we meant it; None if we did not."""
        said = websub.verification(subscription, asked)
        if said is None:
            log.warning("the hub %s asks for what nobody wanted", subscription.hub)
            return None
        now = self.clock()
        if said.mode == "denied":
            log.warning("the hub %s denies %s: %s", subscription.hub, subscription.topic, said.reason)
            reason = f"the hub {subscription.hub} denies it: {said.reason or 'it gives no reason'}"
            self.archive.subscriptions.denied(subscription, reason, now, now + DENIED)
        elif said.mode == "unsubscribe":
            self.archive.subscriptions.ended(subscription)
        else:
            again = now + said.lease * websub.RENEW
            self.archive.subscriptions.verified(subscription, now + said.lease, again)
            log.info("%s will tell us of %s", subscription.hub, subscription.topic)
        return said.challenge

    async def deliver(
        self,
        subscription: Subscription,
        headers: Mapping[str, str],
        body: bytes,
        context: Context,
        in_sql: InSql,
    ) -> Ingested:
        """A delivery goes in as a fetch does. What is not signed, or no feed, is passed over (section 7.1).

        Raises ArchiveError if it could not be stored: the hub is to try again.
        """
        if subscription.state != "active":
            return Ingested()
        if not websub.signed(headers.get("x-hub-signature", ""), body, subscription.secret):
            log.warning(
                "a delivery for %s is not signed as it must be, and is passed over", subscription.topic
            )
            return Ingested()
        source = await in_sql(self.archive.subscriptions.source_of, subscription)
        if source is None:
            return Ingested()
        try:
            content_type = headers.get("content-type", "")
            collected = await websub.delivered(source, subscription, content_type, body, context)
        except CollectError as error:
            log.warning("the hub %s delivers what is no feed: %s", subscription.hub, error)
            return Ingested()
        done: Ingested = await in_sql(self._store, subscription, collected)
        return done

    def _store(self, subscription: Subscription, collected: Collected) -> Ingested:
        now = self.clock()
        done = stages.ingest(self.archive, collected, now)
        until = min(now + CHECK, subscription.lease_until or now)
        self.archive.subscriptions.heard(subscription, now, until)
        log.info("%s: told of by its hub, %d new, %d revised", collected.source.name, done.new, done.revised)
        return done


def _answered(collected: Collected) -> bool:
    return collected.fetch.outcome in (Outcome.CHANGED, Outcome.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Announcer:
    """Tells `hubs` of the feeds in `folder`, which readers find under `base_url`."""

    archive: Archive
    hubs: tuple[str, ...]
    folder: Path
    base_url: str
    clock: Callable[[], datetime]

    def note(self, written: Iterable[Path] | None = None) -> int:
        """Note the feeds just written, else all that hubs know of; how many are to be told of.

        The digest of the bytes decides: what was written just before a crash is found by looking at all.
        """
        if not self.hubs:
            return 0
        if written is None:
            written = self._known()
        digests: dict[str, str] = {}
        for path in written:
            if path.suffix in FEEDS and path.is_relative_to(self.folder) and path.is_file():
                topic = self.base_url + path.relative_to(self.folder).as_posix()
                digests[topic] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self.archive.announcements.note(self.hubs, digests, self.clock())

    def _known(self) -> list[Path]:
        topics = self.archive.announcements.topics()
        return [self.folder / topic.removeprefix(self.base_url) for topic in topics]

    async def announce(self, context: Context, in_sql: InSql) -> list[str]:
        """Tell the hubs what is due; a sentence for each that could not be told and will be again."""
        if not self.hubs:
            return []
        due = await in_sql(self.archive.announcements.due, self.clock(), AT_ONCE, PATIENCE)
        said = await asyncio.gather(*(self._tell(each, context, in_sql) for each in due))
        return [sentence for sentence in said if sentence]

    async def _tell(self, news: Announcement, context: Context, in_sql: InSql) -> str:
        try:
            await websub.announce(news.hub, news.topic, context)
        except CollectError as error:
            again = self.clock() + websub.retry_after(news.failures)
            if isinstance(error, SlowDown) and error.retry_after:
                again = max(again, error.retry_after)
            await in_sql(self.archive.announcements.failed, news, again, str(error))
            return str(error)
        await in_sql(self.archive.announcements.told, news)
        log.info("told %s of %s", news.hub, news.topic)
        return ""
