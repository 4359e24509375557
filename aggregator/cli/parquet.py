"""The copies as one Parquet table, for those who count: a row a copy, as it stands now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from ..model import Copy

BATCH = 1000  # rows of a group


def write(stream: BinaryIO, copies: Iterable[tuple[Copy, str]]) -> int:
    """(copy, public id of its story or "") each; how many. Raises ConfigurationError without pyarrow."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "export --parquet needs pyarrow: pip install 'aggregator[research]'"
        ) from error
    texts, moment, number = pyarrow.string(), pyarrow.timestamp("us", tz="UTC"), pyarrow.int64()
    kinds = {"t": texts, "l": pyarrow.list_(texts), "m": moment, "n": number}
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in _COLUMNS.items()])
    rows, done = (_row(copy, story) for copy, story in copies), 0
    with parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in _batches(rows):
            writer.write_table(pyarrow.Table.from_pylist(batch, schema=schema))
            done += len(batch)
    return done


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


_COLUMNS = {
    "id": "n",
    "story": "t",
    "source": "t",
    "outlet": "t",
    "guid": "t",
    "url": "t",
    "title": "t",
    "text": "t",
    "html": "t",
    "summary": "t",
    "authors": "l",
    "categories": "l",
    "published": "m",
    "updated": "m",
    "first_seen": "m",
    "last_seen": "m",
    "revisions": "n",
    "words": "n",
    "language": "t",
    "agency": "t",
    "place": "t",
}


def _row(copy: Copy, story: str) -> dict[str, Any]:
    own = {name: getattr(copy, name) for name in _COLUMNS if hasattr(copy, name)}
    return own | {
        "story": story or None,
        "authors": [person.name for person in copy.authors],
        "categories": list(copy.categories),
        "words": len(copy.text.split()),
        "agency": copy.facts.agency,
        "place": copy.facts.place,
    }
