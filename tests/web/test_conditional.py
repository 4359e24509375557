"""Negotiation and conditions as RFC 9110 has them: what a client wants, and what it has already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from aggregator.web.conditional import Representation, best_encoding, has, wants_page

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SHOWN = Representation(b"body", "text/plain", NOON)


def not_modified(headers: Headers, shown: Representation) -> bool:
    tags = headers.getlist("if-none-match")
    return has(bool(tags), ",".join(tags), headers.get("if-modified-since", ""), shown)


def asked(**fields: str) -> bool:
    return not_modified(Headers({name.replace("_", "-"): value for name, value in fields.items()}), SHOWN)


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("br;q=0.5, gzip", "gzip"),
        ("deflate, gzip;q=1.0, *;q=0.5", "gzip"),
        ("compress", ""),
        ("*", "br"),
        ("*, br;q=0", "zstd"),
        ("gzip;q=0", ""),
        ("gzip; q=0.000", ""),
        ("*;q=0", ""),
        ("gzip;q=0, br;q=0, zstd;q=0, *", ""),
        ("identity, gzip;q=0.5", ""),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity;q=0", ""),
        ("gzip;q=nonsense", ""),
        (";;,,=", ""),
    ],
)
def test_the_smallest_of_the_forms_wanted_most_is_sent(header: str, chosen: str) -> None:
    assert best_encoding(header, ("br", "zstd", "gzip")) == chosen
    assert best_encoding(header, ()) == ""


@pytest.mark.parametrize(
    ("header", "page"),
    [
        ("", False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", True),
        ("text/html", True),
        ("application/atom+xml,application/rss+xml;q=0.9,text/html;q=0.5,*/*;q=0.1", False),
        ("application/rss+xml, application/xml, text/html", False),
        ("application/feed+json, */*", False),
        ("text/html;q=0", False),
        ("text/*", False),
        ('text/html;level=1;q=0.4, application/xml;q=0.3;x="y"', True),
        (",,;q=", False),
    ],
)
def test_only_a_browser_gets_a_page_in_the_place_of_a_feed(header: str, page: bool) -> None:
    assert wants_page(header) is page


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_header_is_too_strange(header: str) -> None:
    assert best_encoding(header, ("br", "gzip")) in ("", "br", "gzip")
    assert wants_page(header) in (True, False)
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
