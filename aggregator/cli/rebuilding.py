"""Every copy placed again: rebuild."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from . import output
from .given import Given, Json, command, now
from .judging import Settings, rules_of

if TYPE_CHECKING:
    from ..archive import Glance
    from ..stages import Change, Rebuilt


def register(program: typer.Typer) -> None:
    command(program, rebuild)


def rebuild(
    given: Given,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Also move what these very rules placed, as if all had come at once."),
    ] = False,
    settings: Settings = None,
    samples: Annotated[
        int, typer.Option("--samples", metavar="N", min=0, help="Show N of the changes.")
    ] = 10,
    json: Json = False,
) -> None:
    """Place every copy again by the present rules.

    From the archived texts, and what people decided, which outranks the rules. Every story keeps its id; those
    that turn out one live on under the oldest. What these very rules placed stays, so a second time changes nothing.

    Example: aggregator rebuild --dry-run --set rules.threshold=0.7
    """
    from .. import stages

    with given.app() as app, output.progress("placing again", total=app.archive.status().copies) as progress:
        found = stages.rebuild(
            app.archive,
            rules_of(given, settings or []),
            now(),
            really=not dry_run,
            anew=anew,
            samples=samples,
            done=progress,
        )
    if json:
        output.as_json(found)
    else:
        _say(found, settings or [])


def _say(found: Rebuilt, settings: list[str]) -> None:
    would = "" if found.done else "would "
    output.facts(
        [
            ("rules", found.rules),
            ("copies placed again", f"{found.copies:,}"),
            (f"stories that {would or 'were '}merge{'' if would else 'd'}", f"{found.merged:,}"),
            (f"stories that {would or 'were '}split off", f"{found.split:,}"),
            (f"copies that {would}move{'' if would else 'd'}", f"{found.moved:,}"),
            ("texts read otherwise", f"{found.reread:,}"),
            ("published ids that go", f"{found.ids_gone:,}"),
            ("ids that come", f"{found.ids_new:,}"),
        ]
    )
    for each in found.samples:
        _show(each)
    if found.order or found.order_reread:
        copies = output.number(found.order, "copy", "copies")
        texts = output.number(found.order_reread, "text", "texts")
        output.line(
            f"\nThe same rules: all stands. `rebuild --anew` would place {copies} and read {texts} otherwise."
        )
    if found.done and settings:
        said = ", ".join(settings)
        output.line(f"\nNew copies are placed by config.toml: set {said} under [rules] there, too.")


_SENTENCES = {
    "merge": "{story} {title}\n  goes into {into} {into_title}",
    "split": "{story} {title}\n  loses {count} to a new story",
    "move": "{story} {title}\n  loses {count} to {into} {into_title}",
}


def _show(change: Change) -> None:
    count = output.number(change.count, "copy", "copies")
    fields = {name: getattr(change, name) for name in ("story", "title", "into", "into_title")}
    output.line("\n" + _SENTENCES[change.kind].format(**fields, count=count))
    _list("-", change.copies)
    _list(" " if change.kind == "split" else "+", change.stay)


def _list(sign: str, copies: Iterable[Glance]) -> None:
    for each in copies:
        output.line(f"  {sign} {each.outlet}: {each.title}")
