"""Text at the border: in one form, in bounded time."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import text, url

PILE = "\u0301\u0323"  # out of order: a library sorts them


@given(st.text())
def test_clean_text_stays_as_it_is(said: str) -> None:
    clean = text.clean(said)
    assert text.clean(clean) == clean


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_people_write_is_composed_as_unicode_says(said: str) -> None:
    assert text.nfc(said) == unicodedata.normalize("NFC", said)


@pytest.mark.parametrize(
    "pile", [PILE * 250_000, "\u0301" * 500_000, "\u0f73" * 150_000, (PILE * 900 + "a") * 250]
)
def test_marks_piled_on_a_letter_cost_no_more_than_letters(pile: str) -> None:
    began = time.process_time()
    clean = text.clean("a" + pile)
    url.identity("https://x.example/" + pile[:7_000])
    assert time.process_time() - began < 1
    assert clean.startswith("\u1ea1") or "\u0f71" in clean or clean.startswith("\xe1")
    assert text.clean(clean) == clean


@pytest.mark.parametrize(
    "address",
    [
        "https://x.example/" + "-a" * 3_900 + "/?ref=zz",
        "https://x.example/?" + "ref=zz&" * 1_100,
        "https://x.example/?" + "nb=1&" * 1_500,
        "https://x.example/#!a?" + "ref=z&" * 1_300,
    ],
    ids=["words", "asides", "shares", "route"],
)
def test_the_identity_of_a_long_address_is_found_in_no_time(address: str) -> None:
    began = time.process_time()
    url.identity(address)
    assert time.process_time() - began < 0.05


def test_an_address_that_no_server_takes_is_none() -> None:
    assert url.absolute("https://x.example/", "a" * (url.LONGEST + 1)) == ""
    assert url.absolute("https://x.example/" + "a" * url.LONGEST, "b") == ""


WRAPPED = "The council decided on Tuesday that the old bridge would\nbe closed to traffic for a year. Repairs are to begin in\nMarch."


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        (
            "Photo: Kingston Mercury\nPosted on Aug 1\nThe council decided on Tuesday that the bridge would be closed.",
            3,
        ),
        (WRAPPED, 1),
        ("One line that goes on\nin lower case, and has no end until\nhere.", 1),
        ("A\n\nB\nC", 3),
        ("", 0),
    ],
)
def test_plain_text_is_parted_where_its_writer_ended_a_paragraph(said: str, parts: int) -> None:
    assert len(text.parts(said)) == parts
    assert " ".join(text.parts(said)).split() == said.split()
