"""The kind "directory": text and HTML files as entries."""

from __future__ import annotations

import asyncio
import errno
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.collect.directory import DirectoryCollector
from aggregator.model import Collected, Outcome, Source, SourceSpec

from .playing import NOON, QUICK, again, context

CAIRO = "Talks in Cairo\n\nCAIRO (Reuters) - They talked.\n\nThen they left.\n"


def look(source: Source, root: Path) -> Collected:
    async def ask() -> Collected:
        async with context(root=root) as given:
            return await DirectoryCollector().collect(source, given)

    return asyncio.run(ask())


@pytest.fixture
def seeds() -> Source:
    return Source(1, SourceSpec("seeds", kind="directory", location="seeds", every="1m"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "seeds"
    folder.mkdir()
    (folder / "cairo.txt").write_text(CAIRO, encoding="utf-8")
    return folder


def titles(collected: Collected) -> list[str]:
    return [entry.title for entry in collected.feed.entries] if collected.feed else []


def test_each_file_is_an_entry_whose_title_is_its_first_line(seeds: Source, folder: Path) -> None:
    (folder / "page.html").write_text("<title>Rain in Rome</title><p>It rained.</p>", encoding="utf-8")
    collected = look(seeds, folder.parent)
    assert titles(collected) == ["Talks in Cairo", "Rain in Rome"]
    assert (collected.fetch.outcome, collected.fetch.status) == (Outcome.CHANGED, None)
    assert collected.source.next_fetch_at == NOON + timedelta(minutes=1)


def test_the_folders_inside_are_read_and_hidden_files_and_backups_are_not(
    seeds: Source, folder: Path
) -> None:
    (folder / "2026").mkdir()
    (folder / "2026" / "rome.txt").write_text("Rome\n\nRain.", encoding="utf-8")
    for name in (".hidden.txt", "cairo.txt~"):
        (folder / name).write_text("No\n\nNo.", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.txt").write_text("No\n\nNo.", encoding="utf-8")
    collected = look(seeds, folder.parent)
    assert titles(collected) == ["Talks in Cairo", "Rome"]
    assert collected.fetch.flaws == ()
    assert len({entry.guid for entry in collected.feed.entries}) == 2 if collected.feed else False


def test_what_did_not_change_is_not_brought_again(seeds: Source, folder: Path) -> None:
    first = look(seeds, folder.parent)
    second = look(again(first), folder.parent)
    assert (second.fetch.outcome, second.feed) == (Outcome.UNCHANGED, None)
    assert second.source.last_changed_at == first.source.last_changed_at


def test_a_changed_file_is_brought_again_under_its_guid_and_alone(seeds: Source, folder: Path) -> None:
    (folder / "rome.txt").write_text("Rome\n\nRain.", encoding="utf-8")
    first = look(seeds, folder.parent)
    (folder / "cairo.txt").write_text(CAIRO + "\nThey came back.\n", encoding="utf-8")
    second = look(again(first), folder.parent)
    assert first.feed is not None
    assert second.feed is not None
    assert [entry.guid for entry in second.feed.entries] == [first.feed.entries[0].guid]


def test_a_file_that_was_only_touched_did_not_change(seeds: Source, folder: Path) -> None:
    first = look(seeds, folder.parent)
    os.utime(folder / "cairo.txt", (1_000_000_000, 1_000_000_000))
    assert look(again(first), folder.parent).fetch.outcome is Outcome.UNCHANGED


def test_a_file_that_is_deleted_takes_nothing_with_it(seeds: Source, folder: Path) -> None:
    first = look(seeds, folder.parent)
    (folder / "cairo.txt").unlink()
    second = look(again(first), folder.parent)
    assert (second.fetch.outcome, second.fetch.flaws) == (Outcome.UNCHANGED, ())


def test_a_missing_folder_is_one_clear_sentence_and_a_failure(seeds: Source, tmp_path: Path) -> None:
    collected = look(seeds, tmp_path)
    assert (collected.fetch.outcome, collected.fetch.error_code) == (Outcome.FAILED, "no-folder")
    assert collected.source.error == (
        f"the folder {tmp_path / 'seeds'} does not exist: create it or mend the source's path"
    )
    assert collected.source.next_fetch_at == NOON + timedelta(minutes=1)
    (tmp_path / "seeds").mkdir()
    assert look(again(collected), tmp_path).source.error == ""


def test_a_bad_file_is_a_flaw_that_names_it_and_the_others_go_on(seeds: Source, folder: Path) -> None:
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (folder / "empty.txt").write_bytes(b"")
    (folder / "huge.txt").write_bytes(b"x" * (QUICK.max_body + 1))
    collected = look(seeds, folder.parent)
    assert titles(collected) == ["Talks in Cairo"]
    flaws = {flaw.where: flaw.message for flaw in collected.fetch.flaws}
    assert set(flaws) == {"binary.txt", "empty.txt", "huge.txt"}
    assert all(name in message and "\n" not in message for name, message in flaws.items())
    still = look(again(collected), folder.parent)
    assert {flaw.where for flaw in still.fetch.flaws} == set(flaws)
    assert still.fetch.outcome is Outcome.UNCHANGED


def test_a_file_that_may_not_be_read_is_a_flaw(
    seeds: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "secret.txt").write_text("Secret\n\nText.", encoding="utf-8")
    read = Path.read_bytes

    def guarded(path: Path) -> bytes:  # the tests may run as root, whom no file mode keeps out
        if path.name == "secret.txt":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    collected = look(seeds, folder.parent)
    assert titles(collected) == ["Talks in Cairo"]
    assert [flaw.message for flaw in collected.fetch.flaws] == [
        "secret.txt cannot be read: Permission denied"
    ]


def test_a_file_in_place_of_the_folder_is_no_folder(seeds: Source, folder: Path) -> None:
    wrong = replace(seeds, spec=replace(seeds.spec, location="seeds/cairo.txt"))
    assert look(wrong, folder.parent).fetch.error_code == "no-folder"


def test_links_that_lead_out_or_nowhere_and_pipes_are_flaws_that_name_them(
    seeds: Source, folder: Path
) -> None:
    outside = folder.parent / "passwd"
    outside.write_text("root:x:0:0\n\nSecret.", encoding="utf-8")
    (folder / "2026").mkdir()
    (folder / "2026" / "link.txt").symlink_to(outside)
    (folder / "gone.txt").symlink_to(folder / "nowhere.txt")
    (folder / "round.txt").symlink_to(folder / "round.txt")
    (folder / "away").symlink_to(folder.parent)
    (folder / "again").symlink_to(folder / "2026")
    (folder / ".hidden").symlink_to(outside)
    os.mkfifo(folder / "pipe.txt")
    collected = look(seeds, folder.parent)
    assert titles(collected) == ["Talks in Cairo"]
    assert {flaw.where: flaw.message for flaw in collected.fetch.flaws} == {
        "2026/link.txt": "skipped: 2026/link.txt is a link that leads out of the folder",
        "again": "skipped: again is a link to a folder",
        "away": "skipped: away is a link that leads out of the folder",
        "gone.txt": "skipped: gone.txt is a link to nothing",
        "pipe.txt": "skipped: pipe.txt is no plain file",
        "round.txt": "skipped: round.txt is a link to nothing",
    }


def test_a_link_to_a_file_inside_is_an_entry_like_any(seeds: Source, folder: Path) -> None:
    (folder / "link.txt").symlink_to(folder / "cairo.txt")
    collected = look(seeds, folder.parent)
    assert titles(collected) == ["Talks in Cairo", "Talks in Cairo"]
    assert collected.fetch.flaws == ()
