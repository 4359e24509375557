"""How a command fails: one sentence on stderr and an exit code; tracebacks only for those who ask."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

import typer

from ..errors import AggregatorError

BUG, INTERRUPTED, NOBODY_READS = 70, 130, 141


def guarded(action: Callable[[], int | None], *, verbose: int) -> int:
    """Run a command; its exit code, with what went wrong said on stderr."""
    try:
        code = action() or 0
        sys.stdout.flush()
        return code
    except typer.Exit as leaving:
        return leaving.exit_code
    except AggregatorError as error:
        return _fail(str(error), error.exit_code, verbose)
    except BrokenPipeError:
        _let_go_of_stdout()
        return NOBODY_READS
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("interrupted", err=True)
        return INTERRUPTED
    except OSError as error:
        return _fail(_of_the_system(error), 1, verbose)
    except Exception as error:
        name = type(error).__name__
        hint = "" if verbose else "; run it again with -v for the details to report"
        return _fail(f"this is a bug in aggregator: {name}: {_one_line(str(error))}{hint}", BUG, verbose)


def complain(sentence: str) -> None:
    """One sentence on stderr that is not the end of the command."""
    typer.echo(sentence, err=True)


def _fail(sentence: str, code: int, verbose: int) -> int:
    if verbose:
        traceback.print_exc(file=sys.stderr)
    typer.echo(f"error: {sentence}", err=True)
    return code


def _of_the_system(error: OSError) -> str:
    what = error.strerror or str(error)
    return f"{error.filename}: {what}" if error.filename else what


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else line[:299] + "…"


def _let_go_of_stdout() -> None:
    """Point stdout to nowhere, so that Python's own flush at exit does not complain either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
