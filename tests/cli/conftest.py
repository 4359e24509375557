"""A person at a command line: a folder with a config.toml in it, and the program."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from aggregator.archive import Archive
from aggregator.cli import program

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
CONFIG = f"""
[site]
title = "Test stories"
authority = "example.org"

[[source]]
name = "seeds"
kind = "directory"
path = "{SEEDS}"
every = "1h"
"""


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Person:
    """Runs commands in a folder: in this process (`type`), or as the real program (`start`)."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def type(self, *arguments: str, input: str | bytes | None = None) -> Ran:
        result = CliRunner(env=self.environ).invoke(program, list(arguments), input=input)
        return Ran(result.exit_code, result.stdout, result.stderr)

    def do(self, *arguments: str, input: str | bytes | None = None) -> Ran:
        """Type a command that has to work."""
        ran = self.type(*arguments, input=input)
        assert ran.code == 0, f"{arguments}: {ran}"
        return ran

    @contextmanager
    def start(self, *arguments: str, **kwargs: Any) -> Iterator[subprocess.Popen[bytes]]:
        """The real program; killed at the end if it still runs, so that a failing test does not hang."""
        process = subprocess.Popen(
            [sys.executable, "-m", "aggregator", *arguments],
            cwd=self.folder,
            env={**os.environ, **self.environ, "PYTHONUNBUFFERED": "1"},
            stdout=kwargs.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            preexec_fn=_hear_ctrl_c,
            **kwargs,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *arguments: str) -> Ran:
        """Run the real program to its end."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=60)
        return Ran(process.returncode, out.decode(), err.decode())

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def import_lines(self, *items: dict[str, Any]) -> Ran:
        return self.do("import", "-", "--json", input="".join(json.dumps(item) + "\n" for item in items))

    def exported(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.do("export").out.splitlines()]


def _hear_ctrl_c() -> None:
    """A program that a shell started in the background ignores SIGINT, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="session")
def empty_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once and copied for each test: making one takes longer than most tests."""
    path = tmp_path_factory.mktemp("archive") / "archive.db"
    Archive.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def person(tmp_path: Path, empty_archive: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    shutil.copy(empty_archive, tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AGGREGATOR_")]:
        monkeypatch.delenv(name)
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    return Person(tmp_path, {"XDG_CONFIG_HOME": str(tmp_path / "xdg")})


def an_item(source: str = "herald", id: str = "1", **keys: Any) -> dict[str, Any]:
    return {
        "_source": source,
        "id": id,
        "url": f"https://{source}.example/{id}",
        "title": f"Title {id}",
        "content_text": f"The first paragraph of article {id}.\n\nThe second one of {id}.",
        "date_published": "2026-11-21T10:00:00Z",
        **keys,
    }
