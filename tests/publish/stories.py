"""Small stories to publish: every field has a plain value, and a test says only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.model import Copy, Facts, FeedMeta, Story, StoryView

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ULID = "01JDA7Z0000000000000000001"

META = FeedMeta(
    id="tag:example.org,2026-11-22:feed",
    title="Stories",
    base_url="https://news.example.org/",
    subtitle="One story, one entry",
    language="en",
)


def a_copy(number: int = 1, **said: Any) -> Copy:
    """Copy `number`, of the outlet "Outlet <number>", seen `number` minutes after noon."""
    plain: dict[str, Any] = {
        "id": number,
        "source_id": number,
        "source": f"outlet-{number}",
        "outlet": f"Outlet {number}",
        "guid": f"guid-{number}",
        "url": f"https://outlet{number}.example/article",
        "title": "Mediators meet in Cairo",
        "html": "<p>Mediators met.</p>",
        "text": "Mediators met.",
        "summary": "",
        "authors": (),
        "categories": (),
        "enclosures": (),
        "published": NOON + timedelta(minutes=number),
        "updated": None,
        "first_seen": NOON + timedelta(minutes=number, seconds=30),
        "last_seen": NOON + timedelta(hours=1),
        "language": "en",
        "rights": "",
        "image": "",
        "canonical_url": "",
        "origin": None,
        "story_id": 1,
        "revision_id": number,
        "revisions": 1,
        "facts": Facts(),
        "site_url": f"https://outlet{number}.example/",
        "source_url": f"https://outlet{number}.example/feed",
    }
    return Copy(**(plain | said))


def a_story(number: int = 1, **said: Any) -> Story:
    ulid = f"{ULID[:-4]}{number:04d}"
    plain: dict[str, Any] = {
        "id": number,
        "public_id": f"tag:example.org,2026-11-22:story/{ulid}",
        "ulid": ulid,
        "created_at": NOON,
        "title": "Mediators meet in Cairo",
        "published": NOON,
        "updated": NOON + timedelta(minutes=number),
        "lead_copy_id": 1,
        "copies": 1,
    }
    return Story(**(plain | said))


def a_view(number: int = 1, *others: Copy, lead: Copy | None = None, **said: Any) -> StoryView:
    """Story `number` led by `lead` (copy 1 if not given); `said` are fields of view or story."""
    shown = lead or a_copy()
    own = {name: said.pop(name) for name in ("html", "text") if name in said}
    story = a_story(number, lead_copy_id=shown.id, copies=1 + len(others), **said)
    return StoryView(
        story=story, lead=shown, others=others, **({"html": shown.html, "text": shown.text} | own)
    )
