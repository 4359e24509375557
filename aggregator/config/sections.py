"""The sections of config.toml as pydantic models: every key, its type, its range, its default.

Each key is documented, with its unit, in config.toml itself; a test holds the two against each other.
"""

from __future__ import annotations

import re
from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    field_serializer,
    field_validator,
    model_validator,
)

from ..model import SourceSpec
from . import units

Duration = Annotated[timedelta, BeforeValidator(units.duration)]
Size = Annotated[int, BeforeValidator(units.size), Field(ge=1)]
Every = Annotated[str, AfterValidator(units.every)]
Score = Annotated[float, Field(ge=0, le=1)]


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a whole number")
    return value


Whole = Annotated[int, BeforeValidator(_no_boolean)]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LANGUAGE = re.compile(r"(?:[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)?")
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
SHORTEST_TOKEN = 16  # characters
_DATABASES = ("sqlite", "postgresql", "postgres")


def plain_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("may hold letters, digits, dots, hyphens and underscores only")
    return name


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _on_the_web(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname)


class ArchiveSection(Section):
    url: str = "sqlite:///archive.db"  # after loading: absolute

    @field_validator("url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if re.split(r"[:+]", url)[0] not in _DATABASES or "://" not in url:
            raise ValueError(
                "must be a database URL such as sqlite:///archive.db or postgresql://user@host/aggregator"
            )
        return re.sub(r"^postgres(?=[:+])", "postgresql", url)


class SiteSection(Section):
    title: str = Field(default="Stories", min_length=1)
    subtitle: str = ""
    author: str = ""
    language: str = "en"  # BCP 47
    base_url: str = ""  # after loading: never empty, ends with "/"
    authority: str = ""  # of RFC 4151 tags; after loading: never empty

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise ValueError("must be a web address such as https://news.example.org/")
        return url if not url or url.endswith("/") else url + "/"

    @field_validator("language")
    @classmethod
    def _language_tag(cls, tag: str) -> str:
        if not _LANGUAGE.fullmatch(tag):
            raise ValueError('must be a language tag such as "en" or "pt-BR"')
        return tag

    @field_validator("authority")
    @classmethod
    def _domain_or_mail(cls, name: str) -> str:
        if name and not _AUTHORITY.fullmatch(name):
            raise ValueError("must be a domain name or a mail address that is yours, such as example.org")
        return name


class ServeSection(Section):
    host: str = "127.0.0.1"
    port: Whole = Field(default=8765, ge=0, le=65535)  # 0: any free one
    token: SecretStr = SecretStr("")  # lets a person decide on the pages; "" = none
    metrics: Literal["off", "loopback", "everybody"] = "loopback"  # who may read /metrics

    @field_serializer("token")
    def _unsaid(self, token: SecretStr) -> str:
        return str(token)  # asterisks, or nothing where there is none

    @field_validator("token")
    @classmethod
    def _hard_to_guess(cls, token: SecretStr) -> SecretStr:
        if 0 < len(token.get_secret_value().strip()) < SHORTEST_TOKEN:
            raise ValueError(
                f"must have at least {SHORTEST_TOKEN} characters; `aggregator token new` makes one"
            )
        return token


class PublishSection(Section):
    folder: Path = Path("public")  # after loading: absolute
    limit: Whole = Field(default=100, ge=1, le=100)  # entries
    size: Size = Field(default=128_000, ge=10_000, le=1_000_000)  # bytes
    settle: Duration = timedelta(minutes=10)
    prefer: tuple[str, ...] = ()  # names and tags of sources, the first before the second
    hubs: tuple[str, ...] = ()  # WebSub
    operations: StrictBool = False  # the feed of notices

    @field_validator("hubs")
    @classmethod
    def _web_addresses(cls, hubs: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_on_the_web(hub) for hub in hubs):
            raise ValueError('must be a list of web addresses such as ["https://hub.example.org/"]')
        return tuple(dict.fromkeys(hubs))


class WebsubSection(Section):
    callback: str = ""  # "" = nobody can reach us; else ends with "/"

    @field_validator("callback")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if url and not _on_the_web(url):
            raise ValueError(
                "must be the web address of the built-in server, such as https://news.example.org/"
            )
        return url if not url or url.endswith("/") else url + "/"


class CollectSection(Section):
    contact: str = ""
    minimum: Duration = timedelta(0)
    gap: Duration = timedelta(seconds=1)
    concurrency: Whole = Field(default=32, ge=1, le=1000)  # requests
    connect_timeout: Duration = timedelta(seconds=10)
    read_timeout: Duration = timedelta(seconds=20)
    deadline: Duration = timedelta(seconds=60)
    max_body: Size = 20_000_000  # bytes
    max_entries: Whole = Field(default=5000, ge=1)
    max_redirects: Whole = Field(default=5, ge=0, le=20)


class ScheduleSection(Section):
    collect: Duration = timedelta(seconds=5)
    canonicalise: Duration = timedelta(seconds=5)
    publish: Duration = timedelta(seconds=10)
    lease: Duration = timedelta(minutes=5)

    @field_validator("*")
    @classmethod
    def _some_time(cls, length: timedelta) -> timedelta:
        if length < timedelta(milliseconds=100):
            raise ValueError('must be at least "100ms"')
        return length


class RulesSection(Section):
    """What is set here overrides the rules file, for experiments; None leaves it as it is."""

    version: str = ""  # "" = the newest
    window: Duration | None = None
    exact_window: Duration | None = None
    threshold: Score | None = None
    review_margin: Score | None = None
    event_threshold: Score | None = None
    min_containment: Score | None = None
    min_unquoted: Score | None = None
    short_words: Whole | None = Field(default=None, ge=1)

    def overrides(self) -> dict[str, float]:
        """By the names that the rules file has for them; durations in days."""
        said = self.model_dump(exclude={"version"}, exclude_none=True)
        days = {f"{name}_days": v / timedelta(days=1) for name, v in said.items() if isinstance(v, timedelta)}
        return days | {name: value for name, value in said.items() if not isinstance(value, timedelta)}


Age = Annotated[Duration | None, BeforeValidator(lambda said: said if said != "" else None)]


class Keeping(Section):
    """How long the archive keeps what it can do without; None (written ""): for ever."""

    documents: Age = None
    pages: Age = None
    texts: Age = None


class RetentionSection(Keeping):
    sources: dict[str, Keeping] = {}  # by name; what one says goes before what is said here

    def of(self, name: str) -> Keeping:
        own = self.sources.get(name)
        said = own.model_dump(exclude_unset=True) if own else {}
        return Keeping(**{name: getattr(self, name) for name in Keeping.model_fields} | said)


class LogSection(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class SourceSection(Section):
    name: str
    kind: str = "feed"
    url: str = ""
    path: str = ""
    every: Every = "1h"
    title: str = ""
    tags: tuple[str, ...] = ()
    allow_private: StrictBool = False
    prefer: Whole = 0
    full_text: StrictBool = False
    paywalled: StrictBool = False

    _named = field_validator("name")(plain_name)

    @field_validator("kind")
    @classmethod
    def _registered(cls, kind: str) -> str:
        kinds = registered_kinds()
        if kind not in kinds:
            raise ValueError(f"is not a kind of collector; there is {', '.join(kinds)}")
        return kind

    @field_validator("url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise ValueError(
                "must start with http:// or https:// and name a host; a file or folder goes into `path`"
            )
        return url

    @model_validator(mode="after")
    def _one_place(self) -> SourceSection:
        if bool(self.url) == bool(self.path):
            raise ValueError("needs either `url` or `path`" + (", not both" if self.url else ""))
        if self.kind == "feed" and not self.url:
            raise ValueError("is a feed and needs `url`, not `path`")
        if self.kind in {"directory", "jsonl"} and not self.path:
            raise ValueError(f"is of kind {self.kind} and needs `path`, not `url`")
        if self.full_text and self.kind in {"directory", "jsonl"}:
            raise ValueError(f"is of kind {self.kind}, which has its text; `full_text` is for feeds")
        return self

    def spec(self) -> SourceSpec:
        said = self.model_dump(exclude={"url", "path"})
        return SourceSpec(location=self.url or self.path, **said)


def registered_kinds() -> list[str]:
    """The kinds of collectors that are installed, ours and strangers'."""
    return sorted({entry.name for entry in entry_points(group="aggregator.collectors")})
