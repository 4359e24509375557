"""zstd frames: bytes alone, folded on a base that most of them repeat, or by a dictionary of what many have in common.

A document repeats the one before it, an item's HTML its text. So each is kept as a frame with the other for its
dictionary (zstd calls it a prefix, its command line `--patch-from`). Texts of news share words and phrases: a
dictionary trained on some of them takes a third off the others. A frame names its dictionary by number.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from functools import cache
from typing import BinaryIO

import zstandard

from ..errors import InputError

LEVEL = 6  # 3 KB of news in about 50 µs; higher levels gain under 3 % at such lengths
DIFFERENCE = b"\x01"  # begins what is a difference with its base before it; see `content`
SHARED_LEVEL = 9  # with a dictionary: 90 µs, and 3 % smaller than by 6
DICTIONARY = b"\x37\xa4\x30\xec"  # begins a dictionary
SEGMENT = 200  # bytes that go into a dictionary together; looking for the best takes four times as long
_WIDEST = 27  # log2 of the bytes that zstd looks back over without being asked to
_dictionaries: dict[int, zstandard.ZstdCompressionDict] = {}  # of all archives that are open, by number
_ready: set[int] = set()  # those that are prepared for packing, for all threads together
_preparing = threading.Lock()


class _Contexts(threading.local):
    """A zstd context may serve one thread at a time only, and is dear to make."""

    def __init__(self) -> None:
        self.pack = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress
        self.packing: tuple[int, zstandard.ZstdCompressor] | None = None  # the latest: it may hold 6 MB
        self.unpacking = {0: zstandard.ZstdDecompressor()}


_contexts = _Contexts()


def number(dictionary: bytes) -> int:
    """Under which frames name it."""
    return zstandard.ZstdCompressionDict(dictionary).dict_id()


def learn(dictionary: bytes) -> int:
    """Know a dictionary from here on; its number."""
    learnt = zstandard.ZstdCompressionDict(dictionary)
    return _dictionaries.setdefault(learnt.dict_id(), learnt).dict_id()


def known() -> Set[int]:
    """The numbers of the dictionaries that frames may name."""
    return _dictionaries.keys()


def train(bodies: Sequence[bytes], size: int) -> bytes:
    """A dictionary of at most `size` bytes of what these have in common. Raises ValueError where that is too little."""
    try:
        return zstandard.train_dictionary(size, list(bodies), k=SEGMENT, d=8).as_bytes()
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def pack(body: bytes, dictionary: int = 0) -> bytes:
    """A frame alone, or by the dictionary of this number."""
    if not dictionary or not body:
        return _contexts.pack(body)
    if _contexts.packing is None or _contexts.packing[0] != dictionary:
        _contexts.packing = dictionary, _packer(dictionary)
    return _contexts.packing[1].compress(body)


def _packer(dictionary: int) -> zstandard.ZstdCompressor:
    shared = _dictionaries[dictionary]
    with _preparing:
        if dictionary not in _ready:  # else each packer makes tables of its own, of 5 MB
            shared.precompute_compress(level=SHARED_LEVEL)
            _ready.add(dictionary)
    return zstandard.ZstdCompressor(level=SHARED_LEVEL, dict_data=shared, write_checksum=True)


def unpack(frame: bytes) -> bytes:
    """Raises ValueError where the frame is damaged, or its dictionary is missing."""
    try:
        return _unpacker(zstandard.get_frame_parameters(frame).dict_id).decompress(frame)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def _unpacker(dictionary: int) -> zstandard.ZstdDecompressor:
    unpacker = _contexts.unpacking.get(dictionary)
    if unpacker is None:
        if dictionary not in _dictionaries:
            raise ValueError(f"the dictionary {dictionary} that it was packed by is missing")
        shared = _dictionaries[dictionary]
        unpacker = _contexts.unpacking[dictionary] = zstandard.ZstdDecompressor(dict_data=shared)
    return unpacker


def fold(body: bytes, base: bytes) -> bytes:
    """The difference of a body to another one."""
    width = max(10, min(_WIDEST, (len(body) + len(base)).bit_length()))
    folder = zstandard.ZstdCompressor(compression_params=_folding(width), dict_data=_prefix(base))
    return folder.compress(body)


@cache
def _folding(width: int) -> zstandard.ZstdCompressionParameters:
    """Made once: that takes a seventh of what folding does."""
    return zstandard.ZstdCompressionParameters.from_level(
        LEVEL, window_log=width, write_checksum=True, write_content_size=True
    )


def unfold(frame: bytes, base: bytes) -> bytes:
    """Raises ValueError where the frame is damaged, or the base is another one."""
    try:
        return zstandard.ZstdDecompressor(dict_data=_prefix(base), max_window_size=1 << _WIDEST).decompress(
            frame
        )
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def content(kept: bytes) -> bytes:
    """What is kept as a frame, or as DIFFERENCE, the frame of a base, and the difference to that.

    Raises ValueError where it is damaged.
    """
    if kept[:1] != DIFFERENCE:
        return unpack(kept)
    try:
        number = zstandard.get_frame_parameters(kept[1:]).dict_id
        reading = _unpacker(number).decompressobj()
        base = reading.decompress(kept[1:])
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    return unfold(reading.unused_data, base)


def _prefix(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


# ---------------------------------------------------------------- texts


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def decoded(body: bytes) -> str:
    return body.decode("utf-8", "surrogatepass")


# ---------------------------------------------------------------- files


@contextmanager
def packing(stream: BinaryIO) -> Iterator[BinaryIO]:
    """Write through this, and the file is one zstd frame, which looks far back for what repeats."""
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, window_log=25, enable_ldm=True, write_checksum=True
    )
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    with compressor.stream_writer(stream, closefd=False) as writer:
        yield writer


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a file that can be rewound, packed or not. Raises InputError where it is damaged."""
    packed = stream.read(4) == zstandard.FRAME_HEADER
    stream.seek(0)
    try:
        if packed:
            reader = zstandard.ZstdDecompressor(max_window_size=1 << _WIDEST).stream_reader(stream)
            yield from io.BufferedReader(reader, 1 << 18)
        else:
            yield from stream
    except zstandard.ZstdError as error:
        raise InputError(f"is damaged: {error}") from error
