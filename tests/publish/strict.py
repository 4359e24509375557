"""What a strict validator says of an Atom or RSS document, beyond its schema: facts that readers stumble over.

The rules are those that the feed validator of the W3C documents as errors and warnings
(https://validator.w3.org/feed/docs/): values that are implausible, markup where none is declared, HTML that is
none or that carries risks, identifiers that are not in their canonical form.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html.entities import name2codepoint
from urllib.parse import urlsplit

import html5lib
from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

ELEMENTS = frozenset(
    """
    a abbr acronym address area article aside audio b bdi big blockquote br button canvas caption center cite code
    col colgroup data datalist dd del details dfn dialog dir div dl dt em fieldset figcaption figure footer font
    form header h1 h2 h3 h4 h5 h6 hgroup hr i img input ins kbd label legend li main map mark menu meter nav ol
    output optgroup option p picture pre progress q rp rt ruby s samp section select small source span strike
    strong sub summary sup table tbody td template textarea time tfoot th thead tr track tt u ul var video
    noscript wbr
    """.split()
)
ATTRIBUTES = frozenset(
    """
    abbr align alt axis border cellpadding cellspacing cite class cols colspan datetime dir headers height href
    hreflang id kind label lang media name open poster rel reversed rows rowspan scope size sizes span src srclang
    srcset start summary target title type valign value width
    """.split()
)
HTML = ELEMENTS | {
    "bdo",
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "html",
    "head",
    "body",
    "title",
    "link",
}
PLAIN = frozenset("title subtitle rights name category source".split())
LANGUAGES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el
    en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu
    ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mo mr ms mt my
    na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm
    sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh
    zu fil haw ast ceb nds gsw scn yue
    """.split()
)
RELATIONS = frozenset(
    "alternate current enclosure first hub last license next next-archive prev-archive previous related self via".split()
)
_URI = re.compile(r"[a-zA-Z][0-9a-zA-Z+.-]*:(//)?[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+")
_TAG = re.compile(
    r"tag:([a-z0-9\-._]+?@)?[a-z0-9.\-]+?,\d{4}(-\d{2}(-\d{2})?)?:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*(#.*)?"
)
_URN = re.compile(
    r"urn:[a-zA-Z0-9][a-zA-Z0-9-]{1,31}:([a-zA-Z0-9()+,.:=@;$_!*'\-]|%[0-9A-Fa-f]{2})+", re.IGNORECASE
)
_UUID = re.compile(r"urn:uuid:[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}", re.IGNORECASE)
_EMAIL = re.compile(r"[A-Z0-9_\-+.']+@([A-Z0-9\-]+\.)+[A-Z0-9][-A-Z0-9]*", re.IGNORECASE)
_MIME = re.compile(r"[^\s()<>,;:\\\"/\[\]?=]+/[^\s()<>,;:\\\"/\[\]?=]+")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_RFC2822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d\d[03]0"
)
_END_TAG, _REFERENCE = re.compile(r"</(\w+)>"), re.compile(r"&(#?\w+)")
_LOOKS_LIKE_MARKUP = re.compile(r"&#[x0-9]|<[/a-zA-Z]")
_BAD = re.compile("[\x80-\x9f\ufffd]")
_TWICE = re.compile("[\xc2\xc3][\x80-\xbf]")
_PLAYABLE = re.compile(
    r"https?://(?:(?:\d{1,3}\.){3}|(?:[A-Z0-9-]+\.)+)[A-Z0-9][A-Z0-9-]*(?::\d+)?(?:/|$)", re.IGNORECASE
)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


def complaints(body: bytes, now: datetime, address: str = "") -> list[str]:
    """Everything that is wrong with the document, a line each; `now` is when it is looked at, and `address` where."""
    root = etree.fromstring(body)
    spelt = {number for number, line in enumerate(body.split(b"\n"), 1) if b"&#x" in line}
    found = [*_of_all(root), *_of_words(root, spelt)]
    checks = _of_atom(root, now) if root.tag == f"{ATOM}feed" else _of_rss(root, now)
    return [*found, *checks, *_self(root, address)]


def _of_all(root: etree._Element) -> Iterator[str]:
    for element in root.iter():
        said = [element.text or "", *map(str, element.attrib.values())]
        if any(_BAD.search(each) for each in said):
            yield f"{element.tag}: a control or replacement character in {said}"
        lang = element.get(XML_LANG) or element.get("hreflang")
        if lang and lang.lower().partition("-")[0] not in LANGUAGES:
            yield f"{element.tag}: no such language: {lang}"


def _of_words(root: etree._Element, spelt: set[int]) -> Iterator[str]:
    """Plain text in which something looks like markup, unless its signs are spelt as `&#x26;` and `&#x3C;`."""
    for element in root.iter():
        name = etree.QName(element).localname
        title = element.get("title")
        of_feed = name == "description" and element.getparent() == root.find("channel")
        is_plain = name in PLAIN or of_feed or (name == "content" and element.get("type") in (None, "text"))
        for said in [element.text or ""] * is_plain + [title] * (title is not None):
            yield from _plain(name, said, element.sourceline in spelt)
            if root.tag == "rss" and _LOOKS_LIKE_MARKUP.search(said) and element.sourceline not in spelt:
                yield f"{name}: what looks like markup: {said}"
        for part in re.split("[<>]", element.text or ""):
            if _TWICE.search(part) and _is_utf8(part):
                yield f"{name}: text that was encoded twice: {part}"


def _is_utf8(said: str) -> bool:
    try:
        return bool(said.encode("latin-1").decode("utf-8"))
    except UnicodeError:
        return False


def _self(root: etree._Element, address: str) -> Iterator[str]:
    channel = root.find("channel") if root.tag == "rss" else root
    assert channel is not None
    said = [link.get("href") for link in channel.iterfind(f"{ATOM}link") if link.get("rel") == "self"]
    if address and said != [address]:
        yield f"{said} is at {address}"


# ---------------------------------------------------------------- Atom


def _of_atom(root: etree._Element, now: datetime) -> Iterator[str]:
    yield from _metadata(root, now)
    for element in (
        list(root)[[child.tag for child in root].index(f"{ATOM}entry") :]
        if root.find(f"{ATOM}entry") is not None
        else ()
    ):
        if element.tag != f"{ATOM}entry" and element.tag.startswith(ATOM):
            yield f"{element.tag} after the first entry"
    ids = [entry.findtext(f"{ATOM}id") for entry in root.iterfind(f"{ATOM}entry")]
    if len(ids) != len(set(ids)):
        yield "an id twice"
    times = [entry.findtext(f"{ATOM}updated") for entry in root.iterfind(f"{ATOM}entry")]
    yield from (f"updated twice: {said}" for said, times_ in Counter(times).items() if times_ > 1)
    for entry in root.iterfind(f"{ATOM}entry"):
        yield from _entry(entry, now)


def _entry(entry: etree._Element, now: datetime) -> Iterator[str]:
    yield from _id(entry.findtext(f"{ATOM}id", ""))
    if not entry.findtext(f"{ATOM}title", "").strip():
        yield "an empty title"
    content = entry.find(f"{ATOM}content")
    if content is None or not content.text:
        yield "no content"
    elif content.get("type") == "html":
        yield from _html(content.text)
    for name in ("published", "updated"):
        yield from _date(entry.findtext(f"{ATOM}{name}"), now)
    yield from _links(entry)
    yield from _people(entry)
    if not all(category.get("term", "").strip() for category in entry.iterfind(f"{ATOM}category")):
        yield "an empty category"
    source = entry.find(f"{ATOM}source")
    if source is not None:
        yield from _metadata(source, now)


def _metadata(feed: etree._Element, now: datetime) -> Iterator[str]:
    """Of a feed, or of the source of an entry."""
    for name in ("id", "title", "updated"):
        if not feed.findtext(f"{ATOM}{name}"):
            yield f"{feed.tag} without {name}"
    yield from _id(feed.findtext(f"{ATOM}id", ""))
    yield from _date(feed.findtext(f"{ATOM}updated"), now)
    yield from _links(feed)
    yield from _people(feed)
    kinds = [
        (link.get("rel"), link.get("type"), link.get("hreflang")) for link in feed.iterfind(f"{ATOM}link")
    ]
    if len(kinds) != len(set(kinds)):
        yield f"links of one kind: {kinds}"
    if "self" not in [rel for rel, _, _ in kinds]:
        yield f"{feed.tag} without a self link: {feed.findtext(f'{ATOM}id')}"


def _links(element: etree._Element) -> Iterator[str]:
    alternates = []
    for link in element.iterfind(f"{ATOM}link"):
        yield from _uri("link", link.get("href", ""))
        if link.get("rel", "alternate") not in RELATIONS:
            yield f"rel {link.get('rel')}"
        if (said := link.get("type")) is not None and not _MIME.fullmatch(said):
            yield f"no media type: {said}"
        if (title := link.get("title")) is not None and not title.strip():
            yield "an empty title of a link"
        if (length := link.get("length")) is not None and not length.isdigit():
            yield f"length {length}"
        if link.get("rel") == "alternate":
            alternates.append((link.get("type"), link.get("hreflang")))
    if len(alternates) != len(set(alternates)):
        yield "two alternates of one kind"


def _people(element: etree._Element) -> Iterator[str]:
    for person in element.iterfind(f"{ATOM}author"):
        name = person.findtext(f"{ATOM}name", "")
        if not name.strip():
            yield "a nameless author"
        if re.search(f"<{_EMAIL.pattern}>", name, re.IGNORECASE):
            yield f"an address in a name: {name}"
        email, uri = person.findtext(f"{ATOM}email"), person.findtext(f"{ATOM}uri")
        if email is not None and not _EMAIL.fullmatch(email):
            yield f"no e-mail address: {email}"
        if uri is not None:
            yield from _uri("author", uri)


def _id(said: str) -> Iterator[str]:
    yield from _uri("id", said)
    parts = urlsplit(said)
    if parts.scheme in ("http", "https") and (not parts.path or parts.netloc != parts.netloc.lower()):
        yield f"an id that is not canonical: {said}"
    if parts.scheme in ("http", "https") and re.search(
        r"%[0-9A-F]?[a-f]|%[a-f]|/\.\.?(/|$)|:(80|443)?/", said[8:]
    ):
        yield f"an id that is not canonical: {said}"


# ---------------------------------------------------------------- RSS


def _of_rss(root: etree._Element, now: datetime) -> Iterator[str]:
    channel = root.find("channel")
    assert channel is not None
    tags = [child.tag for child in channel]
    if "item" in tags and set(tags[tags.index("item") :]) != {"item"}:
        yield "metadata after the first item"
    for name in ("title", "link", "description"):
        if tags.count(name) != 1 or not channel.findtext(name):
            yield f"{tags.count(name)} x {name}"
    if [link.get("rel") for link in channel.iterfind(f"{ATOM}link")].count("self") != 1:
        yield "no self link"
    yield from _rfc2822(channel.findtext("lastBuildDate"), now)
    guids = [item.findtext("guid") for item in channel.iterfind("item")]
    if len(guids) != len(set(guids)) or None in guids:
        yield "a guid twice, or none"
    for item in channel.iterfind("item"):
        yield from _item(item, now)


def _item(item: etree._Element, now: datetime) -> Iterator[str]:
    names = [child.tag for child in item]
    for name in ("title", "link", "description", "guid", "pubDate", "source", "enclosure"):
        if names.count(name) > 1:
            yield f"{name} twice"
    if not item.findtext("title", "").strip():
        yield "an empty title"
    yield from _uri("link", item.findtext("link", ""))
    yield from _html(item.findtext("description", ""))
    if item.find("pubDate") is not None:
        yield from _rfc2822(item.findtext("pubDate"), now)
    for source in item.iterfind("source"):
        yield from _uri("source", source.get("url", ""))
    for enclosure in item.iterfind("enclosure"):
        yield from _uri("enclosure", enclosure.get("url", ""))
        if not _PLAYABLE.match(enclosure.get("url", "")):
            yield f"enclosure on a host without a full name: {enclosure.get('url')}"
        if not enclosure.get("length", "").isdigit() or not _MIME.fullmatch(enclosure.get("type", "")):
            yield f"enclosure {dict(enclosure.attrib)}"


def _rfc2822(said: str | None, now: datetime) -> Iterator[str]:
    if said is None or not _RFC2822.fullmatch(said):
        yield f"no date: {said}"
        return
    at = parsedate_to_datetime(said)
    if at.strftime("%a") != said[:3]:
        yield f"another weekday: {said}"
    if not _EARLIEST <= at <= now + timedelta(minutes=10):
        yield f"an implausible date: {said}"


# ---------------------------------------------------------------- OPML


def of_outlines(body: bytes) -> list[str]:
    """What is wrong with an OPML document: its texts are HTML, as its specification has it."""
    root = etree.fromstring(body)
    said = [root.findtext("head/title", "")]
    said += [outline.get(name, "") for outline in root.iter("outline") for name in ("text", "title")]
    found = [line for each in said for line in _html(each)]
    return found if root.find("body/outline") is not None else [*found, "no outline"]


# ---------------------------------------------------------------- values


def _date(said: str | None, now: datetime) -> Iterator[str]:
    if said is None:
        return
    if not _RFC3339.fullmatch(said):
        yield f"no date: {said}"
    elif not _EARLIEST <= datetime.fromisoformat(said) <= now + timedelta(minutes=10):
        yield f"an implausible date: {said}"


def _uri(where: str, said: str) -> Iterator[str]:
    scheme = said.partition(":")[0].lower()
    known = {"tag": _TAG, "urn": _UUID if said.lower().startswith("urn:uuid:") else _URN}.get(scheme, _URI)
    if not known.fullmatch(said):
        yield f"{where}: no address: {said}"
    if scheme in ("http", "https") and not urlsplit(said).netloc:
        yield f"{where}: no host: {said}"


def _plain(where: str, said: str, spelt: bool) -> Iterator[str]:
    """Text in which nothing looks like markup, for some readers would take it for that."""
    tags = [tag for tag in _END_TAG.findall(said) if tag.lower() in HTML]
    names = [
        name
        for name in _REFERENCE.findall(said)
        if name in name2codepoint or name == "apos" or not name.isalpha()
    ]
    if tags or (names and not spelt):
        yield f"{where}: markup in plain text: {said}"


def _html(said: str) -> Iterator[str]:
    try:
        tree = html5lib.HTMLParser(strict=True).parseFragment(said)
    except html5lib.html5parser.ParseError as error:
        yield f"no HTML: {error}: {said[:300]}"
        return
    for element in tree.iter():
        if callable(element.tag) or element.tag == "DOCUMENT_FRAGMENT":
            continue
        name = element.tag.rpartition("}")[2]
        if name not in ELEMENTS:
            yield f"a risk: <{name}>"
        for attribute, value in element.attrib.items():
            if attribute not in ATTRIBUTES:
                yield f"a risk: {attribute} of <{name}>"
            if attribute in ("href", "src") and not re.match(r"\w+:", value):
                yield f"a relative reference: {value}"
