"""Reading the past again: what a better parser or extractor makes of the documents and pages that were kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from . import output
from .given import Given, Json, command
from .running import place_all


def register(program: typer.Typer) -> None:
    command(program, reprocess)


def reprocess(
    given: Given,
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="NAME", help="Only this one; may be repeated.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], metavar="DATE", help="Only what came since (UTC)."),
    ] = None,
    json: Json = False,
) -> None:
    """Read the kept documents and pages again, without the network.

    Parses, extracts, ingests and places. Only what is understood otherwise than before becomes a revision; each
    copy is read from the latest document that names it, and from its newest page.

    Example: aggregator reprocess --source herald --since 2026-01-01
    """
    start = since.replace(tzinfo=UTC) if since else None
    with given.app() as app, output.progress("reading again") as progress:
        every = [app.archive.source(name) for name in source or ()] or app.archive.sources(active_only=False)
        done = []
        for number, one in enumerate(every, 1):
            done.append(app.reprocess(one, start))
            progress(number)
        placed = place_all(app)
    new, revised = sum(each.new for each in done), sum(each.revised for each in done)
    unchanged = sum(each.unchanged for each in done)
    if json:
        output.as_json({"new": new, "revised": revised, "unchanged": unchanged, "placed": placed})
    else:
        output.line(f"{new} new, {revised} revised, {unchanged} unchanged; {placed} placed")
