"""Where the guard lets us connect to."""

from __future__ import annotations

import asyncio
import socket
import threading
from ipaddress import ip_address

import pytest

from aggregator.collect import Guard, turns
from aggregator.collect.guard import Lookups, is_public
from aggregator.errors import Permanent, Temporary
from aggregator.model import Outcome

from .playing import Names, guard, poll, source
from .server import Server, answers, in_turn

PUBLIC = "93.184.216.34 1.1.1.1 8.8.8.8 2606:4700::6810:84e5 2a00:1450:4001:80b::200e 2001:4860:4860::8888"
WALLED = {
    "loopback": "127.0.0.1 127.255.255.254 ::1",
    "private": "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 fc00::1 fd12:3456::1",
    "link-local, where metadata services live": "169.254.169.254 fe80::1 fd00:ec2::254",
    "carrier-grade NAT": "100.64.0.1 100.127.255.255 100.100.100.200",
    "this network": "0.0.0.0 0.1.2.3 ::",
    "broadcast, reserved": "255.255.255.255 240.0.0.1 192.0.0.8",
    "documentation, benchmarks": "192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 2001:db8::1 3fff::1",
    "multicast": "224.0.0.1 239.255.255.255 ff02::1 ff0e::1",
    "IPv4-mapped": "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8",
    "IPv4-compatible": "::127.0.0.1 ::8.8.8.8",
    "NAT64": "64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1",
    "6to4": "2002:7f00:1:: 2002:a00:1::1 192.88.99.1",
    "Teredo and its neighbours": "2001::1 2001:0:7f00:1::1 2001:10::1 2001:20::1",
    "site-local": "fec0::1",
    "IPv4-translated": "::ffff:0:127.0.0.1",
}


@pytest.mark.parametrize("address", PUBLIC.split())
def test_plain_public_addresses_are_admitted(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("kind", "address"), [(kind, a) for kind, said in WALLED.items() for a in said.split()]
)
def test_everything_else_is_not(kind: str, address: str) -> None:
    assert not is_public(ip_address(address)), kind


def test_a_private_address_is_refused_before_anything_is_sent(web: Server) -> None:
    collected = poll(web.on("/feed", answers()), wall=Guard(any_port=True))
    assert (collected.fetch.outcome, collected.fetch.error_code) == (Outcome.REFUSED, "refused-address")
    assert collected.fetch.error == (
        "127.0.0.1 is a private address; set allow_private = true for this source if that is meant"
    )
    assert web.log == []


def test_a_source_that_is_allowed_there_by_name_goes_there(web: Server) -> None:
    allowed = source(web.on("/feed", answers()), allow_private=True)
    assert poll(allowed, wall=Guard()).fetch.outcome is Outcome.CHANGED


def test_another_port_than_the_webs_is_refused_unless_allowed() -> None:
    fetch = poll("http://herald.example:22/", wall=Guard(resolve=Names())).fetch
    assert (fetch.outcome, fetch.error_code) == (Outcome.REFUSED, "refused-port")


def test_even_an_allowed_source_is_not_led_off_the_web(web: Server) -> None:
    allowed = source(
        web.on("/feed", answers(302, b"", {"Location": "file:///etc/passwd"})), allow_private=True
    )
    assert poll(allowed, wall=Guard()).fetch.error_code == "refused-scheme"


def test_the_last_word_is_where_the_socket_is_made() -> None:
    """Whatever the look-up and the parsers of URLs made of an address."""
    for where in (
        ("10.0.0.1", 80),
        ("::ffff:10.0.0.1", 80, 0, 0),
        ("fe80::1%eth0", 443, 0, 2),
        ("8.8.8.8", 22),
    ):
        family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        with pytest.raises(Permanent):
            Guard().make_socket((family, socket.SOCK_STREAM, 0, "", where))


def test_a_guarded_source_does_not_ride_on_the_connection_of_an_allowed_one(web: Server) -> None:
    url = web.on("/feed", in_turn(answers(302, b"", {"Location": "/feed?2"}), answers()))
    assert poll(source(url, allow_private=True), wall=Guard()).fetch.outcome is Outcome.CHANGED
    assert poll(source(url), wall=Guard(any_port=True)).fetch.error_code == "refused-address"


def test_each_connection_asks_for_the_name_once(web: Server) -> None:
    names = Names()
    web.on("/feed", answers())
    poll(source(f"http://herald.example:{web.port}/feed"), wall=guard(names))
    assert names.asked == ["herald.example"]
    assert web.log[0].headers["host"] == f"herald.example:{web.port}"


def test_a_name_that_nobody_knows_is_said_in_one_sentence() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    fetch = poll("http://nowhere.example/feed", wall=Guard(resolve=unknown)).fetch
    assert (fetch.outcome, fetch.error_code) == (Outcome.FAILED, "dns")
    assert fetch.error == "the name nowhere.example cannot be found: no such host is known"


def test_the_systems_resolver_answers_from_threads_of_its_own() -> None:
    async def look_up() -> list[dict[str, object]]:
        resolver = Guard().resolver(private=True)
        return [dict(found) for found in await resolver.resolve("localhost", 80)]

    assert {str(found["host"]) for found in asyncio.run(look_up())} <= {"127.0.0.1", "::1"}


def test_the_systems_resolver_fails_as_a_name_that_cannot_be_found() -> None:
    async def look_up() -> None:
        await Guard().resolver(private=True).resolve("a" * 80 + ".invalid", 80)

    with pytest.raises(Temporary) as caught:
        asyncio.run(look_up())
    assert caught.value.code == "dns"


def test_names_whose_server_hangs_keep_no_other_from_being_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def getaddrinfo(host: str, port: int, **said: object) -> list[tuple[object, ...]]:
        if host.startswith("hangs"):
            over.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(turns, "LONG", 0.1)

    async def ask() -> list[str]:
        look_up = Lookups()
        stuck = [asyncio.create_task(look_up(f"hangs{n}.example", 80)) for n in range(40)]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(5):
                return list(await look_up("fine.example", 80))
        finally:
            over.set()
            await asyncio.gather(*stuck, return_exceptions=True)

    assert asyncio.run(ask()) == ["127.0.0.1"]
