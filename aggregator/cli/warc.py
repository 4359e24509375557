"""Documents as WARC 1.1 (ISO 28500:2017), gzip a record, as other web archives read and write it.

What the archive keeps is the body as decoded from the transfer and the headers that matter for reading it; the
response is put together again from them, which `warcinfo` says. Bytes that came before are a `revisit` record
(profile identical-payload-digest) that names the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from ..archive import Document

_ABOUT = {
    "software": "aggregator",
    "format": "WARC File Format 1.1",
    "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
    "description": "Responses put together from the decoded body, status, content type and validators.",
}


@dataclass(slots=True)
class Written:
    """What a file came to hold."""

    whole: int = 0
    repeated: int = 0
    dropped: int = 0


def write(stream: BinaryIO, documents: Iterable[Document]) -> Written:
    """Raises ConfigurationError where warcio is not installed."""
    try:
        from warcio.warcwriter import WARCWriter
    except ModuleNotFoundError as error:
        raise ConfigurationError("export --warc needs warcio: pip install 'aggregator[warc]'") from error
    writer, done = WARCWriter(stream, gzip=True, warc_version="WARC/1.1"), Written()
    writer.write_record(writer.create_warcinfo_record(None, _ABOUT))
    first: dict[str, tuple[str, str]] = {}  # sha-256 -> address and date of the record that holds it
    for document in documents:
        if document.body is None:
            done.dropped += 1
        elif document.sha256 in first:
            writer.write_record(_revisit(writer, document, *first[document.sha256]))
            done.repeated += 1
        else:
            writer.write_record(_record(writer, document))
            first[document.sha256] = document.url, _date(document)
            done.whole += 1
    return done


def _date(document: Document) -> str:
    return document.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _is_http(document: Document) -> bool:
    return document.url.startswith(("http://", "https://"))


def _record(writer: Any, document: Document) -> Any:
    """A response, or for a local file a resource."""
    kind = "response" if _is_http(document) else "resource"
    headers = {"WARC-Date": _date(document)}
    body = document.body or b""
    return writer.create_warc_record(
        _address(document),
        kind,
        payload=BytesIO(body),
        length=len(body),
        warc_headers_dict=headers,
        warc_content_type="" if _is_http(document) else document.content_type or "application/octet-stream",
        http_headers=_http(document, len(body)) if _is_http(document) else None,
    )


def _revisit(writer: Any, document: Document, address: str, date: str) -> Any:
    from warcio.utils import Digester

    digester = Digester("sha1")
    digester.update(document.body or b"")
    return writer.create_revisit_record(
        _address(document),
        digest=str(digester),
        refers_to_uri=address,
        refers_to_date=date,
        http_headers=_http(document, len(document.body or b"")) if _is_http(document) else None,
        warc_headers_dict={"WARC-Date": _date(document)},
    )


def _address(document: Document) -> str:
    return document.url if "://" in document.url else f"urn:source:{document.source}"


def _http(document: Document, length: int) -> Any:
    from warcio.statusandheaders import StatusAndHeaders

    said = {
        "Content-Type": document.content_type,
        "ETag": document.etag,
        "Last-Modified": document.last_modified,
        "Content-Length": str(length),
    }
    headers = [(name, value) for name, value in said.items() if value]
    return StatusAndHeaders(_status(document.status or 200), headers, protocol="HTTP/1.1")


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
