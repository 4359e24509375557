"""The arrows between the rooms, and what each room owns, held against every import in the package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "aggregator"

NOUNS = {"publication", "measure", "notice", "model", "packing", "errand", "errors", "url", "text", "query"}
# room -> the rooms it may import (itself and the package root are always allowed)
MAY_IMPORT = {
    "model": set(),
    "publication": set(),
    "measure": set(),
    "notice": set(),
    "errand": {"model"},
    "packing": {"model"},
    "errors": set(),
    "text": set(),
    "url": {"text"},
    "query": set(),
    "feeds": NOUNS,
    "canon": NOUNS,
    "collect": NOUNS | {"feeds"},
    "archive": NOUNS,
    "publish": NOUNS,
    "stages": NOUNS | {"feeds", "canon", "collect", "archive", "publish"},
    "config": NOUNS,
    "websub": NOUNS | {"stages", "collect", "archive"},
    "app": NOUNS | {"websub", "stages", "config", "canon", "collect", "archive", "publish", "feeds"},
    "web": NOUNS | {"app", "config"},
    "daemon": NOUNS | {"app", "config", "web", "collect", "websub"},
    "cli": NOUNS
    | {"app", "config", "daemon", "web", "stages", "feeds", "canon", "collect", "archive", "publish"},
}
# third-party distribution -> the only rooms that may import it
OWNED_BY = {
    "lxml": {"feeds"},
    "feedparser": {"feeds"},
    "nh3": {"feeds"},
    "numpy": {"canon", "archive"},
    "xxhash": {"canon", "feeds", "collect"},
    "httpx": {"collect"},
    "aiohttp": {"collect"},
    "yarl": {"collect"},
    "trafilatura": {"collect"},
    "protego": {"collect"},
    "sqlalchemy": {"archive"},
    "alembic": {"archive"},
    "feedgen": {"publish"},
    "jinja2": {"publish", "web"},
    "apscheduler": {"daemon", "collect"},
    "starlette": {"web"},
    "rapidfuzz": {"web"},
    "prometheus_client": {"web"},
    "uvicorn": {"web", "daemon"},
    "uvloop": {"daemon"},
    "typer": {"cli"},
    "rich": {"cli"},
    "warcio": {"cli"},
    "pyarrow": {"cli"},
    "pydantic": {"config"},
}
PURE = {
    "publication",
    "measure",
    "notice",
    "model",
    "packing",
    "errors",
    "url",
    "text",
    "query",
    "feeds",
    "canon",
}
IMPURE_MODULES = {
    "time",
    "logging",
    "random",
    "socket",
    "sqlite3",
    "subprocess",
    "asyncio",
    "requests",
    "secrets",
}
STANDARD_ONLY = {"stages"}
LONGEST_FILE = 450


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts]


def imports(path: Path) -> Iterator[str]:
    """Every dotted name that a file imports, relative ones made absolute."""
    parts = ("aggregator", *path.relative_to(PACKAGE).with_suffix("").parts)
    package = parts if path.name == "__init__.py" else parts[:-1]
    if path.name == "__init__.py":
        package = parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            prefix = (
                ".".join((*base, node.module) if node.module else base) if node.level else (node.module or "")
            )
            if prefix == "aggregator":
                yield from (f"aggregator.{alias.name}" for alias in node.names)
            else:
                yield prefix


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_the_rooms_below_it(path: Path) -> None:
    room = room_of(path)
    if room in {"__init__", "__main__"}:
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "aggregator" and len(parts) > 1 and parts[1] != "__version__":
            assert parts[1] in MAY_IMPORT[room] | {room}, f"{room} may not import {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_library_is_imported_only_by_the_room_that_owns_it(path: Path) -> None:
    room = room_of(path)
    for name in imports(path):
        owners = OWNED_BY.get(name.split(".")[0])
        assert owners is None or room in owners, f"{name} belongs to {owners}, not to {room}"


@pytest.mark.parametrize("path", [p for p in modules() if room_of(p) in PURE | STANDARD_ONLY], ids=str)
def test_a_pure_room_reads_no_clock_and_touches_no_network(path: Path) -> None:
    found = {name.split(".")[0] for name in imports(path)} & IMPURE_MODULES
    assert not (found and room_of(path) in PURE), f"{path.name} imports {found}"
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
        and room_of(path) in PURE
    }
    assert not calls, f"{path.name} reads the clock: {calls}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_outgrows_a_reader(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= LONGEST_FILE


def test_every_room_says_what_it_is_for_in_its_first_lines() -> None:
    for path in modules():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path} has no docstring"


def test_imports_between_modules_make_no_circle() -> None:
    names = {
        ".".join(("aggregator", *p.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): p
        for p in modules()
    }
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        top = {
            n
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.ImportFrom | ast.Import)
            for n in _targets(node, path)
        }
        graph[name] = {n for n in top if n in names and n != name}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, "circle: " + " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for target in graph[name]:
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def _targets(node: ast.ImportFrom | ast.Import, path: Path) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    parts = ("aggregator", *path.relative_to(PACKAGE).with_suffix("").parts)[:-1]
    base = ".".join(parts[: len(parts) - node.level + 1]) + "." if node.level else ""
    module = (base + (node.module or "")).rstrip(".")
    package = PACKAGE.parent.joinpath(*module.split("."))
    for alias in node.names:
        inside = package / f"{alias.name}.py"
        yield f"{module}.{alias.name}" if inside.exists() or (package / alias.name).is_dir() else module
