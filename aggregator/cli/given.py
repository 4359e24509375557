"""What every command is given: --config and -v wherever they stand, the rooms opened, a civil way to fail."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from .failing import guarded

if TYPE_CHECKING:
    from ..app import App
    from ..config import Config


def _print_version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"aggregator {__version__}")
        raise typer.Exit


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration file; see `aggregator config check`."),
]
Verbosity = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        help="Say more; twice: say everything. Shows tracebacks.",
    ),
]
VersionOption = Annotated[
    bool,
    typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
MOST = 1_000_000_000  # of anything that is asked for by its number: what a database counts with holds it
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=MOST, help="How many at most.")]
OutFile = Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write there instead of stdout.")]
T = TypeVar("T")
Command = Callable[..., int | None]


@dataclass(slots=True)
class Given:
    """The options shared by all commands, and what they lead to."""

    path: Path | None = None
    verbose: int = 0

    def config(self, *, talkative: bool = False) -> Config:
        """The checked configuration, logging as it says. Raises ConfigurationError."""
        from ..config import load
        from .logs import set_up

        config = load(self.path)
        set_up(config.log, self.verbose, talkative=talkative)
        return config

    @contextmanager
    def app(self) -> Iterator[App]:
        """The rooms, put together on the open archive."""
        from ..app import App

        with App.open(self.config()) as app:
            yield app


def completed(errand: Coroutine[Any, Any, T]) -> T:
    """What an errand on the network comes to."""
    import asyncio  # here, because it takes a quarter of the time that `--help` has

    return asyncio.run(errand)


def now() -> datetime:
    """The clock of the command line, in UTC."""
    return datetime.now(UTC)


def group(help: str, *, epilog: str | None = None, bare: bool = False) -> typer.Typer:
    """A group of commands in the program's manner; `bare`: its callback works without a subcommand."""
    return typer.Typer(
        help=help,
        epilog=epilog,
        no_args_is_help=not bare,
        invoke_without_command=bare,
        add_completion=not bare and epilog is not None,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help: importing rich would more than double the time to show it
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def command(parent: typer.Typer, function: Command, name: str | None = None, **kwargs: Any) -> None:
    """Register a function `(given, …) -> exit code or None` as a command that takes --config and -v too."""
    parent.command(name or function.__name__.replace("_", "-"), **kwargs)(with_shared_options(function))


def with_shared_options(function: Command) -> Command:
    """The function with `given` replaced by the shared options, and its errors turned into exit codes."""

    def run(context: typer.Context, config: Path | None, verbose: int, **arguments: Any) -> None:
        given = context.find_object(Given) or Given()
        given.path, given.verbose = config or given.path, verbose + given.verbose
        if context.invoked_subcommand is None:
            raise typer.Exit(guarded(lambda: function(given, **arguments), verbose=given.verbose))

    own = [p for n, p in inspect.signature(function, eval_str=True).parameters.items() if n != "given"]
    keyword = inspect.Parameter.KEYWORD_ONLY
    extra = [
        inspect.Parameter("context", keyword, annotation=typer.Context),
        inspect.Parameter("config", keyword, annotation=ConfigOption, default=None),
        inspect.Parameter("verbose", keyword, annotation=Verbosity, default=0),
    ]
    parameters = [p.replace(kind=keyword) for p in own] + extra
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    run.__doc__, run.__name__ = function.__doc__, function.__name__
    return run
