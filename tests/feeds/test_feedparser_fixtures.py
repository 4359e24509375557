"""feedparser's own fixtures, one file a case, each with the expression it expects to hold."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from aggregator import feeds
from aggregator.url import absolute
from tests.feeds.feedparser_view import namespace

FIXTURES = Path(__file__).parents[3] / "shared" / "corpora" / "feeds" / "feedparser"
HERE = "http://127.0.0.1:8097/feed/"
REQUIRED = 0.97

# What our model has no word for: (expression or path, reason).
LEFT_OUT = [
    (
        r"_detail['\"]?\]?\.?\[?['\"]?(type|base|language)|\]\['(type|base)'\]|\.type ==",
        "how a text was typed or based",
    ),
    (r"contributors|publisher", "persons who are not authors"),
    (r"itunes_|media_(credit|restriction|license|rating|player|content)", "facts about a recording"),
    (r"\['where'\]|\.get\('where'\)", "places"),
    (r"psc_chapters", "chapters of a recording"),
    (r"thr_in", "threads of comments"),
    (r"cloud|textinput|generator|docs|errorreports|wfw|validity|ttl", "machinery around a feed"),
    (r"expired|created|license", "dates and terms that readers are not shown"),
    (r"\bheaders\b|etag|modified\b|modified_parsed", "HTTP, which another room reads"),
    (r"encoding ==|namespaces|bozo_exception", "how a document was written"),
    (r"feed\['(tags|category|categories)|feed\.(tags|category)", "categories of a whole feed"),
    (r"\['scheme'\]|\.scheme|domain", "schemes of categories"),
    (r"guidislink|\['guidislink", "whether a guid is a link"),
    (r"image['\"\]]+\[['\"](description|height|width|link|title)", "what is said about a picture"),
    (r"\['(updated|published)'\] ==|\.(updated|published) ==", "dates as written, where they could be read"),
    (r"links'\]\[\d\]|\['src'\]", "links without a use of their own"),
    (
        r"source'\]\['(title_detail|tags|author|contrib|logo|icon|updated|rights|sub|links|generator|lang)",
        "a source beyond its name",
    ),
    (r"^cdf/|/cdf/", "the Channel Definition Format of 1997"),
    (r"http_content_language", "HTTP, which another room reads"),
    (r"<svg|<math", "vector pictures and formulae, which our allow-list has not"),
    (r"madeup|abcdefg", "elements of no known name"),
    (r"feed\['(published|guid)|feed\.published", "when a feed was first published"),
]


def cases() -> list[tuple[Path, bytes, str]]:
    found = []
    for path in sorted(FIXTURES.rglob("*.xml")):
        body = path.read_bytes()
        match = re.search(r"Expect:\s*(.*?)\s*(?:\n|-->)", readable(body))
        if match:
            found.append((path, body, match[1]))
    return found


def readable(body: bytes) -> str:
    """The comment of a fixture, in whatever encoding it is."""
    for name in ("utf-8", "utf-16", "utf-32"):
        try:
            text = body.decode(name)
        except UnicodeError:
            continue
        if "Expect:" in text:
            return text
    return body.replace(b"\0", b"").decode("latin-1")


def reason(expression: str, path: Path) -> str:
    return next(
        (why for pattern, why in LEFT_OUT if re.search(pattern, f"{path.as_posix()} {expression}")), ""
    )


def holds(body: bytes, expression: str) -> bool:
    headers = dict(re.findall(r"Header:\s*([\w-]+):\s*(.*)", readable(body)[:2000]))
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    address = absolute(HERE, lower.get("content-location", "")) or HERE
    parsed = feeds.parse(body, lower.get("content-type", ""), address)
    try:
        return bool(eval(expression, {"__builtins__": __builtins__}, namespace(parsed)))
    except (KeyError, IndexError, AttributeError, TypeError, NameError):
        return False


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the fixtures are no part of the project")
def test_the_expectations_of_feedparser_hold_for_what_our_model_has_words_for() -> None:
    kept, failed = 0, []
    left: Counter[str] = Counter()
    for path, body, expression in cases():
        why = reason(expression, path.relative_to(FIXTURES))
        if why:
            left[why] += 1
            continue
        kept += 1
        if not holds(body, expression):
            failed.append(f"{path.relative_to(FIXTURES)}: {expression}")
    share = 1 - len(failed) / kept
    print(f"{kept - len(failed)} of {kept} = {share:.1%}; left out: {dict(left)}")
    assert kept > 1000
    assert share >= REQUIRED, "\n".join(failed)
