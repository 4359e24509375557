"""Published documents, answered before anything else is asked: a reader's poll is most of what a server does.

This stands around the application and speaks ASGI itself: no routing, no request object, header fields made once a
document. `protocol` answers from the same place a step earlier still. A path that is no document in public/, and a
browser at a feed's address, go on to the application.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from .conditional import Representation, has, wants_page
from .documents import CLOSED, FEEDS, Document, Folder
from .headers import FEED, PREFLIGHT

Fields = Sequence[tuple[bytes, bytes]]
KEPT = 1000  # documents whose header fields are kept
METHODS = "GET, HEAD, OPTIONS"


@dataclass(frozen=True, slots=True)
class Reply:
    """`head` are the fields as they stand in an HTTP/1.1 message."""

    status: int
    fields: Fields
    head: bytes
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class _Ready:
    """The replies that a form of a document can come to."""

    shown: Representation
    whole: Reply
    headless: Reply  # for HEAD
    same: Reply


class Published:
    """`links`: a document's name to header fields of its own."""

    def __init__(
        self,
        app: ASGIApp,
        files: Folder,
        clock: Callable[[], datetime],
        links: Callable[[str], Mapping[str, str]],
    ) -> None:
        self.app = app
        self.files = files
        self.clock = clock
        self.links = links
        self._ready: dict[tuple[str, str], _Ready] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = None
        if scope["type"] == "http":
            reply = self.reply(scope["method"], scope["path"], scope["headers"])
        if reply is None:
            return await self.app(scope, receive, send)
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.fields})
        return await send({"type": "http.response.body", "body": reply.body})

    def reply(self, method: str, path: str, headers: Fields) -> Reply | None:
        """What is answered for a published document; None for what is the application's affair."""
        name = path[1:]
        found = self.files.find(name) if "." in name else None
        if found is None:
            return None
        if method not in ("GET", "HEAD"):
            return _PREFLIGHT if method == "OPTIONS" else _REFUSED
        asked = _asked(headers)
        if name.endswith(FEEDS) and wants_page(asked.get("accept", "")):
            return None
        shown = found.best(asked.get("accept-encoding", ""))
        ready = self._ready.get((name, shown.encoding))
        if ready is None or ready.shown is not shown:
            ready = self._make_ready(name, found, shown)
        tags = asked.get("if-none-match")
        if has(tags is not None, tags or "", asked.get("if-modified-since", ""), shown):
            return ready.same
        return ready.headless if method == "HEAD" else ready.whole

    def _make_ready(self, name: str, document: Document, shown: Representation) -> _Ready:
        varies = ["Accept"] * name.endswith(FEEDS) + ["Accept-Encoding"] * (len(document.forms) > 1)
        said = {
            **FEED,
            "Cache-Control": f"public, max-age={86400 if name.startswith(CLOSED) else 60}",
            **({"Vary": ", ".join(varies)} if varies else {}),
            **self.links(quote(name)),
            **shown.validators(self.clock()),
        }
        whole = said | shown.content()
        ready = _Ready(shown, _made(200, whole, shown.body), _made(200, whole), _made(304, said))
        if len(self._ready) >= KEPT:
            self._ready.clear()
        self._ready[name, shown.encoding] = ready
        return ready


def links_to(hubs: Sequence[str], base_url: str) -> Callable[[str], Mapping[str, str]]:
    """The hubs and the document's own address, for subscribers who look at the header only (WebSub section 4)."""

    def links(name: str) -> Mapping[str, str]:
        both = [*((hub, "hub") for hub in hubs), (base_url + name, "self")]
        return {"Link": ", ".join(f'<{url}>; rel="{rel}"' for url, rel in both)} if hubs else {}

    return links


def _made(status: int, said: Mapping[str, str], body: bytes = b"") -> Reply:
    fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in said.items()]
    return Reply(status, fields, b"".join(b"%s: %s\r\n" % field for field in fields), body)


_PREFLIGHT = _made(204, {**FEED, **PREFLIGHT})
_REFUSED = _made(405, {**FEED, "Allow": METHODS, "Content-Length": "0", "Cache-Control": "no-store"})
_MATTER = {
    name.encode(): name for name in ("accept", "accept-encoding", "if-none-match", "if-modified-since")
}


def _asked(headers: Fields) -> dict[str, str]:
    """The header fields that matter here; several of one name are one list."""
    asked: dict[str, str] = {}
    for field, value in headers:
        if name := _MATTER.get(field):
            said = value.decode("latin-1")
            asked[name] = f"{asked[name]},{said}" if name in asked else said
    return asked
