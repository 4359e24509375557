"""WebSub, what is said and what is believed: pure decisions, one table each."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.collect.websub import discovered, retry_after, signed, verification
from aggregator.collect.websub.protocol import LAST_WAIT, LONGEST, SHORTEST, WANTED, subscription_form
from aggregator.model import ParsedFeed, Subscription

TOPIC = "https://herald.example/feed"
MINE = Subscription(1, 1, "https://hub.example/", TOPIC, "https://me.example/", "token", "secret")
QUESTION = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "xyz", "hub.lease_seconds": "86400"}
HERE = "https://herald.example/rss"


@pytest.mark.parametrize(
    ("link", "feed", "found"),
    [
        ("", ParsedFeed(hubs=("https://h.example/",), self_url=TOPIC), ("https://h.example/", TOPIC)),
        ("", ParsedFeed(hubs=("https://h.example/",)), None),
        ("", ParsedFeed(self_url=TOPIC), None),
        (
            '</hub>; rel=hub, </me>; rel="self"',
            ParsedFeed(),
            ("https://herald.example/hub", "https://herald.example/me"),
        ),
        (
            '<https://a.example/>; title="a, b; rel=hub"; rel="preload hub", <https://h.example/f>; REL=Self',
            ParsedFeed(hubs=("https://document.example/",), self_url=TOPIC),
            ("https://a.example/", "https://h.example/f"),
        ),
        ("<ftp://a.example/>; rel=hub", ParsedFeed(self_url=TOPIC), None),
        ("<https://a.example/>; rel=hub", ParsedFeed(self_url="javascript:alert(1)"), None),
        ('<https://a.example/>; rel="next"; rel=hub', ParsedFeed(self_url=TOPIC), None),
        ('<<<>;;;rel=hub,,"', ParsedFeed(), None),
    ],
)
def test_the_hub_is_named_by_the_header_or_else_by_the_document(
    link: str, feed: ParsedFeed, found: tuple[str, str] | None
) -> None:
    assert discovered(link, feed, HERE) == found


@given(st.text(alphabet='<>;,"= relhubsf/', max_size=200))
def test_no_header_is_too_odd_to_be_read(link: str) -> None:
    discovered(link, ParsedFeed(), HERE)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_right_signature_is_believed_by_every_method(method: str) -> None:
    right = hmac.new(b"secret", b"body", method).hexdigest()
    assert signed(f"{method}={right}", b"body", "secret")
    assert signed(f"{method.upper()}={right.upper()}", b"body", "secret")
    assert not signed(f"{method}={right}", b"other body", "secret")
    assert not signed(f"{method}={right}", b"body", "another secret")
    assert not signed(f"{method}={right[:-1]}", b"body", "secret")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha256",
        "sha256=",
        "=",
        hashlib.sha256(b"body").hexdigest(),
        "md5=" + hmac.new(b"secret", b"body", "md5").hexdigest(),
        "none=body",
        "sha256=" + "é" * 64,
        "sha256=" + hmac.new(b"", b"body", "sha256").hexdigest(),
    ],
)
def test_a_wrong_or_missing_signature_is_not(header: str) -> None:
    assert not signed(header, b"body", "secret")


def test_nothing_is_signed_with_no_secret() -> None:
    assert not signed("sha256=" + hmac.new(b"", b"body", "sha256").hexdigest(), b"body", "")


def test_what_we_asked_for_is_confirmed_with_the_challenge_and_the_lease() -> None:
    said = verification(MINE, QUESTION)
    assert said is not None
    assert (said.mode, said.challenge, said.lease) == ("subscribe", "xyz", timedelta(days=1))


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        ("asked", {"hub.topic": "https://other.example/feed"}),
        ("asked", {"hub.topic": TOPIC + "/"}),
        ("asked", {"hub.challenge": ""}),
        ("asked", {"hub.challenge": "x" * 5000}),
        ("asked", {"hub.mode": "unsubscribe"}),
        ("active", {"hub.mode": "unsubscribe"}),
        ("asked", {"hub.mode": "publish"}),
        ("asked", {"hub.mode": ""}),
        ("ending", {}),
        ("asked", {"hub.lease_seconds": "0"}),
        ("asked", {"hub.lease_seconds": "-5"}),
        ("asked", {"hub.lease_seconds": "soon"}),
        ("asked", {"hub.lease_seconds": "٣"}),
        ("asked", {"hub.lease_seconds": "9" * 40}),
    ],
)
def test_what_nobody_meant_is_not_confirmed(state: str, changes: dict[str, str]) -> None:
    assert verification(replace(MINE, state=state), QUESTION | changes) is None


def test_an_end_is_confirmed_only_when_it_was_asked_for() -> None:
    said = verification(replace(MINE, state="ending"), QUESTION | {"hub.mode": "unsubscribe"})
    assert said is not None and (said.mode, said.challenge) == ("unsubscribe", "xyz")


def test_a_denial_needs_no_challenge_but_the_topic() -> None:
    denial = {"hub.mode": "denied", "hub.topic": TOPIC, "hub.reason": "not here" * 100}
    said = verification(MINE, denial)
    assert said is not None and said.mode == "denied" and said.reason.startswith("not here")
    assert len(said.reason) <= 200
    assert verification(MINE, denial | {"hub.topic": "x"}) is None


@given(st.integers(1, 10**12 - 1))
def test_a_lease_is_believed_within_reason(seconds: int) -> None:
    said = verification(MINE, QUESTION | {"hub.lease_seconds": str(seconds)})
    assert said is not None
    assert SHORTEST <= said.lease <= LONGEST


def test_a_hub_that_says_no_lease_gets_the_one_that_was_asked_for() -> None:
    said = verification(MINE, {key: value for key, value in QUESTION.items() if key != "hub.lease_seconds"})
    assert said is not None and said.lease == WANTED


def test_an_end_is_asked_for_without_a_secret() -> None:
    form = subscription_form(MINE)
    assert form["hub.callback"] == "https://me.example/websub/token"
    assert (form["hub.mode"], form["hub.secret"]) == ("subscribe", "secret")
    assert set(subscription_form(replace(MINE, state="ending"))) == {"hub.mode", "hub.topic", "hub.callback"}


@given(st.integers(0, 10_000))
def test_a_hub_is_left_in_peace_for_longer_each_time(failures: int) -> None:
    assert timedelta(0) < retry_after(failures) <= retry_after(failures + 1) <= LAST_WAIT
