"""From a configuration to a daemon, and to the next one when the configuration changes."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable, Collection
from contextlib import suppress

from ..app import App
from ..config import Config, bound, safe_url
from ..errors import ConfigurationError
from .early import ROLES
from .looping import runner
from .working import Daemon, Orders, Renew

log = logging.getLogger("aggregator.daemon")

FILES = 16_384


def start(
    config: Config,
    listener: socket.socket | None,
    take_over: Callable[[], None],
    announce: Callable[[str], None],
    roles: Collection[str],
    reread: Callable[[], Config] | None,
) -> int:
    """See `early.run`. `take_over` is called when we can answer at the listener ourselves, a moment later."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    for chatty in ("apscheduler", "sqlalchemy.pool"):  # they warn of what we do on purpose, or say ourselves
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    _allow_files()
    app = App.open(bound(config, listener.getsockname()[1]) if listener else config)
    take_over()
    gc.freeze()  # what was loaded stays: each full collection, which stops all threads, would go through it

    async def work() -> int:
        orders = Orders(asyncio.Event(), roles, listener, _renewing(reread) if reread else None)
        return await _work(app, orders, lambda: announce(_welcome(app.config, roles)))

    with runner() as loop:
        return loop.run(work())


def _allow_files() -> None:
    """Open files as the system lets us have them: what is usual is little for who asks a hundred hosts a second."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        few, many = resource.getrlimit(resource.RLIMIT_NOFILE)
        if 0 <= few < FILES:
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES if many < 0 else min(many, FILES), many))


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
        return App.open(bound(new, old.serve.port))

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
