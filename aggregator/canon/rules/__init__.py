"""The rules: every number the canonicaliser decides by, in a versioned file beside this one.

An archive must be replayable, so a decision names the version it was made by, and a version never changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from importlib.resources import files
from typing import Any

from aggregator.canon.verdict import Forest
from aggregator.errors import ConfigurationError

LATEST = "2026.12"


@dataclass(frozen=True, slots=True)
class Rules:
    """Numbers, their units beside them. Scores are in 0..1."""

    version: str = ""
    threshold: float = 0.6  # a copy joins a story from here
    text_threshold: float = 0.8  # by their words alone, two copies are one text from here
    review_margin: float = 0.2  # this near the threshold a person may want to look
    # Copies are looked at again that are nearer to one of another story, or less near to one of their own:
    doubt: float = 0.02
    sure: float = 0.8
    event_threshold: float = 0.1  # from here (and below the threshold) two stories are linked as one event
    window_days: float = 7.0  # between two printings of one article
    exact_window_days: float = 60.0  # the same where the whole text is the same
    min_containment: float = 0.45  # of the words of the shorter text, found in the other
    min_unquoted: float = 0.38  # the same for the words outside quotation marks
    min_page: float = 0.7  # of a page that begins with something else
    # Of the numbers and the names in the sentences that two texts share, those in the same words in both. With
    # fewer than that they are one form, filled twice; so they are where both are few.
    min_numbers: float = 0.4  # where there are `some_numbers` or more
    some_numbers: int = 5
    min_names: float = 0.55
    few_numbers: float = 0.5
    few_names: float = 0.75
    barely: float = 0.6  # with less than this contained, names have to recur both ways:
    either_names: float = 0.5
    max_strange: float = (
        0.2  # of the names inside shared sentences, those that either text has and not the other
    )
    short_words: int = 24  # below this a text is a title and a line
    keys: int = 48  # sketch keys a copy
    key_cap: int = 40  # copies that may hold one key
    pairs: int = 5  # copies that a copy is compared with
    story_cap: int = 8  # stories that a copy may change
    copies_per_story: int = 3  # of each the copies that are nearest to it,
    representatives: int = 12  # and the first ones
    furniture_source_stories: int = 2  # other stories of one source that printed a sentence: it is furniture
    furniture_stories: int = 4  # stories of anyone that printed it
    units: int = 48  # sentences remembered a copy
    forest: Forest = field(default_factory=Forest)  # of the verdict

    @property
    def window(self) -> timedelta:
        return timedelta(days=self.window_days)

    @property
    def exact_window(self) -> timedelta:
        return timedelta(days=self.exact_window_days)


_NAMES = tuple(part.name for part in fields(Rules))


def versions() -> list[str]:
    """Every version that ships, oldest first."""
    return sorted(
        file.name.removesuffix(".json")
        for file in files(__package__).iterdir()
        if file.name.endswith(".json")
    )


def load_rules(version: str | None = None, overrides: Mapping[str, Any] | None = None) -> Rules:
    """The rules of a version (None: the latest), with single numbers set otherwise.

    Raises ConfigurationError for a version that does not ship or a number that is not one of the rules.
    """
    wanted = version or LATEST
    if wanted not in versions():
        raise ConfigurationError(
            f"There are no rules {wanted!r}; there are {', '.join(versions())}.", code="unknown-rules"
        )
    said = json.loads((files(__package__) / f"{wanted}.json").read_text("utf-8"))
    forest = said.pop("forest", {"bias": 0.0, "trees": []})
    numbers = {name: value for name, value in said.items() if name in _NAMES}
    rules = Rules(version=wanted, forest=Forest(forest["bias"], forest["trees"]), **numbers)
    return _overridden(rules, overrides or {})


def _overridden(rules: Rules, overrides: Mapping[str, Any]) -> Rules:
    for name in overrides:
        if name not in _NAMES or name in ("version", "forest"):
            raise ConfigurationError(f"rules.{name} is not a rule that can be set.", code="unknown-rule")
    numbers = {name: type(getattr(rules, name))(value) for name, value in sorted(overrides.items())}
    others = {name: value for name, value in numbers.items() if value != getattr(rules, name)}
    if not others:
        return rules
    named = ",".join(f"{name}={value}" for name, value in others.items())
    return replace(rules, version=f"{rules.version}+{named}", **numbers)
