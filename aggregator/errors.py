"""Errors, split by what the caller should do about them.

    AggregatorError
    ├── ConfigurationError   the person mends config.toml or the command line            exit 2
    ├── CollectError         one source failed; it is recorded there, all else goes on    exit 1
    │   ├── Temporary        try again later, with back-off (down, timed out, 5xx)
    │   │   └── SlowDown     try again no sooner than `retry_after` (429, 503)
    │   └── Permanent        do not try again unasked (410, refused address, not a feed)
    ├── InputError           a file or a line handed to us is not what it should be       exit 1
    └── ArchiveError         the archive cannot be used as it is                          exit 3
        ├── ArchiveBusy      another process holds it: try again                          exit 4
        └── ArchiveTooNew    written by a newer version: upgrade the program              exit 3

Every error carries one sentence for a person (`str(error)`: the thing and the mend) and a short stable `code`
for programs, which is what the fetch log stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

T = TypeVar("T")


class AggregatorError(Exception):
    """The root: one sentence for a person, a `code` for programs, an exit code for the shell."""

    exit_code = 1

    def __init__(self, message: str, *, code: str = "error") -> None:
        super().__init__(message)
        self.code = code


class ConfigurationError(AggregatorError):
    """config.toml or the command line asks for something that cannot be."""

    exit_code = 2


class CollectError(AggregatorError):
    """One source could not be read. Recorded on the source; never stops another."""


class Temporary(CollectError):
    """Likely to pass: try again after a back-off."""


class SlowDown(Temporary):
    """The server named a time (RFC 9110 section 10.2.3): not before `retry_after` (aware UTC)."""

    def __init__(self, message: str, *, code: str = "slow-down", retry_after: datetime | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Permanent(CollectError):
    """Will not mend itself: the person must look at the source."""


class InputError(AggregatorError):
    """A file, a line or an argument is not what it should be."""


class ArchiveError(AggregatorError):
    """The archive cannot be used as it is."""

    exit_code = 3


class ArchiveBusy(ArchiveError):
    """Another process holds what is needed: try again."""

    exit_code = 4


class ArchiveTooNew(ArchiveError):
    """The archive was written by a newer version of the program."""


def only(outcomes: Sequence[T | ArchiveError]) -> T:
    """What became of the one thing that was done, where several are done at once; raised if it is an error."""
    [done] = outcomes
    if isinstance(done, ArchiveError):
        raise done
    return done
