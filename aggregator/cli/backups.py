"""The whole archive into a file, and back: backup, restore."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from . import output
from .given import Given, Json, command

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="One file that holds the whole archive.")]


def register(program: typer.Typer) -> None:
    command(program, backup)
    command(program, restore)


def backup(given: Given, file: FileArgument, json: Json = False) -> None:
    """Write the whole archive to a file, while others use it.

    One moment of the archive, compressed, with the hash of its lines at its end. The file appears only when it
    is whole. It fits either database.

    Example: aggregator backup archive-2026-11-22.zst
    """
    rows = write_whole(given, file, packed=True)
    size = file.stat().st_size
    if json:
        output.as_json({"file": file, "bytes": size, "rows": rows})
    else:
        output.line(f"{file}: {output.number(rows, 'row')}, {output.size(size)}")


def restore(
    given: Given,
    file: FileArgument,
    check: Annotated[
        bool, typer.Option("--check", help="Only read the file, and say whether it is whole.")
    ] = False,
    json: Json = False,
) -> None:
    """Make the archive from a backup, in an empty place.

    Ids, decisions and what will be published are those of the backup. Takes what `backup` and
    `export --archive` wrote, from either database.

    Example: aggregator restore archive-2026-11-22.zst
    """
    from ..archive import Archive, check_whole

    config = given.config()
    with _lines(file) as lines:
        counts = check_whole(lines) if check else Archive.restore(config.archive.url, lines)
    if not check:
        with Archive.open(config.archive.url) as archive:
            while archive.index_text():
                pass
    if json:
        output.as_json({"file": file, "archive": None if check else config.archive_shown, "rows": counts})
        return
    output.line(f"{file} is whole" if check else f"{config.archive_shown} was restored from {file}")
    output.table(("table", "rows"), sorted(counts.items()))


def write_whole(given: Given, file: Path, *, packed: bool) -> int:
    """The whole archive into a file, which is there whole or not at all; how many rows."""
    from ..archive import Archive, packing

    config, rows = given.config(), -2  # the first line and the last are none
    with (
        Archive.open(config.archive.url) as archive,
        output.progress("writing") as progress,
        output.replacing(file) as stream,
        packing(stream) if packed else nullcontext(stream) as out,
    ):
        for line in archive.whole():
            out.write(line)
            rows += 1
            progress(rows)
    return rows


@contextmanager
def _lines(file: Path) -> Iterator[Iterable[bytes]]:
    """The lines of a file; what is wrong with it is said with its name."""
    from ..archive import unpacked

    try:
        with file.open("rb") as stream:
            yield unpacked(stream)
    except InputError as error:
        raise InputError(f"{file} {error}") from error
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error
