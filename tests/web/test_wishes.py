"""The river's address as a query: takes anything, keeps what was asked for."""

from __future__ import annotations

from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from aggregator.query import any_of, parse
from aggregator.web.wishes import FIELDS, wish


def test_the_form_says_what_the_query_language_says() -> None:
    asked = wish(
        {"q": "truce", "source": "herald", "copies": "3", "from": "2026-11-01", "until": "2026-11-22"}
    )
    assert asked.query == parse("truce source:herald copies:3 after:2026-11-01 before:2026-11-23")
    assert asked.ranked
    assert wish({"agency": "Associated Press"}).query == any_of("agency", ["Associated Press"])


def test_without_words_or_when_asked_for_the_newest_come_first() -> None:
    assert not wish({"source": "herald"}).ranked
    assert not wish({"q": "source:herald"}).ranked
    assert not wish({"q": "truce", "order": "newest"}).ranked


def test_one_copy_is_no_condition() -> None:
    assert not wish({"copies": "1"}).query


def test_an_address_leads_back_to_the_same_wish_less_one_thing() -> None:
    asked = wish({"q": "a&b", "source": "herald", "tag": "world"})
    assert dict(parse_qsl(asked.address())) == {"q": "a&b", "source": "herald", "tag": "world"}
    assert dict(parse_qsl(asked.address(without="tag", page=2))) == {
        "q": "a&b",
        "source": "herald",
        "page": "2",
    }
    assert [value for _, value, _ in asked.active()] == ["herald", "world"]


@given(st.dictionaries(st.sampled_from([*FIELDS, "q", "page", "before", "order"]), st.text(max_size=20)))
def test_anything_may_be_asked_for(parameters: dict[str, str]) -> None:
    asked = wish(parameters)
    assert 1 <= asked.page <= 50
    assert wish(dict(parse_qsl(asked.address()))).fields == asked.fields
