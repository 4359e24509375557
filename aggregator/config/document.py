"""config.toml as a whole."""

from __future__ import annotations

from pydantic import BaseModel

from .feeds import FeedSection
from .sections import (
    ArchiveSection,
    CollectSection,
    LogSection,
    PublishSection,
    RetentionSection,
    RulesSection,
    ScheduleSection,
    Section,
    ServeSection,
    SiteSection,
    SourceSection,
    WebsubSection,
)


class Document(Section):
    """The whole of config.toml as written."""

    archive: ArchiveSection = ArchiveSection()
    site: SiteSection = SiteSection()
    serve: ServeSection = ServeSection()
    publish: PublishSection = PublishSection()
    websub: WebsubSection = WebsubSection()
    collect: CollectSection = CollectSection()
    schedule: ScheduleSection = ScheduleSection()
    rules: RulesSection = RulesSection()
    retention: RetentionSection = RetentionSection()
    log: LogSection = LogSection()
    source: tuple[SourceSection, ...] = ()
    feed: tuple[FeedSection, ...] = ()


def keys() -> dict[str, list[str]]:
    """Section -> its keys; those of the tables that repeat under "source" and "feed"."""
    found = {
        name: list(field.annotation.model_fields)
        for name, field in Document.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    return found | {"source": list(SourceSection.model_fields), "feed": list(FeedSection.model_fields)}
