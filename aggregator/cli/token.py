"""The token that lets a person decide on the pages: token new, token revoke."""

from __future__ import annotations

import typer

from . import output
from .given import Given, command, group

HELP = """Let people decide on the pages.

Example: aggregator token new
"""


def register(program: typer.Typer) -> None:
    token = group(HELP)
    command(token, new)
    command(token, revoke)
    program.add_typer(token, name="token")


def new(given: Given) -> None:
    """Make a token and print it, this once.

    Only its digest is kept. It replaces the one before, and whoever came in with that is logged out.

    Example: aggregator token new
    """
    from ..web import door

    made = door.new_token()
    with given.app() as app:
        app.archive.set_setting(door.SETTING, door.digest(made))
        app.archive.end_sessions()
        output.line(made)


def revoke(given: Given) -> None:
    """Forget the token, and log everybody out.

    A token in config.toml is not touched.

    Example: aggregator token revoke
    """
    from ..web import door

    with given.app() as app:
        app.archive.set_setting(door.SETTING, "")
        app.archive.end_sessions()
        output.line("nobody comes in with it any more")
