"""In and out of the archive as JSON Lines: import and export."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ConfigurationError, InputError
from . import output
from .backups import write_whole
from .failing import complain
from .given import Given, Json, OutFile, command, now

if TYPE_CHECKING:
    from ..archive import Archive
    from ..model import Copy, Entry
    from .importing import Importer
    from .lines import Line

STDIN = "-"
MOST_KEPT = 100_000  # story ids in memory while exporting


def register(program: typer.Typer) -> None:
    command(program, import_, name="import")
    command(program, export)


def import_(
    given: Given,
    files: Annotated[list[str], typer.Argument(metavar="FILE", help='Files to read; "-" is stdin.')],
    json: Json = False,
) -> int:
    """Take in articles: JSON Lines, JSON Feed, other readers' files.

    A line is a JSON Feed item plus `_source`, the name of its source. An id is unique within its source; a
    known id with other content is a new revision. Bad lines are reported with their number and reason, the
    rest goes in, and the exit code is 1. Of other readers it takes subscriptions and articles: the databases of
    FreshRSS, newsboat and reader (SQLite), miniflux and Tiny Tiny RSS (pg_dump), and what they export.

    Example: aggregator import herald.jsonl
    """
    from .importing import Importer

    with given.app() as app, output.progress("importing") as progress:
        importer = Importer(app, now())
        bad = [line for name in files for line in _import_file(importer, name, progress)]
        importer.flush()
    counts = importer.counts
    if json:
        output.as_json({**output.plain(counts), "bad": len(bad), "bad_lines": bad})
    else:
        told = f"{counts.new} new, {counts.revised} revised, {counts.unchanged} unchanged"
        output.line(f"{output.number(counts.lines, 'line')} read: {told}, {len(bad)} bad")
    return int(bool(bad))


def export(
    given: Given,
    to: OutFile = None,
    warc: Annotated[
        Path | None, typer.Option("--warc", metavar="FILE", help="The documents as served, as WARC 1.1.")
    ] = None,
    archive: Annotated[
        Path | None, typer.Option("--archive", metavar="FILE", help="The whole archive, for `restore`.")
    ] = None,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", metavar="FILE", help="The copies as a Parquet table.")
    ] = None,
) -> None:
    """Write every copy as a JSON line; or WARC, Parquet, everything.

    A line has the keys of a JSON Feed item, those of its own that it came with (`external_url`, `_any`),
    `_source`, and `_story`, the public id of its story.

    Example: aggregator export > archive.jsonl
    """
    if to and (warc or archive or parquet):
        raise ConfigurationError(
            "--to takes the JSON lines; --warc, --archive and --parquet name files of their own"
        )
    if warc:
        _export_warc(given, warc)
    if archive:
        write_whole(given, archive, packed=False)
    if parquet:
        _export_parquet(given, parquet)
    if warc or archive or parquet:
        return
    with given.app() as app, output.replacing(to) if to else nullcontext(sys.stdout.buffer) as out:
        ids = StoryIds(app.archive)
        for copy in app.archive.export():
            out.write(_line(exported(copy, ids[copy.story_id])))


def _line(item: dict[str, Any]) -> bytes:
    """In UTF-8 whatever the terminal speaks; half a surrogate pair, as some item was served, in JSON's own escape."""
    return json.dumps(item, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _export_warc(given: Given, path: Path) -> None:
    from . import warc

    with given.app() as app, output.replacing(path) as stream:
        written = warc.write(stream, app.archive.documents())
    output.line(f"{output.number(written.whole, 'document')} written, {written.repeated} told as repeated")
    if written.dropped:
        output.line(f"{output.number(written.dropped, 'document')} left out: dropped by [retention]")


def _export_parquet(given: Given, path: Path) -> None:
    from . import parquet

    with given.app() as app, output.replacing(path) as stream:
        ids = StoryIds(app.archive)
        rows = parquet.write(stream, ((copy, ids[copy.story_id]) for copy in app.archive.export()))
    output.line(f"{output.number(rows, 'copy', 'copies')} written")


def exported(copy: Copy, story: str) -> dict[str, Any]:
    """A copy as a line: what `import` takes, and where it stands."""
    from .. import feeds

    item = feeds.entry_to_json(entry_of(copy)) | feeds.unspoken(copy.raw)
    return {**item, "id": copy.guid, "_source": copy.source, "_story": story or None}


class StoryIds(dict[int | None, str]):
    """Story number -> public id, looked up once each; a copy that waits has none."""

    def __init__(self, archive: Archive) -> None:
        super().__init__({None: ""})
        self.archive = archive

    def __missing__(self, number: int | None) -> str:
        if len(self) > MOST_KEPT:
            self.clear()
        story = self.archive.story(str(number)) if number is not None else None
        self[number] = story.public_id if story else ""
        return self[number]


def entry_of(copy: Copy) -> Entry:
    """A copy as the entry it was."""
    from ..model import Entry

    names = {each.name for each in fields(Entry)} & {each.name for each in fields(copy)}
    return Entry(**{name: getattr(copy, name) for name in names}, sanitised=True)


def _import_file(importer: Importer, name: str, progress: Callable[[int], None]) -> Iterator[dict[str, Any]]:
    """Take in one file; its bad lines, each said at once. A file that cannot be read at all is one."""
    try:
        with _items(importer, name) as found:
            for line in _read(found):
                if reason := importer.take(line, name):
                    complain(f"{name}: {line.where}: {reason}")
                    yield {"file": name, "number": line.number, "reason": reason}
                progress(importer.counts.lines)
    except InputError as error:
        complain(f"{name} {error}")
        yield {"file": name, "number": None, "reason": str(error)}


def _read(lines: Iterable[Line]) -> Iterator[Line]:
    from .foreign import reading

    with reading():
        yield from lines


@contextmanager
def _items(importer: Importer, name: str) -> Iterator[Iterable[Line]]:
    """The items of a file, ours or another reader's."""
    from . import foreign, lines

    if name != STDIN and (library := foreign.library(Path(name))):
        yield importer.move_in(library)
        return
    with nullcontext(sys.stdin.buffer) if name == STDIN else foreign.opened(Path(name)) as stream:
        yield lines.read(stream, fallback=Path(name).stem if name != STDIN else "stdin")
