"""A real Chromium, driven by its DevTools protocol over a pair of pipes: no driver, no port, no dependency.

A `Browser` is one process with a profile of its own that is thrown away; a `Tab` remembers what was asked for on
the network and what the console said. Everything waits for an event with a bound, nothing sleeps.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 10.0  # seconds for anything
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions --hide-scrollbars --mute-audio "
    "--remote-debugging-pipe"
).split()


class Browser:
    """The process. Messages are JSON, each ended by a NUL."""

    def __init__(self, process: subprocess.Popen[bytes], to: int, out: int) -> None:
        self._process, self._to, self._out = process, to, out
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str = "", **said: Any) -> dict[str, Any]:
        """Do it, and give its answer; what happens meanwhile is kept among the events."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": said} | (
            {"sessionId": session} if session else {}
        )
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(time.monotonic() + PATIENCE)
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                found: dict[str, Any] = answer["result"]
                return found
            self.events.append(answer)

    def until(self, reached: Callable[[], bool]) -> None:
        """Wait for events until it is so; it may be so already."""
        deadline = time.monotonic() + PATIENCE
        while not reached():
            self.events.append(self._next(deadline))

    def tab(self, width: int = 1280, height: int = 900, dark: bool = False) -> Tab:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, session)
        for domain in ("Page", "Network", "Runtime", "Log"):
            tab.call(f"{domain}.enable")
        phone = width < 600
        tab.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=2 if phone else 1, mobile=phone,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.call("Emulation.setEmulatedMedia", features=[scheme])
        return tab

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._out], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(self._out, 1 << 20) if ready else b""
            assert piece, f"Chromium said nothing for {PATIENCE} s, or is gone"
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


@dataclass
class Tab:
    """One page in it, as a person uses one: goes, reads, types, presses."""

    browser: Browser
    session: str
    _seen: int = field(default=0)

    def call(self, method: str, **said: Any) -> dict[str, Any]:
        return self.browser.call(method, self.session, **said)

    def go(self, url: str) -> None:
        self._and_load(lambda: self.call("Page.navigate", url=url))

    def press(self, selector: str) -> None:
        """A click on what must be there and leads to another page."""
        self._and_load(lambda: self.evaluate(f"{self._one(selector)}.click()"))

    def mark(self, selector: str) -> None:
        """A click that stays on the page."""
        self.evaluate(f"{self._one(selector)}.click()")

    def type(self, selector: str, text: str) -> None:
        self.evaluate(f"{self._one(selector)}.focus()")
        self.call("Input.insertText", text=text)

    def key(self, name: str, code: int, text: str = "") -> None:
        pressed = {"key": name, "code": name, "windowsVirtualKeyCode": code, "text": text}
        self.call("Input.dispatchKeyEvent", type="keyDown", **pressed)
        self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def text(self, selector: str = "main") -> str:
        return " ".join(str(self.evaluate(f"{self._one(selector)}.innerText")).split())

    def all(self, selector: str) -> list[str]:
        found: list[str] = self.evaluate(
            f"[...document.querySelectorAll({json.dumps(selector)})].map(each => each.innerText.trim())"
        )
        return found

    @property
    def path(self) -> str:
        return str(self.evaluate("location.pathname + location.search"))

    def evaluate(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, f"{expression}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def picture(self, whole: bool = False) -> bytes:
        """PNG of what is seen, or of the whole page."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def requests(self) -> list[str]:
        """Every address that was asked for, in order."""
        return [said["request"]["url"] for said in self._events("Network.requestWillBeSent")]

    def complaints(self) -> list[str]:
        """What the console and the browser said: errors, refusals, warnings."""
        logged = [said["entry"]["text"] for said in self._events("Log.entryAdded")]
        thrown = [said["exceptionDetails"]["text"] for said in self._events("Runtime.exceptionThrown")]
        spoken = [str(said["args"]) for said in self._events("Runtime.consoleAPICalled")]
        return logged + thrown + spoken

    def _events(self, method: str) -> list[dict[str, Any]]:
        mine = (event for event in self.browser.events if event.get("sessionId") == self.session)
        return [event["params"] for event in mine if event["method"] == method]

    def _one(self, selector: str) -> str:
        quoted = json.dumps(selector)
        assert self.evaluate(f"!!document.querySelector({quoted})"), f"nothing is {selector} on {self.path}"
        return f"document.querySelector({quoted})"

    def _and_load(self, act: Callable[[], object]) -> None:
        before = len(self._events("Page.loadEventFired"))
        act()
        self.browser.until(lambda: len(self._events("Page.loadEventFired")) > before)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a past, that ends with the block."""
    assert CHROMIUM
    read_by_it, to = os.pipe()
    out, written_by_it = os.pipe()
    profile = Path(tempfile.mkdtemp(prefix="chromium-"))
    # it reads from 3 and writes to 4, which ours must not be
    read_by_it, written_by_it = _high(read_by_it), _high(written_by_it)
    script = f'exec 3<&{read_by_it} 4>&{written_by_it}; exec "$0" "$@"'
    process = subprocess.Popen(
        ["bash", "-c", script, CHROMIUM, *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(read_by_it, written_by_it),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(read_by_it)
    os.close(written_by_it)
    browser = Browser(process, to, out)
    try:
        yield browser
        browser.call("Browser.close")
    finally:
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        os.close(to)
        os.close(out)
        shutil.rmtree(profile, ignore_errors=True)


def _high(number: int) -> int:
    """The same file under a number from 20 on."""
    moved = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 20)
    os.close(number)
    return moved
