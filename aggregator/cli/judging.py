"""How well the rules judge: evaluate them on labelled copies, review what they were unsure of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ConfigurationError, InputError
from . import output
from .given import Given, Json, Limit, command, now

if TYPE_CHECKING:
    from ..canon import Rules
    from ..model import Entry

Row = Mapping[str, Any]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="rules.NAME=NUMBER", help="Another number for one rule; may be repeated."),
]


def register(program: typer.Typer) -> None:
    for function in (evaluate, review):
        command(program, function)


def evaluate(
    given: Given,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON Lines as for import, with `_truth`: its story.")
    ],
    settings: Settings = None,
    errors: Annotated[int, typer.Option("--errors", metavar="N", help="Show the N worst errors.")] = 5,
    json: Json = False,
) -> None:
    """Score the rules on labelled copies.

    By adjusted Rand index, pairs and B-cubed, with the worst errors side by side. Nothing is stored:
    the copies are placed in memory, in the order of the file.

    Example: aggregator evaluate labelled.jsonl --set rules.threshold=0.5
    """
    from ..canon import evaluate as judge

    rows = list(_labelled(file))
    index = judge.place(rows, rules_of(given, settings or []), now())
    truth = [row["_truth"] for row in rows]
    found = [index.story_of[number] for number in range(1, len(rows) + 1)]
    scores, wrong = judge.score(truth, found), judge.worst(truth, found, errors)
    if json:
        worst = [
            {"together": w.together, "copies": [_named(rows[w.one]), _named(rows[w.other])]} for w in wrong
        ]
        output.as_json({**scores.as_dict(), "worst": worst})
        return
    output.facts(list(scores.as_dict().items()))
    for each in wrong:
        what = "together, but two stories" if each.together else "apart, but one story"
        output.line(f"\n{what}:")
        for at in (each.one, each.other):
            output.line(f"  {_named(rows[at])}: {rows[at]['title']}\n    {_beginning(rows[at])}")


def review(
    given: Given,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """List what the rules were least sure of.

    Those are the decisions nearest to the threshold. A person's word settles them: `aggregator merge`,
    `split` or `apart`.

    Example: aggregator review -n 50
    """
    with given.app() as app:
        found = app.archive.unsure(app.canonicaliser.rules.review_margin, limit)
    if json:
        output.as_json(found)
        return
    output.table(
        ("story", "score", "threshold", "joined", "title", "nearest to"),
        [
            (
                each.story,
                f"{each.score:.3f}",
                f"{each.threshold:.3f}",
                each.joined,
                each.title,
                each.other_title,
            )
            for each in found
        ],
    )


def rules_of(given: Given, settings: Sequence[str] = ()) -> Rules:
    """Those of config.toml, with numbers set otherwise by `--set`."""
    from ..canon import load_rules

    said = given.config().rules
    return load_rules(said.version or None, said.overrides() | dict(map(_setting, settings)))


def _setting(said: str) -> tuple[str, float]:
    name, _, number = said.partition("=")
    try:
        return name.strip().removeprefix("rules."), float(number)
    except ValueError:
        raise ConfigurationError(
            f"--set {said}: must read rules.NAME=NUMBER, as rules.threshold=0.5"
        ) from None


def _labelled(file: Path) -> Iterator[Row]:
    """The rows with their text as ingesting would have it. Raises InputError for a line without `_truth`."""
    from .. import feeds
    from .lines import read

    try:
        stream = file.open("rb")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    with stream:
        for line in read(stream, file.stem):
            if line.item is None:
                raise InputError(f"{file}, {line.where}: {line.reason}")
            if "_truth" not in line.item:
                raise InputError(f"{file}, {line.where}: has no `_truth`, the label of its story")
            yield _row(line.item, line.source, feeds.sanitise(feeds.entry_from_json(line.item)))


def _row(item: Row, source: str, entry: Entry) -> Row:
    said = entry.published.isoformat() if entry.published else None
    known = {"title": entry.title, "url": entry.url, "content_text": entry.text, "date_published": said}
    return {**known, "_source": source, "id": entry.guid, "_truth": item["_truth"]}


def _named(row: Row) -> str:
    return f"{row['_source']}/{row['id']}"


def _beginning(row: Row) -> str:
    text = " ".join(row["content_text"].split())
    return text if len(text) <= 160 else text[:159] + "…"
