"""Negotiation and conditions as RFC 9110 has them: what a client wants, and what it has already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from aggregator.web.conditional import Representation, accepts_gzip, not_modified

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SHOWN = Representation(b"body", "text/plain", NOON)


def asked(**fields: str) -> bool:
    return not_modified(Headers({name.replace("_", "-"): value for name, value in fields.items()}), SHOWN)


@pytest.mark.parametrize(
    ("header", "gzip"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("br", False),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity, gzip;q=0.5", False),
        ("identity;q=0.5, gzip", True),
        ("identity;q=0", False),
        ("gzip;q=nonsense", False),
        (";;,,=", False),
    ],
)
def test_gzip_is_sent_to_who_wants_it(header: str, gzip: bool) -> None:
    assert accepts_gzip(header) is gzip


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_header_is_too_strange(header: str) -> None:
    assert accepts_gzip(header) in (True, False)
    assert _parsed_without_error(header)


def _parsed_without_error(header: str) -> bool:
    encoded = header.encode("latin-1", "ignore")
    found = not_modified(Headers(raw=[(b"if-none-match", encoded)]), SHOWN)
    return found in (True, False) and not_modified(Headers(raw=[(b"if-modified-since", encoded)]), SHOWN) in (
        True,
        False,
    )


@pytest.mark.parametrize(
    ("tags", "has"),
    [
        (SHOWN.etag, True),
        (f"W/{SHOWN.etag}", True),
        (f'"other" , W/"x,y",{SHOWN.etag}', True),
        ("*", True),
        (" * ", True),
        ('"other"', False),
        (SHOWN.etag.strip('"'), False),
        (SHOWN.etag[:-2] + '"', False),
        ("", False),
    ],
)
def test_if_none_match_compares_weakly_and_takes_a_list(tags: str, has: bool) -> None:
    assert asked(if_none_match=tags) is has


def test_several_fields_of_if_none_match_are_one_list() -> None:
    fields = [(b"if-none-match", b'"a"'), (b"if-none-match", SHOWN.etag.encode())]
    assert not_modified(Headers(raw=fields), SHOWN)


def test_if_modified_since_counts_whole_seconds() -> None:
    assert asked(if_modified_since=format_datetime(NOON, usegmt=True))
    assert asked(if_modified_since=format_datetime(NOON + timedelta(days=1), usegmt=True))
    assert not asked(if_modified_since=format_datetime(NOON - timedelta(seconds=1), usegmt=True))


@pytest.mark.parametrize("date", ["Sunday, 22-Nov-26 12:00:00 GMT", "Sun Nov 22 12:00:00 2026"])
def test_the_obsolete_forms_of_a_date_are_understood(date: str) -> None:
    assert asked(if_modified_since=date)


@pytest.mark.parametrize("date", ["", "yesterday", "2026-11-22T12:00:00Z", "Sun, 99 Nov 2026 12:00:00 GMT"])
def test_a_date_that_is_none_is_ignored(date: str) -> None:
    assert not asked(if_modified_since=date)


def test_if_none_match_wins_over_if_modified_since() -> None:
    assert not asked(if_none_match='"other"', if_modified_since=format_datetime(NOON, usegmt=True))


def test_every_form_has_its_own_tag_and_the_same_bytes_have_the_same() -> None:
    packed = Representation(b"body", "text/plain", NOON, "gzip")
    assert packed.etag != SHOWN.etag == Representation(b"body", "text/html").etag
    assert SHOWN.etag.startswith('"')
