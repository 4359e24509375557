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
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Table, insert, inspect, select
from sqlalchemy.sql.expression import TableClause, column, table

from ..errors import InputError
from . import dialect, frames, schema
from .types import Moment

FORMAT = 1
BATCH = 500
DERIVED = {"text_queue", "text_indexed"}
_FIRST = {"story": "merged_into", "body": "base_id"}  # rows that name none of these are named by the others
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_encode_ascii = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
Row = dict[str, Any]


def tables() -> list[Table]:
    """Those that are taken along, parents first."""
    return [each for each in schema.Base.metadata.sorted_tables if each.name not in DERIVED]


def is_empty(conn: Connection) -> bool:
    """Of an archive of any schema."""
    there = set(inspect(conn).get_table_names())
    return all(
        conn.execute(select(1).select_from(e).limit(1)).first() is None for e in tables() if e.name in there
    )


# ---------------------------------------------------------------- out


def lines(conn: Connection, version: str) -> Iterator[bytes]:
    """Every row, from one transaction that sees one state."""
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
        tell = _teller(each)
        query = select(each).order_by(*_order(conn, each))
        for row in conn.execute(query.execution_options(yield_per=BATCH)):
            yield tell(row._mapping)


def _order(conn: Connection, each: Table) -> list[Any]:
    later = _FIRST.get(each.name)
    order = [each.c[later].is_not(None)] if later else []
    return [*order, *(dialect.in_byte_order(conn, key) for key in each.primary_key)]


def _teller(each: Table) -> Callable[[Any], Row]:
    moments = {c.name for c in each.columns if isinstance(c.type, Moment)}
    bodies = {c.name for c in each.columns if isinstance(c.type, LargeBinary)}

    def tell(said: Any) -> Row:
        row: Row = {"_": each.name, **said}
        if each.name == "revision":
            row["html"] = html = frames.unfold_text(said["html"], said["text"]) or None
            row["raw"] = frames.unfold_text(said["raw"], html or said["text"]) or None
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


def check(lines: Iterable[bytes]) -> Counter[str]:
    """Read a file to its end; how many rows of each table. Raises InputError if it is not whole."""
    rest = iter(lines)
    head = next(rest, b"")
    manifest(head)
    return Counter(row["_"] for row in checked(chain([head], rest)))


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


def store(conn: Connection, rows: Iterable[Row]) -> Counter[str]:
    """Put the rows in, under the numbers that they have; how many of each table."""
    counts, batch = Counter[str](), list[Row]()
    for row in rows:
        if batch and (len(batch) >= BATCH or batch[0]["_"] != row["_"]):
            _insert(conn, batch)
            batch = []
        counts[row["_"]] += 1
        batch.append(row)
    if batch:
        _insert(conn, batch)
    known = {each.name for each in tables()}
    dialect.count_on(conn, [name for name in counts if name in known])
    conn.execute(insert(schema.TextQueue).from_select(["copy_id"], select(schema.Copy.id)))
    return counts


def _insert(conn: Connection, batch: list[Row]) -> None:
    name = batch[0].pop("_")
    for row in batch[1:]:
        del row["_"]
    target, columns = _target(name, batch[0])
    conn.execute(insert(target), [_told(name, row, columns) for row in batch])


def _target(name: str, row: Row) -> tuple[TableClause, dict[str, Column[Any]]]:
    """The table with the columns that the file has: it may be of an older schema."""
    known = schema.Base.metadata.tables.get(name)
    if known is None:
        raise InputError(f"has rows of a table {name} that this program does not know")
    types = {each.name: each for each in known.columns}
    if strange := row.keys() - types.keys():
        raise InputError(f"has a column {min(strange)} of {name} that this program does not know")
    return table(name, *(column(each, types[each].type) for each in row)), types


def _told(name: str, row: Row, columns: dict[str, Column[Any]]) -> Row:
    made: Row = {}
    for key, value in row.items():
        kind = columns[key].type
        if isinstance(kind, Moment):
            value = value and datetime.fromisoformat(value)
        elif isinstance(kind, LargeBinary) and value is not None and name != "revision":
            value = b64decode(value)
        made[key] = value
    if name == "revision":
        text, html, raw = made["text"], made["html"], made["raw"]
        made["html"] = frames.fold_text(html, text) if html else None
        made["raw"] = frames.fold_text(raw, html or text) if raw else None
    return made
