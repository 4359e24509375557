"""A hub on loopback that does the real protocol: verifies intent, fetches what changed, signs what it delivers."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

Form = dict[str, str]


@dataclass
class Hub:
    """`subscribers` are (topic, callback) -> secret; `asked` every form that came, `answers` what callbacks said."""

    port: int = 0
    lease: int = 86400  # seconds
    method: str = "sha256"
    status: int = 202  # to every request
    verifies: bool = True
    subscribers: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: list[Form] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hub"

    def modes(self) -> list[str]:
        return [form["hub.mode"] for form in self.asked]

    def take(self, form: Form) -> None:
        """After the answer: ask back, or fetch and deliver."""
        topic, callback = form.get("hub.topic", ""), form.get("hub.callback", "")
        match form.get("hub.mode"):
            case "subscribe" if self.verifies and self.meant("subscribe", topic, callback):
                self.subscribers[topic, callback] = form.get("hub.secret", "")
            case "unsubscribe" if self.verifies and self.meant("unsubscribe", topic, callback):
                self.subscribers.pop((topic, callback), None)
            case "publish":
                with urllib.request.urlopen(form["hub.url"], timeout=5) as response:
                    body, kind = response.read(), response.headers["Content-Type"]
                for subscribed, where in list(self.subscribers):
                    if subscribed == form["hub.url"]:
                        self.deliver(subscribed, where, body, kind)

    def meant(self, mode: str, topic: str, callback: str, challenge: str = "c-h a&l", **more: str) -> bool:
        """Section 5.3: the callback must answer 2xx with the challenge."""
        question = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": challenge, **more}
        if mode == "subscribe":
            question.setdefault("hub.lease_seconds", str(self.lease))
        parts = urlsplit(callback)
        status, said = exchange("GET", callback, f"{parts.path}?{urlencode(question)}")
        return status == 200 and said == challenge.encode()

    def deliver(
        self,
        topic: str,
        callback: str,
        body: bytes,
        kind: str = "application/atom+xml",
        signature: str | None = None,
    ) -> int:
        secret = self.subscribers.get((topic, callback), "").encode()
        if signature is None:
            signature = f"{self.method}={hmac.new(secret, body, self.method).hexdigest()}"
        link = f'<{self.url}>; rel="hub", <{topic}>; rel="self"'
        headers = {"Content-Type": kind, "Link": link, "X-Hub-Signature": signature}
        status, _ = exchange("POST", callback, urlsplit(callback).path, body, headers)
        self.answers.append(status)
        return status


def exchange(
    method: str, url: str, path: str, body: bytes | None = None, headers: Form | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(said).items()}
        self.hub.asked.append(form)
        self.send_response(self.hub.status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if self.hub.status < 300:
            threading.Thread(target=self._work, args=(form,), daemon=True).start()

    def _work(self, form: Form) -> None:
        with suppress(OSError, urllib.error.URLError):
            self.hub.take(form)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def a_hub(**how: object) -> Iterator[Hub]:
    hub = Hub(**how)  # type: ignore[arg-type]
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
