"""Absolute URLs, fast for the many that are plain: `url.absolute` has the last word on all others."""

from __future__ import annotations

import re
from functools import lru_cache

from aggregator import url

# What `url.absolute` would return unchanged.
PLAIN = r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[A-Za-z0-9._~/?=&%+,:;#@!$'()*-]*)?"
LONGEST_BASE = 1_000  # characters; each of thousands of relative links in a document repeats them
_plain = re.compile(PLAIN).fullmatch
_plain_path = re.compile(r"/(?!/)[A-Za-z0-9._~/?=&%+,:;#@!$'()*-]*").fullmatch
_plain_file = re.compile(
    r"[A-Za-z0-9._~-][A-Za-z0-9._~/-]*(?:#[A-Za-z0-9._~:/-]*)?|#[A-Za-z0-9._~:/-]+"
).fullmatch


def absolute(base: str, said: str | None) -> str:
    """`url.absolute`, for a URL that may be missing."""
    if not said:
        return ""
    if "&amp;" in said:  # escaped once too often
        said = said.replace("&amp;", "&")
    if len(base) > LONGEST_BASE:
        base = ""
    if len(said) > url.LONGEST:
        return ""
    if _plain(said):
        return said
    if _plain_path(said) and (origin := _origin(base)):
        if "/." not in said:
            return origin + said
        if path := _without_dots(said):
            return origin + path
    elif _plain_file(said) and (page := _page(base)):
        if said[0] == "#":
            return page + said
        folder = page.partition("?")[0].rpartition("/")[0] + "/"
        if "." not in (said[0], said.partition("/.")[1][1:]):
            return folder + said
        origin = _origin(page)
        if path := _without_dots(folder[len(origin) :] + said):
            return origin + path
    return url.absolute(base, said)


def _without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4; "" where a query or an empty segment is among it."""
    path, mark, fragment = path.partition("#")
    segments = path.split("/")[1:]
    if "?" in path or "" in segments[:-1]:
        return ""
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept) + mark + fragment


@lru_cache(maxsize=1024)
def _origin(base: str) -> str:
    """Scheme and host of a plain URL; "" of any other."""
    return "/".join(base.split("/", 3)[:3]) if _plain(base) else ""


@lru_cache(maxsize=1024)
def _page(base: str) -> str:
    """A plain URL with a path, less its fragment; "" of any other."""
    page = base.partition("#")[0]
    path = page.partition("?")[0]
    is_simple = path.count("/") > 2 and "/." not in path and "//" not in path[8:]
    return page if is_simple and _plain(page) else ""
