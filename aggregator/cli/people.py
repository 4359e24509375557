"""What a person decides about stories, which outranks every rule: merge, split, apart."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from . import output
from .given import Given, command, now
from .reading import StoryRef, find


def register(program: typer.Typer) -> None:
    for function in (merge, split, apart):
        command(program, function)


def merge(given: Given, id: StoryRef, other: StoryRef) -> None:
    """Say that two stories are one.

    The older keeps its id, the younger leads to it from now on.

    Example: aggregator merge 01JD3K 01JD4M
    """
    with given.app() as app:
        first, second = find(app.archive, id), find(app.archive, other)
        app.archive.merge(first.id, second.id, by=_person(), now=now())
        output.line(f"one story from now on: {find(app.archive, id).public_id}")


def split(
    given: Given,
    id: StoryRef,
    copies: Annotated[
        list[int], typer.Argument(metavar="COPY", help="Numbers, as `aggregator story` shows.")
    ],
) -> None:
    """Say that copies do not belong in their story.

    They become a story of their own, for good.

    Example: aggregator split 01JD3K 4711 4712
    """
    with given.app() as app:
        app.archive.split(find(app.archive, id).id, copies, by=_person(), now=now())
        output.line(f"{output.number(len(copies), 'copy', 'copies')} split off")


def apart(given: Given, id: StoryRef, other: StoryRef) -> None:
    """Say that two stories are not one, whatever the rules think.

    Example: aggregator apart 01JD3K 01JD4M
    """
    with given.app() as app:
        app.archive.apart(find(app.archive, id).id, find(app.archive, other).id, by=_person(), now=now())
        output.line("kept apart from now on")


def _person() -> str:
    """Who decides, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return "person"
