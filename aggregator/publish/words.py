"""Words as a feed carries them: what strict readers and validators take for a mistake is mended or left out here.

The rules are those of the feed validator of the W3C (https://validator.w3.org/feed/docs/), which says what
readers stumble over: markup in plain text, replacement characters, identifiers that are not canonical.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from html import unescape

from ..text import clean, one_line

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # a feed that is dated before is taken for a mistake
_LANGUAGE = re.compile(r"([A-Za-z]{2})(-[A-Za-z0-9]{1,8})*")  # RFC 4287 appendix B, atomLanguageTag
_ISO_639_1 = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja
    jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb
    nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq
    sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()
)
_EMAIL = re.compile(r"[A-Za-z0-9_+.'-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9][A-Za-z0-9-]*")
_IN_BRACKETS = re.compile(r"\s*<[^<>]*@[^<>]*>")
# Control characters and noncharacters, which are errors to an HTML parser (the HTML standard, section 13.2.3.5).
_PLANES = "".join(chr(plane + low) for plane in range(0x10000, 0x110000, 0x10000) for low in (0xFFFE, 0xFFFF))
_ODD = re.compile(f"[\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff{_PLANES}]")
_ODD_BYTES = re.compile(rb"\xc2[\x80-\x9f]|\xef(?:\xb7[\x90-\xaf]|\xbf[\xbe\xbf])")
_BEYOND = bytes(range(0xF0, 0xF5))  # what characters beyond the first plane begin with
_TAG, _END_TAG = re.compile(r"</?[A-Za-z][^<>]*>"), re.compile(r"</[A-Za-z]")
_REFERENCE = re.compile(r"&(?=#?\w+;)")
_TWICE = re.compile("[\xc2\xc3][\x80-\xbf]")  # how two bytes of UTF-8 look as Latin-1
# The lines of a document, as feedgen writes them, that hold plain text; of descriptions that of the feed alone.
_WORDS = re.compile(
    rb"^ *<(?:title|subtitle|name|rights|category|source|link(?=[^>]* title=)|(?<=^ {4}<)description)\b.*$",
    re.MULTILINE,
)
# The canonical forms of RFC 3986 section 6, RFC 4151 section 2.1, RFC 8141 section 2 and RFC 9562 section 4.
_CANONICAL = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::(?!80/|443/)[1-9][0-9]*)?/(?:[\w\-.~!$&'()*+,;=:@/]*)"
    r"(?:\?[\w\-.~!$&'()*+,;=:@/?]*)?"
    r"|tag:(?:[a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(?:-\d{2}(?:-\d{2})?)?:[\w;/?:@&=+$.\-!~*'()%,]*"
    r"|urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|urn:(?!uuid:)[a-z0-9][a-z0-9-]{1,31}:[\w()+,.:=@;$!*'-]+",
    re.ASCII,
)
_DOTS = re.compile(r"/\.\.?(?:/|$)")


def plain(said: str) -> str:
    """One line in which nothing looks like markup: a title that is escaped twice is told by what it means."""
    said = one_line(said)
    for _ in range(3):
        if not _REFERENCE.search(said):
            break
        said = unescape(said)
    if _END_TAG.search(said):
        said = _TAG.sub("", said)
    said = _REFERENCE.sub("& ", _once(said)).replace("</", "< /")
    return one_line(_ODD.sub(" ", said).replace("\ufffd", "?"))


def spelt(document: bytes) -> bytes:
    """The XML with the signs of markup in plain text written as `&#x26;` and `&#x3C;`.

    To a parser they are the same; but a reader that takes plain text for HTML then shows "R&D2" and "a <b" as they
    are (RSS Best Practices Profile, on entities in character data).
    """
    return _WORDS.sub(lambda line: line[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;"), document)


def markup(html: str) -> str:
    """Sanitised HTML less the characters that no parser takes without complaint."""
    said = clean(_once(html))
    if said.isascii():
        return said.replace("\x7f", "")
    return (_ODD.sub("", said) if _may_be_odd(said) else said).replace("\ufffd", "?")


def _may_be_odd(said: str) -> bool:
    """Asked of the bytes, where a search that begins with a fixed byte is many times faster."""
    spelt = said.encode("utf-8", "replace")
    beyond = len(spelt.translate(None, _BEYOND)) < len(spelt)
    return beyond or "\x7f" in said or _ODD_BYTES.search(spelt) is not None


def _once(said: str) -> str:
    """Text or HTML in which what was encoded as UTF-8 twice is as it was meant: "CafÃ©" is "Café"."""
    if not _TWICE.search(said):
        return said
    return "".join(_decoded(part) if _TWICE.search(part) else part for part in re.split("([<>])", said))


def _decoded(said: str) -> str:
    try:
        return _once(said.encode("latin-1").decode("utf-8"))
    except UnicodeError:
        return said


def person(said: str) -> str:
    """The name of a person, less the address that stands behind it."""
    said = plain(said)
    return plain(_IN_BRACKETS.sub("", said)) or re.sub("[<>]", "", said)


def language(tag: str) -> str:
    """The language tag where it begins with a code of ISO 639-1, else ""."""
    found = _LANGUAGE.fullmatch(tag)
    return tag if found and found[1].lower() in _ISO_639_1 else ""


def email(said: str) -> str:
    """The address (RFC 5322 section 3.4.1, in the form that is in use) where it is one, else ""."""
    said = one_line(said)
    return said if _EMAIL.fullmatch(said) else ""


def identity(*said: str) -> str:
    """The first of these that can be told by its characters alone from every other identifier; "" if none."""
    return next((one for one in said if _CANONICAL.fullmatch(one) and not _DOTS.search(one)), "")


def tick(identity: str) -> timedelta:
    """Less than a second, an entry's own wherever it is shown.

    Many stories are dated to one second, or come in one document without a date; readers that sort by `updated`, or
    ask for what is newer, need one that is like no other.
    """
    digest = hashlib.blake2b(identity.encode("utf-8", "replace"), digest_size=8).digest()
    return timedelta(microseconds=int.from_bytes(digest) % 1_000_000)
