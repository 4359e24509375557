"""The plugin point."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from aggregator.collect import collector, load_collectors
from aggregator.errors import ConfigurationError


def test_the_kinds_that_come_with_the_package_enter_by_the_common_door() -> None:
    assert {"feed", "directory", "jsonl"} <= set(load_collectors())


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ((), "pip install -e"),
        (
            (EntryPoint("odd", "nowhere.at.all:Odd", collector.GROUP),),
            "'odd' .nowhere.at.all:Odd. cannot be loaded",
        ),
    ],
    ids=["nothing installed", "a broken one"],
)
def test_a_door_that_does_not_open_is_explained(
    monkeypatch: pytest.MonkeyPatch, points: tuple[EntryPoint, ...], words: str
) -> None:
    monkeypatch.setattr(collector, "entry_points", lambda group: EntryPoints(points))
    with pytest.raises(ConfigurationError, match=words):
        load_collectors()
