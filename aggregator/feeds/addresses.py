"""Absolute URLs, fast for the many that are plain: `url.absolute` has the last word on all others."""

from __future__ import annotations

import re
from functools import lru_cache

from aggregator import url

# What `url.absolute` would return unchanged.
PLAIN = r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[A-Za-z0-9._~/?=&%+,:;#@!$'()*-]*)?"
_plain = re.compile(PLAIN).fullmatch
_plain_path = re.compile(r"/(?!/)[A-Za-z0-9._~/?=&%+,:;#@!$'()*-]*").fullmatch
_plain_file = re.compile(
    r"[A-Za-z0-9_~-][A-Za-z0-9._~/-]*(?:#[A-Za-z0-9._~:/-]*)?|#[A-Za-z0-9._~:/-]+"
).fullmatch


def absolute(base: str, said: str | None) -> str:
    """`url.absolute`, for a URL that may be missing."""
    if not said:
        return ""
    if _plain(said):
        return said
    if _plain_path(said) and "/." not in said and (origin := _origin(base)):
        return origin + said
    if _plain_file(said) and "/." not in said and (page := _page(base)):
        return page + said if said[0] == "#" else page.partition("?")[0].rpartition("/")[0] + "/" + said
    return url.absolute(base, said)


@lru_cache(maxsize=1024)
def _origin(base: str) -> str:
    """Scheme and host of a plain URL; "" of any other."""
    return "/".join(base.split("/", 3)[:3]) if _plain(base) else ""


@lru_cache(maxsize=1024)
def _page(base: str) -> str:
    """A plain URL with a path, less its fragment; "" of any other."""
    page = base.partition("#")[0]
    path = page.partition("?")[0]
    return page if _plain(page) and path.count("/") > 2 and "/." not in path else ""
