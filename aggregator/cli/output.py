"""What commands print: a rich table on a terminal, aligned plain columns in a pipe, JSON where asked for."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import InputError
from ..text import clean, one_line

ABANDONED = 3600  # seconds without a byte after which a file that is being written is nobody's
UNFINISHED = ".unfinished"  # how the names of those end


def line(text: str = "") -> None:
    """A line on stdout; what came from outside has lost its control characters."""
    sys.stdout.write(clean(text) + "\n")


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that is written whole or not at all; a pipe or a device takes the bytes as they come.

    Raises InputError where it cannot be written.
    """
    if path.is_dir():
        raise InputError(f"{path} cannot be written: it is a folder; name a file in it")
    is_stream = path.exists() and not path.is_file()
    try:
        with path.open("wb") if is_stream else _neighbour(path) as stream:
            yield stream
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error


@contextmanager
def _neighbour(path: Path) -> Iterator[BinaryIO]:
    """A file beside it takes the bytes, then its place."""
    _sweep(path.parent)
    beside = path.with_name(f".{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        with beside.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what killed processes left: else each takes the room of a whole archive for good."""
    for left in folder.glob(f".*{UNFINISHED}"):
        with suppress(OSError):  # another process sweeps too, or it is not ours
            if time.time() - left.stat().st_ctime > ABANDONED:
                left.unlink()


def as_json(value: Any) -> None:
    """A value on stdout as indented JSON."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")


def plain(value: Any) -> Any:
    """Dataclasses, times and the like as JSON knows them: times in RFC 3339, durations in seconds."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: plain(inner) for key, inner in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    return value


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Rows under their headings. On a terminal the last column takes the room that is left."""
    cells = [[_cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(columns, cells, title)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    if title:
        line(title)
    for row in ([name.upper() for name in columns], *cells):
        line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Names and values, one pair a line; pairs without a value are left out."""
    shown = [(name, _cell(value)) for name, value in pairs if value not in (None, "", (), [])]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        line(f"{name.ljust(width)}  {value}")


def when(moment: datetime | None) -> str:
    """A time to the minute, in UTC; "–" for none."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "–"


def number(count: float, unit: str, units: str = "") -> str:
    """ "1 story", "2 stories"."""
    return f"{count:,} {unit if count == 1 else units or unit + 's'}"


def size(bytes_: float) -> str:
    """Bytes in the unit that people use for them."""
    for unit in ("B", "KB", "MB", "GB"):
        if bytes_ < 1000:
            return f"{bytes_:.0f} {unit}" if unit == "B" else f"{bytes_:.1f} {unit}"
        bytes_ /= 1000
    return f"{bytes_:.1f} TB"


@contextmanager
def progress(doing: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress line on a terminal's stderr, nothing elsewhere; yields what takes the number done."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done: bar.update(task, completed=done)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return one_line("–" if value is None else str(value))


def _rich_table(columns: Sequence[str], cells: Sequence[Sequence[str]], title: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=title or None, box=SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for name in columns:
        shown.add_column(name, overflow="fold" if name in {"id", "url"} else "ellipsis")
    for row in cells:
        shown.add_row(*(Text(cell) for cell in row))
    Console().print(shown)
