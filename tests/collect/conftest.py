"""Loopback only, whatever the code under test does: a socket to anywhere else fails the test."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from .server import Server


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    def confined(inner: Any) -> Any:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                there = ip_address(str(address[0]).partition("%")[0].removeprefix("::ffff:"))
                assert there.is_loopback, f"a packet was about to leave for {address}"
            return inner(self, address)

        return connect

    monkeypatch.setattr(socket.socket, "connect", confined(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", confined(socket.socket.connect_ex))


@pytest.fixture
def web() -> Iterator[Server]:
    with Server() as server:
        yield server
