"""What is said to a hub, and what of its words is believed. Pure: no clock, no network."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ...model import Subscription

WANTED = timedelta(days=10)  # the lease that is asked for
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=30)  # a lease that is believed
RENEW = 2 / 3  # of a lease has passed when it is renewed
FIRST_WAIT, LAST_WAIT = timedelta(minutes=1), timedelta(days=1)  # before a hub is asked again
LONGEST_CHALLENGE = 4096  # characters
METHODS = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}
_NUMBER = re.compile(r"[0-9]{1,12}")


def subscription_form(subscription: Subscription) -> dict[str, str]:
    """The request to subscribe, or to end the subscription (section 5.1)."""
    form = {
        "hub.mode": "unsubscribe" if subscription.state == "ending" else "subscribe",
        "hub.topic": subscription.topic,
        "hub.callback": subscription.callback,
    }
    if subscription.state != "ending":
        form |= {
            "hub.lease_seconds": f"{WANTED.total_seconds():.0f}",
            "hub.secret": subscription.secret,
        }
    return form


def announcement_form(topic: str) -> dict[str, str]:
    """That a topic has changed. The Recommendation leaves this open; hubs read either name (section 6)."""
    return {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}


@dataclass(frozen=True, slots=True)
class Verification:
    """What a hub's question comes to: we meant it (`challenge` goes back), or the hub refuses us (`reason`)."""

    mode: Literal["subscribe", "unsubscribe", "denied"]
    challenge: str = ""
    lease: timedelta = WANTED
    reason: str = ""


def verification(subscription: Subscription, asked: Mapping[str, str]) -> Verification | None:
    """Whether we meant what the hub was asked to do (section 5.3); None if we did not."""
    mode, challenge = asked.get("hub.mode", ""), asked.get("hub.challenge", "")
    if asked.get("hub.topic") != subscription.topic:
        return None
    if mode == "denied":
        return Verification("denied", reason=asked.get("hub.reason", "")[:200])
    if not 0 < len(challenge) <= LONGEST_CHALLENGE:
        return None
    if mode == "unsubscribe" and subscription.state == "ending":
        return Verification("unsubscribe", challenge)
    lease = lease_of(asked.get("hub.lease_seconds", ""))
    if mode == "subscribe" and subscription.state != "ending" and lease:
        return Verification("subscribe", challenge, lease)
    return None


def lease_of(seconds: str) -> timedelta | None:
    """A lease as the hub says it, within what is believed; hubs from before the Recommendation say none."""
    if not seconds:
        return WANTED
    if not _NUMBER.fullmatch(seconds) or not int(seconds):
        return None
    return min(max(timedelta(seconds=int(seconds)), SHORTEST), LONGEST)


def signed(header: str, body: bytes, secret: str) -> bool:
    """Whether X-Hub-Signature, "method=hex", was made of this body with the secret (section 7.1)."""
    method, _, said = header.strip().partition("=")
    make = METHODS.get(method.lower())
    if make is None or not secret or not said.isascii():
        return False
    return hmac.compare_digest(hmac.new(secret.encode(), body, make).hexdigest(), said.lower())


def retry_after(failures: int) -> timedelta:
    """How long to leave a hub in peace that did not do what it was asked, the n-th time in a row."""
    return min(FIRST_WAIT * (1 << min(failures, 20)), LAST_WAIT)
