"""What the configuration says: config check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import ConfigurationError
from . import output
from .failing import complain
from .given import Given, Json, command, group

if TYPE_CHECKING:
    from ..config import Config
    from ..model import SourceSpec


def register(program: typer.Typer) -> None:
    config = group("Look at the configuration.\n\nExample: aggregator config check")
    command(config, check)
    program.add_typer(config, name="config")


def check(given: Given, json: Json = False) -> None:
    """Read the configuration, and explain it.

    Says what was read, from where, and what each source will do.

    Example: aggregator config check
    """
    config = given.config()
    doubts = list(_doubts(config))
    if json:
        output.as_json({**output.plain(_as_json(config)), "doubts": doubts})
    else:
        _explain(config)
    for doubt in doubts:
        complain(f"note: {doubt}")


def _explain(config: Config) -> None:
    output.facts(
        [
            ("read", f"{config.path} ({config.reason})"),
            ("environment", ", ".join(config.variables)),
            ("archive", config.archive_shown),
            ("published to", f"{config.publish.folder}, at most {config.publish.limit} entries"),
            ("served at", config.site.base_url),
            ("story ids", f"under tag:{config.site.authority}"),
        ]
    )
    output.line()
    for spec in config.sources:
        output.line(f"{spec.name}: {plan(config, spec)}")
    if not config.sources:
        output.line("no source is configured; `aggregator sources add URL` subscribes to one")


def plan(config: Config, spec: SourceSpec) -> str:
    """What a source will do, as a sentence."""
    how = f"at {spec.every} (cron, UTC)" if " " in spec.every else f"every {spec.every}"
    if spec.kind == "feed":
        doing = f"asks {config.shown(spec.location)} {how}"
        doing += ", also on private addresses" if spec.allow_private else ""
        doing += ", and reads the page of each new entry" if spec.full_text else ""
    elif spec.kind in {"directory", "jsonl"}:
        doing = (
            f"reads {'the folder' if spec.kind == 'directory' else 'the file'} {_place(config, spec)} {how}"
        )
    else:
        doing = f"{spec.kind}: {config.shown(spec.location)} {how}"
    return doing + (f"; preferred by {spec.prefer}" if spec.prefer else "")


def _doubts(config: Config) -> Iterator[str]:
    """What is allowed, but hardly meant."""
    from ..collect.cadence import parse_every

    for variable, nearest in config.strange.items():
        meant = f"; was ${nearest} meant?" if nearest else ""
        yield f"the environment variable ${variable} is none of ours and changes nothing{meant}"
    yield from twins([(spec.name, spec.location) for spec in config.sources if spec.kind == "feed"])
    for spec in config.sources:
        parse_every(spec.every)
        if spec.full_text and (lack := _lack_of_libraries()):
            yield f"{spec.name}: {lack}"
        if spec.kind in {"directory", "jsonl"} and not _place(config, spec).exists():
            yield f"{spec.name}: there is no {_place(config, spec)}"
        if spec.kind == "feed" and "://" in spec.location and spec.location.startswith("http://"):
            yield f"{spec.name}: is read over http; try https"
    if not config.collect.contact and any(spec.kind == "feed" for spec in config.sources):
        yield "[collect] `contact` is empty; a URL or mail address there lets a feed's owner reach you"


def _lack_of_libraries() -> str:
    """What is missing for reading pages, as a sentence; "" if nothing is."""
    from ..collect import check_installed

    try:
        check_installed()
    except ConfigurationError as error:
        return str(error)
    return ""


def twins(places: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A sentence for each source (name, URL) that asks what another one asks already."""
    from .. import url

    first: dict[str, str] = {}
    for name, place in places:
        one = first.setdefault(url.identity(place) or place, name)
        if one != name:
            yield f"{name}: has the address of {one}; one of the two is enough"


def _place(config: Config, spec: SourceSpec) -> Path:
    return config.root / Path(spec.location).expanduser()


def _as_json(config: Config) -> dict[str, object]:
    sections = ("site", "serve", "publish", "collect", "schedule", "rules", "log")
    return {
        "path": config.path,
        "reason": config.reason,
        "environment": config.variables,
        "archive": {"url": config.archive_shown},
        **{name: getattr(config, name).model_dump() for name in sections},
        "sources": [{**asdict(spec), "location": config.shown(spec.location)} for spec in config.sources],
    }
