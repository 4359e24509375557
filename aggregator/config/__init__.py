"""The configuration: one config.toml, read once, checked whole, explained in sentences.

`load` finds the file, puts the environment's secrets in, and returns a frozen `Config`, or raises one
ConfigurationError that lists everything wrong with it. Import rule: nobody else imports pydantic; this room
imports the nouns only, so it knows the names of registered collectors but never runs one.
"""

from __future__ import annotations

from .loading import Config, bound, load, safe_url
from .sections import (
    ArchiveSection,
    CollectSection,
    LogSection,
    PublishSection,
    RulesSection,
    ScheduleSection,
    ServeSection,
    SiteSection,
    WebsubSection,
)

__all__ = [
    "ArchiveSection",
    "CollectSection",
    "Config",
    "LogSection",
    "PublishSection",
    "RulesSection",
    "ScheduleSection",
    "ServeSection",
    "SiteSection",
    "WebsubSection",
    "bound",
    "load",
    "safe_url",
]
