"""One process at work on one archive, in the roles it is given.

    tick "collect"       claims due sources; each batch of them is brought home by a task of its own, so that a
                         host that hangs delays nobody
    tick "canonicalise"  places waiting copies; also woken by each document that brought something
    tick "index"         makes them searchable
    tick "publish"       writes the documents; also woken by each placing
    tick "attend"        tells a person what wants attention, once
    tick "websub"        asks hubs that are due, tells hubs what changed
    tick "look"          sees whether the configuration changed

The archive is the schedule's memory, APScheduler only ticks. SQL runs in a small pool of named threads, the
network in the event loop, uvicorn in the same loop. On PostgreSQL other processes wake these ticks too.

Told to end, it drains: no new claims, what is on the way gets a moment to come home, its leases are given back
otherwise, the batch being placed is finished. For a new configuration it drains likewise, but waits for
all that is on the way, and hands over to the next daemon.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from ..app import App, give_back_memory, open_context
from ..errand import Errand
from ..errors import AggregatorError, ArchiveTooNew
from ..model import Collected, Ingested, Source
from . import notifying
from .early import ROLES
from .serving import Receiver, server
from .telling import tell, tell_or_keep
from .ticking import Tick, leaps

log = logging.getLogger("aggregator.daemon")

SQL_THREADS = 4
INDEXED = 200  # copies a step
LARGE = 2_000_000  # bytes of documents; storing them leaves holes in memory
HUBS = timedelta(seconds=5)  # between two looks at which hubs are due
ROUNDS = 4  # of requests to hubs, under way at once
ATTEND = timedelta(minutes=5)  # between two looks at what wants attention
FIRST = timedelta(seconds=20)  # after the start: once sources had time to be asked
ROLE = {
    "index": "canonicalise",
    "attend": "publish",
}  # whose affair a tick is that has no role of its own name
LOOK = timedelta(seconds=2)  # between two looks at the configuration file
APART = {
    "publish": 2.0
}  # seconds between two beginnings: the feed is rendered whole, and news comes all the time
PATIENCE = 3.0  # seconds that documents on their way get to come home when the daemon is told to stop
AGAIN = 1.0  # seconds between two tries
SHORTEST = 0.05  # seconds of a host's rest, after which it is seen whether more is due there
HUNG = 900.0  # seconds at one step of a tick from which the service manager hears no more of us
T = TypeVar("T")
Written = tuple[int, int] | None  # a file's time and size
Renew = Callable[[App], App]  # the app by the configuration as it is now; raises AggregatorError


@dataclass(frozen=True, slots=True)
class Orders:
    """What a daemon is told by whoever starts it; `ending` is set when the process is to end."""

    ending: asyncio.Event
    roles: Collection[str] = ROLES
    listener: socket.socket | None = None  # of the pages
    renew: Renew | None = None


class Daemon:
    """Works until it is told to end, or until there is a new configuration: then `successor` is its app."""

    def __init__(self, app: App, orders: Orders, written: Written = None) -> None:
        """`written`: as the configuration file was when it was read, if that is some time ago."""
        self.app = app
        self.config = app.config
        self.orders = orders
        self.successor: App | None = None
        self.changed = asyncio.Event()
        self.stopping = False
        self.renewing = asyncio.Lock()
        self.written = written or self._written()
        self.passed = app.archive.clock.passed
        self.errands: set[asyncio.Task[None]] = set()
        self.ticks: dict[str, Tick] = {}
        self.rounds = 0
        self.code = 0
        self.out = 0  # sources claimed and not home yet
        self.more = False  # may be due: the last claim took as many as there was room for
        self.rest: asyncio.TimerHandle | None = None  # of the hosts that were asked last
        self.rested_at = 0.0  # by the loop's clock
        self.sql = ThreadPoolExecutor(SQL_THREADS, thread_name_prefix="sql")
        self.scheduler = AsyncIOScheduler(timezone=UTC)

    async def run(self, ready: Callable[[], None]) -> int:
        """Work, then drain. 0, 1 when the server ended by itself, 3 when another version has migrated the archive.

        `ready` is called once it serves.
        """
        self.loop = asyncio.get_running_loop()
        self.loop.add_signal_handler(signal.SIGHUP, lambda: self._errand(self.reload()))
        async with open_context(self.config, self.app.clock) as self.context:
            self.context.http.slots.relieved = lambda: self._home(0)
            pages, serving = self._serve()
            await self.in_sql(self.app.announcer.note)
            self._start_ticking()
            watch = [asyncio.create_task(self._stay_alive()), asyncio.create_task(leaps(self._tick_anew))]
            ready()
            notifying.notify("READY=1")
            with self.app.archive.listening(self._hear):
                stops = [asyncio.create_task(event.wait()) for event in (self.orders.ending, self.changed)]
                await asyncio.wait({*serving, *stops}, return_when=asyncio.FIRST_COMPLETED)
            ended_by_itself = any(task.done() for task in serving)
            await self._drain(stops[0])
            if pages:
                pages.should_exit = True
            await asyncio.gather(*serving)
            await asyncio.to_thread(self.sql.shutdown, wait=True)
            self.scheduler.shutdown(wait=False)  # not before: it would cancel a tick that holds leases
            for task in (*stops, *watch):
                task.cancel()
        return 1 if ended_by_itself else self.code

    def _serve(self) -> tuple[uvicorn.Server | None, list[asyncio.Task[None]]]:
        """The pages' server at work on a handle of its own: the next daemon goes on with the same socket."""
        if self.orders.listener is None or "serve" not in self.orders.roles:
            return None, []
        receiver = Receiver(self.app, self.context, self.in_sql, self.came_in)
        pages = server(self.app, receiver if self.config.websub.callback else None)
        return pages, [asyncio.create_task(pages.serve([self.orders.listener.dup()]))]

    # ------------------------------------------------------------ ticks

    def _start_ticking(self) -> None:
        """Collecting and placing begin at once; publishing when something was placed, or at its first time.

        Otherwise a new archive would show its readers an empty feed first.
        """
        schedule, now = self.config.schedule, datetime.now(UTC)
        for work, every, first in (
            (self.collect, schedule.collect, now),
            (self.canonicalise, schedule.canonicalise, now),
            (self.index, schedule.canonicalise, now),
            (self.publish, schedule.publish, now + schedule.publish),
            (self.attend, ATTEND, now + FIRST),
            (self.websub, HUBS, now),
            (self.look, LOOK, now + LOOK),
        ):
            if ROLE.get(work.__name__, work.__name__) in set(ROLES) - set(self.orders.roles):
                continue
            tick = self.ticks[work.__name__] = Tick(work, APART.get(work.__name__, 0.0))
            self.scheduler.add_job(
                tick.run,
                "interval",
                seconds=every.total_seconds(),
                id=work.__name__,
                coalesce=True,
                max_instances=2,  # the second only tells the first to go round again
                misfire_grace_time=None,
                next_run_time=first,
            )
        self.scheduler.start()

    def _wake(self, work: Callable[..., Any]) -> None:
        """Do it now rather than at its next time, if it is ours to do."""
        if not self.stopping and self.scheduler.get_job(work.__name__):
            soon = datetime.now(UTC) + timedelta(seconds=self.ticks[work.__name__].rest())
            self.scheduler.modify_job(work.__name__, next_run_time=soon)

    def _tick_anew(self) -> None:
        """The scheduler goes by the clock of the machine, and that was set."""
        log.warning("the clock of this machine was set: everything is looked at now")
        for job in self.scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    def _hear(self, word: str) -> None:
        """In the listening thread."""
        self.loop.call_soon_threadsafe(self._heard, word)

    def _heard(self, word: str) -> None:
        """Another process put copies in, or changed stories."""
        self._wake(self.canonicalise if word == "copies" else self.publish)

    def _errand(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that takes its time, and is cut short when the daemon ends."""
        errand = asyncio.create_task(work)
        self.errands.add(errand)
        errand.add_done_callback(self.errands.discard)

    async def collect(self) -> None:
        """Claim what is due, as far as there is room, and send for it."""
        room = self.config.collect.concurrency - self._under_way()
        if room <= 0 or self.stopping:
            return
        since = self.passed()
        if sources := await self.in_sql(self.app.claim, room):
            self._send(self._bring_home(sources, since), len(sources))
        if (room := room - len(sources)) > 0:
            errands = await self.in_sql(self.app.claim_errands, room)
            for wanted in errands:
                self._send(self._fetch_once(wanted), 1)
            room -= len(errands)
        self.more = room <= 0
        self._home(0)

    def _send(self, work: Coroutine[Any, Any, None], size: int) -> None:
        self.out += size
        self._errand(work)

    def _home(self, count: int = 1) -> None:
        """So many are home, or given back. Once there is room again for half of what may be out, more is claimed."""
        self.out -= count
        if self.more and 2 * self._under_way() <= self.config.collect.concurrency:
            self.more = False
            self._wake(self.collect)

    def _rests(self, rest: timedelta) -> None:
        """A host that was asked may be asked again after its rest: more of its sources may be due than the one."""
        self.rested_at = self.loop.time() + max(rest.total_seconds(), SHORTEST)
        if self.rest is None:
            self.rest = self.loop.call_at(self.rested_at, self._rested)

    def _rested(self) -> None:
        self.rest = None
        self._wake(self.collect)
        if self.rested_at > self.loop.time():  # another was asked meanwhile
            self.rest = self.loop.call_at(self.rested_at, self._rested)

    def _under_way(self) -> int:
        """Sources that are out, those not counted whose servers keep us waiting."""
        return self.out - self.context.http.slots.aside

    async def _bring_home(self, sources: list[Source], since: float) -> None:
        """`since`: `passed` when they were claimed."""
        away = {source.id: source for source in sources}
        fresh = self.config.schedule.lease.total_seconds() / 2

        async def ours(source: Source) -> bool:
            # whoever was stopped, or had to wait, may have lost it: another process may be asking there now
            try:
                return self.passed() - since < fresh or await self.in_sql(self.app.keep, source)
            except AggregatorError as error:
                log.error("%s: not asked: %s", source.name, error)
                return False

        try:
            async for come in self.app.bring_home(sources, self.context, ours):
                for home in [each.source.id for each in come]:  # no name may hold on to a document
                    away.pop(home, None)
                self._home(len(come))
                rest = max(each.rest for each in come)
                size = sum(len(each.body) for each in come)
                await self._ingest(come, since)
                if rest:
                    self._rests(rest)
                del come  # its bodies may be what the next ones wait for
                if size > LARGE:
                    await self.in_sql(give_back_memory)
        except asyncio.CancelledError:
            pass  # told to stop: the leases go back below, and nothing was written for these sources
        except Exception:
            log.exception("a batch of sources could not be brought home")
        finally:
            self._home(len(away))
            if away:
                await self._give_back(self.app.archive.release, list(away.values()))

    async def _fetch_once(self, wanted: Errand) -> None:
        """A page of an entry, or an older document."""
        brought = None
        try:
            brought = await self.app.run_errand(wanted, self.context)
            done = await self.in_sql(self.app.finish, brought)
            self._rests(brought.rest)
            tell(wanted.source.name, brought.fetch, done, wanted.url)
            self.came_in(done)
        except asyncio.CancelledError:
            pass  # told to stop: it is given back below
        except AggregatorError as error:
            log.error("%s: %s", wanted.url, error)
        finally:
            self._home()
            if brought is None:
                await self._give_back(self.app.archive.errands.release, [wanted])

    async def _give_back(self, release: Callable[[list[T]], None], leased: list[T]) -> None:
        try:
            await self.in_sql(release, leased)
        except AggregatorError as error:
            log.info("leases run out by themselves: %s", error)

    async def _ingest(self, come: list[Collected], since: float) -> None:
        """Store what came home. While the archive cannot be reached it is kept, as long as its lease may last."""
        while True:
            became = await self.in_sql(self.app.ingest_all, come)
            for done in became:
                if isinstance(done, Ingested):
                    self.came_in(done)
            late = self.passed() - since > self.config.schedule.lease.total_seconds()
            tried = zip(come, became, strict=True)
            come = [each for each, done in tried if tell_or_keep(each, done, keep=not late)]
            if not come:
                return
            await asyncio.sleep(AGAIN)

    def came_in(self, done: Ingested) -> None:
        """There may be copies to place."""
        if done.new or done.revised:
            self._wake(self.canonicalise)

    async def canonicalise(self) -> None:
        """Place everything that waits, a batch a transaction, and look again at what is doubtful."""
        while not self.stopping and (placed := await self.in_sql(self.app.canonicalise)):
            self.ticks["canonicalise"].moved()
            log.info("%d copies placed", placed)
            self._wake(self.publish)
            self._wake(self.index)
            await self.in_sql(give_back_memory)
        while not self.stopping and await self.in_sql(self.app.look_again) > 0:
            self.ticks["canonicalise"].moved()
            self._wake(self.publish)
            await self.in_sql(give_back_memory)

    async def index(self) -> None:
        """Make what was placed searchable; nobody waits for it, so it keeps nobody from being placed."""
        while not self.stopping and await self.in_sql(self.app.archive.index_text, INDEXED) > 0:
            self.ticks["index"].moved()
            await self.in_sql(give_back_memory)

    async def publish(self) -> None:
        """Write the documents whose bytes changed."""
        published = await self.in_sql(self.app.publish, None, True)
        for problem in published.problems:
            log.error("%s", problem)
        if published.archived:
            log.info("published %d of the archive documents", len(published.archived))
            await self.in_sql(give_back_memory)
        stories = "story" if published.stories == 1 else "stories"
        for path in published.current:
            log.info("published %s, %d %s", path.name, published.stories, stories)
        if published.written and self.config.publish.hubs:
            self._wake(self.websub)

    async def attend(self) -> None:
        """Tell a person, once, what wants attention."""
        for notice in await self.in_sql(self.app.attend):
            said = {"about": notice.about, "state": notice.state}
            log.warning("%s: %s. %s", notice.about, notice.what, notice.do, extra=said)

    async def websub(self) -> None:
        """Ask the hubs of others, tell our own: in rounds of their own, since a hub may hang."""
        if self.rounds < ROUNDS:
            self._errand(self._round())

    async def _round(self) -> None:
        self.rounds += 1
        try:
            if "collect" in self.orders.roles:
                await self.app.subscriber.renew(self.context, self.in_sql)
            if "publish" in self.orders.roles:
                for problem in await self.app.announcer.announce(self.context, self.in_sql):
                    log.warning("%s", problem)
        except AggregatorError as error:
            log.debug("hubs could not be asked: %s", error)  # the archive is away, as the ticks say
        finally:
            self.rounds -= 1

    # ------------------------------------------------------------ a new configuration

    async def look(self) -> None:
        """The configuration file was written anew: go by it. The archive was migrated by another: end."""
        try:
            await self.in_sql(self.app.archive.look)
        except ArchiveTooNew as error:
            log.error("%s", error)
            self.code = error.exit_code
            self.orders.ending.set()
        if self._written() != self.written:
            await self.reload()

    def _written(self) -> Written:
        try:
            found = self.config.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    async def reload(self) -> None:
        """Go by the configuration as it is now; one that is not sound is refused, and the old one holds."""
        if self.orders.renew is None or self.renewing.locked() or self.changed.is_set():
            return
        async with self.renewing:
            self.written = self._written()
            notifying.reloading()
            try:
                self.successor = await self.in_sql(self.orders.renew, self.app)
            except AggregatorError as error:
                log.error("the configuration was not reloaded, the old one holds: %s", error)
                notifying.notify("READY=1")
                return
        self.changed.set()

    # ------------------------------------------------------------ around them

    async def _stay_alive(self) -> None:
        """Tell a service manager that wants to know that the loop turns and no tick hangs; else it restarts us."""
        if (within := notifying.watched()) is None:
            return
        while True:
            if not any(tick.hangs(HUNG) for tick in self.ticks.values()):
                notifying.notify("WATCHDOG=1")
            await asyncio.sleep(within / 3)

    async def in_sql(self, call: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.sql, call, *arguments)

    async def _drain(self, ending: asyncio.Task[Any]) -> None:
        """No new work; a moment for what is on its way. The pages and what hubs send go on meanwhile.

        For a new configuration there is time until the last document is home, unless the process ends.
        """
        log.info("stopping" if ending.done() else "reloading")
        if ending.done():
            notifying.notify("STOPPING=1")
        self.stopping = True
        self.scheduler.remove_all_jobs()
        await asyncio.gather(
            *(tick.end() for tick in self.ticks.values())
        )  # the last of them may send for sources
        if self.errands and not ending.done():
            home = asyncio.gather(*self.errands, return_exceptions=True)
            longest = self.config.collect.deadline.total_seconds() + PATIENCE
            await asyncio.wait({home, ending}, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
        if self.errands:
            _, late = await asyncio.wait(self.errands, timeout=PATIENCE)
            for errand in late:
                errand.cancel()
            if late:
                await asyncio.wait(late)
