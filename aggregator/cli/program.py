"""The program: all families of commands under one name, and the options that every command shares."""

from __future__ import annotations

from . import (
    backups,
    configuration,
    exchange,
    judging,
    maintenance,
    people,
    preview,
    reading,
    rebuilding,
    reprocessing,
    running,
    sources,
    token,
)
from .given import ConfigOption, Given, Verbosity, VersionOption, group

import typer  # isort: skip

EXIT_CODES = (
    "Exit codes: 0 done; 1 done, but something failed or was left out (it is named); 2 the configuration or "
    "the command line must be mended; 3 the archive cannot be used; 4 another process holds the archive, try "
    "again; 70 a bug of ours; 130 interrupted; 141 nobody reads the output any more."
)

program = group("One story, one entry, an id for life: a feed aggregator and archiver.", epilog=EXIT_CODES)


@program.callback()
def shared(
    context: typer.Context,
    config: ConfigOption = None,
    verbose: Verbosity = 0,
    version: VersionOption = False,
) -> None:
    """One story, one entry, an id for life: a feed aggregator and archiver.

    Start with `aggregator run`: it collects, merges and serves, and prints where to subscribe.
    --config and -v may stand before or after the command.
    """
    context.obj = Given(config, verbose)


for family in (
    running,
    exchange,
    reprocessing,
    backups,
    reading,
    rebuilding,
    people,
    judging,
    sources,
    token,
    preview,
    maintenance,
    configuration,
):
    family.register(program)


def main() -> None:
    """The entry point that the `aggregator` script calls."""
    program(prog_name="aggregator")
