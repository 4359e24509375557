"""Documents in which a mark is missing or wrong: what is around it is read as if it were right."""

from __future__ import annotations

import pytest

from aggregator import feeds

ITEMS = [("1", "Rain", "Wet"), ("2", "Snow", "White"), ("3", "Sun", "Dry")]
SOUND = (
    '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Weather</title>'
    "<link>https://example.com/</link>"
    + "".join(
        f"<item><description><![CDATA[{text[:2]}]]></description>"
        f"<content:encoded><![CDATA[<p>{text}</p>]]></content:encoded>"
        f"<title>{title}</title><guid>{guid}</guid><pubDate>Sat, 21 Mar 2026 09:00:00 GMT</pubDate></item>"
        for guid, title, text in ITEMS
    )
    + "</channel></rss>"
)


def read(document: str) -> list[tuple[str, str, str]]:
    return [(entry.guid, entry.title, entry.text) for entry in feeds.parse(document.encode()).entries]


def without(mark: str, place: int = 0) -> str:
    """The sound document less one of its marks."""
    parts = SOUND.split(mark)
    return mark.join(parts[: place + 1]) + mark.join(parts[place + 1 :])


def test_the_sound_document_is_read() -> None:
    assert read(SOUND) == ITEMS
    assert without("</title>").count("</title>") == 3


@pytest.mark.parametrize(
    ("mark", "place"),
    [
        ("</title>", 0),  # of the channel
        ("</title>", 1),  # of the first item
        ("</link>", 0),
        ("</description>", 1),
        ("</guid>", 1),
        ("</pubDate>", 0),
        ("</item>", 0),
        ("</item>", 2),
        ("</channel>", 0),
        ("]]>", 0),
        ("]]>", 2),
    ],
)
def test_a_mark_that_is_missing_costs_no_item(mark: str, place: int) -> None:
    found = read(without(mark, place))
    assert [guid for guid, _, _ in found] == ["1", "2", "3"]
    assert [title for _, title, _ in found] == ["Rain", "Snow", "Sun"]
    assert feeds.parse(without(mark, place).encode()).flaws[0].code == "not-well-formed"


@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        ("</title>", "</Title>"),
        ("</guid>", "</GUID>"),
        ("<item>", "<item><zz:b>x</zz:b>"),
        ("<p>Wet", "<p>Wet \x08"),
        ("<title>Rain", "<title>Rain</b>"),
        ("version=", "lang=de version="),
    ],
)
def test_a_mark_that_is_wrong_costs_nothing(sound: str, broken: str) -> None:
    assert read(SOUND.replace(sound, broken)) == ITEMS


def test_words_that_quote_a_section_are_no_section_that_is_left_open() -> None:
    quoted = "<![CDATA[<pre>&lt;![CDATA[x]]&gt; and <![CDATA[</pre>]]>"
    document = SOUND.replace("<![CDATA[<p>Wet</p>]]>", quoted).replace("Weather", "Weather & co")
    assert [guid for guid, _, _ in read(document)] == ["1", "2", "3"]


def test_entries_of_a_feed_whose_title_does_not_end_are_read() -> None:
    document = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>F<entry><id>1</id><title>A</title></entry></feed>'
    )
    assert read(document) == [("1", "A", "")]
