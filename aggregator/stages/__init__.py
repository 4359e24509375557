"""The four verbs as plain functions, and the only place where the rooms meet.

`ingest` puts one collected document into the archive, and `finish` what was fetched once (a page, an older
document); `canonicalise` gives waiting copies their stories,
`publish` writes documents from stories. Each is idempotent, takes `now` from its caller, and commits what it
does in one transaction (`canonicalise`: one a batch), so that any of them may be killed and run again. Collecting
itself is the collectors' affair: `collect.run` brings `Collected` values home, and they are ingested here.
"""

from .attending import attend, publish_operations, wanting
from .publishing import Limits, Published, publish
from .rebuilding import Change, Rebuilt, rebuild, renew_sketches, unfound
from .remembering import Memory
from .rereading import reprocess
from .selecting import publish_selected, select
from .verbs import BATCH, canonicalise, finish, ingest, ingest_all, look_again
from .viewing import view, views

__all__ = [
    "BATCH",
    "Change",
    "Limits",
    "Memory",
    "Published",
    "Rebuilt",
    "attend",
    "canonicalise",
    "finish",
    "ingest",
    "ingest_all",
    "look_again",
    "publish",
    "publish_operations",
    "publish_selected",
    "rebuild",
    "renew_sketches",
    "reprocess",
    "select",
    "unfound",
    "view",
    "views",
    "wanting",
]
