"""Entries whose texts are packed say the same as before, and weigh a part of it."""

from __future__ import annotations

import pickle

from aggregator import feeds
from aggregator.model import Entry
from aggregator.packing import pack, unpacked

TOLD = "“Words of an article”, said again and again. " * 200
ENTRY = Entry("1", title="Title", html=f"<p>{TOLD}</p>", summary="In short.", raw=f"<item>{TOLD}</item>")


def test_a_packed_entry_comes_back_as_it_was() -> None:
    assert unpacked(pack(ENTRY)) == ENTRY
    assert unpacked(ENTRY) is ENTRY


def test_a_packed_entry_weighs_a_tenth() -> None:
    assert len(pickle.dumps(pack(ENTRY))) < len(pickle.dumps(ENTRY)) / 10


def test_a_packed_entry_is_sanitised_like_any_other_and_stays_packed() -> None:
    safe = feeds.sanitise(pack(ENTRY))
    assert not safe.html
    assert unpacked(safe) == feeds.sanitise(ENTRY)
