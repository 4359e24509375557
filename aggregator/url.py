"""URLs: absolute form, and the identity form under which two addresses of one page are equal.

`identity` is evidence, not a link to follow: it may name an address that no server answers. It forgets only
what is known not to choose the page; an unknown parameter, a path's letter case and a subdomain stay, because
two articles under one identity would hide one of them, while two identities of one article cost nothing but
a comparison of their texts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from urllib.parse import quote, unquote, urljoin

import idna

from .text import nfc


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# RFC 3986 appendix B, for http and https only; any number of slashes and a doubled scheme are mended.
_PARTS = re.compile(
    r"(?:https?:[/\\]*)+([^/\\?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.IGNORECASE | re.DOTALL
)
_SCHEME = re.compile(r"https?:", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
LONGEST = 8000  # characters of a URL; RFC 9110 section 4.1 wants that many to be taken
_LONGEST_HOST = 1000  # characters, escapes and all; DNS has 253
_LEGAL = "!$&'()*+,;=:@/?#[]~%"  # reserved characters of RFC 3986 section 2.2, "%" and "~"
_ALL_LEGAL = re.compile(rf"[A-Za-z0-9._\-{re.escape(_LEGAL)}]*").fullmatch

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+|%")
_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"  # section 2.3
_PATH_PLAIN = frozenset((_UNRESERVED + "!$&'()*,:;=@ ").encode())
_QUERY_PLAIN = frozenset((_UNRESERVED + "!$'()*,:@/? ").encode())

_MOBILE = re.compile(r"(?:(?:www\d?|m|mobile|mobi|amp|wap|touch)\.)+(?=[^.]+\.[^.])")
_INNER_MOBILE = re.compile(r"\.m\.(?=[^.]+\.[^.])")  # en.m.wikipedia.org
_REGISTRY = re.compile(r"(?:co|com|org|net|gov|edu|ac|or|ne|go)\.[a-z]{2}")

_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_INDEX = r"(?:index|default)\.(?:[sx]?html?|php\d?|aspx?|jspx?|cfm)"
_LAST_ASIDE = re.compile(rf"{_INDEX}|comment-page-\d+", re.IGNORECASE).fullmatch
_AMP_FILE = re.compile(r"(?:\.amp(?=\.html?$|$)|(?<=\d{5})_amp(?=\.html?$|$)|(?<=-[0-9a-f]{12})-amp$)")
_AMP_SEGMENTS = frozenset({"amp", "amphtml", "amp.html"})
_LISTING = _words("tag tags topic topics category categories wiki author search label keyword keywords")
_AMP_CACHE = re.compile(r"/(?:[a-z]{1,3}/)?(?:s/)?(?=[^/]+\.[^/]+)")
_GOOGLE = re.compile(r"google\.[a-z]{2,3}(?:\.[a-z]{2})?")

# Addresses that only lead on: (host, path) -> the parameters that carry the target.
_REDIRECTS = {
    ("l.facebook.com", "/l.php"): ("u",),
    ("lm.facebook.com", "/l.php"): ("u",),
    ("bing.com", "/news/apiclick.aspx"): ("url",),
    ("vk.com", "/away.php"): ("to",),
    ("t.umblr.com", "/redirect"): ("z",),
    ("duckduckgo.com", "/l"): ("uddg",),
    ("youtube.com", "/redirect"): ("q",),
}

_PREFIXES = tuple(
    _words(
        """
        utm_ utm- hsa_ mtm_ matomo_ piwik_ pk_campaign pk_k pk_source pk_medium pk_content itm_ at_ ns_
        fb_ ga_ wt_ wt. _hs __hs vero_ oly_ mc_cid mc_eid mc_tc amp_ cx_ gaa_ guce_ soc_ relatedposts_
        elq spmailing spuser spjob spreport action_object_ action_type_ action_ref_ __cft__ cn-track
        """
    )
)

# Names that never choose an article, in lower case: click ids, campaigns, sessions, share buttons.
_TRACKING = _words(
    """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid tblci taboolaclickid
    outbrainclickid dicbo obref oborigurl irclickid irgwc zanpid wickedid awc tduid rb_clickid epik
    li_fat_id mibextid igshid igsh s_cid s_kwcid sc_cid sc_channel ef_id _openstat _ga _gl _gid _ke _kx
    __tn__ __xts__ __twitter_impression mkt_tok sfmc_id nr_email_referer trk trkinfo trkcampaign trackingid
    spm scm xtor xtref xtmc xts cmpid icmp intcmp icid intcid ncid ocid s_ocid mbid cndid bxid esrc ito hpid
    wpisrc wpmm wprss feedtype feedname rpc ftcamp segmentid fsrc fsrc_fb_noscript srnd sref leadsource smid
    smtyp emc ftag iref hpt lctg ex_cid c_id bcid campaign_id campaignid traffic_source cmpredirect yptr
    tsrc .tsrc guccounter cvid ref_src ref_url ref_source refer referer referrer referringsource referral
    reflink hc_ref hc_location fref sharetype sharetoken sharebutton shared share_id dlvrit xing_share
    isfreemail triedredirect showwelcomeonshare replytocom doing_wp_cron like_comment usqp isamp ampmode
    noamp nonamp amp nomobile custom_click phpsessid phpsessionid jsessionid aspsessionid cfid cftoken
    oscsid zenid skipmobile skip_mobile altcast_code akid wtmc wtrid wt_mc usp gws_rd sthisfb
    pinned_post_locator pinned_post_asset_id pinned_post_type _
    """
)
# Names that track on most sites and choose an article on some: they go only as `_is_aside` allows.
_AMBIGUOUS = _words(
    "ref source src cid tid from via partner mod share feature campaign medium rss sr cmp ana linkid"
)
_ASIDES = _words(
    """
    rss feed atom rssfeed twitter tw x facebook fb instagram ig linkedin whatsapp wa telegram reddit
    pinterest email mail newsletter nl push app social share shared home homepage hp frontpage google
    googlenews flipboard direct amp web mobile desktop related readmore yahoo apple
    """
)
_VIEW_ONLY = {
    "outputtype output view format _format mode template service layout display": frozenset({"amp", "print"}),
    "print printable mobile desktop": frozenset({"", "0", "1", "true", "false", "yes", "y", "print"}),
    "pagewanted page": frozenset({"all"}),
    "singlepage fullpage full": frozenset({"", "1", "true", "yes"}),
}
_VIEWS = {name: values for names, values in _VIEW_ONLY.items() for name in names.split()}
_CHOOSING = _words(
    "id p v a story storyid story_id article articleid article_id artid nid newsid news_id aid page_id"
)
_HOST_TRACKING = {
    "nytimes.com": _words(
        "action module pgtype region contentcollection hp version te nl _r src clicksource"
    ),
    "youtube.com": _words("si pp t ab_channel list index start start_radio feature app"),
    "twitter.com": frozenset({"s", "t", "lang"}),
    "x.com": frozenset({"s", "t", "lang"}),
    "forbes.com": frozenset({"sh", "ss"}),
    "substack.com": frozenset({"r", "s"}),
}
_DYNAMIC = re.compile(r"\.(?:php\d?|aspx?|jspx?|cfm|cgi|dll|do|pl)$", re.IGNORECASE)
_LAST_SLUG = re.compile(r"[-_][^-_/]+[-_]")  # three words of a path's last segment
_NUMBER = re.compile(r"\d{5}")


def absolute(base: str, href: str) -> str:
    """`href` as an absolute http(s) URI in ASCII, seen from `base`; "" where it is none (mailto:, blank).

    An address that is longer than `LONGEST` is none: no server takes it, and each relative link repeats its base.
    """
    href = _CONTROL.sub("", href).strip()
    if not href or len(href) > LONGEST:
        return ""
    if len(base) > LONGEST:
        base = ""
    try:
        joined = urljoin(base.strip(), href)
    except ValueError:
        return ""
    if joined.startswith("//"):
        joined = "https:" + joined
    match = _PARTS.fullmatch(joined)
    name = host(joined)
    if match is None or not name:
        return ""
    authority, path, query, fragment = match.groups()
    scheme, default = ("https", (443,)) if joined[:6].lower() == "https:" else ("http", (80,))
    tail = path.replace("\\", "/") + ("" if query is None else f"?{query}")
    anchor = f"#{_quoted(fragment)}" if fragment else ""
    return f"{scheme}://{_with_port(name, authority, default)}{_quoted(tail)}{anchor}"


def host(url: str) -> str:
    """The host of an http(s) URL: lower case, IDNA (RFC 5891), no port, no user; "" where there is none."""
    match = _PARTS.match(url.strip())
    return _host_of(match[1]) if match else ""


def identity(url: str) -> str:
    """The form under which two addresses of one page are equal, itself a URL; "" if `url` is not http(s)."""
    return _identity(url, 3)


def key(*urls: str) -> int:
    """The identity of the first of the URLs that has one, in 64 bits, signed; 0 if none has.

    Of a million, two are taken for one with a chance of 1 in 40 million.
    """
    said = next(filter(None, map(identity, urls)), "")
    digest = hashlib.blake2b(said.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) if said else 0


def _identity(url: str, depth: int) -> str:
    match = _PARTS.fullmatch(_mended(url))
    if match is None:
        return ""
    authority, raw_path, raw_query, raw_fragment = match.groups()
    name = _host_of(authority)
    if not name:
        return ""
    name = _plain_host(name)
    path = _plain_path(raw_path)
    target = _led_to(name, path, raw_path, raw_query or "") if depth else ""
    if target:
        return _identity(target, depth - 1) or target
    query = _plain_query(raw_query, name, path) if raw_query else ""
    fragment = _route(raw_fragment, name, path, query) if raw_fragment else ""
    name, path, query = _video(name, path, query)
    return f"https://{_with_port(name, authority)}{path or '/'}{query}{fragment}"


def _mended(url: str) -> str:
    """Without white space around and control characters; with `&amp;` as the ampersand it once was."""
    url = url.strip()
    if _CONTROL.search(url):
        url = _CONTROL.sub("", url)
    if ";" in url and "&" in url:
        url = re.sub(r"&(?:amp;|#0?38;)+", "&", url)
    return url


@lru_cache(maxsize=4096)
def _host_of(authority: str) -> str:
    name = authority.rpartition("@")[2]
    if len(name) > _LONGEST_HOST:
        return ""
    name = re.sub(r":\d{0,5}$", "", name).rstrip(".").lower()
    if "%" in name:
        name = unquote(name).lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return ""
    return name if _HOST.fullmatch(name) else ""


def _with_port(name: str, authority: str, defaults: tuple[int, ...] = (80, 443)) -> str:
    """The host with its port, where that is no default."""
    digits = authority[authority.rfind(":") + 1 :] if ":" in authority else ""
    if not (digits.isascii() and digits.isdigit()) or int(digits) in defaults:
        return name
    return f"{name}:{int(digits)}"


def _quoted(text: str) -> str:
    return text if _ALL_LEGAL(text) else quote(text, safe=_LEGAL)


@lru_cache(maxsize=4096)
def _plain_host(name: str) -> str:
    """Without `www.`, `m.`, `amp.` and their like, as long as a whole site's name remains."""
    match = _MOBILE.match(name)
    if match and not _REGISTRY.fullmatch(name[match.end() :]):
        name = name[match.end() :]
    return _INNER_MOBILE.sub(".", name)


# ---------------------------------------------------------------- escapes


def _unescaped(text: str, plain: frozenset[int]) -> str:
    """Escapes decoded where they stand for `plain` bytes or UTF-8, in upper case where they stay; NFC."""
    if "%" in text:
        text = _ESCAPES.sub(lambda match: _decoded(match[0], plain), text)
    return text if text.isascii() else nfc(text)


def _decoded(run: str, plain: frozenset[int]) -> str:
    if run == "%":
        return "%25"
    text = bytes.fromhex(run.replace("%", "")).decode("utf-8", "surrogateescape")
    return "".join(
        char if ord(char) in plain or 0x80 <= ord(char) < 0xD800 or ord(char) > 0xDFFF else _escape(char)
        for char in text
    )


def _escape(char: str) -> str:
    code = ord(char)
    return f"%{code - 0xDC00 if code > 0x7F else code:02X}"


# ---------------------------------------------------------------- path


def _plain_path(raw: str) -> str:
    """The path without dot segments, AMP marks, index file, session, trailing slash; "" for the root."""
    path = _unescaped(raw.replace("\\", "/"), _PATH_PLAIN)
    if ";" in path:
        path = _SESSION.sub("", path)
    segments = _resolved(path.split("/"))
    if not segments:
        return ""
    before: list[str] = []
    while segments and segments != before:  # one mark may hide another: /a.amp/index.html
        before = segments
        segments = _without_amp(segments) if "amp" in path else segments
        segments = segments[:-1] if _LAST_ASIDE(segments[-1]) else segments
    return _quoted("/" + "/".join(segments)) if segments else ""


def _resolved(segments: Iterable[str]) -> list[str]:
    """RFC 3986 section 5.2.4; empty segments and white space at a segment's end go as well."""
    resolved: list[str] = []
    for raw in segments:
        segment = raw.rstrip(" \u200b\ufeff")
        if segment == "..":
            del resolved[-1:]
        elif segment and segment != ".":
            resolved.append(segment)
    return resolved


def _without_amp(segments: list[str]) -> list[str]:
    kept = [
        segment
        for before, segment in zip(["", *segments], segments, strict=False)
        if segment not in _AMP_SEGMENTS or before in _LISTING
    ]
    if not kept:
        return segments
    plain = _AMP_FILE.sub("", kept[-1]).rstrip(" \u200b\ufeff")
    kept[-1] = plain if plain.strip(".") else kept[-1]
    return ["articleshow" if segment == "amp_articleshow" else segment for segment in kept]


# ---------------------------------------------------------------- query and fragment


def _pairs(raw: str) -> list[tuple[str, str]]:
    pairs = []
    for part in raw.split("&"):
        if part and part != "=":
            name, _, value = part.replace("+", " ").partition("=")
            if "%" in part or not part.isascii():
                name, value = _unescaped(name, _QUERY_PLAIN), _unescaped(value, _QUERY_PLAIN)
            pairs.append((name.strip(), value.strip()))
    return pairs


def _plain_query(raw: str, name: str, path: str) -> str:
    """The parameters that may choose the page, by name; those of one name in the order they came."""
    local = _HOST_TRACKING.get(name) or _HOST_TRACKING.get(name.partition(".")[2], frozenset())
    pairs = [
        pair
        for pair in _pairs(raw)
        if (lower := pair[0].lower())
        and lower not in _TRACKING
        and lower not in local
        and not lower.startswith(_PREFIXES)
    ]
    names = {key.lower() for key, _ in pairs}
    kept = [(_quoted(key), value) for key, value in pairs if not _is_aside((key, value), names, path)]
    kept.sort(key=itemgetter(0))
    return (
        "?" + _quoted("&".join([f"{key}={value}" if value else key for key, value in kept])) if kept else ""
    )


def _is_aside(pair: tuple[str, str], names: set[str], path: str) -> bool:
    """Whether a parameter of many meanings says only where the reader came from or how the page looks."""
    name, value = pair[0].lower(), pair[1].lower()
    if name in _VIEWS:
        return value in _VIEWS[name]
    if name == "nb":  # WordPress's second share parameter
        return "share" in names
    if name == "m":  # Blogger's mobile view
        return value in ("0", "1") and path.endswith(".html")
    if name not in _AMBIGUOUS:
        return False
    if value in _ASIDES:
        return True
    if any(char.isdigit() for char in value):
        return False
    return not _CHOOSING.isdisjoint(names) or (_names_an_article(path) and not _DYNAMIC.search(path))


def _names_an_article(path: str) -> bool:
    return bool(_LAST_SLUG.search(path.rpartition("/")[2]) or _NUMBER.search(path))


def _route(raw: str, name: str, path: str, query: str) -> str:
    """The fragment where a script reads it as the address: `#!…`, `#/…`, and `#news/12` of a bare page."""
    route, _, parameters = raw.partition("?")
    route = _unescaped(route, _PATH_PLAIN).rstrip(" /")
    if not route.strip("!/ ") or (route[0] not in "!/" and ("/" not in route or path or query)):
        return ""
    return "#" + _quoted(route).replace("#", "%23") + _plain_query(parameters, name, route)


# ---------------------------------------------------------------- addresses that stand for another


def _led_to(name: str, path: str, raw_path: str, query: str) -> str:
    """The address behind an AMP cache or a redirect that names its target; "" for any other."""
    tail = f"?{query}" if query else ""
    if name.endswith(("cdn.ampproject.org", ".bing-amp.com")):
        match = _AMP_CACHE.match(raw_path)
        return f"https://{raw_path[match.end() :]}{tail}" if match else ""
    if _GOOGLE.fullmatch(name):
        if raw_path.startswith("/amp/"):
            return "https://" + raw_path.removeprefix("/amp/").removeprefix("s/") + tail
        keys: tuple[str, ...] = ("url", "q") if path == "/url" else ()
    else:
        keys = _REDIRECTS.get((name, path), ())
    found = dict(part.partition("=")[::2] for part in query.split("&")) if keys else {}
    targets = (unquote(found.get(key, "")) for key in keys)
    return next((target for target in targets if _SCHEME.match(target)), "")


def _video(name: str, path: str, query: str) -> tuple[str, str, str]:
    """One form for the addresses of a YouTube video."""
    if name == "youtu.be" and path.count("/") == 1:
        return "youtube.com", "/watch", f"?v={path[1:]}"
    if name in ("youtube.com", "youtube-nocookie.com"):
        for prefix in ("/embed/", "/shorts/", "/live/"):
            if path.startswith(prefix):
                return "youtube.com", "/watch", f"?v={path.removeprefix(prefix)}"
    return name, path, query
