"""Word to the service manager (sd_notify(3)): ready, reloading, stopping, alive. Nobody asked: nothing is said."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress


def notify(*words: str) -> None:
    """Send `NAME=value` words to the manager named by $NOTIFY_SOCKET, if there is one. Never fails, never waits."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with (
        suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as manager,
    ):
        manager.sendto(
            "\n".join(words).encode(), address.replace("@", "\0", 1) if address[0] == "@" else address
        )


def reloading() -> None:
    """To be followed by READY=1."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def watched() -> float | None:
    """Within how many seconds the manager wants to hear from this process again and again; None if it does not."""
    asked = os.environ.get("WATCHDOG_USEC", "")
    ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(asked) / 1e6 if ours and asked.isdigit() and int(asked) else None
