"""PostgreSQL keeps rows that were changed or deleted: what they took is to be used again, not to grow for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from sqlalchemy import text

from aggregator.archive import Archive, dialect
from aggregator.archive.tidying import Tidying
from aggregator.errors import ArchiveError
from tests.conftest import NOON

from .making import an_entry, each_alone, ingest

COPIES = 300


@pytest.fixture
def archive(postgres: Callable[[str], str], _postgres_template: str) -> Archive:
    return Archive.open(postgres(_postgres_template))


def until(condition: Callable[[], object]) -> bool:
    """The server counts what has changed a second late."""
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return bool(condition())


def said(archive: Archive, question: str) -> int:
    with archive._read() as conn:
        return int(conn.execute(text(question)).scalar_one())


def test_what_rows_took_that_were_changed_is_used_again(archive: Archive) -> None:
    with archive:
        archive.authority("example.org", NOON)
        with archive._write() as conn:
            conn.execute(text("ALTER TABLE copy SET (autovacuum_enabled = false)"))
        ingest(archive, [an_entry(n) for n in range(COPIES)])
        each_alone(archive)
        archive.close()  # a server counts at the latest when it is left
        left = "SELECT pg_stat_get_dead_tuples('copy'::regclass)"
        assert until(lambda: said(archive, left) or _free(archive))
        archive.index_text()
        assert _free(archive)


def test_an_index_that_became_twice_as_large_as_it_need_be_is_built_anew(archive: Archive) -> None:
    """Every copy is written twice: when it comes, and when it is placed."""
    size, needed = "SELECT pg_relation_size('copy_pkey')", 4 * COPIES * 20 + 4 * 8_192
    with archive:
        archive.authority("example.org", NOON)
        with archive._write() as conn:
            conn.execute(text("ALTER TABLE copy SET (autovacuum_enabled = false)"))
        ingest(archive, [an_entry(n) for n in range(4 * COPIES)])
        each_alone(archive)
        archive.close()
        assert until(lambda: _tidied(archive) and said(archive, size) < needed)
        assert said(archive, "SELECT count(*) FROM copy WHERE id > 0") == 4 * COPIES
        assert archive.verify() == []


def test_a_table_most_of_which_is_free_is_written_anew(archive: Archive) -> None:
    """As where runs of sketches have become one. While somebody still sees what was there, it stays."""
    size = "SELECT pg_relation_size('sketch_page')"
    add = "INSERT INTO sketch_page SELECT n, 'x', repeat('x', 500)::bytea FROM generate_series(1, 1000) AS n"
    with archive:
        with archive._write() as conn:
            conn.execute(text("ALTER TABLE sketch_page SET (autovacuum_enabled = false)"))
            conn.execute(text(add))
        before = said(archive, size)
        with dialect.snapshot(archive._engine) as reader:
            assert reader.execute(text("SELECT count(*) FROM second_look")).scalar() == 0
            with archive._write_much() as conn:
                conn.execute(text("DELETE FROM sketch_page WHERE id <= 900"))
            assert _tidied(archive)
            assert said(archive, size) == before
        assert until(lambda: _tidied(archive) and said(archive, size) < before / 5)
        assert said(archive, "SELECT count(*) FROM sketch_page") == 100


def _tidied(archive: Archive) -> bool:
    with archive._write_much():
        return True


def _free(archive: Archive) -> bool:
    """Whether the rows of `copy` were vacuumed since they were placed."""
    return said(archive, "SELECT pg_stat_get_vacuum_count('copy'::regclass)") > 0


def test_what_was_written_stays_where_there_can_be_no_vacuum(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_self: object) -> None:
        raise ArchiveError("the connection is gone")

    monkeypatch.setattr(Tidying, "_vacuum", fails)
    with archive:
        archive.authority("example.org", NOON)
        ingest(archive, [an_entry()])
        assert len(each_alone(archive)) == 1
        assert archive.waiting_count() == 0
