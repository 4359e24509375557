"""The daemon: when things happen. Ticks over due times kept in SQL, pages beside them, an ordered drain.

    tick "collect"       claims due sources; each batch of them is brought home by a task of its own, so that a
                         host that hangs delays nobody
    tick "canonicalise"  places waiting copies; also woken by each document that brought something
    tick "websub"        asks hubs that are due, tells hubs what changed; also woken by what makes them so
    tick "publish"       writes the documents; also woken by each placing

The archive is the schedule's memory, APScheduler only ticks. SQL runs in a small pool of named threads, the
network in the event loop, uvicorn in the same loop. SIGTERM and SIGINT drain: no new claims, what is on the way
gets a moment to come home, its leases are given back otherwise, the batch being placed is finished, exit 0.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from .app import App, open_context
from .config import Config, bound, safe_url
from .errand import Errand
from .errors import AggregatorError, ArchiveBusy, ConfigurationError
from .model import Collected, Ingested, Source, Subscription
from .query import Feed
from .web import MEDIA_TYPES, Representation, create_app, protocol

log = logging.getLogger("aggregator.daemon")

SQL_THREADS = 4
HUBS = timedelta(seconds=5)  # between two looks at which hubs are due
PATIENCE = 3.0  # seconds that documents on their way get to come home when the daemon is told to stop
T = TypeVar("T")


def run(config: Config, announce: Callable[[str], None] = print) -> int:
    """Run until SIGTERM or SIGINT; the exit code. `announce` is told, once, where to subscribe.

    Raises AggregatorError when it cannot start: the archive or the port is not to be had.
    """
    for chatty in ("uvicorn", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    listener = _listen(config)
    with listener, App.open(bound(config, listener.getsockname()[1])) as app, _runner() as runner:
        return runner.run(Daemon(app, listener).run(announce))


def _runner() -> asyncio.Runner:
    """On uvloop, where it exists: it serves feeds a third faster."""
    try:
        import uvloop
    except ImportError:  # on Windows
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


class Daemon:
    """One process at work on one archive."""

    def __init__(self, app: App, listener: socket.socket) -> None:
        self.app = app
        self.config = app.config
        self.listener = listener
        self.stopping = asyncio.Event()
        self.errands: set[asyncio.Task[None]] = set()
        self.out = 0  # sources claimed and not home yet
        self.sql = ThreadPoolExecutor(SQL_THREADS, thread_name_prefix="sql")
        self.scheduler = AsyncIOScheduler(timezone=UTC)

    async def run(self, announce: Callable[[str], None]) -> int:
        """Work until told to stop; then drain. 0, or 1 when the server ended by itself."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        async with open_context(self.config, self.app.clock) as self.context:
            server = _server(self.app, Receiver(self) if self.config.websub.callback else None)
            serving = asyncio.create_task(server.serve([self.listener]))
            await self.in_sql(self.app.announcer.note)
            self._start_ticking()
            announce(self._welcome())
            stop = asyncio.create_task(self.stopping.wait())
            await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
            ended_by_itself = serving.done()
            await self._drain()
            server.should_exit = True
            await serving
            stop.cancel()
        return 1 if ended_by_itself else 0

    # ------------------------------------------------------------ ticks

    def _start_ticking(self) -> None:
        """Collecting and placing begin at once; publishing when something was placed, or at its first time.

        Otherwise a new archive would show its readers an empty feed first.
        """
        schedule, now = self.config.schedule, datetime.now(UTC)
        for work, every, first in (
            (self.collect, schedule.collect, now),
            (self.canonicalise, schedule.canonicalise, now),
            (self.publish, schedule.publish, now + schedule.publish),
            (self.websub, HUBS, now),
        ):
            self.scheduler.add_job(
                Tick(work).run,
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
        """Do it now rather than at its next time."""
        if not self.stopping.is_set():
            self.scheduler.modify_job(work.__name__, next_run_time=datetime.now(UTC))

    async def collect(self) -> None:
        """Claim what is due, as far as there is room, and send for it."""
        room = self.config.collect.concurrency - self.out
        if room <= 0 or self.stopping.is_set():
            return
        if sources := await self.in_sql(self.app.claim, room):
            self._send(self._errand(sources), len(sources))
        if (room := room - len(sources)) > 0:
            for wanted in await self.in_sql(self.app.claim_errands, room):
                self._send(self._fetch_once(wanted), 1)

    def _send(self, errand: Coroutine[Any, Any, None], size: int) -> None:
        self.out += size
        task = asyncio.create_task(errand)
        self.errands.add(task)
        task.add_done_callback(self.errands.discard)

    async def _errand(self, sources: list[Source]) -> None:
        away = {source.id: source for source in sources}
        try:
            async for collected in self.app.bring_home(sources, self.context):
                away.pop(collected.source.id, None)
                self.out -= 1
                await self._ingest(collected)
        except asyncio.CancelledError:
            pass  # told to stop: the leases go back below, and nothing was written for these sources
        except Exception:
            log.exception("a batch of sources could not be brought home")
        finally:
            self.out -= len(away)
            if away:
                await self.in_sql(self.app.archive.release, list(away.values()))

    async def _fetch_once(self, wanted: Errand) -> None:
        """A page of an entry, or an older document."""
        brought = None
        try:
            brought = await self.app.run_errand(wanted, self.context)
            done = await self.in_sql(self.app.finish, brought)
            log.info("%s: %s", wanted.url, brought.fetch.error or f"{done.new} new, {done.revised} revised")
            if done.new or done.revised:
                self._wake(self.canonicalise)
        except asyncio.CancelledError:
            pass  # told to stop: it is given back below
        except AggregatorError as error:
            log.error("%s: %s", wanted.url, error)
        finally:
            self.out -= 1
            if brought is None:
                await self.in_sql(self.app.archive.errands.release, [wanted])

    async def _ingest(self, collected: Collected) -> None:
        fetch, name = collected.fetch, collected.source.name
        try:
            done = await self.in_sql(self.app.ingest, collected)
        except AggregatorError as error:
            log.error("%s: %s", name, error)
            return
        words = fetch.error or f"{done.new} new, {done.revised} revised"
        log.log(
            logging.WARNING if fetch.error else logging.INFO, "%s: %s, %s", name, fetch.outcome.value, words
        )
        self.came_in(done)

    def came_in(self, done: Ingested) -> None:
        """There may be copies to place."""
        if done.new or done.revised:
            self._wake(self.canonicalise)

    async def canonicalise(self) -> None:
        """Place everything that waits, a batch a transaction."""
        placed = 0
        while not self.stopping.is_set():
            count = await self.in_sql(self.app.canonicalise)
            placed += count
            if not count:
                break
        await self.in_sql(self.app.archive.index_text)
        if placed:
            log.info("%d copies placed", placed)
            self._wake(self.publish)

    async def publish(self) -> None:
        """Write the documents whose bytes changed."""
        published = await self.in_sql(self.app.publish, None, True)
        for problem in published.problems:
            log.error("%s", problem)
        for path in published.written:
            log.info(
                "published %s, %d %s",
                path.name,
                published.stories,
                "story" if published.stories == 1 else "stories",
            )
        if published.written and self.config.publish.hubs:
            self._wake(self.websub)

    async def websub(self) -> None:
        """Ask the hubs of others, tell our own; cut short when the daemon is told to stop."""
        errand = asyncio.create_task(self._hubs())
        self.errands.add(errand)
        errand.add_done_callback(self.errands.discard)
        await asyncio.wait({errand})
        if not errand.cancelled():
            errand.result()

    async def _hubs(self) -> None:
        await self.app.subscriber.renew(self.context, self.in_sql)
        for problem in await self.app.announcer.announce(self.context, self.in_sql):
            log.warning("%s", problem)

    # ------------------------------------------------------------ around them

    async def in_sql(self, call: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.sql, call, *arguments)

    async def _drain(self) -> None:
        """No new work; a moment for what is on its way; then every thread that writes is waited for."""
        log.info("stopping")
        self.stopping.set()
        self.scheduler.remove_all_jobs()
        if self.errands:
            _, late = await asyncio.wait(self.errands, timeout=PATIENCE)
            for errand in late:
                errand.cancel()
            if late:
                await asyncio.wait(late)
        await asyncio.to_thread(self.sql.shutdown, wait=True)
        self.scheduler.shutdown(wait=False)

    def _welcome(self) -> str:
        site = self.config.site.base_url
        return (
            f"Reading at {site}\n"
            f"Subscribe to {site}feed.atom\n"
            f"Archive {safe_url(self.config.archive.url)}; feeds in {self.config.publish.folder}. Ctrl-C stops."
        )


class Receiver:
    """What hubs send, taken from the pages' server to the archive."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.subscriber = daemon.app.subscriber

    @property
    def max_body(self) -> int:
        return self.daemon.config.collect.max_body

    async def known(self, token: str) -> Subscription | None:
        return await self.daemon.in_sql(self.subscriber.known, token)

    async def verify(self, subscription: Subscription, asked: Mapping[str, str]) -> str | None:
        return await self.daemon.in_sql(self.subscriber.verify, subscription, asked)

    async def deliver(self, subscription: Subscription, headers: Mapping[str, str], body: bytes) -> None:
        context, in_sql = self.daemon.context, self.daemon.in_sql
        self.daemon.came_in(await self.subscriber.deliver(subscription, headers, body, context, in_sql))


class Tick:
    """Something done at intervals and whenever it is woken: never twice at once, and never forgotten.

    What fails is said and tried again at the next time; the daemon goes on.
    """

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self.work = work
        self.running = False
        self.again = False

    async def run(self) -> None:
        self.again = True
        if self.running:
            return
        self.running = True
        try:
            while self.again:
                self.again = False
                await self._try()
        finally:
            self.running = False

    async def _try(self) -> None:
        name = getattr(self.work, "__name__", "tick")
        try:
            await self.work()
        except ArchiveBusy as error:
            log.debug("%s: %s", name, error)
        except AggregatorError as error:
            log.error("%s: %s", name, error)
        except Exception:
            log.exception("%s failed", name)


def _listen(config: Config) -> socket.socket:
    """The socket of the pages, bound before anything else starts: two daemons cannot serve one address."""
    serve = config.serve
    family = socket.AF_INET6 if ":" in serve.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((serve.host, serve.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"cannot serve on {serve.host} port {serve.port}: {error.strerror}. "
            "Is another aggregator running? Stop it, or give this one another `port` in [serve]."
        ) from error
    return listener


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the daemon has the order of stopping in hand."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _rendered(app: App) -> Callable[[Feed, str], Representation]:
    """Makes a feed when it is asked for."""

    def render(feed: Feed, suffix: str) -> Representation:
        document = app.select(feed)[suffix]
        return Representation(document.body, MEDIA_TYPES[suffix][0], document.updated)

    return render


def _server(app: App, receiver: Receiver | None) -> uvicorn.Server:
    pages = create_app(
        app.archive,
        app.views,
        app.meta,
        app.config.publish.folder,
        clock=app.clock,
        token=app.config.serve.token.get_secret_value(),
        receiver=receiver,
        render=_rendered(app),
        feeds=app.config.feeds,
    )
    return _Server(
        uvicorn.Config(
            pages,
            http=protocol(pages),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
    )
