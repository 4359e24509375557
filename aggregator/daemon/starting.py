"""From a configuration to a daemon, and to the next one when the configuration changes."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Collection
from contextlib import nullcontext

from ..app import App
from ..config import Config, bound, safe_url
from ..errors import ConfigurationError
from .serving import listen
from .working import ROLES, Daemon, Orders, Renew

log = logging.getLogger("aggregator.daemon")


def run(
    config: Config,
    announce: Callable[[str], None] = print,
    roles: Collection[str] = ROLES,
    reread: Callable[[], Config] | None = None,
) -> int:
    """Run until SIGTERM or SIGINT; the exit code. `announce` is told, once, where to subscribe.

    `reread` gives the configuration anew, on SIGHUP and when its file was written. Raises AggregatorError when
    it cannot start: the archive or the port is not to be had, or a role is none.
    """
    if wrong := sorted(set(roles) - set(ROLES)):
        raise ConfigurationError(f"--only {wrong[0]} is no role; there are {', '.join(ROLES)}")
    for chatty in ("uvicorn", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    listener = listen(config) if "serve" in roles else None
    with listener or nullcontext():
        app = App.open(bound(config, listener.getsockname()[1]) if listener else config)

        async def work() -> int:
            orders = Orders(asyncio.Event(), roles, listener, _renewing(reread) if reread else None)
            return await _work(app, orders, lambda: announce(_welcome(app.config, roles)))

        with _runner() as runner:
            return runner.run(work())


def _runner() -> asyncio.Runner:
    """On uvloop, where it exists: it serves feeds a third faster."""
    try:
        import uvloop
    except ImportError:  # on Windows
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def _work(app: App, orders: Orders, ready: Callable[[], None]) -> int:
    """One daemon after another, each by the configuration of its time."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, orders.ending.set)
    written = None
    while True:
        with app:
            daemon = Daemon(app, orders, written)
            code = await daemon.run(ready)
        if daemon.successor is None:
            return code
        app, written = daemon.successor, daemon.written
        ready = _say_reloaded


def _say_reloaded() -> None:
    log.info("the configuration was reloaded")


def _renewing(reread: Callable[[], Config]) -> Renew:
    """Opens an app by the configuration as it is now, before the old one is let go."""

    def renew(app: App) -> App:
        old, new = app.config, reread()
        if new.archive.url != old.archive.url:
            raise ConfigurationError("another `url` in [archive] takes a restart")
        if new.serve.host != old.serve.host or new.serve.port not in (0, old.serve.port):
            raise ConfigurationError("another `host` or `port` in [serve] takes a restart")
        return App.open(bound(new, old.serve.port), app.clock)

    return renew


def _welcome(config: Config, roles: Collection[str]) -> str:
    archive = safe_url(config.archive.url)
    if "serve" not in roles:
        return (
            f"At work: {', '.join(role for role in ROLES if role in roles)}\nArchive {archive}. Ctrl-C stops."
        )
    site = config.site.base_url
    return (
        f"Reading at {site}\n"
        f"Subscribe to {site}feed.atom\n"
        f"Archive {archive}; feeds in {config.publish.folder}. Ctrl-C stops."
    )
