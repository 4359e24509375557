"""The command line: what a person types, and what they are told.

One module a family of commands; each command opens what it needs, calls the rooms below, and shows what came
of it: a table on a terminal, plain columns in a pipe, JSON with --json. Import rule: nobody imports this
room, and it alone imports typer and rich; everything heavy is imported inside the commands: `--help` stays
quick.
"""

from __future__ import annotations

from .program import main, program

__all__ = ["main", "program"]
