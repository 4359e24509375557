"""The web, asked politely: one GET (or form), its redirects followed by hand, its body unpacked within bounds.

What is never sent: cookies, Referer, HEAD, a query that is not the URL's own. No proxy is used, whatever the
environment says: the guard could not see where it leads.
"""

from __future__ import annotations

import asyncio
import errno
import ssl
import string
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from types import TracebackType
from urllib.parse import quote, urlencode

import aiohttp
import httpx

from ..errors import CollectError, Permanent, Temporary
from ..text import storable
from . import decoding
from .guard import Guard
from .hosts import Hosts
from .limits import Limits
from .transport import AiohttpTransport, Chatter, connections, verbatim
from .turns import Bodies, Growing, Slots

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
PERMANENT = frozenset({301, 308})
REDIRECTS = PERMANENT | {302, 303, 307}
AS_IT_IS = frozenset({307, 308})  # redirects after which a form is sent again (RFC 9110 section 15.4)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the last hop answered. `body` is decoded, and empty unless the status is 2xx."""

    url: str
    status: int
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: bytes = field(default=b"", repr=False)
    wire: int = 0  # bytes of the body as they came
    elapsed: float = 0.0  # seconds, without the waiting for our turn
    moved_to: str = ""  # where permanent redirects (RFC 9110 section 15.4) led before any temporary one

    @property
    def content_type(self) -> str:
        return str(self.headers.get("content-type", ""))

    def verbatim(self, name: str) -> str:
        """A header to be echoed byte for byte (`transport.verbatim`); "" if it is absent."""
        wanted = name.lower().encode()
        return next((verbatim(value) for key, value in self.headers.raw if key.lower() == wanted), "")


class HttpClient:
    """GET and POST within limits, past the guard. An async context manager, for any number of tasks of one loop."""

    def __init__(self, user_agent: str, limits: Limits, guard: Guard) -> None:
        self.user_agent = user_agent
        self._limits = limits
        self._guard = guard
        self._hosts = Hosts(limits.gap)
        self.slots = Slots(limits.concurrency)
        self._exit = AsyncExitStack()
        self._transports: dict[bool, AiohttpTransport] = {}
        self._headers = [
            (b"User-Agent", user_agent.encode()),
            (b"Accept", ACCEPT.encode()),
            (b"Accept-Encoding", decoding.ACCEPTED.encode()),
            (b"Connection", b"keep-alive"),
        ]
        times = httpx.Timeout(
            limits.read_timeout.total_seconds(), connect=limits.connect_timeout.total_seconds(), pool=None
        )
        self._extensions = {"timeout": times.as_dict()}

    async def __aenter__(self) -> HttpClient:
        self._bodies = Bodies()
        context = _trusted()
        for private in (False, True):  # apart, so that no guarded source rides on an unguarded connection
            transport = AiohttpTransport(connections(self._guard, private, context))
            self._transports[private] = await self._exit.enter_async_context(transport)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exit.aclose()

    async def get(
        self, url: str, conditions: Mapping[str, str] | None = None, *, allow_private: bool = False
    ) -> Answer:
        """Ask for `url`, with `conditions` as further headers (RFC 9110 section 13.1).

        The deadline covers everything but the wait for our turn at the first host. Raises Temporary when
        there is no whole answer, Permanent when the guard forbids it; an answer of any status is an answer.
        """
        return await self._send("GET", url, conditions or {}, b"", REDIRECTS, allow_private)

    async def post(self, url: str, form: Mapping[str, str], *, allow_private: bool = False) -> Answer:
        """Send a form, within the same limits and past the same guard. Raises as `get` does."""
        return await self._send("POST", url, FORM, urlencode(form).encode(), AS_IT_IS, allow_private)

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        redirects: frozenset[int],
        allow_private: bool,
    ) -> Answer:
        clock = asyncio.get_running_loop().time
        left = deadline = self._limits.deadline.total_seconds()
        here, moved_to, permanent = _parsed(url), "", True
        been: set[httpx.URL] = set()
        for hop in range(self._limits.max_redirects + 1):
            self._guard.check(here, allow_private)
            with _explained(_shown(here)):
                async with asyncio.timeout(left if hop else None) as patience:
                    began = clock()
                    async with self._hosts.turn(here.netloc.decode("ascii")), self.slots.turn():
                        if hop == 0:
                            began = clock()
                            patience.reschedule(began + left)
                        answer = await self._ask(method, here, headers, content, allow_private, patience)
            left -= clock() - began
            if answer.status not in redirects or "location" not in answer.headers:
                return replace(answer, elapsed=deadline - left, moved_to=moved_to)
            been.add(here)
            here = _next_hop(here, answer)
            if here in been:  # without cookies it would be told the same again
                raise Temporary(f"{url} redirects in a circle", code="redirects")
            permanent = permanent and answer.status in PERMANENT
            moved_to = str(here) if permanent else moved_to
        raise Temporary(f"{url} redirects more than {self._limits.max_redirects} times", code="redirects")

    async def _ask(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        content: bytes,
        private: bool,
        patience: asyncio.Timeout,
    ) -> Answer:
        """One hop. An httpx.AsyncClient would add nothing but cookies, which are not wanted, at a fifth of the cost."""
        request = httpx.Request(
            method,
            url,
            headers=[
                (b"Host", url.netloc),
                *self._headers,
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ],
            stream=httpx.ByteStream(content),
            extensions=self._extensions,
        )
        if url.userinfo:
            next(httpx.BasicAuth(url.username, url.password).sync_auth_flow(request))
        async with aclosing(await self._transports[private].handle_async_request(request)) as response:
            body, wire = await self._read(response, patience) if response.is_success else (b"", 0)
            return Answer(str(_shown(url)), response.status_code, response.headers, body, wire)

    async def _read(self, response: httpx.Response, patience: asyncio.Timeout) -> tuple[bytes, int]:
        """The decoded body, and its length on the wire; neither passes `max_body`."""
        decoder = decoding.decoder(response.headers.get("content-encoding", ""))
        wire, body = 0, bytearray()
        with self._bodies.growing() as growing:
            async for chunk in response.aiter_raw():
                wire += len(chunk)
                self._check_size(wire)
                await self._take(decoder.feed(chunk), body, growing, patience)
            if wire:
                decoder.finish()
            if body.startswith(decoding.GZIP):  # a file that lies there packed: sitemap.xml.gz
                packed, body, decoder = bytes(body), bytearray(), decoding.decoder("gzip")
                await self._take(decoder.feed(packed), body, growing, patience)
                decoder.finish()
            return growing.whole(body), wire

    async def _take(
        self, pieces: Iterator[bytes], body: bytearray, growing: Growing, patience: asyncio.Timeout
    ) -> None:
        for piece in pieces:
            size = len(body) + len(piece)
            self._check_size(size)
            await growing.to(size, patience)
            body += piece
            if len(piece) >= decoding.PIECE:  # a chunk may hold hundreds: others have a turn between two
                await asyncio.sleep(0)

    def _check_size(self, size: int) -> None:
        if size > self._limits.max_body:
            raise Temporary(f"the answer is larger than {self._limits.max_body / 1e6:g} MB", code="too-large")


@cache
def _trusted() -> ssl.SSLContext:
    """Made once a process: reading whose certificates we trust takes as long as thirty unchanged feeds."""
    return httpx.create_ssl_context()


def _shown(url: httpx.URL) -> httpx.URL:
    """Without the password that a person may have put into it."""
    return url.copy_with(userinfo=b"") if url.userinfo else url


def _without_fragment(url: httpx.URL) -> httpx.URL:
    return url.copy_with(fragment=None) if url.fragment else url


def _parsed(url: str) -> httpx.URL:
    try:
        return _without_fragment(httpx.URL(url))
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise Permanent(f"{url[:200]!r} is not a web address ({error})", code="bad-url") from error


def _next_hop(here: httpx.URL, answer: Answer) -> httpx.URL:
    location = _location(answer.headers)
    try:
        hop = _without_fragment(here.join(location))
        if not hop.host and not hop.path.startswith("/"):
            raise ValueError("it names no place")  # javascript:, data:
        return hop
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise Temporary(
            f"{here} redirects to {location[:200]!r}, no web address", code="redirects"
        ) from error


def _location(headers: httpx.Headers) -> str:
    """Where a redirect leads: UTF-8, or by its bytes if the server writes it in some encoding of its own."""
    said = next(value for name, value in headers.raw if name.lower() == b"location")
    try:
        location = said.decode()
    except UnicodeDecodeError:
        return quote(said, safe=string.punctuation)
    return location if location == storable(location) else quote(said, safe=string.punctuation)


@contextmanager
def _explained(url: httpx.URL) -> Iterator[None]:
    """What goes wrong below as a CollectError whose sentence names the URL."""
    try:
        yield
    except CollectError as error:
        if str(url.host) in str(error):
            raise
        raise type(error)(f"{url}: {error}", code=error.code) from error
    except (httpx.RemoteProtocolError, httpx.InvalidURL) as error:  # it looks where a redirect leads
        raise Temporary(f"{url} redirects to what is no web address", code="redirects") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _explanation(url, error) from error


def _explanation(url: httpx.URL, error: Exception) -> Temporary:
    host = url.host
    match error:
        case TimeoutError():
            return Temporary(f"{url} did not answer in time", code="timeout")
        case aiohttp.InvalidURL():  # numbers that stand for an address
            return Temporary(f"{url} names no host in the way of the web", code="bad-url")
        case aiohttp.ServerDisconnectedError() | ConnectionResetError():
            return Temporary(f"{host} closed the connection without an answer", code="closed")
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as why):
            reason = str(why.verify_message).rstrip(".")
            return Temporary(f"the certificate of {host} is not valid: {reason}", code="tls")
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return Temporary(f"{host} does not speak TLS as an https address must", code="tls")
        case aiohttp.ClientPayloadError():
            return Temporary(f"{url} broke off before its end", code="truncated")
        case Chatter():
            return Temporary(f"{url} sends too much that is no document", code="bad-http")
        case aiohttp.ClientResponseError():
            return Temporary(f"{url} does not answer as HTTP should", code="bad-http")
        case OSError(errno=errno.ECONNREFUSED):
            return Temporary(f"{_place(url)} refuses the connection: nothing listens there", code="connect")
        case OSError(errno=errno.ENETUNREACH | errno.EHOSTUNREACH):
            return Temporary(f"no way leads to {host} from here: check the network", code="connect")
    return Temporary(f"{_place(url)} cannot be reached", code="connect")


def _place(url: httpx.URL) -> str:
    """The host, with its port where the address names one."""
    return f"{url.host}, port {url.port}," if url.port else url.host
