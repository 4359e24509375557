"""The web page of an article: what it says of itself, and an entry with the text that was found on it.

What a page claims (its canonical address, its dates, its authors) is evidence, kept as it was said; an entry takes
from it only what its feed left open.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import lxml.html
from lxml import etree

from aggregator import text, url
from aggregator.errand import Page
from aggregator.feeds import dates
from aggregator.feeds.bounds import is_costly
from aggregator.feeds.decoding import decode
from aggregator.feeds.notes import Notes
from aggregator.feeds.sanitising import sanitise
from aggregator.model import Entry, Person
from aggregator.packing import pack, unpacked

_MOST_SAID = 2000  # characters of one fact
_DEEPEST = 20  # JSON-LD in JSON-LD
_TEASER = 600  # characters
# The fact that says whose the text is: of the page, or of the feed as it once was; without it, of the feed.
_TEXT, _PAGE, _EARLIER = "text", "page", "earlier"
_ARTICLE = frozenset(
    "Article NewsArticle ReportageNewsArticle AnalysisNewsArticle OpinionNewsArticle BlogPosting LiveBlogPosting "
    "BackgroundNewsArticle ReviewNewsArticle AdvertiserContentArticle SocialMediaPosting TechArticle Report".split()
)
# What a <meta> says, by property or name (the Open Graph protocol; article:*; Dublin Core) -> the fact.
_METAS = {
    "og:url": "og:url",
    "og:title": "title",
    "og:image": "image",
    "og:site_name": "site",
    "article:published_time": "published",
    "article:modified_time": "modified",
    "author": "authors",
    "article:author": "authors",
    "date": "published",
    "dc.date": "published",
    "dcterms.created": "published",
}


def page(body: bytes, content_type: str, address: str) -> tuple[str, dict[str, str]]:
    """The page as text, "" where an HTML parser could not bear it, and the facts that stand on it.

    Facts: `url` where it was read, `canonical`, `amphtml`, `og:url`, `title`, `published`, `modified`, `authors`
    (separated by semicolons), `image`, `site`, `language`, `paywalled` ("true");
    only those that are there. URLs are absolute.
    """
    said = decode(body, content_type, Notes())
    facts = {"url": address}
    if not said.strip() or is_costly(said):
        return "", facts
    try:
        parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=False, no_network=True)
        root = lxml.html.document_fromstring(said.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return "", facts
    for name, value in (*_linked_data(root), *_links(root), *_metas(root)):
        value = text.one_line(value)[:_MOST_SAID]
        if name in ("canonical", "amphtml", "og:url", "image"):
            value = url.absolute(address, value)
        if value:
            facts.setdefault(name, value)
    return said, facts


def _links(root: etree._Element) -> Iterator[tuple[str, str]]:
    if language := root.get("lang"):
        yield "language", language
    for link in root.iter("link"):
        for relation in (link.get("rel") or "").lower().split():
            if relation in ("canonical", "amphtml"):
                yield relation, link.get("href") or ""


def _metas(root: etree._Element) -> Iterator[tuple[str, str]]:
    for meta in root.iter("meta"):
        name = _METAS.get((meta.get("property") or meta.get("name") or "").lower())
        said = meta.get("content") or ""
        if name and not (name == "authors" and said.startswith(("http://", "https://"))):
            yield name, said


def _linked_data(root: etree._Element) -> Iterator[tuple[str, str]]:
    """schema.org in JSON-LD: the first article that the page says it is."""
    for script in root.iter("script"):
        if (script.get("type") or "").lower().strip() != "application/ld+json":
            continue
        try:
            said = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        article = next(_articles(said), None)
        if article is not None:
            yield from _facts_of(article)
            return


def _articles(said: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(said, list):
        for part in said:
            yield from _articles(part, depth + 1)
    elif isinstance(said, dict):
        kinds = said.get("@type")
        if _ARTICLE.intersection(kinds if isinstance(kinds, list) else [str(kinds)]):
            yield said
        yield from _articles(said.get("@graph"), depth + 1)


def _facts_of(article: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, name in (("headline", "title"), ("datePublished", "published"), ("dateModified", "modified")):
        yield name, _word(article.get(key))
    authors = article.get("author")
    names = [_word(author) for author in (authors if isinstance(authors, list) else [authors])]
    yield "authors", "; ".join(name for name in names if name and "://" not in name)
    images = article.get("image")
    yield "image", _word(images[0] if isinstance(images, list) and images else images, "url")
    yield "site", _word(article.get("publisher"))
    # schema.org's Boolean: JSON's own, a word, or the address of the word
    if str(article.get("isAccessibleForFree")).lower().rpartition("/")[2] == "false":
        yield "paywalled", "true"


def _word(said: Any, key: str = "name") -> str:
    """A string, or what an object is called."""
    said = said.get(key) if isinstance(said, dict) else said
    return said if isinstance(said, str) else ""


# ---------------------------------------------------------------- an entry and its page


def with_page(entry: Entry, read: Page, held: Entry | None = None) -> Entry:
    """The entry with the text of its page, if that is longer, and what its feed left open; sanitised.

    `held`: the same, of when the page was read before. Where that has what the feed had told earlier, it stays.
    """
    facts = read.facts
    told = sanitise(replace(entry, page=facts, **_left_open(entry, facts)))
    if held and held.page.get(_TEXT) == _EARLIER:
        told = _with_text(told, held, _EARLIER)
    if not read.html:
        return told
    full = sanitise(replace(told, html=read.html, text="", base=facts.get("url", ""), sanitised=False))
    return _with_text(told, full, _PAGE)


def with_page_anew(held: Entry, read: Page) -> Entry:
    """The same of an entry of which only that is known which its page was read with before."""
    if _TEXT not in held.page:
        return with_page(held, read)
    told = with_page(replace(held, html="", text=""), read, held)
    return told if told.text else held


def keeping_page(entry: Entry, held: Entry) -> Entry:
    """What the feed says anew, with what its page had said before: a teaser never replaces the text."""
    if entry.packed:
        return pack(keeping_page(unpacked(entry), held))
    facts = {name: said for name, said in held.page.items() if name != _TEXT}
    told = replace(entry, page=facts, **_left_open(entry, facts))
    return _with_text(told, held, held.page.get(_TEXT, _EARLIER))


def _with_text(entry: Entry, full: Entry, whose: str) -> Entry:
    if len(full.text.split()) <= len(entry.text.split()):
        return entry
    return replace(
        entry,
        html=full.html,
        text=full.text,
        base=full.base,
        summary=entry.summary or text.one_line(entry.text)[:_TEASER],
        page={**entry.page, _TEXT: whose},
        sanitised=True,
    )


def _left_open(entry: Entry, facts: Mapping[str, str]) -> dict[str, Any]:
    names = tuple(Person(name.strip()) for name in facts.get("authors", "").split(";") if name.strip())
    published = dates.plain(facts["published"]) if "published" in facts else None
    return {
        "canonical_url": facts.get("canonical") or facts.get("og:url") or entry.canonical_url,
        "published": entry.published or published,
        "authors": entry.authors or names,
        "image": entry.image or facts.get("image", ""),
        "language": entry.language or facts.get("language", ""),
    }
