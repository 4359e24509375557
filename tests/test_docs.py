"""The documentation is tested: every command, option, key, target and page that it names exists."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from aggregator.cli.program import program
from aggregator.config.document import keys

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"(?:^\s*(?:\$ )?|`)(?:\.venv/bin/)?aggregator((?: [^\s`#|]+)*)", re.MULTILINE)
KNOWN_TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def commands_in(page: Path) -> Iterator[list[str]]:
    """Every `aggregator ...` in code: inside backquotes or a console block."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:console|sh)\n(.*?)```", text, re.DOTALL)
    spans = re.findall(r"`(aggregator [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for code in (*blocks, *(f"$ {span}" for span in spans)):
        for line in code.splitlines():
            if match := re.match(r"\s*\$ (?:sudo (?:-u \w+ )?)?(?:\.venv/bin/)?aggregator\b([^#|>]*)", line):
                yield match.group(1).split()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_option_in_the_documentation_exists(page: Path) -> None:
    root = get_command(program)
    for words in commands_in(page):
        command, options = root, {option for p in root.params for option in p.opts}
        for word in words:
            if word.startswith("-"):
                assert word.split("=")[0] in options | {"--help"}, (
                    f"{page.name}: aggregator {' '.join(words)}"
                )
            elif word in (subcommands := getattr(command, "commands", {})):
                command = subcommands[word]
                options |= {option for p in command.params for option in p.opts}
            else:
                assert command is not root, f"{page.name} names a command that does not exist: {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_configuration_key_in_the_documentation_exists(page: Path) -> None:
    known = keys()
    for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for section, said in tomllib.loads(block).items():
            for table in said if isinstance(said, list) else [said]:
                assert set(table) <= set(known[section]), f"{page.name}: [{section}] {sorted(table)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_page_and_picture_that_is_linked_exists(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_in_the_documentation_exists(page: Path) -> None:
    for target in re.findall(r"(?:\$ |`)make ([a-z]+)", page.read_text(encoding="utf-8")):
        assert target in KNOWN_TARGETS, f"{page.name}: make {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_and_measure_in_the_documentation_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:tests|bench)/[\w/]+\.py)", text):
        assert (ROOT / name).is_file(), f"{page.name}: {name}"


def test_every_command_says_what_it_does_with_an_example() -> None:
    for path, command in leaves(get_command(program)):
        text = command.help or ""
        assert len(text.split()) > 5, f"{path} has no help"
        assert "aggregator" in text + (getattr(command, "epilog", None) or ""), f"{path} has no example"


def leaves(command: object, path: str = "") -> Iterator[tuple[str, object]]:
    children = getattr(command, "commands", {})
    for name, child in children.items():
        yield from leaves(child, f"{path} {name}".strip())
    if not children:
        yield path, command
