"""The archive as one object: every call is one transaction, takes model objects and answers with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, select

from ..errors import ArchiveBusy, only
from ..model import Collected, Copy, Decision, Entry, Fetch, Ingested, Link, Source, SourceSpec, Story
from ..query import Place, Query, parse
from . import (
    again,
    copying,
    corrections,
    dialect,
    dictionaries,
    ingest,
    opening,
    people,
    placing,
    raw,
    reading,
    repair,
    retention,
    search,
    sessions,
    sources,
    stories,
    unsure,
    verify,
    whole,
)
from .announcements import Announcements
from .errands import Errands
from .listening import Listening
from .measures import Measures
from .notices import Notices
from .pages import Pages
from .placing import Desk
from .publication import Feed
from .rebuilding import Rebuilds
from .retention import Dropped, Limits
from .schema import Setting
from .sketches import Sketches
from .sources import Again, at_once
from .subscriptions import Subscriptions
from .tidying import Tidying
from .values import (
    ArchiveStatus,
    Copying,
    Correction,
    Document,
    Finding,
    Hit,
    Revision,
    SourceStats,
    Unsure,
    Version,
)
from .writing import Writing

PATIENCE = timedelta(seconds=30)  # how long a writer waits for another one


class Archive:
    """Open with `Archive.open(url)`. May be used from several threads, and by several processes at once.

    Every method may raise ArchiveError (a full disk, a lost connection) and ArchiveBusy (try again).
    """

    def __init__(self, engine: Engine, schema: str = "") -> None:
        self._engine = engine
        self._writer = opening.writer(engine)
        self._write = Writing(self._writer, schema)
        self._write_much = Tidying(engine, self._write)
        self.clock = self._write.clock
        self._sketches = Sketches()
        self.subscriptions = Subscriptions(self._read, self._write)
        self.feed = Feed(self._read, self._write_much)  # as published
        self.errands = Errands(self._read, self._write)
        self.pages = Pages(self._read)
        self.announcements = Announcements(self._read, self._write)
        self.notices = Notices(self._read, self._write)
        self.listening = Listening(engine)
        self.rebuilds = Rebuilds(engine, self.placing)
        self.measures = Measures(self._read)

    @classmethod
    def open(cls, url: str, *, migrate: bool = True, patience: timedelta = PATIENCE) -> Archive:
        """The archive at a database URL: `sqlite:///file` or `postgresql://user@host/name`.

        An empty place becomes an archive, and an older one is migrated, unless `migrate` is false.
        Raises ArchiveTooNew, and ArchiveError with one sentence for whatever else stands in the way.
        """
        address = opening.address(url)
        engine = opening.connect(address, patience)
        try:
            opening.prepare(engine, address, patience, migrate)
        except BaseException:
            engine.dispose()
            raise
        archive = cls(engine, opening.newest())
        archive.look()
        return archive

    @classmethod
    def restore(cls, url: str, lines: Iterable[bytes], *, patience: timedelta = PATIENCE) -> Counter[str]:
        """Put a whole archive into an empty place, in one transaction; rows by table.

        The file may be of an older schema: it goes in as it was, and is migrated. Raises InputError for a file
        that is damaged, ArchiveError where an archive is already.
        """
        schema, rest = whole.opened(lines)
        address = opening.address(url)
        opening.found(address, patience, schema)
        with cls(opening.connect(address, patience)) as archive, archive._write() as conn:
            counts = whole.restore(conn, rest)
        cls.open(url, patience=patience).close()
        return counts

    def close(self) -> None:
        self._engine.dispose()
        self._writer.dispose()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._engine.begin() as conn:
            dictionaries.catch_up(conn)
            yield conn

    def look(self) -> None:
        """Set the clock by the database's. Raises ArchiveTooNew if another program has migrated the archive."""
        with self._read() as conn:
            self._write.look(conn)

    def setting(self, key: str) -> str | None:
        with self._read() as conn:
            return conn.scalar(select(Setting.value).where(Setting.key == key))

    def set_setting(self, key: str, value: str) -> None:
        with self._write() as conn:
            conn.execute(dialect.put(conn, Setting), {"key": key, "value": value})

    def authority(self, default: str, now: datetime) -> str:
        """What the ids of stories begin with, as "example.org,2026-11-22" (RFC 4151); minted once."""
        if held := self.setting(stories.AUTHORITY):
            return held
        with self._write() as conn:
            return stories.minted(conn, f"{default},{now:%Y-%m-%d}")

    def begin_session(self, key: str, name: str, now: datetime, until: datetime) -> None:
        """A person of that name has come in; `key` (a digest of what the browser holds) is theirs until then."""
        with self._write() as conn:
            sessions.begin(conn, key, name, now, until)

    def session(self, key: str, now: datetime) -> str | None:
        """The name of the person whose session it is; None if there is none, or no longer."""
        with self._read() as conn:
            return sessions.name(conn, key, now)

    def end_sessions(self, key: str = "") -> None:
        """One; or, without a key, all."""
        with self._write() as conn:
            sessions.end(conn, key)

    # ------------------------------------------------------------ sources

    def declare(
        self, specs: Sequence[SourceSpec], now: datetime, prefer: Sequence[str] = (), again: Again = at_once
    ) -> None:
        """The configuration's: new ones come in, changed ones are due as `again` says; `prefer` orders copies."""
        with self._write() as conn:
            sources.declare(conn, specs, now, prefer, again)

    def add_source(
        self,
        spec: SourceSpec,
        now: datetime,
        origin: str = "command",
        memory: Mapping[str, Any] | None = None,
    ) -> Source:
        """One that is not in the configuration; "import": never polled. `memory`: what its collector begins with."""
        with self._write() as conn:
            return sources.put(conn, spec, origin, now, memory or {})

    def change_source(self, source: Source) -> None:
        """Store the state of a source as a person wants it, rather than as a visit left it."""
        with self._write() as conn:
            sources.change(conn, source)

    def remove_source(self, name: str) -> None:
        """Never ask it again; its copies stay. ConfigurationError if unknown or declared in config.toml."""
        with self._write() as conn:
            sources.remove(conn, name)

    def sources(self, active_only: bool = True) -> list[Source]:
        """By name."""
        with self._read() as conn:
            return sources.listed(conn, active_only)

    def source(self, name: str) -> Source:
        """Raises ConfigurationError if there is none of this name."""
        with self._read() as conn:
            return sources.named(conn, name)

    def source_stats(self, source_ids: Sequence[int] = ()) -> dict[int, SourceStats]:
        """By source id, of these or of all; a source without copies is not in it."""
        with self._read() as conn:
            return reading.stats(conn, source_ids)

    def claim(
        self,
        now: datetime,
        limit: int,
        lease: timedelta,
        names: Sequence[str] | None = None,
        force: bool = False,
    ) -> list[Source]:
        """Lease sources that are due (or, with `force`, due or not), never two of one host at a time.

        Neither takes one that is gone, leased, or was told to wait. `record` and `release` end a lease.
        """
        with self._write() as conn:
            return sources.claim(conn, now, limit, lease, names, force)

    def release(self, claimed: Sequence[Source]) -> None:
        """Give leases back without having asked."""
        with self._write() as conn:
            sources.release(conn, claimed)

    def keep(self, source: Source, now: datetime, lease: timedelta) -> bool:
        """Make the lease of a claimed source longer; False if it is over: do not ask it then."""
        with self._write() as conn:
            return sources.keep(conn, source, now, lease)

    # ------------------------------------------------------------ ingest

    def known(self, asked: Mapping[int, Iterable[str]]) -> dict[int, dict[str, str]]:
        """Of each source, guid -> fingerprint of the current revision, for those asked for that the archive has."""
        with self._read() as conn:
            return ingest.known(conn, asked)

    def record(self, collected: Collected, entries: Sequence[Entry], now: datetime) -> Ingested:
        """Store one attempt and those of its entries that may be new or changed (sanitised).

        The state of the source is stored if it came from `claim`; one merely read keeps its schedule.
        Raises ArchiveBusy (code "lost-lease"), with nothing stored, if the source was claimed anew meanwhile.
        """
        return only(self.record_all([(collected, entries)], now))

    def record_all(
        self, arrivals: Sequence[tuple[Collected, Sequence[Entry]]], now: datetime
    ) -> list[Ingested | ArchiveBusy]:
        """Store attempts at several sources, one at each, in one transaction; what `record` answers, or would raise."""
        with self._write() as conn:
            return ingest.record(conn, arrivals, now)

    def documents(
        self,
        source_ids: Sequence[int] | None = None,
        since: datetime | None = None,
        newest_first: bool = False,
        kind: str = "",
    ) -> Iterator[Document]:
        """What sources and pages answered with, byte for byte, in the order it came; streaming."""
        return raw.documents(self._read, raw.Asked(source_ids, since, kind, newest_first))

    def correct(self, document: Document, entries: Sequence[Entry], now: datetime) -> Ingested:
        """Store what a document that was read anew says otherwise than the archive, or says in addition.

        A copy that a later document told of is left as it is.
        """
        with self._write() as conn:
            return again.correct(conn, document, entries, now)

    @contextmanager
    def placing(self, now: datetime) -> Iterator[Desk]:
        """The desk for one batch, in one transaction; ArchiveBusy while another process sits at it."""
        try:
            with self._write_much() as conn:
                if not dialect.hold(conn, "placing", wait=False):
                    raise ArchiveBusy("another process is placing copies: try again")
                self._sketches.catch_up(conn)
                yield Desk(conn, self._sketches, now)
        except BaseException:
            self._sketches.forget()
            raise

    def waiting_count(self) -> int:
        """Copies with a revision that was not judged yet."""
        with self._read() as conn:
            return placing.waiting_count(conn)

    # ------------------------------------------------------------ people

    def merge(self, one: int, other: int, by: str, now: datetime) -> Story:
        """Two stories (by number) become one, under the older id. Raises InputError."""
        with self._write() as conn:
            return reading.there(conn, people.merge(conn, one, other, by, now))

    def split(self, story_id: int, copy_ids: Collection[int], by: str, now: datetime) -> Story:
        """Some copies of a story become a story of their own, for good: the new one. Raises InputError."""
        with self._write() as conn:
            return reading.there(conn, people.split(conn, story_id, copy_ids, by, now))

    def apart(self, one: int, other: int, by: str, now: datetime) -> None:
        """Two stories are never to be merged by the rules. Raises InputError."""
        with self._write() as conn:
            people.apart(conn, one, other, by, now)

    # ------------------------------------------------------------ reading

    def story(self, ref: str) -> Story | None:
        """By public id, ULID, unambiguous beginning of one, or number; of a merged one, the survivor.

        Raises InputError where several stories begin so.
        """
        with self._read() as conn:
            return reading.story(conn, ref)

    def stories(
        self,
        limit: int,
        before: datetime | Story | Place | None = None,
        sources: Sequence[int] | None = None,
        since: datetime | None = None,
        matching: Query | None = None,
    ) -> list[Story]:
        """The newest by `updated` first; the next page comes before the last story of this one."""
        with self._read() as conn:
            chosen = search.stories(conn, matching) if matching else None
            return reading.newest(conn, limit, before, sources, since, chosen)

    def copies(self, story_ids: Sequence[int]) -> dict[int, list[Copy]]:
        """The copies of each story that has any, in copy order; `raw` is left to `revisions`."""
        with self._read() as conn:
            return reading.copies(conn, story_ids)

    def decisions(self, story_id: int) -> list[Decision]:
        """Every decision about the story, what went into it, and the copies it holds; oldest first."""
        with self._read() as conn:
            return reading.decisions(conn, story_id)

    def links(self, story_id: int) -> list[Link]:
        """Related stories, the strongest first."""
        with self._read() as conn:
            return reading.links(conn, story_id)

    def merged(self, limit: int | None = None) -> list[tuple[Story, Story]]:
        """(story that was, story it lives on in), oldest first; with a limit, the newest that many."""
        with self._read() as conn:
            return reading.merged(conn, limit)

    def revisions(self, copy_id: int) -> list[Revision]:
        """Every version of a copy, the first one first."""
        with self._read() as conn:
            return reading.revisions(conn, copy_id)

    def revision(self, revision_id: int) -> Revision | None:
        """One version of a copy."""
        with self._read() as conn:
            return reading.revision(conn, revision_id)

    def versions(self, copy_ids: Sequence[int], limit: int) -> dict[int, list[Version]]:
        """The versions of each copy without their texts, the first one first; the newest `limit` of all."""
        with self._read() as conn:
            return reading.versions(conn, copy_ids, limit)

    def histories(self, source_ids: Sequence[int], limit: int) -> dict[int, list[Fetch]]:
        """The last attempts at each source, the latest first, without their flaws."""
        with self._read() as conn:
            return reading.histories(conn, source_ids, limit)

    def copying(self, since: datetime, until: datetime) -> Copying:
        """Who copies whom, over the stories first printed in [since, until)."""
        with self._read() as conn:
            return copying.copying(conn, since, until)

    def fetches(self, source_id: int, limit: int) -> list[Fetch]:
        """The log of a source, the latest attempt first."""
        with self._read() as conn:
            return reading.fetches(conn, source_id, limit)

    def status(self) -> ArchiveStatus:
        with self._read() as conn:
            return reading.status(conn)

    def export(self) -> Iterator[Copy]:
        """Every copy in copy order, streaming."""
        return reading.export(self._read)

    def whole(self) -> Iterator[bytes]:
        """Everything as lines of JSON, of one moment, while others go on writing; see `whole`."""
        with dialect.snapshot(self._engine) as conn:
            yield from whole.lines(conn, opening.version(conn))

    def corrections(self, limit: int) -> list[Correction]:
        """Headlines that changed, texts that were cut, copies that vanished from their feed; the newest first."""
        with self._read() as conn:
            return corrections.latest(conn, limit)

    def unsure(self, margin: float, limit: int) -> list[Unsure]:
        """Decisions of the rules whose score is within `margin` of the threshold, the nearest first."""
        with self._read() as conn:
            return unsure.nearest(conn, margin, limit)

    # ------------------------------------------------------------ search, care

    def index_text(self, limit: int = 10_000) -> int:
        """Work off the queue of the full-text index, a batch a transaction; how many copies."""
        done, indexed = 0, 1
        while indexed and done < limit:
            with self._write_much() as conn:
                indexed = search.index(conn, limit - done)
            done += indexed
        return done

    def search(self, query: str | Query, limit: int, offset: int = 0) -> list[Hit]:
        """Stories that answer a query in the language of `query`, the best first. Takes any text."""
        asked = parse(query) if isinstance(query, str) else query
        with self._read() as conn:
            return search.search(conn, asked, limit, offset)

    def verify(self) -> list[Finding]:
        """What in the archive contradicts itself; empty if it is sound. Reads everything, as of one moment."""
        with dialect.snapshot(self._engine) as conn:
            dictionaries.catch_up(conn)
            return verify.verify(conn)

    def repair(self, findings: Iterable[Finding], now: datetime) -> list[str]:
        """Compute again what the findings are about and can be; the checks that this was done for."""
        with self._write() as conn:
            return repair.repair(conn, findings, now)

    def retain(self, limits: Mapping[int, Limits], *, really: bool) -> dict[int, Dropped]:
        """Let go what is older than the limits of its source (by id); unless `really`, only say what would go."""
        with self._write() if really else self._read() as conn:
            return retention.apply(conn, limits, really=really)
