"""Content codings undone piece by piece, so that a bomb is noticed before it has gone off.

A decoder is fed what came over the wire and gives pieces of bounded size; whoever adds them up can stop at
any of them. At the end `finish` raises if the coding did not reach its own end mark: a cut gzip body is 200
OK to most clients, and half a feed must never pass for a new version of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import brotli
import zstandard

from ..errors import Temporary

ACCEPTED = "gzip, deflate, br, zstd"
PIECE = 65536  # bytes; zlib and brotli give no more at once (brotli up to twice that)
# A zstd block of 128 KiB can be written in 4 bytes, and the library decodes all it is fed: so it is fed sips.
ZSTD_SIP = 128  # bytes, at most 4 MiB decoded
ZSTD_WINDOW = 8 * 2**20  # bytes; RFC 9659 section 3
DEEPEST = 3  # codings one in another
GZIP = b"\x1f\x8b\x08"  # how it begins
# What servers say of a body that is not packed at all.
_UNPACKED = frozenset(("", "identity", "none", "binary", "8bit", "utf-8", "utf8", "iso-8859-1"))


class Decoder(Protocol):
    """One content coding."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decoded pieces; raises Temporary where the data are not of this coding."""

    def finish(self) -> None:
        """Raises Temporary if the data ended before their end mark."""


class _Zlib:
    """gzip (RFC 1952, several members) and deflate (RFC 9110 section 8.4.1.2), zlib's header or not."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._wbits = 31 if coding == "gzip" else 0
        self._engine: zlib._Decompress | None = None
        self._ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._engine is None:
                if self._ended and not data.startswith(b"\x1f"):
                    return  # padding after the last member
                self._engine = zlib.decompressobj(self._wbits or _deflate_bits(data))
                self._ended = False
            try:
                piece = self._engine.decompress(data, PIECE)
            except zlib.error as error:
                raise _broken(self._coding) from error
            yield piece
            data = self._engine.unconsumed_tail
            if self._engine.eof:
                data, self._engine, self._ended = self._engine.unused_data, None, True
            elif not data and len(piece) == PIECE:
                yield from self._drained()

    def _drained(self) -> Iterator[bytes]:
        """What the engine still holds back after all input is taken."""
        assert self._engine is not None
        while piece := self._engine.decompress(b"", PIECE):
            yield piece
        if self._engine.eof:
            self._engine, self._ended = None, True

    def finish(self) -> None:
        if not self._ended:
            raise _cut(self._coding)


def _deflate_bits(data: bytes) -> int:
    """15 for a zlib stream (RFC 1950: method 8, the first two bytes a multiple of 31), -15 for a raw one."""
    if len(data) < 2:
        return 15 if data[0] & 15 == 8 else -15
    return 15 if data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0 else -15


class _Brotli:
    def __init__(self) -> None:
        self._engine = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            piece = self._engine.process(data, output_buffer_limit=PIECE)
            while (
                piece or not self._engine.can_accept_more_data()
            ):  # it says it can with output still to come
                yield piece
                piece = self._engine.process(b"", output_buffer_limit=PIECE)
        except brotli.error as error:
            raise _broken("br") from error

    def finish(self) -> None:
        if not self._engine.is_finished():
            raise _cut("br")


class _Zstd:
    def __init__(self) -> None:
        self._new = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj
        self._engine = self._new()

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), ZSTD_SIP):
            yield from self._sip(data[start : start + ZSTD_SIP])

    def _sip(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._engine.eof:
                self._engine = self._new()
            try:
                yield self._engine.decompress(data)
            except zstandard.ZstdError as error:
                raise _broken("zstd") from error
            data = self._engine.unused_data if self._engine.eof else b""

    def finish(self) -> None:
        if not self._engine.eof:
            raise _cut("zstd")


class _Chain:
    """Codings one in another, the outermost first."""

    def __init__(self, decoders: Sequence[Decoder]) -> None:
        self._decoders = decoders

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield from self._through(data, 0)

    def _through(self, data: bytes, depth: int) -> Iterator[bytes]:
        if depth == len(self._decoders):
            yield data
            return
        for piece in self._decoders[depth].feed(data):
            yield from self._through(piece, depth + 1)

    def finish(self) -> None:
        for decoder in self._decoders:
            decoder.finish()


def decoder(content_encoding: str) -> Decoder:
    """The decoder for a Content-Encoding header, "" for none. Raises Temporary for one we did not ask for."""
    codings = [name.strip().lower() for name in content_encoding.split(",")]
    codings = [name for name in codings if name not in _UNPACKED]
    if len(codings) > DEEPEST:
        raise Temporary(f"the answer is packed {len(codings)} times over", code="content-encoding")
    return _Chain([_one(name) for name in reversed(codings)])


def _one(coding: str) -> Decoder:
    match coding.removeprefix("x-"):
        case "gzip" | "deflate" as name:
            return _Zlib(name)
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
    raise Temporary(
        f"the answer is packed as {coding[:40]!r}, which was not asked for", code="content-encoding"
    )


def _broken(coding: str) -> Temporary:
    return Temporary(
        f"the answer says it is packed as {coding}, but cannot be unpacked", code="content-encoding"
    )


def _cut(coding: str) -> Temporary:
    return Temporary(f"the answer ended in the middle of its {coding} data", code="truncated")
