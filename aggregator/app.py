"""The rooms put together as the configuration says: what the command line, the daemon and the pages work with.

`App` holds the open archive, the canonicaliser, the collectors and the publishers, and runs the four verbs on
them. All but `collect` is synchronous; a caller that lives in an event loop runs it in a thread.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType

from . import __version__, collect, stages
from .archive import Archive, Dropped, Limits
from .canon import Canonicaliser, load_rules
from .config import Config
from .errand import Brought, Errand
from .errors import ArchiveError, ConfigurationError, only
from .model import Collected, FeedMeta, Ingested, Source, Story, StoryView
from .notice import Notice
from .publish import Document, Publisher, load_publishers
from .query import Feed
from .websub import Announcer, Subscriber

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # of glibc's malloc.h
APART = 2**20  # bytes; the system takes a block of that size back at once


@dataclass(slots=True)
class App:
    """Everything a run needs, opened once; a context manager that closes the archive."""

    config: Config
    archive: Archive
    canonicaliser: Canonicaliser
    collectors: dict[str, collect.Collector]
    publishers: dict[str, Publisher]
    clock: Callable[[], datetime]
    memory: stages.Memory = field(default_factory=stages.Memory)  # of what was published

    @classmethod
    def open(cls, config: Config, clock: Callable[[], datetime] | None = None) -> App:
        """Open (create, migrate) the archive and declare the configured sources in it; its clock is ours.

        Raises ConfigurationError and ArchiveError, each with its one sentence.
        """
        collectors, publishers = collect.load_collectors(), load_publishers()
        unknown = sorted({spec.kind for spec in config.sources} - set(collectors))
        if unknown:
            raise ConfigurationError(
                f"no collector of kind {unknown[0]!r} is installed; there are {', '.join(collectors)}"
            )
        _check_sources(config)
        rules = load_rules(config.rules.version or None, config.rules.overrides())
        archive = Archive.open(config.archive.url)
        clock = clock or archive.clock
        try:
            archive.authority(config.site.authority, clock())
            again = partial(collect.due_again, minimum=config.collect.minimum)
            archive.declare(config.sources, clock(), config.publish.prefer, again)
        except BaseException:
            archive.close()
            raise
        app = cls(config, archive, Canonicaliser(rules), collectors, publishers, clock)
        collect_garbage_seldom()
        keep_memory_together()
        return app

    def __enter__(self) -> App:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.archive.close()

    @property
    def meta(self) -> FeedMeta:
        """What the published feeds say of themselves; the id never changes in the life of the archive."""
        site = self.config.site
        authority = self.archive.authority(site.authority, self.clock())
        return FeedMeta(
            id=f"tag:{authority}:feed",
            title=site.title,
            base_url=site.base_url,
            subtitle=site.subtitle,
            author=site.author,
            language=site.language,
            hubs=self.config.publish.hubs,
        )

    @property
    def subscriber(self) -> Subscriber:
        return Subscriber(self.archive, self.config.websub.callback, self.clock)

    @property
    def announcer(self) -> Announcer:
        publish = self.config.publish
        return Announcer(self.archive, publish.hubs, publish.folder, self.config.site.base_url, self.clock)

    def claim(self, limit: int, names: Sequence[str] | None = None, force: bool = False) -> list[Source]:
        """Sources that are due (or named), leased to this process."""
        return self.archive.claim(self.clock(), limit, self.config.schedule.lease, names, force)

    def keep(self, source: Source) -> bool:
        """Is a claimed source still ours, even if we were stopped for a while? If so it is for a whole lease more."""
        return self.archive.keep(source, self.clock(), self.config.schedule.lease)

    def bring_home(
        self, sources: Sequence[Source], context: collect.Context, ours: collect.Ours = collect.always
    ) -> AsyncIterator[list[Collected]]:
        """Ask each claimed source once, many at a time, one a host; the results as they come.

        `ours` is asked just before each: what has passed to another process is left out.
        """
        return collect.run(sources, context, self.collectors, ours=ours)

    def claim_errands(self, limit: int, names: Sequence[str] | None = None) -> list[Errand]:
        """Pages and older documents that are wanted, one a host, leased to this process."""
        return self.archive.errands.claim(self.clock(), limit, self.config.schedule.lease, names)

    async def run_errand(self, errand: Errand, context: collect.Context) -> Brought:
        return await collect.run_errand(errand, context, self.archive.errands)

    def finish(self, brought: Brought) -> Ingested:
        return stages.finish(self.archive, brought, self.clock())

    def ingest(self, collected: Collected) -> Ingested:
        return only(self.ingest_all([collected]))

    def ingest_all(self, several: Sequence[Collected]) -> Sequence[Ingested | ArchiveError]:
        """What became of each, or what `ingest` would raise."""
        return self.subscriber.ingest_all(several)

    def reprocess(self, source: Source, since: datetime | None = None) -> Ingested:
        most = self.config.collect.max_entries
        with collect.page_reader() as read_page:
            return stages.reprocess(self.archive, source, since, self.clock(), most, read_page)

    def retain(self, *, really: bool) -> dict[str, Dropped]:
        """Let go what [retention] says may go, or say what would; of each source that has any."""
        now, limits = self.clock(), {}
        names: dict[int, str] = {}
        for source in self.archive.sources(active_only=False):
            keeping = self.config.retention.of(source.name)
            ages = (keeping.documents, keeping.pages, keeping.texts)
            limits[source.id] = Limits(*(None if age is None else now - age for age in ages))
            names[source.id] = source.name
        return {names[id]: each for id, each in self.archive.retain(limits, really=really).items()}

    def canonicalise(self, limit: int = stages.BATCH) -> int:
        return stages.canonicalise(self.archive, self.canonicaliser, self.clock(), limit)

    def look_again(self) -> int:
        return stages.look_again(self.archive, self.canonicaliser, self.clock())

    def publish(
        self,
        folder: Path | None = None,
        settle: bool = False,
        done: Callable[[int], None] = lambda number: None,
    ) -> stages.Published:
        """Write what changed; what hubs are to be told of is noted once readers can see it.

        `settle`: new stories wait for their late copies. `done` is told how many stories have their place.
        """
        said = self.config.publish
        limits = stages.Limits(said.limit, said.size, said.settle if settle else timedelta(0))
        place = folder or said.folder
        published = stages.publish(
            self.archive, self.meta, self.publishers.values(), place, self.clock(), limits, self.memory, done
        )
        selected = stages.publish_selected(
            self.archive,
            self.meta,
            self.config.feeds,
            self.publishers,
            place,
            self.clock(),
            limits.settle,
            published.state,
            self.memory,
        )
        published = replace(
            published,
            written=published.written + selected.written,
            problems=tuple(dict.fromkeys(published.problems + selected.problems)),
        )
        if folder is None and published.written:
            self.announcer.note([path for path in published.written if path.parent == place])
        return published

    def wanting(self) -> list[Notice]:
        """All that is not as it should be at this moment, and what to do about it."""
        return stages.wanting(self.archive, self.clock())

    def attend(self) -> list[Notice]:
        """What a person was not told of yet; from now on they were. Brings the feed of notices up to date."""
        new = stages.attend(self.archive, self.clock())
        said = self.config.publish
        stages.publish_operations(self.archive, self.meta, said.folder, wanted=said.operations)
        return new

    def select(self, feed: Feed) -> dict[str, Document]:
        """A part of the stories as a feed, by the suffix of each format; settled ones only."""
        settle = self.config.publish.settle
        return stages.select(self.archive, self.meta, feed, self.publishers.values(), self.clock(), settle)

    def views(self, stories: Sequence[Story]) -> Iterator[StoryView]:
        """Each story with its copies, furniture out, as a page shows it."""
        return stages.views(self.archive, stories)


def _check_sources(config: Config) -> None:
    """Raises ConfigurationError that names the source which asks for what cannot be."""
    for spec in config.sources:
        try:
            collect.parse_every(spec.every)
            if spec.full_text:
                collect.check_installed()
        except ConfigurationError as error:
            raise ConfigurationError(f"{config.path.name}, source {spec.name}: {error}") from None


def collect_garbage_seldom() -> None:
    """What is loaded now stays, and is never looked through again; of what comes, little goes in circles.

    Placing makes a hundred thousand small tuples a second: Python's own thresholds, of 700, looked through the whole
    archive's words for circles again and again, which was a fifth of all CPU.
    """
    if not gc.get_freeze_count():  # once a process
        gc.freeze()
        gc.set_threshold(50_000, 10, 20)


def keep_memory_together() -> None:
    """One heap for all threads, and large blocks apart from it, where the C library is one that can be told so.

    A heap for each thread keeps what that thread once needed for a document, and a body of 20 MB that was freed once
    is from then on taken from the heap, and leaves a hole there: eight such documents left 300 MB behind. Our threads
    take memory under Python's lock, so one heap makes none of them wait.
    """
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(M_ARENA_MAX, 1)
        library.mallopt(M_MMAP_THRESHOLD, APART)


def give_back_memory() -> None:
    """Return to the system the pages that nothing stands on any more, where its C library can; some milliseconds.

    What is remembered of a batch stands between what the batch took for a moment: each burst left 20 MB of holes.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def open_context(
    config: Config, clock: Callable[[], datetime]
) -> AbstractAsyncContextManager[collect.Context]:
    """What collectors work with, by the configuration; closes its connections at the end."""
    said = config.collect.model_dump(exclude={"contact"})
    return collect.open_context(user_agent(config), config.root, collect.Limits(**said), clock=clock)


def user_agent(config: Config) -> str:
    """Who asks, with the version and where to complain (RFC 9110 section 10.1.5): the contact, else our own site."""
    return f"aggregator/{__version__} (+{config.collect.contact or config.site.base_url})"
