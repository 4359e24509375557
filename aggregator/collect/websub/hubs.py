"""Hubs asked and told, as politely as feeds; and what a hub delivers, read as if it had been fetched."""

from __future__ import annotations

import httpx

from ...errors import SlowDown, Temporary
from ...model import Collected, Source, Subscription
from .. import watch
from ..answers import check_body, check_feed, check_same
from ..cadence import retry_after
from ..context import Context
from ..http import Answer
from ..parsing import parse
from ..visit import Visit
from .protocol import announcement_form, subscription_form


async def subscribe(subscription: Subscription, context: Context) -> None:
    """Ask the hub to begin, renew or end a subscription; it will ask back. Raises CollectError.

    A hub on a private address is refused unless the source is allowed to be on one.
    """
    form = subscription_form(subscription)
    answer = await context.http.post(subscription.hub, form, allow_private=subscription.allow_private)
    _check(answer, context)


async def announce(hub: str, topic: str, context: Context) -> None:
    """Tell the hub that a feed of ours has changed. Raises CollectError.

    The hub was named by whoever runs this program, so it may stand anywhere.
    """
    _check(await context.http.post(hub, announcement_form(topic), allow_private=True), context)


def _check(answer: Answer, context: Context) -> None:
    if 200 <= answer.status < 300:
        return
    if later := retry_after(answer.headers, context.now):
        raise SlowDown(
            f"the hub {answer.url} asks for patience ({answer.status})",
            code=f"http-{answer.status}",
            retry_after=later,
        )
    raise Temporary(f"the hub {answer.url} answers {answer.status}", code=f"http-{answer.status}")


async def delivered(
    source: Source, subscription: Subscription, content_type: str, body: bytes, context: Context
) -> Collected:
    """What the hub brought, as a fetch would have brought it home; the source's own schedule is left alone.

    Raises CollectError for what is no feed.
    """
    answer = Answer(subscription.topic, 200, httpx.Headers({"content-type": content_type}), body, len(body))
    check_body(answer)
    feed = await parse(answer, context)
    check_feed(answer, feed)
    seen = watch.Seen.unpacked(source.memory.get("seen", ""))
    check_same(source, feed, seen)
    feed = watch.judge(feed, seen).feed
    visit = Visit(source, context.now, subscription.topic, None, len(body))
    due = source.next_fetch_at or context.now
    # The validators are of what was fetched, not of this.
    return visit.read(feed, due, body=body, content_type=content_type, etag="", last_modified="")
