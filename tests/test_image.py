"""The container image and its composition, read: no engine builds them here."""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from aggregator.cli.program import program
from aggregator.config.document import keys
from aggregator.daemon import ROLES

ROOT = Path(__file__).resolve().parent.parent
Step = tuple[str, str]


def steps() -> list[Step]:
    """(instruction, what it says) of the Dockerfile, lines joined."""
    text = re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, said.strip()) for word, _, said in (line.partition(" ") for line in lines if line.strip())]


def stages() -> list[list[Step]]:
    found: list[list[Step]] = []
    for step in steps():
        if step[0] == "FROM":
            found.append([])
        found[-1].append(step)
    return found


def said(word: str) -> list[str]:
    return [text for instruction, text in stages()[-1] if instruction == word]


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for text in said("ENV") for pair in text.split())


def test_the_image_carries_what_was_built_and_neither_compiler_nor_sources() -> None:
    build, last = stages()
    assert build[0][1].endswith("AS build")
    assert "-slim" in last[0][1] and not last[0][1].endswith("latest")
    assert [text for word, text in last if word == "COPY"] == ["--from=build /opt/aggregator /opt/aggregator"]
    assert not any("apt-get" in text or "pip" in text for _, text in last)
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(
        ">="
    )
    version = re.search(r"python:([\d.]+)-", last[0][1])
    assert version and tuple(map(int, version[1].split("."))) >= tuple(map(int, wanted.split(".")))


def test_dependencies_are_installed_by_their_hashes_before_the_sources_are_copied() -> None:
    build = stages()[0]
    install = next(at for at, (_, text) in enumerate(build) if "--require-hashes -r requirements.txt" in text)
    sources = next(at for at, step in enumerate(build) if step == ("COPY", "aggregator aggregator"))
    assert install < sources


def test_it_runs_as_nobody_in_particular_and_owns_one_folder() -> None:
    [user] = said("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user), (
        "by number: an orchestrator can see that it is not root"
    )
    assert said("VOLUME") == said("WORKDIR") == [variables()["STATE_DIRECTORY"]]
    assert f"--uid {user.split(':')[0]} " in said("RUN")[0]


def test_its_health_is_that_of_the_pages_on_the_port_that_it_opens() -> None:
    [check] = said("HEALTHCHECK")
    command = json.loads(check[check.index("[") :])
    compile(command[2], "healthcheck", "exec")
    [port] = said("EXPOSE")
    assert f"127.0.0.1:{port}/readyz" in command[2]
    assert variables()["AGGREGATOR_SERVE_PORT"] == port
    assert '"/readyz"' in (ROOT / "aggregator/web/pages.py").read_text(encoding="utf-8")


def copied() -> Iterator[str]:
    for word, text in stages()[0]:
        if word == "COPY":
            yield from text.split()[:-1]


def test_all_that_is_copied_exists_and_is_let_through_and_nothing_else_is() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n", 1)[1].split()
    assert ignored[0] == "*"
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    assert set(copied()) == let_in
    assert all((ROOT / name).exists() for name in let_in)
    assert not any(
        fnmatch.fnmatch(name, line) for line in ignored[1:] for name in (".venv", ".git", "archive.db")
    )


# ---------------------------------------------------------------- compose.yaml


@pytest.fixture(scope="module")
def composition() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return read


def test_services_wait_for_a_healthy_database_and_keep_its_password_out_of_the_file(
    composition: dict[str, Any],
) -> None:
    services = composition["services"]
    assert "healthcheck" in services["database"]
    for name in ("aggregator", "worker"):
        assert services[name]["depends_on"]["database"]["condition"] == "service_healthy"
        assert "${ARCHIVE_PASSWORD:?" in services[name]["environment"]["AGGREGATOR_ARCHIVE_URL"]
        assert services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"]
    named = {volume.split(":")[0] for s in services.values() for volume in s["volumes"] if volume[0] != "."}
    assert named == set(composition["volumes"])


def test_the_services_divide_all_roles_and_say_only_what_the_program_knows(
    composition: dict[str, Any],
) -> None:
    options = {o for p in get_command(program).commands["run"].params for o in p.opts}  # type: ignore[attr-defined]
    roles: list[str] = []
    for name in ("aggregator", "worker"):
        service = composition["services"][name]
        command, option, only = service["command"]
        assert command == "run" and option in options
        roles += only.split(",")
        for variable in service["environment"]:
            section, _, key = variable.removeprefix("AGGREGATOR_").lower().partition("_")
            assert variable == "AGGREGATOR_CONFIG" or key in keys()[section]
    assert sorted(roles) == sorted(ROLES)


def test_pages_are_opened_on_loopback_only(composition: dict[str, Any]) -> None:
    [port] = composition["services"]["aggregator"]["ports"]
    assert port.startswith("127.0.0.1:") and port.endswith(said("EXPOSE")[0])


def test_a_linter_finds_nothing_in_the_dockerfile() -> None:
    if not shutil.which("hadolint"):
        pytest.skip("hadolint is not installed here")
    linted = subprocess.run(["hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60)
    assert (linted.returncode, linted.stdout) == (0, "")
