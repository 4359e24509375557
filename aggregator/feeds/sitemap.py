"""News sitemaps (Google's sitemap-news 0.9): the articles of the last two days, without their text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from aggregator.feeds import making
from aggregator.feeds.addresses import absolute
from aggregator.feeds.markup import plain, tag
from aggregator.feeds.names import each, fields, first
from aggregator.feeds.notes import Notes
from aggregator.model import Entry, ParsedFeed


def read(root: etree._Element, notes: Notes, max_entries: int) -> ParsedFeed:
    """A urlset; its URLs without news are pages, not entries. The title is the publication's name."""
    found = notes.first(list(_news(root)), max_entries)
    if not found:
        notes.flaw("no-news", "The sitemap has no news entries.")
    names = (
        first(fields(each_publication), "news:name")
        for _, news in found
        for each_publication in _publications(news)
    )
    return ParsedFeed(
        format="sitemap",
        title=plain(next(names, "")),
        entries=tuple(_entry(element, news, notes) for element, news in found),
    )


def _news(root: etree._Element) -> Iterator[tuple[etree._Element, etree._Element]]:
    for element in each(fields(root), "sitemap:url", "url"):
        for news in each(fields(element), "news:news"):
            yield element, news


def _publications(news: etree._Element) -> Sequence[etree._Element]:
    return each(fields(news), "news:publication")


def _entry(element: etree._Element, news: etree._Element, notes: Notes) -> Entry:
    page, said = fields(element), fields(news)
    address = absolute(notes.base_url, first(page, "sitemap:loc", "loc"))
    date = first(said, "news:publication_date")
    published = notes.date(date, address)
    languages = (first(fields(publication), "news:language") for publication in _publications(news))
    images = (first(fields(image), "image:loc") for image in each(page, "image:image"))
    return making.finished(
        guid=address,
        url=address,
        title=plain(first(said, "news:title")),
        categories=making.categories(first(said, "news:keywords").split(",")),
        published=published,
        updated=notes.date(first(page, "sitemap:lastmod", "lastmod"), address),
        date_said="" if published else date,
        language=tag(next(languages, "")),
        image=absolute(notes.base_url, next(images, "")),
        raw=making.raw(element, notes),
        base=address,
    )
