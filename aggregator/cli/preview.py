"""What a collector would see at a URL or in a file, without touching the archive: preview."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from . import output
from .failing import complain
from .given import Given, Json, command, completed, now

if TYPE_CHECKING:
    from ..config import Config
    from ..model import Flaw, ParsedFeed

NAMED = 10  # lines named in one flaw


def register(program: typer.Typer) -> None:
    command(program, preview)


def preview(
    given: Given,
    what: Annotated[str, typer.Argument(metavar="URL|FILE", help="A feed's address, a file, or a folder.")],
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="The host may be on a private address.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what a collector would see at a URL or in a file.

    Prints the entries, and the flaws that were found; stores nothing. With --json: a JSON Feed document, the
    flaws in `_flaws`.

    Example: aggregator preview https://www.nasa.gov/feed/
    """
    feed = completed(read(what, given.config(), allow_private))
    if json:
        output.as_json(document(feed))
        return
    output.facts(
        [("format", feed.format), ("title", feed.title), ("site", feed.url), ("entries", len(feed.entries))]
    )
    output.line()
    rows = [
        (entry.published or entry.updated, entry.title, entry.url or entry.guid) for entry in feed.entries
    ]
    output.table(("published", "title", "url"), rows)
    for flaw in feed.flaws:
        where = f" ({flaw.where})" if flaw.where and flaw.where not in flaw.message else ""
        complain(f"{flaw.code}: {flaw.message}{where}")


def document(feed: ParsedFeed) -> dict[str, Any]:
    """The feed as a JSON Feed document, with what was wrong with it."""
    from .. import feeds

    return {**feeds.feed_to_json(feed), "_format": feed.format, "_flaws": output.plain(feed.flaws)}


async def read(what: str, config: Config, allow_private: bool) -> ParsedFeed:
    """The feed at a URL or in a file, sanitised. Raises CollectError or InputError where there is none."""
    from .. import feeds
    from ..app import open_context
    from ..collect import preview
    from ..packing import unpacked

    is_url = what.startswith(("http://", "https://"))
    async with open_context(config, now) as context:
        place = what if is_url else str(Path(what).expanduser().resolve())
        feed = await preview(place, context, allow_private=allow_private)
    entries = tuple(unpacked(feeds.sanitise(entry)) for entry in feed.entries)
    unnamed = () if is_url else tuple(_unnamed(Path(place)))
    return replace(feed, entries=entries, flaws=(*feed.flaws, *unnamed))


def _unnamed(path: Path) -> Iterator[Flaw]:
    """The JSON Lines that would do as a source of their own, but that `import` could not file."""
    from ..model import Flaw
    from . import lines

    if path.suffix.lower() not in {".jsonl", ".ndjson"}:
        return
    with path.open("rb") as stream, suppress(InputError):
        found = [(line.reason, line.where) for line in lines.read(stream, path.stem)]
    for reason in (lines.NO_SOURCE, lines.BAD_SOURCE):
        places = [where for said, where in found if said == reason]
        if places:
            more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
            where = ", ".join(places[:NAMED]) + more
            yield Flaw("no-source", f"{where}: {reason}; only `import` needs one", where)
