"""Subscriptions: sources list, add, remove, import, export."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from ..errors import ConfigurationError, InputError
from . import output
from .configuration import twins
from .failing import complain
from .given import Given, Json, OutFile, command, completed, group, now, with_shared_options
from .lines import slug

if TYPE_CHECKING:
    from ..app import App
    from ..collect import Answer, Found
    from ..model import Ingested, Source, SourceSpec

Every = Annotated[
    str, typer.Option("--every", metavar="WHEN", help='A duration ("15m") or a cron expression, in UTC.')
]
HELP = """List, add, remove, import and export sources.

Without a command they are listed.

Example: aggregator sources add https://www.nasa.gov/feed/
"""
AllowPrivate = Annotated[bool, typer.Option("--allow-private", help="It may be on a private address.")]


def register(program: typer.Typer) -> None:
    sources = group(HELP, bare=True)
    sources.callback()(with_shared_options(list_))
    command(sources, list_, name="list")
    command(sources, add)
    command(sources, remove)
    command(sources, accept)
    command(sources, import_, name="import")
    command(sources, export)
    program.add_typer(sources, name="sources")


def list_(given: Given, json: Json = False) -> None:
    """List all sources: how each fares, when it is asked next.

    Example: aggregator sources list
    """
    with given.app() as app:
        sources, stats = app.archive.sources(active_only=False), app.archive.source_stats()
    if json:
        output.as_json([{**_as_json(source), "stats": stats.get(source.id)} for source in sources])
        return
    rows = [(s.name, s.spec.kind, health(s), s.next_fetch_at if s.active else None, s.url) for s in sources]
    output.table(("name", "kind", "health", "next", "where"), rows)
    for sentence in twins((s.name, s.url) for s in sources if s.active and s.spec.kind == "feed"):
        complain(f"note: {sentence}")


def add(
    given: Given,
    url: Annotated[
        str, typer.Argument(metavar="URL|PATH", help="A feed, a page that names one, or a folder.")
    ],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What to call it; else after its title or host.")
    ] = "",
    every: Every = "1h",
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="WORD", help="A word to file it under; may be repeated."),
    ] = None,
    allow_private: AllowPrivate = False,
    full_text: Annotated[
        bool, typer.Option("--full-text", help="Read the web page of each new entry as well.")
    ] = False,
    history: Annotated[
        bool, typer.Option("--history", help="Fetch its older documents as well (RFC 5005).")
    ] = False,
    json: Json = False,
) -> None:
    """Subscribe to a feed, a folder or a JSON Lines file.

    The URL may be that of a page: the feed that it names is found. With --history the documents that came before,
    where the feed links to them, are fetched one after another, in no hurry.

    Example: aggregator sources add https://www.theguardian.com/world --every 30m
    """
    from ..collect import check_installed, parse_every
    from ..model import SourceSpec

    parse_every(every)
    if full_text:
        check_installed()
    with given.app() as app:
        known = _kind_of_path(url)
        _check_new(app, known[1] if known else url)
        found = None if known else completed(_discover(app, url, allow_private))
        kind, location = known or ("feed", found.urls[0] if found else "")
        _check_new(app, location)
        spec = SourceSpec(
            name=_free_name(app, name, _called_after(location), location),
            kind=kind,
            location=location,
            every=every,
            tags=tuple(tag or ()),
            allow_private=allow_private,
            full_text=full_text,
        )
        source = app.archive.add_source(
            spec.preferred(app.config.publish.prefer), now(), memory={"history": True} if history else {}
        )
        brought = completed(_take(app, source, found.answer)) if found and found.answer else None
        source = app.archive.source(spec.name)
    if json:
        output.as_json(_as_json(source))
    else:
        entries = f"; {output.number(brought.new, 'entry', 'entries')}" if brought else ""
        output.line(f"{spec.name}: {location}, every {every}{entries}")


def remove(
    given: Given,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `aggregator sources` shows it.")],
) -> None:
    """Stop polling a source.

    Its copies, and the stories they are in, stay.

    Example: aggregator sources remove guardian-world
    """
    with given.app() as app:
        app.archive.remove_source(name)
    output.line(f"{name} is not polled any more; its copies stay in the archive")


def accept(
    given: Given,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `aggregator sources` shows it.")],
) -> None:
    """Take a feed as it is now, after it was held back.

    For a flood of entries, or another feed at the same address, where that is meant. It is read anew at its next
    turn, whole.

    Example: aggregator sources accept guardian-world
    """
    from ..collect import accepted

    with given.app() as app:
        source = app.archive.source(name)
        if source.gone or not source.active:
            raise ConfigurationError(f"{name} is not polled any more; there is nothing to accept")
        app.archive.change_source(accepted(source, now()))
    output.line(f"{name} is read anew, and taken as it is")


def import_(
    given: Given, file: Annotated[str, typer.Argument(metavar="FILE", help='An OPML file; "-" is stdin.')]
) -> int:
    """Subscribe to all feeds of an OPML file.

    Those that are subscribed to already are left as they are. What cannot be subscribed to is named, the rest
    goes in, and the exit code is 1.

    Example: aggregator sources import subscriptions.opml
    """
    from ..feeds import opml

    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        specs, flaws = opml.read_noting(body)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error
    lacking = [flaw.message for flaw in flaws if flaw.code in {"not-an-address", "truncated"}]
    for message in lacking:
        complain(f"{file}: {message}")
    added, left = 0, 0
    with given.app() as app:
        known = {source.spec.location for source in app.archive.sources()}
        for spec in specs:
            if spec.location in known:
                left += 1
                continue
            known.add(spec.location)
            added += _try_to_add(app, spec)
    output.line(f"{output.number(added, 'source')} added, {left} known already")
    return int(bool(lacking) or added + left < len(specs))


def export(given: Given, to: OutFile = None) -> None:
    """Write the subscriptions as OPML, for any feed reader.

    Example: aggregator sources export > subscriptions.opml
    """
    from ..feeds import opml

    with given.app() as app:
        specs = [source.spec for source in app.archive.sources()]
        body = opml.write(app.config.site.title, specs)
    if to:
        with output.replacing(to) as stream:
            stream.write(body)
    else:
        sys.stdout.write(body.decode("utf-8"))


def health(source: Source) -> str:
    """How a source fares, in a few words."""
    if source.gone:
        return "gone (410)"
    if source.origin == "import":
        return "imported"
    if not source.active:
        return "not polled any more"
    if source.not_before and source.not_before > now():
        return f"asked to wait until {output.when(source.not_before)} UTC"
    if source.failures:
        return f"failed {source.failures} ×: {source.error or source.error_code}"
    if source.flaws:
        more = f" (and {len(source.flaws) - 1} more)" if len(source.flaws) > 1 else ""
        return f"well, but {source.flaws[0].message}{more}"
    return "well" if source.last_success_at else "not asked yet"


def _as_json(source: Source) -> dict[str, Any]:
    return {key: value for key, value in output.plain(source).items() if key not in {"memory", "lease_token"}}


def _kind_of_path(said: str) -> tuple[str, str] | None:
    """(kind, absolute path) of a folder or a JSON Lines file; None for a URL."""
    if "://" in said:
        return None
    path = Path(said).expanduser().resolve()
    if not path.exists():
        raise ConfigurationError(f"{said} is neither a URL (https://…) nor a folder or file that is there")
    return ("directory" if path.is_dir() else "jsonl"), str(path)


async def _take(app: App, source: Source, answer: Answer) -> Ingested | None:
    """What the answer brought that was asked for when the feed was looked for: it is not asked for again."""
    from ..app import open_context
    from ..collect import take

    if not (claimed := app.claim(1, [source.name])):
        return None  # another process is quicker
    async with open_context(app.config, app.clock) as context:
        return app.ingest(await take(claimed[0], replace(answer, moved_to=""), context))


async def _discover(app: App, url: str, allow_private: bool) -> Found:
    """The feed at a URL, or the first that the page there names; the others are said."""
    from ..app import open_context
    from ..collect import discover_feed

    async with open_context(app.config, app.clock) as context:
        found = await discover_feed(url, context, allow_private=allow_private)
    if not found.urls:
        raise InputError(f"{url} is no feed, and its page names none; look for one and give its own address")
    for other in found.urls[1:]:
        complain(f"the page also names {other}")
    return found


def _check_new(app: App, location: str) -> None:
    """Raises ConfigurationError for what is asked already: its server would be asked for everything once more."""
    for source in app.archive.sources():
        if source.origin != "import" and location in {source.spec.location, source.url}:
            raise ConfigurationError(
                f"{location} is subscribed to already, as {source.name}; "
                f"`aggregator sources remove {source.name}` first to add it otherwise"
            )


def _called_after(location: str) -> str:
    """A name for a source: its host, or its file."""
    host = urlsplit(location).hostname
    return host.removeprefix("www.") if host else slug(Path(location).stem)


def _free_name(app: App, said: str, suggested: str, location: str) -> str:
    """The name that was given, if no other has it; else the suggested one, with a number if it must be.

    A source that rests and is taken up again may keep its own.
    """
    every = app.archive.sources(active_only=False)
    taken = {each.name.casefold() for each in every if each.active or each.spec.location != location}
    if said.casefold() in taken:
        raise ConfigurationError(f"there is a source called {said} already; choose another --name")
    names = (suggested if n == 1 else f"{suggested}-{n}" for n in range(1, len(taken) + 2))
    return said or next(name for name in names if name.casefold() not in taken)


def _try_to_add(app: App, spec: SourceSpec) -> bool:
    """Add one source of a list; a spec that cannot be added is named, and the others go on."""
    name = _free_name(app, "", slug(spec.name) or _called_after(spec.location), spec.location)
    try:
        app.archive.add_source(replace(spec, name=name).preferred(app.config.publish.prefer), now())
    except ConfigurationError as error:
        complain(f"{spec.location}: {error}")
        return False
    return True
