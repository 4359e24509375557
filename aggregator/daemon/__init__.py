"""The daemon: when things happen. Ticks over due times kept in SQL, pages beside them, an ordered drain.

    working    one process at work on one archive, in the roles it is given
    ticking    something done at intervals and when it is woken
    serving    the pages and what hubs send, by uvicorn in the same loop
    notifying  word to the service manager
    early      the last feed while the daemon starts
    looping    the event loop
    starting   from a configuration to a daemon, and to the next one when the configuration changes

Import rule: `app` and what it is made of, `web`. Owns APScheduler (with `collect`) and uvicorn.
"""

from .early import ROLES, run

__all__ = ["ROLES", "run"]
