"""Model objects to values of columns, and rows back to model objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, select
from sqlalchemy.types import TypeEngine

from .. import url
from ..model import (
    Copy,
    Decision,
    Enclosure,
    Entry,
    EntryOrigin,
    Facts,
    Fetch,
    Flaw,
    Outcome,
    Person,
    Source,
    SourceSpec,
    Story,
)
from ..text import clean, storable
from . import schema, spans, texts
from .dialect import Plain
from .types import AnyRow, AnySelect, Moment
from .values import Revision

# ---------------------------------------------------------------- at the border


def cleaned(value: Any) -> Any:
    """Text without what a database refuses, at any depth of lists and mappings."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(inner) for inner in value]
    return value


def _said(value: Any) -> dict[str, Any]:
    """A flat dataclass as a mapping of what it says; empty fields are left out."""
    return {
        field.name: said
        for field in fields(value)
        if (said := getattr(value, field.name)) not in ("", (), None)
    }


def for_driver(
    table: type[Any], said: Iterable[Mapping[str, Any]], plain: Plain, names: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """Rows by the names of columns, of these or of all of a table, as `dialect` takes them by the hundred."""
    columns = table.__table__.columns
    names = names or columns.keys()
    kinds = ((at, columns[name].type) for at, name in enumerate(names))
    adapted = [(at, adapt) for at, kind in kinds if (adapt := _adapter(kind, plain))]
    made = [list(row) for row in map(itemgetter(*names), said)]
    for row in made:
        for at, adapt in adapted:
            row[at] = adapt(row[at])
    return [tuple(row) for row in made]


def _adapter(kind: TypeEngine[Any], plain: Plain) -> Callable[[Any], Any] | None:
    if isinstance(kind, Moment):
        return lambda moment: None if moment is None else plain.moment(moment)
    return plain.document if isinstance(kind, JSON) else None


# ---------------------------------------------------------------- sources

SPEC = [field.name for field in fields(SourceSpec)]
STATE = [
    field.name
    for field in fields(Source)
    if field.name not in {"id", "spec", "origin", "active", "lease_token"}
]


STATE_VALUES = [*STATE, "host"]  # columns


def spec_values(spec: SourceSpec) -> dict[str, Any]:
    values = {name: cleaned(getattr(spec, name)) for name in SPEC}
    return {**values, "tags": list(spec.tags)}


def state_values(source: Source) -> dict[str, Any]:
    """The memory of the schedule, and the host that is asked next."""
    values = {name: cleaned(getattr(source, name)) for name in STATE}
    validators = {"etag": storable(source.etag), "last_modified": storable(source.last_modified)}
    return {**values, **validators, "flaws": _flaws(source.flaws), "host": url.host(source.url)}


def source_of(row: AnyRow, *, leased: bool = False) -> Source:
    """The lease token is for the one that claimed the source; a mere reader gets 0."""
    said = row._mapping
    spec = SourceSpec(**{name: said[name] for name in SPEC if name != "tags"}, tags=tuple(said["tags"]))
    return Source(
        id=row.id,
        spec=spec,
        origin=row.origin,
        active=row.active,
        lease_token=row.lease_token if leased else 0,
        **{name: said[name] for name in STATE if name != "flaws"},
        flaws=tuple(Flaw(**flaw) for flaw in said["flaws"]),
    )


def _flaws(flaws: Iterable[Flaw]) -> list[dict[str, str]]:
    return [cleaned(asdict(flaw)) for flaw in flaws]


def fetch_values(fetch: Fetch) -> dict[str, Any]:
    values = {field.name: cleaned(getattr(fetch, field.name)) for field in fields(Fetch)}
    return {
        **values,
        "outcome": fetch.outcome.value,
        "flaws": _flaws(fetch.flaws),
    }


def fetch_of(row: AnyRow) -> Fetch:
    said = dict(row._mapping)
    del said["id"]
    flaws = tuple(Flaw(**flaw) for flaw in said.pop("flaws"))
    return Fetch(**{**said, "outcome": Outcome(said["outcome"])}, flaws=flaws)


# ---------------------------------------------------------------- what a copy says

_DETAILS = ("rights", "image", "comments_url", "date_said", "base")


def revision_values(entry: Entry) -> dict[str, Any]:
    """An entry as the columns of `revision`, less those that say which, when and whence; and its guid."""
    text, html, url, title = clean(entry.text), clean(entry.html), clean(entry.url), clean(entry.title)
    details: dict[str, Any] = {name: cleaned(said) for name in _DETAILS if (said := getattr(entry, name))}
    if details.get("base") == url:  # as most are; without one, links are relative to the address as well
        del details["base"]
    for name in ("authors", "enclosures"):
        if parts := getattr(entry, name):
            details[name] = [cleaned(_said(part)) for part in parts]
    if entry.categories:
        details["categories"] = cleaned(entry.categories)
    if entry.page:
        details["page"] = cleaned(entry.page)
    if entry.origin:
        details["origin"] = cleaned(_said(entry.origin))
    return {
        "guid": entry.guid,
        "fingerprint": entry.fingerprint,
        "url": url,
        "canonical_url": clean(entry.canonical_url),
        "title": title,
        "summary": clean(entry.summary),
        "published": entry.published,
        "updated": entry.updated,
        "language": clean(entry.language),
        "words": len(text.split()),
        "details": details,
        "text": text,
        "html": texts.fold_html(html, text),
        "raw": texts.fold_item(entry.raw, html, text, url, title),
    }


def _details(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "authors": tuple(Person(**part) for part in said.get("authors", ())),
        "categories": tuple(said.get("categories", ())),
        "enclosures": tuple(Enclosure(**part) for part in said.get("enclosures", ())),
        "origin": EntryOrigin(**said["origin"]) if "origin" in said else None,
        "rights": said.get("rights", ""),
        "image": said.get("image", ""),
    }


def revision_of(row: AnyRow) -> Revision:
    """A row of `revision` with the guid of its copy."""
    html = texts.unfold_html(row.html, row.text)
    entry = Entry(
        guid=row.guid,
        url=row.url,
        canonical_url=row.canonical_url,
        title=row.title,
        summary=row.summary,
        published=row.published,
        updated=row.updated,
        language=row.language,
        text=row.text,
        html=html,
        raw=texts.unfold_item(row.raw, html, row.text, row.url, row.title),
        fingerprint=row.fingerprint,
        comments_url=row.details.get("comments_url", ""),
        date_said=row.details.get("date_said", ""),
        base=row.details.get("base", row.url),
        page=row.details.get("page", {}),
        sanitised=True,
        **_details(row.details),
    )
    return Revision(id=row.id, copy_id=row.copy_id, at=row.at, entry=entry)


def facts_said(facts: Facts) -> dict[str, Any]:
    """Made of archived text, which is clean already."""
    said = _said(facts)
    return said | {"furniture": spans.told(facts.furniture)} if facts.furniture else said


def facts_kept(said: Mapping[str, Any]) -> tuple[str, str, str, str, dict[str, Any]]:
    """As `copy` has them: agency, place, language, furniture, and the rest."""
    agency, place, language, furniture = (said.get(name, "") for name in _APART)
    rest = {name: value for name, value in said.items() if name not in _APART}
    return agency, place, language, furniture, rest


def facts_told(row: AnyRow) -> dict[str, Any]:
    """Of a row with those columns. What language the feed claims stands where the text does not tell."""
    rest: dict[str, Any] = row.facts
    return {name: value for name in _APART if (value := row._mapping[name])} | rest


_APART = ("agency", "place", "language", "furniture")


def facts_of(said: Mapping[str, Any]) -> Facts:
    known = dict(said)
    for name in ("reporting", "writing", "editing"):
        known[name] = tuple(known.get(name, ()))
    furniture = spans.read(known.pop("furniture", ""))
    return Facts(**known, furniture=furniture)


_C, _R, _S = schema.Copy, schema.Revision, schema.Source
_KEPT = [each for each in _R.__table__.c if each.name not in {"text", "url", "base_id"}]
# The columns of a revision, the text and the address in full, however they are kept.
REVISION = [*_KEPT, _R.text, _R.url]
_TOLD = [*(each for each in _KEPT if each.name != "at"), _R.text, _R.url]


def select_revisions() -> AnySelect:
    """Revisions with the guid of their copy, as `revision_of` reads them."""
    return select(*_TOLD, _R.at, _C.guid)


def select_copies() -> AnySelect:
    """Copies with their current revision and their source, as `copy_of` reads them."""
    return (
        select(
            _C.id,
            _C.source_id,
            _C.guid,
            _C.first_seen,
            _C.last_seen,
            _C.story_id,
            _C.revision_id,
            _C.revisions,
            _C.agency,
            _C.place,
            _C.language,
            _C.furniture,
            _C.facts,
            _R.url,
            _R.title,
            _R.html,
            _R.text,
            _R.summary,
            _R.published,
            _R.updated,
            _R.canonical_url,
            _R.details,
            _S.name,
            _S.title.label("source_title"),
            _S.outlet,
            _S.prefer,
            _S.site_url,
            _S.moved_to,
            _S.location,
            _S.tags,
        )
        .join(_R, _R.id == _C.revision_id)
        .join(_S, _S.id == _C.source_id)
    )


def copy_of(row: AnyRow) -> Copy:
    return Copy(
        id=row.id,
        source_id=row.source_id,
        source=row.name,
        outlet=row.source_title or row.outlet or row.name,
        guid=row.guid,
        url=row.url,
        title=row.title,
        html=texts.unfold_html(row.html, row.text),
        text=row.text,
        summary=row.summary,
        published=row.published,
        updated=row.updated,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        language=row.language,
        canonical_url=row.canonical_url,
        story_id=row.story_id,
        revision_id=row.revision_id,
        revisions=row.revisions,
        facts=facts_of(facts_told(row)),
        prefer=row.prefer,
        site_url=row.site_url,
        source_url=row.moved_to or row.location,
        tags=tuple(row.tags),
        **_details(row.details),
    )


# ---------------------------------------------------------------- stories and decisions


# The columns of a story, its public id in full.
_ULID, _NAMESPACE = schema.Story.__table__.c.ulid, schema.Namespace.__table__.c
PUBLIC_ID = (
    select(_NAMESPACE.prefix.concat(_ULID))
    .where(_NAMESPACE.id == schema.Story.__table__.c.namespace_id)
    .correlate(schema.Story.__table__)
    .scalar_subquery()
)
STORY = [
    *(each for each in schema.Story.__table__.c if each.name != "namespace_id"),
    PUBLIC_ID.label("public_id"),
]


def story_of(row: AnyRow) -> Story:
    return Story(
        id=row.id,
        public_id=row.public_id,
        ulid=row.ulid,
        created_at=row.created_at,
        title=row.title,
        published=row.published_at,
        updated=row.updated_at,
        lead_copy_id=row.lead_copy_id,
        copies=row.copies,
        merged_into=row.merged_into,
    )


Occasion = tuple[datetime, str, float | None, str]


def occasion_of(decision: Decision, now: datetime) -> Occasion:
    """The columns of `occasion`, in order, but for its number and checksum."""
    return decision.at or now, decision.rules_version, decision.threshold, clean(decision.by)


def decision_values(decision: Decision, kept: tuple[Any, Any], id: int) -> tuple[Any, ...]:
    """The columns of `decision`, in order, but for its occasion; `kept`: its features and evidence as they are kept,
    which are made of archived text and clean already.
    """
    return (
        id,
        decision.method,
        decision.story_id,
        decision.copy_id,
        decision.revision_id,
        decision.other_story_id,
        decision.score,
        decision.matched_copy_id,
        decision.runner_up_story_id,
        decision.runner_up_score,
        clean(decision.note),
        *kept,
    )


def select_decisions() -> AnySelect:
    """Decisions with their occasion, as `decision_of` reads them."""
    own, when = schema.Decision.__table__.c, schema.Occasion.__table__.c
    kept = (each for each in own if each.name != "occasion_id")
    return select(*kept, *(each for each in when if each.name not in {"id", "sum"})).join_from(
        schema.Decision.__table__, schema.Occasion.__table__
    )


def decision_of(row: AnyRow) -> Decision:
    return Decision(**row._mapping)
