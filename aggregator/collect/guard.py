"""Where we may connect to: the guard against server-side request forgery.

A feed's address, or a redirect on the way, may name the machine next door or the cloud's metadata service. So
an address is judged as it is connected to: the URL's literal address first, every answer of the name server
(one look-up a connection, whose answers are the ones connected to, so that a second answer cannot differ),
and once more where the socket is made. `ipaddress.is_global` cannot be the only judge: on Python 3.11 it is
True for NAT64, 6to4, `::127.0.0.1` and multicast.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpx
from aiohttp.abc import AbstractResolver, ResolveResult

from ..errors import CollectError, Permanent, Temporary
from .turns import Slots

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

PORTS = {"http": 80, "https": 443}
LOOKUPS = 16  # at once, those not counted that take long
MAY_BE_ALLOWED = frozenset({"refused-port", "refused-address"})
_PROTOCOLS = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))  # RFC 6890; RFC 7526 (6to4)
_UNICAST = IPv6Network("2000::/3")  # RFC 4291 section 2.4: all that IANA has given out
_TUNNELS = tuple(
    map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48"))
)


def is_public(address: Address) -> bool:
    """Whether the address is plain global unicast, with nothing wrapped in it (IANA special registries)."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _PROTOCOLS)
    return address in _UNICAST and not any(address in block for block in _TUNNELS)


class Lookups:
    """Name look-ups in threads of their own, `LOOKUPS` at once.

    Daemon threads rather than an executor: the exit of the program waits for an executor's threads, and a
    name server that hangs would hold it up for half a minute.
    """

    def __init__(self) -> None:
        self._slots = Slots(LOOKUPS)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The host's addresses in the system's order of preference. Raises OSError, UnicodeError."""
        give_back = await self._slots.take()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()

        def arrived(addresses: Sequence[str], error: Exception | None) -> None:
            give_back()
            if not answer.done():  # the asker may have gone
                answer.set_exception(error) if error else answer.set_result(addresses)

        def look_up() -> None:
            addresses: list[str] = []
            failure: Exception | None = None
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
            except Exception as error:
                failure = error
            with suppress(RuntimeError):  # the loop is closed, and nobody waits
                loop.call_soon_threadsafe(arrived, addresses, failure)

        threading.Thread(target=look_up, name=f"dns-{host}", daemon=True).start()
        return await answer


class Guard:
    """Judges URLs, name server answers and sockets. A test may bring its own resolver and judge."""

    def __init__(
        self,
        resolve: Resolve | None = None,
        admits: Callable[[Address], bool] = is_public,
        any_port: bool = False,
    ) -> None:
        self._resolve = resolve
        self._admits = admits
        self._any_port = any_port

    def check(self, url: httpx.URL, private: bool) -> None:
        """Raises Permanent unless the URL is http(s), on its default port and not a forbidden address."""
        if url.scheme not in PORTS or not url.host:
            raise Permanent(f"{url} is not an http or https address", code="refused-scheme")
        if private:
            return
        self.check_address("127.0.0.1" if url.host == "localhost" else _spelt_out(url.host), url.host)
        if url.port not in (None, PORTS[url.scheme]) and not self._any_port:
            raise Permanent(f"{url} names port {url.port}, which is not the web's", code="refused-port")

    def check_address(self, host: str, name: str = "") -> None:
        """Raises Permanent if `host` is a literal address that the guard does not admit; names pass."""
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return
        if not self._admits(address):
            what = "a private address" if address.is_private else "an address that is not public"
            where = f"{host} is" if name in ("", host) else f"{name} is at {address},"
            raise Permanent(f"{where} {what}", code="refused-address")

    def resolver(self, private: bool) -> AbstractResolver:
        return _Resolver(self, self._resolve or Lookups(), private)

    def make_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for one address of a look-up: the last place where it can be refused."""
        family, kind, protocol, _, where = info
        self.check_address(str(where[0]))
        if where[1] not in PORTS.values() and not self._any_port:
            raise Permanent(f"port {where[1]} of {where[0]} is not the web's", code="refused-port")
        return socket.socket(family, kind, protocol)


class _Resolver(AbstractResolver):
    def __init__(self, guard: Guard, resolve: Resolve, private: bool) -> None:
        self._guard = guard
        self._look_up = resolve
        self._private = private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        try:
            addresses = await self._look_up(host, port)
        except (OSError, UnicodeError) as error:
            raise Temporary(_unfound(host, error), code="dns") from error
        if not self._private:
            for address in addresses:
                self._guard.check_address(address, host)
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Nothing is held."""


def _spelt_out(host: str) -> str:
    """2130706433, 0x7f.1, 127.1 and 127.0.0.1. as 127.0.0.1, which they are to a system; any other host as it is."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host.removesuffix(".")))
    except OSError:
        return host


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=family,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )


def _unfound(host: str, error: Exception) -> str:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return f"the name {host} cannot be looked up: the name server does not answer"
    return f"the name {host} cannot be found: no such host is known"


def with_mend(error: CollectError, mend: str) -> CollectError:
    """A refusal of a place that may be allowed, with how to allow it; any other error as it is."""
    return Permanent(f"{error}; {mend}", code=error.code) if error.code in MAY_BE_ALLOWED else error
