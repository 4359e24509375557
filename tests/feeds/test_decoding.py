"""Bytes become the text that was meant, whatever they are said to be."""

from __future__ import annotations

import pytest

from aggregator.feeds.decoding import codec, decode
from aggregator.feeds.notes import Notes

TEXT = "<a>Zürich – “Köln”</a>"
XML = '<?xml version="1.0" encoding="{0}"?>'


@pytest.mark.parametrize("name", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_unicode_is_known_by_its_bytes(name: str) -> None:
    notes = Notes()
    assert decode(TEXT.encode(name), "text/xml; charset=iso-8859-5", notes) == TEXT


@pytest.mark.parametrize(
    ("encoding", "header", "declared"),
    [
        ("cp1252", "", "windows-1252"),
        ("cp1252", "", "iso-8859-1"),
        ("cp1252", 'text/xml; charset="ISO-8859-1"', ""),
        ("cp1252", "text/xml; charset=utf-8", "windows-1252"),
        ("cp1252", "text/xml", "utf-8"),
        ("utf-8", "text/xml; charset=iso-8859-1", ""),
        ("utf-8", "", "iso-8859-1"),
        ("utf-8", "text/xml; charset=no-such", ""),
        ("utf-8", "text/xml; charset=utf-7", ""),
    ],
)
def test_a_declaration_is_believed_unless_the_bytes_disagree(
    encoding: str, header: str, declared: str
) -> None:
    said = (XML.format(declared) if declared else "") + TEXT
    assert decode(said.encode(encoding), header, Notes()) == said


def test_odd_bytes_in_utf8_are_those_of_windows() -> None:
    notes = Notes()
    assert decode("é ü ö ".encode() + b"don\x92t", "", notes) == "é ü ö don’t"
    assert [flaw.code for flaw in notes.flaws] == ["wrong-charset"]


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("iso-8859-1", "cp1252"),
        ("ISO-8859-8-I", "cp1255"),
        ("windows-31j", "cp932"),
        ("X-SJIS", "cp932"),
        ("GB2312", "gb18030"),
        ("utf-7", ""),
        ("rot13", ""),
        ("hex", ""),
        ("nonsense", ""),
    ],
)
def test_names_mean_what_the_web_means(label: str, name: str) -> None:
    assert codec(label) == name


def test_chinese_without_a_word_of_its_encoding_is_recognised() -> None:
    text = "<a>" + "新闻聚合器收集来自世界各地的文章,并把同一篇文章合并为一个条目。" * 8 + "</a>"
    assert decode(text.encode("gb18030"), "", Notes()) == text
