"""Who may decide: one token opens the door, a session keeps it open for a browser, and forms prove whence they come.

Nothing that stands in the archive lets anybody in: the token and the secret of a session are kept as digests
only. Both are long and random, so that a plain SHA-256 is as good as a slow hash; a token of the configuration
must be long too. The synchroniser token of a form is made of the session's secret, which no other site can know.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from .reading import Keeping

SETTING = "token digest"  # in the archive
STAYS = timedelta(hours=12)
NAME = 60  # characters of a person's name
SOMEBODY = "person"  # who does not say a name


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who has come in."""

    name: str
    form: str  # the synchroniser token of their forms


def new_token() -> str:
    """256 bits, as 43 letters, digits, - and _."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class Door:
    """Synchronous, as the archive is. `token` is that of the configuration, "" if there is none."""

    def __init__(self, archive: Keeping, token: str, base_url: str, clock: Callable[[], datetime]) -> None:
        self._archive = archive
        self._configured = digest(token) if token else ""
        self._base = urlsplit(base_url)
        self._clock = clock

    @property
    def secure(self) -> bool:
        return self._base.scheme == "https"

    @property
    def cookie(self) -> str:
        """The name of the cookie: its prefix binds it to this very host where readers come by https."""
        return "__Secure-session" if self.secure else "session"

    def has_lock(self) -> bool:
        """Whether anybody at all may come in; without a token nobody does."""
        return bool(self._digests())

    def admits(self, token: str) -> bool:
        """Compared by digest, in constant time."""
        said = digest(token.strip())
        return any(hmac.compare_digest(said, known) for known in self._digests())

    def enter(self, name: str) -> str:
        """Begin a session; the secret that the browser is to hold."""
        secret, now = new_token(), self._clock()
        name = " ".join(name.split())[:NAME] or SOMEBODY
        self._archive.begin_session(digest(secret), name, now, now + STAYS)
        return secret

    def who(self, secret: str) -> Visitor | None:
        if not self.has_lock():
            return None
        name = self._archive.session(digest(secret), self._clock())
        return None if name is None else Visitor(name, _form(secret))

    def leave(self, secret: str) -> None:
        self._archive.end_sessions(digest(secret))

    def sent_by_ourselves(self, headers: Headers) -> bool:
        """Whether a form comes from a page of ours: its origin is the host that was asked, or the site's own."""
        origin = urlsplit(headers.get("origin", ""))
        known = {headers.get("host", ""), self._base.netloc}
        site = headers.get("sec-fetch-site", "same-origin")
        return origin.scheme in ("http", "https") and origin.netloc in known and site == "same-origin"

    def _digests(self) -> list[str]:
        return list(filter(None, (self._configured, self._archive.setting(SETTING))))


def _form(secret: str) -> str:
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def same(said: str, known: str) -> bool:
    """Equal, in constant time."""
    return hmac.compare_digest(said.encode("utf-8", "replace"), known.encode())
