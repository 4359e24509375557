"""What commands print, and how they fail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer

from aggregator.cli import failing, output
from aggregator.errors import ArchiveBusy, ArchiveError, ConfigurationError, InputError
from aggregator.model import Outcome

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Thing:
    at: datetime
    length: timedelta
    place: Path


def test_json_has_times_durations_paths_and_enums_in_plain_forms(capsys: pytest.CaptureFixture[str]) -> None:
    output.as_json(
        {"thing": Thing(NOON, timedelta(minutes=1), Path("a")), "outcome": Outcome.GONE, "set": {1}}
    )
    assert json.loads(capsys.readouterr().out) == {
        "thing": {"at": "2026-11-22T12:00:00Z", "length": 60.0, "place": "a"},
        "outcome": "gone",
        "set": [1],
    }


def test_a_table_in_a_pipe_is_aligned_columns_and_nothing_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("id", "title"), [(1, "x" * 300), (22, None)])
    assert capsys.readouterr().out == f"ID  TITLE\n1   {'x' * 300}\n22  –\n"


def test_an_empty_table_has_its_headings(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("id", "title"), [])
    assert capsys.readouterr().out == "ID  TITLE\n"


def test_a_table_on_a_terminal_is_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    output.table(("id", "title"), [(1, "[bold]not markup[/bold]")], title="Things")
    assert "─" in (drawn := capsys.readouterr().out)
    assert "[bold]not markup[/bold]" in drawn


def test_control_characters_from_outside_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.table(("title",), [("a\x1b[2Jb\nc",)])
    output.line("d\x1b]0;title\x07e")
    assert "\x1b" not in capsys.readouterr().out


def test_facts_without_a_value_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    output.facts(
        [("agency", "Reuters"), ("place", ""), ("by", ("A", "B")), ("at", NOON), ("none", None), ("n", 0)]
    )
    assert capsys.readouterr().out == "agency  Reuters\nby      A, B\nat      2026-11-22 12:00\nn       0\n"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 stories"), (1, "1 story"), (2, "2 stories"), (12345, "12,345 stories")]
)
def test_numbers_have_their_noun(count: int, said: str) -> None:
    assert output.number(count, "story", "stories") == said


def test_sizes_are_in_the_unit_people_use() -> None:
    assert [output.size(n) for n in (0, 999, 1000, 20_000_000)] == ["0 B", "999 B", "1.0 KB", "20.0 MB"]


class TestFailing:
    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (ConfigurationError("x"), 2),
            (InputError("x"), 1),
            (ArchiveError("x"), 3),
            (ArchiveBusy("x"), 4),
            (typer.Exit(7), 7),
            (KeyboardInterrupt(), 130),
            (FileNotFoundError(2, "No such file", "f"), 1),
            (ValueError("x"), 70),
        ],
    )
    def test_every_error_has_its_exit_code(self, error: BaseException, code: int) -> None:
        def act() -> int:
            raise error

        assert failing.guarded(act, verbose=0) == code

    def test_our_own_errors_are_one_sentence(self, capsys: pytest.CaptureFixture[str]) -> None:
        def act() -> int:
            raise InputError("x.jsonl cannot be read")

        failing.guarded(act, verbose=0)
        assert capsys.readouterr().err == "error: x.jsonl cannot be read\n"

    def test_a_bug_is_called_a_bug_and_v_shows_where(self, capsys: pytest.CaptureFixture[str]) -> None:
        def act() -> int:
            raise ValueError("several\nlines")

        failing.guarded(act, verbose=0)
        said = capsys.readouterr().err
        assert said == (
            "error: this is a bug in aggregator: ValueError: several lines; "
            "run it again with -v for the details to report\n"
        )
        failing.guarded(act, verbose=1)
        assert "Traceback" in capsys.readouterr().err

    def test_a_command_that_returns_nothing_did_well(self) -> None:
        assert failing.guarded(lambda: None, verbose=0) == 0
