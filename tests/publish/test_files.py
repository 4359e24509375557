"""A published file is whole at every moment, and is touched only when its bytes change."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import AggregatorError
from aggregator.publish import files

ALL = ["feed.atom", "feed.atom.br", "feed.atom.gz", "feed.atom.zst"]
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def when(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def test_a_document_is_written_with_its_gzip_form_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    assert files.write(folder, "feed.atom", b"<feed/>")
    assert sorted(path.name for path in folder.iterdir()) == ALL
    assert (
        (folder / "feed.atom").read_bytes()
        == gzip.decompress((folder / "feed.atom.gz").read_bytes())
        == b"<feed/>"
    )


def test_the_gzip_form_depends_on_the_bytes_alone(tmp_path: Path) -> None:
    files.write(tmp_path / "a", "x", b"same", modified=NOON)
    files.write(tmp_path / "b", "y", b"same", modified=NOON + timedelta(days=1))
    assert (tmp_path / "a" / "x.gz").read_bytes() == (tmp_path / "b" / "y.gz").read_bytes()


def test_both_forms_carry_the_date_given_and_may_be_read_by_another_server(tmp_path: Path) -> None:
    files.write(tmp_path, "feed.atom", b"1", modified=NOON)
    for name in ("feed.atom", "feed.atom.gz"):
        assert when(tmp_path / name) == NOON
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o644


def test_the_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    files.write(tmp_path, "feed.atom", b"1", modified=NOON)
    before = (tmp_path / "feed.atom").stat()
    assert not files.write(tmp_path, "feed.atom", b"1", modified=NOON + timedelta(hours=1))
    after = (tmp_path / "feed.atom").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_other_bytes_are_always_of_a_later_date(tmp_path: Path) -> None:
    for number in range(3):
        assert files.write(tmp_path, "feed.atom", b"%d" % number, modified=NOON)
    assert when(tmp_path / "feed.atom") == when(tmp_path / "feed.atom.gz") == NOON + timedelta(seconds=2)


def test_every_form_unpacks_to_the_document_and_depends_on_its_bytes_alone(tmp_path: Path) -> None:
    body = b"<feed>" + b"news " * 5000 + b"</feed>"
    files.write(tmp_path / "a", "x", body, modified=NOON)
    files.write(tmp_path / "b", "x", body, modified=NOON + timedelta(days=1))
    unpack = {
        ".gz": gzip.decompress,
        ".br": brotli.decompress,
        ".zst": zstandard.ZstdDecompressor().decompress,
    }
    assert unpack.keys() == files.FORMS.keys()
    for suffix, open_up in unpack.items():
        packed = (tmp_path / "a" / f"x{suffix}").read_bytes()
        assert packed == (tmp_path / "b" / f"x{suffix}").read_bytes()
        assert len(packed) < len(body) / 10
        assert open_up(packed) == body
        assert when(tmp_path / "a" / f"x{suffix}") == NOON


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"old")])
def test_a_gzip_form_that_is_gone_or_stale_is_mended_without_a_new_date(
    tmp_path: Path, spoil: object
) -> None:
    files.write(tmp_path, "feed.atom", b"1", modified=NOON)
    spoil(tmp_path / "feed.atom.gz")  # type: ignore[operator]
    assert not files.write(tmp_path, "feed.atom", b"1", modified=NOON + timedelta(hours=1))
    assert gzip.decompress((tmp_path / "feed.atom.gz").read_bytes()) == b"1"
    assert when(tmp_path / "feed.atom") == when(tmp_path / "feed.atom.gz") == NOON


def test_a_reader_that_opened_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    files.write(tmp_path, "feed.atom", b"old" * 1000)
    with (tmp_path / "feed.atom").open("rb") as reader:
        start = reader.read(10)
        files.write(tmp_path, "feed.atom", b"new")
        assert start + reader.read() == b"old" * 1000


def test_a_full_disk_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write(tmp_path, "feed.atom", b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AggregatorError, match=r"feed\.atom cannot be written: No space left on device"):
        files.write(tmp_path, "feed.atom", b"new")
    assert (tmp_path / "feed.atom").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ALL


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "archive").mkdir()
    left = [tmp_path / ".feed.atom.x.unfinished", tmp_path / "archive" / ".1.atom.gz.y.unfinished"]
    for path in (*left, tmp_path / ".other"):
        path.touch()
    files.sweep(tmp_path)
    assert all(path.exists() for path in left)
    monkeypatch.setattr(files, "ABANDONED", -1)
    files.sweep(tmp_path)
    assert [path.name for path in sorted(tmp_path.rglob("*"))] == [".other", "archive"]


def test_a_document_goes_with_all_its_forms_and_nothing_beside_it(tmp_path: Path) -> None:
    files.write(tmp_path, "feed.atom", b"1")
    files.write(tmp_path, "feed.atom2", b"1")
    files.remove(tmp_path, ["feed.atom", "feed.rss"])
    assert {path.name.partition(".atom")[2][:1] for path in tmp_path.iterdir()} == {"2"}
    assert len(list(tmp_path.iterdir())) == len(ALL)


def test_what_a_write_that_is_killed_leaves_is_what_the_sweep_removes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = os.fork()
    if not child:
        monkeypatch.setattr(os, "fsync", lambda handle: os._exit(9))
        files.write(tmp_path, "feed.atom", b"1")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert len(list(tmp_path.iterdir())) == 1 + len(files.FORMS)
    monkeypatch.setattr(files, "ABANDONED", -1)
    files.sweep(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_the_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("a file")
    with pytest.raises(AggregatorError, match="cannot be written"):
        files.write(tmp_path / "public", "feed.atom", b"1")


@settings(max_examples=30, deadline=None)  # every example waits for the disk
@given(st.lists(st.binary(max_size=5), min_size=1, max_size=6))
def test_after_any_series_of_writes_the_last_bytes_stand_and_dates_only_rise(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("public")
    dates = []
    for body in bodies:
        files.write(folder, "f", body, modified=NOON)
        assert (folder / "f").read_bytes() == gzip.decompress((folder / "f.gz").read_bytes()) == body
        dates.append(when(folder / "f"))
    changes = 1 + sum(one != other for one, other in pairwise(bodies))
    assert sorted(dates) == dates
    assert len(set(dates)) == changes


@pytest.mark.parametrize("steps", range(12))
def test_killed_at_any_step_no_form_is_of_another_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    files.write(tmp_path, "feed.atom", b"<old/>" * 99)
    left = iter(range(steps))

    def until_killed(real: Callable[..., Any]) -> Callable[..., Any]:
        def act(path: Path, *said: Any, **named: Any) -> Any:
            if next(left, None) is None:
                raise Killed
            return real(path, *said, **named)

        return act

    for name in ("replace", "unlink"):
        monkeypatch.setattr(Path, name, until_killed(getattr(Path, name)))
    with suppress(Killed):
        files.write(tmp_path, "feed.atom", b"<new/>" * 99)
    monkeypatch.undo()
    body = (tmp_path / "feed.atom").read_bytes()
    assert body in {b"<old/>" * 99, b"<new/>" * 99}
    packed = tmp_path / "feed.atom.gz"
    assert not packed.exists() or gzip.decompress(packed.read_bytes()) == body
    files.write(tmp_path, "feed.atom", b"<new/>" * 99)
    assert gzip.decompress(packed.read_bytes()) == b"<new/>" * 99


class Killed(BaseException):
    """Nobody catches it."""
