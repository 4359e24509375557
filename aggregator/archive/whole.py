"""A whole archive as JSON Lines: the same file from either database, and back into either.

The first line says the format and the schema, then each row is an object: `_` its table, and its columns by
name. Times are RFC 3339 in UTC; texts are texts; bytes are base64. The last line counts the rows and gives the
SHA-256 of all lines before it. What can be computed again (the full-text index) is not in it.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, insert, inspect, select
from sqlalchemy.sql.expression import TableClause, column, table
from sqlalchemy.types import NullType, TypeEngine

from ..errors import ArchiveError, InputError
from . import closed, dialect, dictionaries, frames, repeats, rows, schema, texts
from .types import Moment

FORMAT = 1
BATCH = 500
CLOSED, REVISION = schema.Closed.__tablename__, schema.Revision.__tablename__
DERIVED = {"text_queue", "dictionary"}
_FIRST = {"story": "merged_into", "body": "base_id"}  # rows that name none of these are named by the others
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_encode_ascii = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
Row = dict[str, Any]


def tables() -> list[Table]:
    """Those that are taken along, parents first; documents after the texts that they are folded on."""
    told = [each for each in schema.Base.metadata.sorted_tables if each.name not in DERIVED]
    return sorted(told, key=lambda each: each.name == CLOSED)


def is_empty(conn: Connection) -> bool:
    """Of an archive of any schema."""
    there = set(inspect(conn).get_table_names())
    return all(
        conn.execute(select(1).select_from(e).limit(1)).first() is None for e in tables() if e.name in there
    )


# ---------------------------------------------------------------- out


def lines(conn: Connection, version: str) -> Iterator[bytes]:
    """Every row, from one transaction that sees one state."""
    dictionaries.catch_up(conn)
    digest, counts = hashlib.sha256(), Counter[str]()
    for row in _rows(conn, version):
        line = _line(row)
        digest.update(line)
        counts[row.get("_", "")] += 1
        yield line
    del counts[""]
    yield _line({"_end": {"rows": dict(counts), "sha256": digest.hexdigest()}})


def _line(row: Row) -> bytes:
    try:
        return _encode(row).encode() + b"\n"
    except UnicodeEncodeError:  # half a surrogate pair, as some item was served
        return _encode_ascii(row).encode() + b"\n"


def _rows(conn: Connection, version: str) -> Iterator[Row]:
    yield {"aggregator_archive": FORMAT, "schema": version}
    for each in tables():
        tell = _teller(conn, each)
        query = select(*rows.REVISION) if each.name == REVISION else select(each)
        query = query.order_by(*_order(conn, each))
        for row in conn.execute(query.execution_options(yield_per=BATCH)):
            yield tell(row._mapping)


def _order(conn: Connection, each: Table) -> list[Any]:
    later = _FIRST.get(each.name)
    order = [each.c[later].is_not(None)] if later else []
    return [*order, *(dialect.in_byte_order(conn, key) for key in each.primary_key)]


def _teller(conn: Connection, each: Table) -> Callable[[Any], Row]:
    moments = {c.name for c in each.columns if isinstance(c.type, Moment)}
    bodies = {c.name for c in each.columns if isinstance(c.type, LargeBinary)}

    def tell(said: Any) -> Row:
        row: Row = {"_": each.name, **said}
        if each.name == REVISION:
            text, url, title = said["text"], said["url"], said["title"]
            row["html"] = html = texts.unfold_html(said["html"], text) or None
            row["raw"] = texts.unfold_item(said["raw"], html or "", text, url, title) or None
        elif each.name == CLOSED:
            row["body"] = frames.decoded(closed.unfold(conn, SimpleNamespace(**said)))
        for name in moments:
            row[name] = row[name] and row[name].isoformat(timespec="microseconds").replace("+00:00", "Z")
        for name in bodies:
            if isinstance(row[name], bytes):
                row[name] = b64encode(row[name]).decode()
        return row

    return tell


# ---------------------------------------------------------------- in


def manifest(line: bytes) -> str:
    """The schema that a file is of. Raises InputError if it is no archive."""
    try:
        said = json.loads(line)
        if said["aggregator_archive"] != FORMAT:
            raise InputError(f"is of format {said['aggregator_archive']}, this program reads {FORMAT}")
        return str(said["schema"])
    except (ValueError, TypeError, KeyError) as error:
        raise InputError("is no archive that `aggregator backup` or `export --archive` wrote") from error


def opened(lines: Iterable[bytes]) -> tuple[str, Iterator[bytes]]:
    """The schema that a file is of, and all its lines. Raises InputError if it is no archive."""
    rest = iter(lines)
    head = next(rest, b"")
    return manifest(head), chain([head], rest)


def check(lines: Iterable[bytes]) -> Counter[str]:
    """Read a file to its end; how many rows of each table. Raises InputError if it is not whole."""
    _, told = opened(lines)
    return Counter(row["_"] for row in checked(told))


def checked(stream: Iterable[bytes]) -> Iterator[Row]:
    """The rows of a file; raises InputError where it was cut short, or a byte is another one."""
    digest, counts = hashlib.sha256(), Counter[str]()
    for number, line in enumerate(stream, 1):
        try:
            row: Row = json.loads(line)
        except ValueError as error:
            raise InputError(f"is damaged in line {number}: {error}") from error
        if "_end" in row:
            if row["_end"] != {"rows": dict(counts), "sha256": digest.hexdigest()}:
                raise InputError("is damaged: its lines are not those that were written")
            return
        digest.update(line)
        if "_" in row:
            counts[row["_"]] += 1
            yield row
    raise InputError("is cut short: its last line is missing")


def restore(conn: Connection, told: Iterable[bytes]) -> Counter[str]:
    """Put the rows of a file in. Raises ArchiveError where an archive is already, InputError for damage."""
    if not is_empty(conn):
        raise ArchiveError("an archive lives there already: restore into an empty place", code="not-empty")
    return store(conn, checked(told))


def store(conn: Connection, told: Iterable[Row]) -> Counter[str]:
    """Put the rows in, under the numbers that they have; how many of each table."""
    counts, batch = Counter[str](), list[Row]()
    there = {
        name: {column["name"] for column in columns}
        for (_, name), columns in inspect(conn).get_multi_columns().items()
    }
    for row in told:
        if batch and (len(batch) >= BATCH or batch[0]["_"] != row["_"]):
            _insert(conn, batch, there)
            batch = []
        counts[row["_"]] += 1
        batch.append(row)
    if batch:
        _insert(conn, batch, there)
    known = {each.name for each in tables()}
    dialect.count_on(conn, [name for name in counts if name in known])
    conn.execute(insert(schema.TextQueue).from_select(["copy_id"], select(schema.Copy.id)))
    return counts


def _insert(conn: Connection, batch: list[Row], there: Mapping[str, Collection[str]]) -> None:
    """`there`: the columns of each table of the archive, which may be of an older schema."""
    name = batch[0].pop("_")
    for row in batch[1:]:
        del row["_"]
    target, kinds = _target(name, batch[0], there)
    if name == CLOSED:
        for row in batch:
            row["body"] = closed.fold(conn, frames.encoded(row["body"]), row.get("bases", ()))
    made = [{key: _value(kinds[key], value, name) for key, value in row.items()} for row in batch]
    if name == REVISION:
        _pack(conn, made, there)
    conn.execute(insert(target), made)


def _target(
    name: str, row: Row, there: Mapping[str, Collection[str]]
) -> tuple[TableClause, dict[str, TypeEngine[Any]]]:
    """The table with the columns that the file has, and their types."""
    known = schema.Base.metadata.tables.get(name)
    if known is None or name not in there:
        raise InputError(f"has rows of a table {name} that this program does not know")
    if strange := row.keys() - there[name]:
        raise InputError(f"has a column {min(strange)} of {name} that this program does not know")
    kinds = {each: known.columns[each].type if each in known.columns else NullType() for each in row}
    columns = [column(each, kind) for each, kind in kinds.items()]
    if name == REVISION and "base_id" in there[name]:
        columns.append(column("base_id", known.columns["base_id"].type))
    return table(name, *columns), kinds


def _value(kind: TypeEngine[Any], value: Any, name: str) -> Any:
    if isinstance(kind, Moment):
        return value and datetime.fromisoformat(value)
    if isinstance(kind, LargeBinary) and isinstance(value, str) and name != REVISION:
        return b64decode(value)
    return value


def _pack(conn: Connection, made: list[Row], there: Mapping[str, Collection[str]]) -> None:
    """Revisions as this schema keeps them."""
    shares, folds = schema.Dictionary.__tablename__ in there, "base_id" in there[REVISION]
    for row in made:
        text, html = row["text"], row["html"] or ""
        row["html"] = texts.fold_html(html, text)
        row["raw"] = texts.fold_item(row["raw"] or "", html, text, row["url"], row["title"])
        row["text"] = frames.encoded(text)
    dictionary = dictionaries.current(conn) if shares else dictionaries.Current()
    if folds:
        repeats.pack(conn, made, dictionary.number)
    else:
        for row in made:
            row["text"] = frames.pack(row["text"], dictionary.number)
    if shares:
        dictionaries.train_if_due(conn, dictionary, made[0]["id"], made[-1]["id"])
