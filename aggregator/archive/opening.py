"""Finding, creating and migrating an archive. alembic is loaded only where there is something to migrate."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ..errors import ArchiveError, ArchiveTooNew
from . import dialect, trouble

_PACKAGE = Path(__file__).resolve().parent.parent
_alone = Lock()  # alembic keeps what it migrates in the module: one of a process at a time


def migrations() -> Path:
    """The folder of the migrations: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "migrations"
    return inside if inside.is_dir() else _PACKAGE.parent / "migrations"


def newest() -> str:
    """The schema this program writes. Revisions are files named <number>_<what>.py, in order."""
    return max(path.stem.partition("_")[0] for path in (migrations() / "versions").glob("[0-9]*.py"))


def address(url: str) -> URL:
    """The database URL, understood. Raises ArchiveError for one that no archive can live at."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ArchiveError(
            f"{url!r} is no database URL: sqlite:///file or postgresql://user@host/name"
        ) from error
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ArchiveError(f"an archive lives in SQLite or PostgreSQL, not in {parsed.get_backend_name()}")
    if parsed.get_backend_name() == "sqlite":
        _check_file(parsed.database)
    return parsed


def _check_file(name: str | None) -> None:
    if not name or name == ":memory:":
        raise ArchiveError("an archive in memory would be lost: name a file, as in sqlite:///archive.db")
    path = Path(name.removeprefix("file:").partition("?")[0])
    if path.is_dir():
        raise ArchiveError(f"{path} is a folder: name a file in it as the archive")
    if not path.parent.is_dir():
        raise ArchiveError(f"the folder {path.parent} of the archive does not exist: create it first")


def connect(url: URL, patience: timedelta, *, writing: bool = False, migrating: bool = False) -> Engine:
    """An engine whose failures are ArchiveErrors."""
    try:
        engine = dialect.engine(url, patience, writing=writing, migrating=migrating)
    except ModuleNotFoundError as error:
        hint = "pip install 'aggregator[postgres]'"
        raise ArchiveError(
            f"an archive on PostgreSQL needs {error.name}: {hint}", code="no-driver"
        ) from error
    trouble.translate(engine, url)
    return engine


def writer(engine: Engine) -> Engine:
    """The engine for transactions that write. On SQLite one of its own, since one writes at a time: what each of
    several connections kept of the file would be void once another had written.
    """
    if engine.dialect.name != "sqlite":
        return engine
    return connect(engine.url, engine.get_execution_options()["patience"], writing=True)


def version(conn: Connection) -> str:
    """The schema that the archive has; "" for one that is empty. Raises ArchiveError if others live there."""
    if inspect(conn).has_table("alembic_version"):
        return conn.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""
    if conn.dialect.name == "sqlite" and dialect.has_tables(conn):
        raise ArchiveError(
            f"{conn.engine.url.database} is another program's database: mend `url` in [archive]",
            code="not-an-archive",
        )
    return ""


def prepare(engine: Engine, url: URL, patience: timedelta, migrate: bool) -> None:
    """See that the archive has the schema of this program. Raises ArchiveTooNew, ArchiveError."""
    with engine.connect() as conn:
        held = version(conn)
    wanted = newest()
    if held > wanted:
        raise ArchiveTooNew(
            f"the archive has schema {held}, this program knows {wanted}: install a newer aggregator",
            code="too-new",
        )
    if held == wanted:
        return
    if not migrate:
        raise ArchiveError(f"the archive has schema {held or 'none'}, not {wanted}: run `aggregator migrate`")
    upgrade(url, patience)


def found(url: URL, patience: timedelta, schema: str) -> None:
    """Make an archive of this schema, old or new, in an empty place. Raises ArchiveTooNew, ArchiveError."""
    if schema > newest():
        raise ArchiveTooNew(
            f"it has schema {schema}, this program knows {newest()}: install a newer aggregator",
            code="too-new",
        )
    engine = connect(url, patience)
    try:
        with engine.connect() as conn:
            held = version(conn)
    finally:
        engine.dispose()
    if held and held != schema:
        raise ArchiveError(f"an archive of schema {held} lives there already, not {schema}", code="not-empty")
    if not held:
        upgrade(url, patience, schema)


def upgrade(url: URL, patience: timedelta, to: str = "head") -> None:
    """Run the migrations, all in one transaction, after any that another thread or process is running."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations()).replace("%", "%%"))
    engine = connect(url, patience, migrating=True)
    config.attributes["engine"] = engine
    try:
        with _alone:
            command.upgrade(config, to)
    finally:
        engine.dispose()
