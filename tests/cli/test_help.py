"""The names of the commands are a contract; each explains itself, quickly."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from aggregator import __version__
from aggregator.cli.program import EXIT_CODES, program

from .conftest import Person

RUNNING = ["run", "once", "collect", "canonicalise", "publish"]
READING = ["story", "why", "stories", "search", "status", "verify", "review", "evaluate", "corrections"]
DECIDING = ["merge", "split", "apart"]
CARING = ["reprocess", "rebuild", "backup", "restore", "retention"]
GROUPS = {
    "sources": ["list", "add", "remove", "accept", "import", "export"],
    "token": ["new", "revoke"],
    "config": ["check"],
}
COMMANDS = [*RUNNING, *READING, *DECIDING, *CARING, *GROUPS, "import", "export", "preview", "migrate"]
LEAVES = [[name] for name in COMMANDS if name not in GROUPS] + [
    [group, name] for group, names in GROUPS.items() for name in names
]
OUTPUT_IS_DATA = [*RUNNING[1:], *READING, *CARING, "import", "preview", "migrate"]


def test_all_commands_are_there(person: Person) -> None:
    out = person.do("--help").out
    assert set(re.findall(r"^  (\w+)  ", out, flags=re.MULTILINE)) == set(COMMANDS)
    assert "..." not in out.split("Commands:")[1], "a summary is too long for its line"


def test_the_exit_codes_are_documented(person: Person) -> None:
    said = person.do("--help").out
    for code in (
        "0 done",
        "1 done, but",
        "2 the configuration",
        "3 the",
        "4 another",
        "70 a",
        "130 ",
        "141 ",
    ):
        assert code in " ".join(said.split())


@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_each_command_says_what_it_does_with_an_example(person: Person, command: list[str]) -> None:
    out = " ".join(person.do(*command, "--help").out.split())
    assert f"Example: aggregator {' '.join(command)}" in out
    for option in ("--config", "-v"):
        assert option in out


@pytest.mark.parametrize(
    "command", [*([name] for name in OUTPUT_IS_DATA), ["sources", "list"], ["config", "check"]]
)
def test_commands_whose_output_is_data_have_json(person: Person, command: list[str]) -> None:
    assert "--json" in person.do(*command, "--help").out


def test_the_version_is_told(person: Person) -> None:
    assert person.do("--version").out == f"aggregator {__version__}\n"


def test_a_misspelt_command_names_its_nearest(person: Person) -> None:
    ran = person.type("colect")
    assert ran.code == 2
    assert "collect" in ran.err


def test_config_and_v_may_stand_before_or_after_the_command(person: Person) -> None:
    path = person.write("other.toml", '[site]\ntitle = "x"\n')
    for arguments in (
        ["--config", str(path), "config", "check", "--json"],
        ["config", "--config", str(path), "check", "--json"],
        ["config", "check", "--json", "--config", str(path)],
    ):
        if arguments[1] != "--config":
            assert person.do(*arguments).json["path"] == str(path)
    for arguments in (["-v", "story", "nothing"], ["story", "nothing", "-v"]):
        assert "Traceback" in person.type(*arguments).err


def test_help_loads_nothing_heavy() -> None:
    """What takes the time; measured in modules, which do not depend on how busy the machine is."""
    code = (
        "import sys; from aggregator.cli import program; from typer.testing import CliRunner\n"
        "assert CliRunner().invoke(program, ['--help']).exit_code == 0\n"
        "print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "pydantic",
        "rich",
        "sqlalchemy",
        "lxml",
        "httpx",
        "numpy",
        "starlette",
        "apscheduler",
        "feedgen",
        "asyncio",
    }
    assert not heavy & set(loaded)


def test_help_takes_under_three_tenths_of_a_second_of_the_processor() -> None:
    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "aggregator", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(5)) < 0.3


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_of_commands_gives_an_example(person: Person, group: str) -> None:
    assert f"Example: aggregator {group} " in person.do(group, "--help").out


def test_every_argument_and_option_says_what_it_is_for() -> None:
    def silent(command: object, path: str) -> Iterator[str]:
        yield from (f"{path} {p.name}" for p in getattr(command, "params", ()) if not getattr(p, "help", ""))
        for name, child in getattr(command, "commands", {}).items():
            yield from silent(child, f"{path} {name}")

    assert list(silent(get_command(program), "aggregator")) == []


def test_the_handbook_lists_the_exit_codes_that_help_does() -> None:
    handbook = (
        Path(__file__).resolve().parents[2].joinpath("docs", "operating.md").read_text(encoding="utf-8")
    )
    assert re.findall(r"^\| (\d+) \|", handbook, re.MULTILINE) == re.findall(r"[:;] (\d+) ", EXIT_CODES)
