"""Which hub a feed names, and as what (section 4): the Link header first, then the document. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ... import url
from ...model import ParsedFeed

LONGEST = 1250  # bytes of an address that is kept: both stand in one row of an index
_LINK = re.compile(r'<([^<>]*)>((?:[^",<]|"[^"]*")*)')  # RFC 8288 section 3: a target, its parameters
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


def discovered(link: str, feed: ParsedFeed, address: str) -> tuple[str, str] | None:
    """(hub, topic) or None. `link` is the Link header, `address` where the document came from.

    Both must be there: a hub can tell of no topic that it does not know.
    """
    said = list(_links(link, address))
    hubs = [target for relation, target in said if relation == "hub"] or list(feed.hubs)
    topics = [target for relation, target in said if relation == "self"] or [feed.self_url]
    hub = next((hub for hub in hubs if _plain(hub)), "")
    return (hub, topics[0]) if hub and _plain(topics[0]) else None


def _links(header: str, base: str) -> Iterator[tuple[str, str]]:
    """(relation, absolute target) of every link in the header."""
    for target, parameters in _LINK.findall(header):
        if said := _REL.search(parameters):
            for relation in (said[1] or said[2]).lower().split():
                yield relation, url.absolute(base, target)


def _plain(address: str) -> bool:
    return 0 < len(address.encode()) <= LONGEST and bool(url.host(address))
