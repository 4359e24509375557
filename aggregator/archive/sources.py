"""The sources: declared, claimed, given back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Text,
    and_,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import aliased

from .. import url
from ..errors import ConfigurationError
from ..model import Source, SourceSpec
from . import dialect, rows
from .queue import Errand
from .schema import Source as S

Again = Callable[[Source], datetime | None]  # when one that was declared anew may be asked again; None: now
AHEAD = timedelta(days=1)  # no lease is so long, and no visit lies so far in the future
# What a source forgets when it is told to ask somewhere else.
_FRESH: dict[str, Any] = {
    "moved_to": "",
    "etag": "",
    "last_modified": "",
    "body_hash": "",
    "not_before": None,
    "gone": False,
    "failures": 0,
    "error_code": "",
    "error": "",
    "flaws": [],
    "leased_until": None,
    "memory": {},
}


def named(conn: Connection, name: str) -> Source:
    """The source of this name, active or not. Raises ConfigurationError."""
    row = conn.execute(select(S.__table__).where(S.name == name)).one_or_none()
    if row is None:
        raise ConfigurationError(f"there is no source named {name!r}; `aggregator sources` lists them")
    return rows.source_of(row)


def listed(conn: Connection, active_only: bool) -> list[Source]:
    query = select(S.__table__).order_by(S.name)
    return [rows.source_of(row) for row in conn.execute(query.where(S.active) if active_only else query)]


def specs(conn: Connection) -> list[SourceSpec]:
    """Of those that are active, by name."""
    return [spec for spec, _, active in _declared(conn) if active]


def _declared(conn: Connection) -> list[tuple[SourceSpec, str, bool]]:
    """As what, by whom, and whether still, by name; their memory, which is most of a row, is not read."""
    columns = (S.__table__.c[name] for name in (*rows.SPEC, "origin", "active"))
    found = (dict(row._mapping) for row in conn.execute(select(*columns).order_by(S.name)))
    return [(_spec(row), row["origin"], row["active"]) for row in found]


def _spec(row: Mapping[str, Any]) -> SourceSpec:
    return SourceSpec(**{name: row[name] for name in rows.SPEC if name != "tags"}, tags=tuple(row["tags"]))


def digest(conn: Connection, learnt: bool) -> str:
    """Of what the sources are declared as and, if wanted, of what they said of themselves."""
    names = (*rows.SPEC, "active", *(("outlet", "site_url", "moved_to") if learnt else ()))
    columns = [type_coerce(S.__table__.c[name], Text) for name in names]
    found = hashlib.blake2b(digest_size=16)
    for row in conn.execute(select(*columns).order_by(S.id)):
        found.update(repr(tuple(row)).encode("utf-8", "replace"))
    return found.hexdigest()


def at_once(_: Source) -> None:
    """Nobody waits for it: nothing was asked of it, or it is a person's wish."""


def declare(
    conn: Connection,
    specs: Sequence[SourceSpec],
    now: datetime,
    preferred: Sequence[str] = (),
    again: Again = at_once,
) -> None:
    """The configuration is the truth about its own sources; one that it no longer names is put to rest.

    Of the others it says which are `preferred`, by name or tag; they have no number of their own.
    """
    dialect.hold(conn, "declaring", wait=True)
    wanted = {spec.name: spec.preferred(preferred) for spec in specs}
    _rename(conn, wanted, lambda name, _: name not in wanted)
    held = {spec.name: (spec, origin, active) for spec, origin, active in _declared(conn)}
    if new := [_as_new(spec, "config", now) for name, spec in wanted.items() if name not in held]:
        conn.execute(insert(S), new)
    for name, spec in wanted.items():
        if name in held and held[name] != (spec, "config", True):
            put(conn, spec, "config", now, again=again)
    others = {name: each for name, each in held.items() if name not in wanted}
    for name, (spec, origin, _) in others.items():
        prefer = replace(spec, prefer=0).preferred(preferred).prefer
        if origin != "config" and spec.prefer != prefer:
            conn.execute(update(S).where(S.name == name).values(prefer=prefer))
    if gone := [name for name, (_, *said) in others.items() if said == ["config", True]]:
        rest = update(S).where(dialect.within(conn, S.name, gone))
        conn.execute(rest.values(active=False, leased_until=None))
    _set_right(conn, now)


def _rename(conn: Connection, wanted: Mapping[str, SourceSpec], free: Callable[[str, bool], bool]) -> None:
    """A new name for what is asked already, under a name that is `free` (given it, and whether it is active).

    It is the same source: it keeps its validators and its copies, and is not asked for everything once more.
    """
    declared = _declared(conn)
    names = {spec.name for spec, _, _ in declared}
    old = {
        (spec.kind, spec.location): spec.name
        for spec, origin, active in sorted(
            declared, key=lambda each: each[2]
        )  # what is asked before what rests
        if origin != "import" and free(spec.name, active)
    }
    for name, spec in wanted.items():
        if name not in names and (before := old.pop((spec.kind, spec.location), "")):
            conn.execute(update(S).where(S.name == before).values(name=name))


def _set_right(conn: Connection, now: datetime) -> None:
    """What was asked or leased by a clock that was far ahead is due now, rather than when that time comes."""
    ahead = now + AHEAD
    late = or_(S.last_fetch_at > ahead, S.leased_until > ahead)
    again = {"next_fetch_at": now, "last_fetch_at": now, "leased_until": None, "not_before": None}
    conn.execute(update(S).where(S.active, S.next_fetch_at.is_not(None), late).values(**again))


def put(
    conn: Connection,
    spec: SourceSpec,
    origin: str,
    now: datetime,
    memory: Mapping[str, Any] | None = None,
    again: Again = at_once,
) -> Source:
    """Insert or change a source; its memory is kept unless it is to ask elsewhere.

    The address of one that rests is that one's, also under a new name; by hand it is taken up whatever became of it.
    """
    if origin != "import":
        _rename(conn, {spec.name: spec}, lambda _, active: not active)
    held = conn.execute(select(S.__table__).where(S.name == spec.name)).one_or_none()
    if held is None:
        conn.execute(insert(S), _as_new(spec, origin, now, memory))
    else:
        _change(conn, rows.source_of(held), spec, origin, now, again)
        if memory and not held.active:
            conn.execute(update(S).where(S.id == held.id).values(memory={**held.memory, **memory}))
    return named(conn, spec.name)


def _as_new(
    spec: SourceSpec, origin: str, now: datetime, memory: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    due = None if origin == "import" else now
    new = Source(id=0, spec=spec, origin=origin, next_fetch_at=due, memory=memory or {})
    said = {**rows.spec_values(spec), **rows.state_values(new)}
    return {**said, "origin": origin, "active": True, "lease_token": 0}


def _change(
    conn: Connection, held: Source, spec: SourceSpec, origin: str, now: datetime, again: Again
) -> None:
    moved = (held.spec.location, held.spec.kind) != (spec.location, spec.kind)
    if held.spec == spec and held.active and held.origin == origin:
        return
    values = {**rows.spec_values(spec), "origin": origin, "active": True}
    if moved:  # whoever is on the way to the old place is fenced off by the new token
        values |= {**_FRESH, "host": url.host(spec.location), "lease_token": S.lease_token + 1}
    if origin == "command" and not held.active:
        values |= {"gone": False, "failures": 0, "error_code": "", "error": ""}
    if moved or not held.active or held.spec.every != spec.every:
        due = now if moved else max(now, again(replace(held, spec=spec)) or now)
        values["next_fetch_at"] = None if origin == "import" else due
    conn.execute(update(S).where(S.id == held.id).values(**values))


def change(conn: Connection, source: Source) -> None:
    """Store the state of a source as a person wants it; whoever is on the way to it is fenced off."""
    changed = {**rows.state_values(source), "leased_until": None, "lease_token": S.lease_token + 1}
    conn.execute(update(S).where(S.id == source.id).values(**changed))


def remove(conn: Connection, name: str) -> None:
    """Never ask this source again; its copies stay. Raises ConfigurationError."""
    if named(conn, name).origin == "config":
        raise ConfigurationError(f"source {name!r} is declared in config.toml: remove it there")
    conn.execute(update(S).where(S.name == name).values(active=False, leased_until=None))


# ---------------------------------------------------------------- claims


def claim(
    conn: Connection, now: datetime, limit: int, lease: timedelta, names: Sequence[str] | None, force: bool
) -> list[Source]:
    """Lease up to `limit` sources that may be asked now, the longest due first, never two of one host.

    Claims run one after another, so that two of them cannot each find the same host free; a source that is
    just being recorded is passed over.
    """
    dialect.hold(conn, "claim", wait=True)
    turn = func.row_number().over(partition_by=_slot(), order_by=(S.next_fetch_at, S.id)).label("turn")
    query = select(S.id, S.next_fetch_at, turn).where(_may_be_asked(conn, now, names, force))
    each = query.subquery()
    first = select(each.c.id).where(each.c.turn == 1).order_by(each.c.next_fetch_at, each.c.id)
    first = first.limit(2 * limit)  # some of them may be passed over
    due = (
        select(S.id)
        .where(S.id.in_(first))
        .order_by(S.next_fetch_at, S.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = (
        update(S)
        .where(S.id.in_(select(due.c.id)))
        .values(leased_until=now + lease, lease_token=S.lease_token + 1)
        .returning(*S.__table__.columns)
    )
    claimed = [rows.source_of(row, leased=True) for row in conn.execute(taken)]
    return sorted(claimed, key=lambda source: (source.next_fetch_at or now, source.id))


def _slot() -> ColumnElement[str]:
    """Sources of one host share a slot; one without a host has its own."""
    return func.coalesce(func.nullif(S.host, ""), "#" + S.name)


def _may_be_asked(
    conn: Connection, now: datetime, names: Sequence[str] | None, force: bool
) -> ColumnElement[bool]:
    asked = [
        S.active,
        ~S.gone,
        or_(S.leased_until.is_(None), S.leased_until <= now),
        or_(S.not_before.is_(None), S.not_before <= now),
        S.host.not_in(busy(now)),
    ]
    asked.append(S.origin != "import" if force else S.next_fetch_at <= now)
    if names is not None:
        asked.append(dialect.within(conn, S.name, names))
    return and_(*asked)


def busy(now: datetime) -> CompoundSelect[str]:
    """The hosts where something is being asked, or has been just now: found once for all candidates of a claim."""
    held, page = aliased(S), aliased(Errand)
    sources = select(held.host).where(held.leased_until > now, held.host != "")
    return sources.union_all(select(page.host).where(page.leased_until > now, page.host != ""))


def release(conn: Connection, sources: Sequence[Source]) -> None:
    """Give leases back unused; those that have passed to somebody else are left alone."""
    for source in sorted(sources, key=lambda source: source.id):
        conn.execute(_held(source).values(leased_until=None))


def keep(conn: Connection, source: Source, now: datetime, lease: timedelta) -> bool:
    """Make a lease longer; False if it is over: another source of the host may be under way."""
    held = _held(source).where(S.leased_until > now).values(leased_until=now + lease)
    return bool(conn.execute(held).rowcount == 1)


def finish(conn: Connection, visits: Sequence[tuple[Source, datetime | None]]) -> set[int]:
    """Store what fetches taught us about sources and end their leases; the ids of those whose leases were still ours.

    A lease ends when the host has rested, as it is told here: until then no worker asks anything else there. A source
    that was merely read (token 0) is only held, so that two writers of its copies take turns.
    """
    query = "SELECT id, lease_token FROM source WHERE id IN THESE ORDER BY id FOR UPDATE"
    tokens = dict(dialect.of_these(conn, query, [source.id for source, _ in visits]))
    ours = [
        (source, rests_until)
        for source, rests_until in visits
        if source.id in tokens and source.lease_token in (0, tokens[source.id])
    ]
    changed = [
        {**rows.state_values(source), "id": source.id, "leased_until": rests_until}
        for source, rests_until in ours
        if source.lease_token
    ]
    told = rows.for_driver(S, changed, dialect.plain(conn), ("id", *_LEARNT))
    dialect.update_all(conn, S, _LEARNT, _LEARN, told)
    return {source.id for source, _ in ours}


_LEARNT = (*rows.STATE_VALUES, "leased_until")
_LEARN = ", ".join(f"{name} = {{{name}}}" for name in _LEARNT)


def hold(conn: Connection, source_id: int) -> bool:
    """Let no other writer of its copies in until the transaction ends; False if there is no such source."""
    return conn.scalar(select(S.id).where(S.id == source_id).with_for_update()) is not None


def _held(source: Source) -> Any:
    return update(S).where(S.id == source.id, S.lease_token == source.lease_token)
