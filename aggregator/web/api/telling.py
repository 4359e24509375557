"""Model objects as the shapes of the API. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from ...model import Source, Story, StoryView
from .. import showing
from ..reading import Copying, Stats, Version
from ..reading import Hit as Found
from . import shapes


def moment(at: datetime) -> str:
    """RFC 3339, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _or_none(at: datetime | None) -> str | None:
    return moment(at) if at else None


def row(view: StoryView, root: str) -> shapes.StoryRow:
    shown, story = showing.row(view), view.story
    outlets = (printing.copy.outlet or printing.copy.source for printing in showing.printings(view, {}))
    return {
        "id": story.public_id,
        "ulid": story.ulid,
        "title": story.title,
        "standfirst": "".join(piece for piece, _ in shown.standfirst),
        "published": moment(story.published),
        "updated": moment(story.updated),
        "first_seen": moment(shown.first_seen),
        "agency": shown.agency,
        "place": shown.place,
        "language": view.lead.facts.language or view.lead.language,
        "copies": shown.copies,
        "outlets": list(dict.fromkeys(outlets)),
        "page": f"{root}stories/{story.ulid}",
        "self": f"{root}api/v1/stories/{story.ulid}",
    }


def hit(view: StoryView, root: str, found: Found) -> shapes.Hit:
    return {**row(view, root), "snippet": found.snippet, "marks": [list(mark) for mark in found.marks]}


def whole(
    view: StoryView,
    versions: Mapping[int, Sequence[Version]],
    reasons: Iterable[showing.Reason],
    related: Iterable[Story],
    root: str,
) -> shapes.StoryWhole:
    printings = showing.printings(view, versions)
    return {
        **row(view, root),
        "text": view.text,
        "html": view.html,
        "printings": [_printing(each, printings[0].at) for each in printings],
        "decisions": [_reason(each) for each in reasons],
        "related": [
            {"ulid": other.ulid, "title": other.title, "self": f"{root}api/v1/stories/{other.ulid}"}
            for other in related
        ],
    }


def _printing(said: showing.Printing, first: datetime) -> shapes.Printing:
    copy = said.copy
    return {
        "copy": copy.id,
        "source": copy.source,
        "outlet": copy.outlet,
        "url": said.url,
        "title": copy.title,
        "at": moment(said.at),
        "first_seen": moment(copy.first_seen),
        "lag": (said.at - first).total_seconds(),
        "shown": said.shown,
        "agency": copy.facts.agency,
        "place": copy.facts.place,
        "language": copy.facts.language or copy.language,
        "versions": [
            {"revision": each.id, "at": moment(each.at), "title": each.title, "words": each.words}
            for each in said.versions
        ],
    }


def _reason(said: showing.Reason) -> shapes.Reason:
    decision = said.decision
    return {
        "method": decision.method,
        "sentence": said.sentence,
        "copy": decision.copy_id,
        "matched_copy": decision.matched_copy_id,
        "score": decision.score,
        "threshold": decision.threshold,
        "passages": list(said.passages),
        "features": dict(decision.features),
        "rules": decision.rules_version,
        "by": decision.by,
        "note": decision.note,
        "at": _or_none(decision.at),
    }


def source(said: Source, stats: Stats | None, root: str) -> shapes.SourceRow:
    health, sentence = showing.health(said)
    return {
        "name": said.name,
        "kind": said.spec.kind,
        "title": said.spec.title or said.outlet or said.name,
        "url": said.url,
        "site": said.site_url,
        "tags": list(said.spec.tags),
        "every": said.spec.every,
        "health": health,
        "sentence": sentence,
        "failures": said.failures,
        "error": said.error_code,
        "last_fetch": _or_none(said.last_fetch_at),
        "last_success": _or_none(said.last_success_at),
        "next_fetch": _or_none(said.next_fetch_at),
        "copies": stats.copies if stats else 0,
        "stories": stats.stories if stats else 0,
        "notices": [{"code": flaw.code, "message": flaw.message} for flaw in said.flaws],
        "page": f"{root}sources/{quote(said.name)}",
    }


def report(told: Copying) -> shapes.Report:
    return {
        "since": moment(told.since),
        "until": moment(told.until),
        "stories": told.stories,
        "outlets": [
            {"outlet": each.outlet, "stories": each.stories, "first": each.first} for each in told.outlets
        ],
        "pairs": [
            {
                "first": each.first,
                "other": each.other,
                "stories": each.stories,
                "credited": each.credited,
                "lag": each.lag.total_seconds(),
            }
            for each in told.pairs
        ],
        "agencies": [
            {
                "agency": each.agency,
                "stories": each.stories,
                "copies": each.copies,
                "credited": each.credited,
            }
            for each in told.agencies
        ],
    }
