"""The archive: SQLite or PostgreSQL, behind one object that takes and returns model objects, never rows.

Import rule: this room alone imports sqlalchemy and alembic; of the package it imports model, errors, url and
text only. Every difference between the databases is in `dialect`, and in the two halves of `textindex`. It is
synchronous, reads no clock (`now` is an argument), may be used from several threads; each method of `Archive` is a
transaction. The schema is made by `migrations/`, and named by the classes in `schema`.
"""

from .announcements import Announcement
from .archive import Archive
from .frames import lines as unpacked
from .frames import packing
from .placing import Desk
from .publication import Ledger
from .rebuilding import Glance, Rebuilding
from .retention import Dropped, Limits
from .subscriptions import Told
from .values import (
    ArchiveStatus,
    Copying,
    Correction,
    Document,
    Finding,
    Hit,
    Revision,
    SourceStats,
    Unsure,
    Version,
)
from .whole import check as check_whole

__all__ = [
    "Announcement",
    "Archive",
    "ArchiveStatus",
    "Copying",
    "Correction",
    "Desk",
    "Document",
    "Dropped",
    "Finding",
    "Glance",
    "Hit",
    "Ledger",
    "Limits",
    "Rebuilding",
    "Revision",
    "SourceStats",
    "Told",
    "Unsure",
    "Version",
    "check_whole",
    "packing",
    "unpacked",
]
