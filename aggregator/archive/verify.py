"""Does the archive contradict itself? Each check is one query that finds nothing in a sound archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import JSON, Connection, LargeBinary, func, or_, select, type_coerce
from sqlalchemy.orm import aliased

from .. import url
from . import (
    checksums,
    closed,
    dialect,
    dictionaries,
    frames,
    raw,
    rows,
    search,
    showing,
    sketches,
    texts,
)
from .schema import (
    Base,
    Closed,
    Copy,
    Decision,
    FeatureSet,
    Fetch,
    Namespace,
    Occasion,
    Publication,
    Response,
    Revision,
    Story,
)
from .types import AnySelect
from .values import Finding

SHOWN = 20  # of each kind
FRAME = type_coerce(Revision.text, LargeBinary)


def verify(conn: Connection) -> list[Finding]:
    """What is wrong, at most SHOWN of a kind and one line that counts the rest; empty for a sound archive."""
    found = [Finding("storage", sentence) for sentence in dialect.damage(conn)[:SHOWN]]
    found += _some("dictionary", list(dictionaries.faults(conn)))
    if torn := list(_torn(conn)):  # no row of such a table can be read, nor can what depends on it
        return found + list(_some("document", torn))
    for name, (query, sentence) in _CHECKS.items():
        found += _some(name, [sentence.format(*row) for row in conn.execute(query())])
    found += _some("text-index", list(search.strangers(conn)))
    found += _some("text-index", list(search.unfindable(conn)))
    found += _some("sketches", list(sketches.faults(conn)))
    found += _some("revision", list(_unreadable(conn)))
    found += _some("decision", list(_decided(conn)))
    found += _some("address", list(_elsewhere(conn)))
    found += _some("body", list(raw.faults(conn)))
    found += _some("documents", [*closed.faults(conn), *showing.strange_documents(conn)])
    shown = list(showing.strange(conn))
    for name in ("public-id", "age", "face", "merge"):
        found += _some(name, [sentence for check, _, sentence in shown if check == name])
    found += _some("authority", list(showing.authority(conn)))
    return found


def _torn(conn: Connection) -> Iterator[str]:
    """Lists and mappings that are none."""
    for table in Base.metadata.sorted_tables:
        for column in (each for each in table.columns if isinstance(each.type, JSON)):
            for row in dialect.no_documents(conn, column):
                key = " ".join(map(str, row))
                yield f"{column.name} of {table.name} {key} cannot be read: it is no JSON"


def _unreadable(conn: Connection) -> Iterator[str]:
    """Every text unpacks, as a frame knows its own checksum, and what is said beside it has that of the revision."""
    kept = Revision.html, Revision.raw, Revision.sum, FRAME.label("frame")
    said = [getattr(Revision, name) for name in checksums.SAID if name != "guid"]
    query = select(Revision.id, Copy.guid, *said, *kept).join(Copy, Copy.id == Revision.copy_id)
    for row in conn.execute(query.execution_options(yield_per=500)):
        if row.sum != checksums.of_revision(row._asdict()):
            yield (
                f"revision {row.id} of copy {row.copy_id} does not say what it said when it came: "
                "its guid, title, address, dates, summary or another detail was changed"
            )
        try:
            text = frames.decoded(frames.content(row.frame))
            html = texts.unfold_html(row.html, text)
            texts.unfold_item(row.raw, html, text, row.url, row.title)
        except ValueError as error:
            yield f"revision {row.id} of copy {row.copy_id} cannot be read: {error}"


def _decided(conn: Connection) -> Iterator[str]:
    """What was decided together has the checksum of its occasion."""
    when, own = Occasion.__table__.c, Decision.__table__.c
    occasions = conn.execute(select(when.id, when.sum, when.at, when.rules_version, when.threshold, when.by))
    sums = {id: (sum, checksums.added(0, said)) for id, sum, *said in occasions}
    query = select(own.occasion_id, *(each for each in own if each.name != "occasion_id")).order_by(own.id)
    names = {id: len(names) for id, names in conn.execute(select(FeatureSet.id, FeatureSet.names))}
    for occasion, *said in conn.execute(query.execution_options(yield_per=500)):
        features = said[-2]
        if isinstance(features, list) and names.get(features[0]) != len(features) - 1:
            yield f"what was measured for decision {said[0]} has not the names that it should have"
        if occasion in sums:
            sums[occasion] = sums[occasion][0], checksums.added(sums[occasion][1], said)
    for id, (sum, found) in sums.items():
        if checksums.kept(found) != sum:
            yield f"what was decided on occasion {id} was changed: when, by whom, by which rules, or what of a copy"


def _elsewhere(conn: Connection) -> Iterator[str]:
    """A copy is looked up by the address that its current revision gives."""
    query = select(Copy.id, Copy.url_hash, Revision.canonical_url, Revision.url)
    query = query.join(Revision, Revision.id == Copy.revision_id)
    for id, held, canonical, address in conn.execute(query.execution_options(yield_per=500)):
        if (held or 0) != url.key(canonical, address):
            yield f"copy {id} is looked up by another address than its own"


def _some(name: str, sentences: list[str]) -> Iterator[Finding]:
    yield from (Finding(name, sentence) for sentence in sentences[:SHOWN])
    if len(sentences) > SHOWN:
        yield Finding(name, f"and {len(sentences) - SHOWN} more of this kind")


def _projection() -> AnySelect:
    """copy.story_id is what the latest decision about the copy says."""
    every = aliased(Decision)
    latest = select(func.max(every.id)).where(every.copy_id == Copy.id).scalar_subquery()
    query = select(Copy.id, Copy.story_id, Decision.story_id).outerjoin(Decision, Decision.id == latest)
    return query.where(Copy.story_id.is_distinct_from(Decision.story_id))


def _left_behind() -> AnySelect:
    return (
        select(Copy.id, Story.id, Story.merged_into)
        .join(Story, Story.id == Copy.story_id)
        .where(Story.merged_into.is_not(None))
    )


def _merged_twice() -> AnySelect:
    """merged_into names a story that was not merged itself: so there is no circle either."""
    survivor = aliased(Story)
    return (
        select(Story.id, survivor.id)
        .join(survivor, survivor.id == Story.merged_into)
        .where(survivor.merged_into.is_not(None))
    )


def _counts() -> AnySelect:
    held = select(func.count()).where(Copy.story_id == Story.id).scalar_subquery()
    return select(Story.id, Story.copies, held).where(Story.copies != held)


def leads() -> AnySelect:
    lead = aliased(Copy)
    query = select(Story.id, Story.lead_copy_id).outerjoin(lead, lead.id == Story.lead_copy_id)
    return query.where(
        Story.merged_into.is_(None), Story.copies > 0, lead.story_id.is_distinct_from(Story.id)
    )


def _current() -> AnySelect:
    """The current revision exists, belongs to the copy, and has a fingerprint."""
    query = select(Copy.id, Copy.revision_id).outerjoin(Revision, Revision.id == Copy.revision_id)
    return query.where(or_(Revision.copy_id.is_distinct_from(Copy.id), Revision.fingerprint == ""))


def _revisions() -> AnySelect:
    held = select(func.count()).where(Revision.copy_id == Copy.id).scalar_subquery()
    return select(Copy.id, Copy.revisions, held).where(Copy.revisions != held)


def _judged() -> AnySelect:
    """What was judged last is a revision of the copy."""
    query = select(Copy.id, Copy.judged_revision_id).outerjoin(
        Revision, Revision.id == Copy.judged_revision_id
    )
    return query.where(Copy.judged_revision_id.is_not(None), Revision.copy_id.is_distinct_from(Copy.id))


def _strange_fetch() -> AnySelect:
    """A revision came with a fetch of the source that the copy is of."""
    query = (
        select(Revision.id, Revision.copy_id)
        .join(Copy, Copy.id == Revision.copy_id)
        .join(Fetch, Fetch.id == Revision.fetch_id)
    )
    return query.where(Fetch.source_id != Copy.source_id)


def _strange_response() -> AnySelect:
    query = select(Response.fetch_id).join(Fetch, Fetch.id == Response.fetch_id)
    return query.where(Response.source_id != Fetch.source_id)


def _strange_page() -> AnySelect:
    """A page, and nothing else, is that of a copy of its source; and a revision that came with it is of that copy."""
    query = (
        select(Response.fetch_id, Response.kind, Response.copy_id)
        .outerjoin(Copy, Copy.id == Response.copy_id)
        .outerjoin(Revision, (Revision.fetch_id == Response.fetch_id) & (Response.kind == "page"))
    )
    return query.where(
        or_(
            Response.kind.not_in(raw.KINDS),
            (Response.kind == "page") != Response.copy_id.is_not(None),
            Copy.source_id != Response.source_id,
            Revision.copy_id != Response.copy_id,
        )
    )


def _bases() -> AnySelect:
    """A text that others are differences to is kept by itself."""
    base = aliased(Revision)
    query = select(Revision.id, base.id).join(base, base.id == Revision.base_id)
    return query.where(base.base_id.is_not(None))


def _public_ids() -> AnySelect:
    """A public id is a tag: URI that ends with the story's ULID (that none comes twice, the database sees to)."""
    sound = Namespace.prefix.like("tag:%:story/") & (func.length(Story.ulid) == 26)
    query = select(Story.id, rows.PUBLIC_ID).outerjoin(Namespace, Namespace.id == Story.namespace_id)
    return query.where(~func.coalesce(sound, False))


def _waiting() -> AnySelect:
    """A copy waits exactly as long as its current revision was not judged."""
    judged = Copy.revision_id.is_not_distinct_from(Copy.judged_revision_id)
    return select(Copy.id).where(Copy.waiting == judged)


def _documents() -> AnySelect:
    """What stands in an archive document of the feed stands in one that is kept."""
    query = select(Publication.story_id, Publication.document).outerjoin(
        Closed, Closed.number == Publication.document
    )
    return query.where(Publication.document.is_not(None), Closed.number.is_(None))


_CHECKS: dict[str, tuple[Callable[[], AnySelect], str]] = {
    "projection": (_projection, "copy {0} is in story {1}, its latest decision says {2}"),
    "left-behind": (_left_behind, "copy {0} is in story {1}, which was merged into {2}"),
    "merged-twice": (_merged_twice, "story {0} was merged into {1}, which was merged itself"),
    "counts": (_counts, "story {0} counts {1} copies and holds {2}"),
    "lead": (leads, "story {0} shows copy {1}, which is not in it"),
    "current-revision": (_current, "copy {0} has no sound current revision ({1})"),
    "revisions": (_revisions, "copy {0} counts {1} revisions and has {2}"),
    "judged-revision": (_judged, "copy {0} was judged by revision {1}, which is not its own"),
    "fetch": (_strange_fetch, "revision {0} of copy {1} came with a fetch of another source"),
    "base": (
        _bases,
        "the text of revision {0} is kept as the difference to that of {1}, itself a difference",
    ),
    "public-id": (_public_ids, "story {0} has the public id {1}, which is none"),
    "documents": (_documents, "story {0} stands in archive document {1} of the feed, which is missing"),
    "place": (
        showing.out_of_place,
        "story {0} has place {1} of the feed, and stands in a document of other places",
    ),
    "published": (
        showing.misdated,
        "what the feed says of story {0} has another date than the story, or is withdrawn",
    ),
    "ruling": (
        showing.unruled,
        "what a person said of copies {0} and {1} is no decision of a person's on them",
    ),
    "response": (_strange_response, "the document of fetch {0} is said to be of another source"),
    "page": (_strange_page, "what came with fetch {0} is a {1}, and said to be of copy {2}, which it is not"),
    "waiting": (_waiting, "copy {0} waits although it was judged, or the other way round"),
}
