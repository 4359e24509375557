"""WebSub (W3C Recommendation, 23 January 2018): being told of news by a hub, and telling a hub of ours.

    protocol    what is said and believed: requests, verification of intent, signatures, leases (pure)
    discovery   which hub a feed names, and under which address the hub knows it (pure)
    hubs        the requests to hubs, past the guard; a delivery read like a fetched document

Import rule: that of `collect`. Who is subscribed to what is the archive's to remember.
"""

from .discovery import discovered
from .hubs import announce, delivered, subscribe
from .protocol import RENEW, Verification, lease_of, retry_after, signed, verification

__all__ = [
    "RENEW",
    "Verification",
    "announce",
    "delivered",
    "discovered",
    "lease_of",
    "retry_after",
    "signed",
    "subscribe",
    "verification",
]
