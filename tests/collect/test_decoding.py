"""Content codings: whatever was packed comes out again, piece by piece, and nothing else does."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from aggregator.collect.decoding import ACCEPTED, PIECE, decoder
from aggregator.errors import Temporary


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
HEADERS = [*PACKERS.items(), ("deflate", _raw_deflate), ("x-gzip", gzip.compress), ("identity", bytes)]


def unpack(coding: str, packed: bytes, chunk: int = 1000) -> bytes:
    engine = decoder(coding)
    out = b"".join(
        piece
        for start in range(0, len(packed), chunk)
        for piece in engine.feed(packed[start : start + chunk])
    )
    engine.finish()
    return out


@pytest.mark.parametrize(("coding", "pack"), HEADERS)
@given(data=st.binary(max_size=3000), times=st.integers(1, 300), chunk=st.integers(1, 70_000))
def test_what_was_packed_comes_out(
    coding: str, pack: Callable[[bytes], bytes], data: bytes, times: int, chunk: int
) -> None:
    assert unpack(coding, pack(data * times), chunk) == data * times


def test_every_coding_that_is_asked_for_can_be_unpacked() -> None:
    assert ACCEPTED.split(", ") == list(PACKERS)


@pytest.mark.parametrize("coding", PACKERS)
@given(data=st.binary(min_size=1, max_size=300), cut=st.integers(1, 1000))
def test_what_is_cut_short_anywhere_is_noticed(coding: str, data: bytes, cut: int) -> None:
    packed = PACKERS[coding](data)
    with pytest.raises(Temporary):
        unpack(coding, packed[: max(1, len(packed) - cut)])


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_no_piece_is_much_larger_than_it_should_be(coding: str) -> None:
    pieces = list(decoder(coding).feed(PACKERS[coding](bytes(5_000_000))))
    assert sum(map(len, pieces)) == 5_000_000
    assert max(map(len, pieces)) <= 2 * PIECE


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_several_members_are_one_body(coding: str) -> None:
    assert unpack(coding, PACKERS[coding](b"one ") + PACKERS[coding](b"two")) == b"one two"


def test_padding_after_gzip_is_passed_over() -> None:
    assert unpack("gzip", gzip.compress(b"one") + bytes(20)) == b"one"


def test_codings_are_undone_in_the_reverse_order() -> None:
    assert unpack("deflate, gzip", gzip.compress(zlib.compress(b"one"))) == b"one"


@pytest.mark.parametrize("coding", ["compress", "gzip, exi", "gzip, gzip, gzip, gzip"])
def test_a_coding_that_was_not_asked_for_is_an_error(coding: str) -> None:
    with pytest.raises(Temporary):
        decoder(coding)
