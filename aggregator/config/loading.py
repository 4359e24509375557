"""From a file to a `Config`: read, put the environment in, check everything, resolve the paths."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from ..errors import ConfigurationError
from ..model import SourceSpec
from ..query import Feed
from . import problems
from .document import Document, keys
from .environment import Place, overrides, substitute, unknown, used
from .finding import Found, find
from .sections import (
    ArchiveSection,
    CollectSection,
    LogSection,
    PublishSection,
    RetentionSection,
    RulesSection,
    ScheduleSection,
    ServeSection,
    SiteSection,
    WebsubSection,
)


@dataclass(frozen=True, slots=True)
class Config:
    """A checked configuration. What is written has absolute paths; `root` is where sources' paths start."""

    path: Path
    reason: str  # why this file
    root: Path
    archive: ArchiveSection
    site: SiteSection
    serve: ServeSection
    publish: PublishSection
    websub: WebsubSection
    collect: CollectSection
    schedule: ScheduleSection
    rules: RulesSection
    retention: RetentionSection
    log: LogSection
    sources: tuple[SourceSpec, ...]
    feeds: tuple[Feed, ...] = ()
    variables: tuple[str, ...] = ()  # of the environment, that stand in for keys
    strange: Mapping[str, str] = field(default_factory=dict)  # AGGREGATOR_* that mean nothing -> the nearest
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # what ${NAME} was replaced by

    @property
    def archive_shown(self) -> str:
        """The archive's address as it may be shown: without its password."""
        return self.shown(self.archive.url)

    def shown(self, url: str) -> str:
        """A URL as it may be shown: without a password, and what came from the environment by its name."""
        for name, value in self.secrets.items():
            url = url.replace(value, f"${{{name}}}") if value else url
        return safe_url(url)


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Find, read and check the configuration. Raises one ConfigurationError that lists all that is wrong."""
    found = find(path)
    text = _read(found.path)
    said = _parsed(found.path, text)
    document, unset = substitute(said, environ)
    stand_ins = _stand_in(document, environ)
    wrong = [(place, f"{_where(place, said)} {complaint}") for place, complaint in unset]
    wrong += list(_repeated_names(document))
    try:
        checked = Document.model_validate(document)
    except ValidationError as error:
        blamed = {place for place, _ in unset}
        # `said`, not `document`: a secret that the environment put in must not come out in a message.
        wrong += [(e["loc"], problems.sentence(e, said)) for e in error.errors() if e["loc"] not in blamed]
    if wrong:
        raise _complaint(found.path, text, wrong, stand_ins)
    config = _resolved(checked, found, tuple(sorted(stand_ins.values())), used(text, environ))
    return replace(config, strange=unknown(_settable(), environ, text))


def bound(config: Config, port: int) -> Config:
    """The configuration once it is known which port the system gave for `port = 0`."""
    if config.serve.port:
        return config
    url = config.site.base_url.replace(":0/", f":{port}/")
    return replace(
        config,
        serve=config.serve.model_copy(update={"port": port}),
        site=config.site.model_copy(update={"base_url": url}),
    )


def safe_url(url: str) -> str:
    """A URL as it may be shown: without its password."""
    password = urlsplit(url).password
    return url.replace(f":{password}@", ":…@") if password and not password.startswith("${") else url


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path.name} is not valid TOML: {error}") from None


def _stand_in(document: dict[str, Any], environ: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Put the values of AGGREGATOR_SECTION_KEY variables into the document; which key came from which."""
    found = overrides(_settable(), environ)
    for (section, key), variable in found.items():
        table = document.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = environ[variable]
    return found


def _settable() -> dict[str, list[str]]:
    """Section -> its keys; tables of sources have no variables."""
    return {name: names for name, names in keys().items() if name not in problems.TABLES}


def _where(place: Place, document: Any) -> str:
    return f"{problems.section(place, document)} `{place[-1]}`"


def _repeated_names(document: Any) -> Iterator[tuple[Place, str]]:
    for kind in problems.TABLES:
        tables = document.get(kind)
        seen: set[str] = set()
        for index, table in enumerate(tables if isinstance(tables, list) else ()):
            name = table.get("name") if isinstance(table, dict) else None
            if isinstance(name, str):
                if name.casefold() in seen:
                    sentence = f"two {kind}s are called `{name}`; each needs a name of its own"
                    yield (kind, index, "name"), sentence
                seen.add(name.casefold())


def _complaint(
    path: Path, text: str, wrong: list[tuple[Place, str]], stand_ins: Mapping[tuple[str, ...], str]
) -> ConfigurationError:
    known = problems.lines(text)

    def line(place: Place) -> int:
        return next((known[place[:n]] for n in range(len(place), 0, -1) if place[:n] in known), 0)

    def said(place: Place, sentence: str) -> str:
        if variable := stand_ins.get(tuple(map(str, place[:2]))):
            return f"${variable}: {sentence}"
        return f"{path.name}, line {line(place)}: {sentence}" if line(place) else f"{path.name}: {sentence}"

    in_order = sorted(wrong, key=lambda problem: line(problem[0]))
    sentences = list(dict.fromkeys(said(place, sentence) for place, sentence in in_order))
    head = "" if len(sentences) == 1 else f"{path} has {len(sentences)} problems:\n  "
    return ConfigurationError(head + "\n  ".join(sentences), code="configuration")


def _resolved(
    document: Document, found: Found, variables: tuple[str, ...], secrets: Mapping[str, str]
) -> Config:
    site, serve = document.site, document.serve
    host = f"[{serve.host}]" if ":" in serve.host else serve.host
    base_url = site.base_url or f"http://{'127.0.0.1' if host in {'0.0.0.0', '[::]'} else host}:{serve.port}/"
    authority = site.authority or _authority(urlsplit(base_url).hostname or "")
    url = _database(document.archive.url, found.home)
    return Config(
        path=found.path,
        reason=found.reason,
        root=found.root,
        archive=document.archive.model_copy(update={"url": url}),
        site=site.model_copy(update={"base_url": base_url, "authority": authority}),
        serve=serve,
        publish=document.publish.model_copy(
            update={"folder": found.home / document.publish.folder.expanduser()}
        ),
        websub=document.websub,
        collect=document.collect,
        schedule=document.schedule,
        rules=document.rules,
        retention=document.retention,
        log=document.log,
        sources=tuple(source.spec() for source in document.source),
        feeds=tuple(feed.feed() for feed in document.feed),
        variables=variables,
        secrets=secrets,
    )


def _authority(host: str) -> str:
    """RFC 4151 wants a domain name: an address of this machine cannot vouch for anything."""
    looks_like_domain = "." in host and not host.replace(".", "").isdigit() and ":" not in host
    return host if looks_like_domain else "localhost"


def _database(url: str, home: Path) -> str:
    """A SQLite file's path made absolute; every other URL as it is."""
    scheme, _, path = url.partition(":///")
    if not scheme.startswith("sqlite") or not path or path.startswith(("/", "file:", ":memory:")):
        return url
    return f"{scheme}:///{home / Path(path).expanduser()}"
