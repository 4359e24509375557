"""Looking into the archive: stories, story, why, search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from . import output, revising
from .failing import complain
from .given import MOST, Given, Json, Limit, OutFile, command

if TYPE_CHECKING:
    from ..archive import Archive
    from ..model import Copy, Decision, Story, StoryView

StoryRef = Annotated[
    str, typer.Argument(metavar="ID", help="A public id, its last part, or the beginning of that.")
]


def register(program: typer.Typer) -> None:
    for function in (stories, story, why, search, corrections):
        command(program, function)


def stories(given: Given, limit: Limit = 20, json: Json = False) -> None:
    """List the newest stories.

    Example: aggregator stories -n 50
    """
    with given.app() as app:
        found = app.archive.stories(limit)
    if json:
        output.as_json(found)
    else:
        rows = [(each.ulid, each.updated, each.copies, each.title) for each in found]
        output.table(("id", "updated", "copies", "title"), rows)


def story(
    given: Given,
    id: StoryRef,
    diff: Annotated[bool, typer.Option("--diff", help="What changed in it, and when.")] = False,
    json: Json = False,
) -> None:
    """Show what a story holds: its text, and every copy.

    The text is as published, without furniture; the copies with their outlet and time.

    Example: aggregator story 01JD3K
    """
    with given.app() as app:
        found = find(app.archive, id)
        if diff:
            revising.show(app.archive, found, json=json)
            return
        view = next(iter(app.views([found])), None)
    if view is None:
        raise InputError(f"no copy is left of story {found.ulid}")
    if json:
        output.as_json({**output.plain(found), "text": view.text, "html": view.html, "copies": _copies(view)})
    else:
        _show(view)


def why(given: Given, id: StoryRef, json: Json = False) -> None:
    """Tell why a story holds what it holds: every decision.

    Each with its method, score, threshold, runner-up, the passages that matched, and the version of the
    rules.

    Example: aggregator why 01JD3K
    """
    with given.app() as app:
        found = find(app.archive, id)
        decisions = app.archive.decisions(found.id)
        copies = {copy.id: copy for copy in app.archive.copies([found.id]).get(found.id, ())}
    if json:
        output.as_json({"story": found.public_id, "title": found.title, "decisions": decisions})
        return
    output.line(f"{found.public_id}\n{found.title}\n")
    for decision in decisions:
        _explain(decision, copies)


def search(
    given: Given,
    query: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY",
            help='Words; "a phrase"; source: tag: agency: place: language: title: before: after: copies: '
            "is:event; -not; this OR that.",
        ),
    ],
    limit: Limit = 20,
    offset: Annotated[int, typer.Option(min=0, max=MOST, help="Pass over so many, for the next page.")] = 0,
    json: Json = False,
) -> None:
    """Find stories by their text and its origin, the best first.

    Quotes keep the shell from the query; one that begins with - comes after a lone --.

    Example: aggregator search 'gaza "truce proposal" place:cairo after:2026-11 -source:bbc'
    """
    from ..query import parse

    asked = parse(" ".join(query))
    for note in asked.notes:
        complain(note)
    with given.app() as app:
        hits = app.archive.search(asked, limit, offset)
    if json:
        output.as_json(hits)
        return
    rows = [(hit.story, hit.source, hit.published, hit.title, hit.snippet) for hit in hits]
    output.table(("story", "source", "published", "title", "text"), rows)


def corrections(given: Given, limit: Limit = 20, to: OutFile = None, json: Json = False) -> None:
    """List headlines that changed, cuts, and withdrawals.

    A copy counts as withdrawn when its feed names older ones and not this one any more. --to writes them as a
    JSON Feed, to be published beside the others.

    Example: aggregator corrections --to public/corrections.json
    """
    with given.app() as app:
        found = app.archive.corrections(limit)
        if to:
            with output.replacing(to) as stream:
                stream.write(revising.feed(app.meta, found))
            return
    if json:
        output.as_json(found)
        return
    rows = [(each.at, each.kind, each.source, each.story, each.before, each.after) for each in found]
    output.table(("when", "what", "source", "story", "before", "after"), rows)


def find(archive: Archive, ref: str) -> Story:
    """The story that a person means. Raises InputError where there is none, or more than one."""
    found = archive.story(ref)
    if found is None:
        raise InputError(f"there is no story {ref}; `aggregator stories` lists the newest")
    return found


def _show(view: StoryView) -> None:
    facts = view.lead.facts
    output.facts(
        [
            ("story", view.story.public_id),
            ("title", view.story.title),
            ("published", view.story.published),
            ("updated", view.story.updated),
            ("agency", facts.agency),
            ("place", facts.place),
            ("reporting", facts.reporting),
            ("writing", facts.writing),
            ("editing", facts.editing),
            ("language", facts.language),
        ]
    )
    output.line()
    output.table(("copy", "outlet", "published", "revisions", "where"), [_row(copy) for copy in view.copies])
    output.line(f"\n{view.text}")


def _row(copy: Copy) -> tuple[object, ...]:
    return (
        copy.id,
        copy.outlet or copy.source,
        copy.published or copy.first_seen,
        copy.revisions,
        copy.url or copy.guid,
    )


def _copies(view: StoryView) -> list[Any]:
    return [output.plain(copy) for copy in view.copies]


def _explain(decision: Decision, copies: Mapping[int, Copy]) -> None:
    copy = copies.get(decision.copy_id or 0)
    output.facts(
        [
            ("copy", _named(copy, decision.copy_id)),
            ("method", decision.method),
            ("score", _compared(decision.score, decision.threshold)),
            ("against", _named(copies.get(decision.matched_copy_id or 0), decision.matched_copy_id)),
            ("runner-up", _runner_up(decision)),
            ("features", _features(decision.features)),
            *((key, _quoted(value)) for key, value in decision.evidence.items()),
            ("other story", decision.other_story_id),
            ("note", decision.note),
            ("by", f"{decision.by} {decision.rules_version}".strip()),
            ("at", decision.at),
        ]
    )
    output.line()


def _named(copy: Copy | None, copy_id: int | None) -> str:
    return f"{copy_id}, {copy.outlet or copy.source}: {copy.title}" if copy else str(copy_id or "")


def _compared(score: float | None, threshold: float | None) -> str:
    if score is None:
        return ""
    return f"{score:.3f}" + (f" (threshold {threshold:.3f})" if threshold is not None else "")


def _runner_up(decision: Decision) -> str:
    if decision.runner_up_story_id is None:
        return ""
    return f"story {decision.runner_up_story_id}, {decision.runner_up_score or 0:.3f}"


def _features(features: Mapping[str, Any]) -> str:
    shown = (f"{value:.2f}" if isinstance(value, float) else str(value) for value in features.values())
    return ", ".join(f"{name} {value}" for name, value in zip(features, shown, strict=True))


def _quoted(value: object) -> str:
    """Evidence as a person reads it: passages in quotation marks, at most three of a kind."""
    if isinstance(value, list | tuple):
        more = f" … and {len(value) - 3} more" if len(value) > 3 else ""
        return "; ".join(f"“{each}”" if isinstance(each, str) else str(each) for each in value[:3]) + more
    return f"“{value}”" if isinstance(value, str) and " " in value else str(value)
