"""What a database driver says went wrong, as one sentence for a person."""

from __future__ import annotations

import sqlite3
from typing import NoReturn

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, ExceptionContext

from ..errors import ArchiveBusy, ArchiveError

_FULL = "the disk of the archive {where} is full: make room, then run again; nothing that was stored is lost"
_READ_ONLY = "the archive {where} is read-only: give this user the right to write the file and its folder"
_STANDBY = "the archive {where} takes no writes ({reason}): if it is a standby, name the primary in `url` of [archive]"
_NOT_OURS = "{where} is not an archive but some other file: mend `url` in [archive], or move the file away"
_BUSY = "the archive {where} is being written by another process: try again"
_DAMAGED = "the archive {where} is damaged ({reason}): restore a backup, or run `aggregator verify`"
_NO_FILE = "the archive {where} cannot be opened: its folder is missing or may not be read or written"
_REFUSED = "the archive {where} let nobody in ({reason}): mend user and password in `url` of [archive]"
_UNREACHABLE = (
    "the archive {where} cannot be reached ({reason}): check `url` in [archive], and that the server runs"
)
_OTHER = "the archive {where} failed: {reason}"
_DISK = "the disk of {where} does not take or give data ({reason}): it may be full, so make room; else look at the disk"

_OUR_MISTAKES = {"IntegrityError", "ProgrammingError", "DataError"}

# SQLite result codes (https://www.sqlite.org/rescode.html), primary ones
_SQLITE = {
    5: ("busy", _BUSY),
    6: ("busy", _BUSY),
    8: ("read-only", _READ_ONLY),
    10: ("input-output", _DISK),
    11: ("damaged", _DAMAGED),
    13: ("disk-full", _FULL),
    14: ("cannot-open", _NO_FILE),
    26: ("not-an-archive", _NOT_OURS),
}
# PostgreSQL SQLSTATE (its appendix A), whole or the class
_POSTGRES = {
    "53100": ("disk-full", _FULL),
    "25006": ("read-only", _STANDBY),
    "42501": ("refused", _REFUSED),
    "28": ("refused", _REFUSED),
    "40001": ("busy", _BUSY),
    "40P01": ("busy", _BUSY),
    "55P03": ("busy", _BUSY),
    "25P03": ("busy", _BUSY),
    "08": ("unreachable", _UNREACHABLE),
    "57P": ("unreachable", _UNREACHABLE),
    "3D": ("unreachable", _UNREACHABLE),
    "53": ("unreachable", _UNREACHABLE),
}


def translate(engine: Engine, url: URL) -> None:
    """From now on every failure of the driver on this engine is raised as ArchiveError or ArchiveBusy.

    A statement that breaks a rule of the schema or of SQL is our own mistake, and stays what it is.
    """

    def handle(context: ExceptionContext) -> None:
        error = context.original_exception
        ours = any(kind.__name__ in _OUR_MISTAKES for kind in type(error).__mro__)
        if not ours or _known(error)[0] in {"refused", "busy"}:
            raise_as_archive_error(error, url)

    event.listen(engine, "handle_error", handle)


def raise_as_archive_error(error: BaseException, url: URL) -> NoReturn:
    where = (
        url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    )
    code, sentence = _known(error)
    reason = " ".join(str(error).strip().partition("\n")[0].split()) or type(error).__name__
    kind = ArchiveBusy if code == "busy" else ArchiveError
    raise kind(sentence.format(where=where, reason=reason), code=code) from error


def _known(error: BaseException) -> tuple[str, str]:
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get(getattr(error, "sqlite_errorcode", 1) & 0xFF, ("failed", _OTHER))
    state = getattr(error, "sqlstate", None) or ""
    for length in (5, 3, 2):
        if state[:length] in _POSTGRES:
            return _POSTGRES[state[:length]]
    if state:
        return "failed", _OTHER
    refused = "authentication" in str(error) or "no password supplied" in str(error)
    return ("refused", _REFUSED) if refused else ("unreachable", _UNREACHABLE)
