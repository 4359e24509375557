"""Reading items out of JSON Lines and JSON Feed documents."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cli import lines
from aggregator.cli.lines import Line
from aggregator.errors import InputError


def read(body: bytes | str, fallback: str = "file") -> list[Line]:
    return list(lines.read(io.BytesIO(body.encode() if isinstance(body, str) else body), fallback))


def item(number: int, **keys: object) -> str:
    return json.dumps({"_source": "a", "id": str(number), **keys})


def feed(**keys: object) -> str:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "The Daily Herald!", **keys})


def test_each_line_is_an_item_of_its_source() -> None:
    first, second = read(f"{item(1)}\n{item(2, _source='Daily Herald')}\n")
    assert (first.where, first.source, first.item) == ("line 1", "a", {"_source": "a", "id": "1"})
    assert (second.where, second.source) == ("line 2", "Daily Herald")


def test_blank_lines_byte_order_marks_and_a_missing_last_newline_do_no_harm() -> None:
    found = read("\ufeff" + item(1) + "\r\n\n  \n" + item(2))
    assert [(line.where, line.reason) for line in found] == [("line 1", ""), ("line 4", "")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{oops", "not JSON"),
        ("[1]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ('{"id": "1"}', "no `_source`"),
        ('{"_source": ""}', "`_source` must be a name"),
        ('{"_source": 5}', "`_source` must be a name"),
        ('{"_source": "a\\nb"}', "`_source` must be a name"),
        (json.dumps({"_source": "x" * 201}), "`_source` must be a name"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_says_why_and_the_next_goes_on(line: str, reason: str) -> None:
    bad, good = read(f"{line}\n{item(2)}\n")
    assert reason in bad.reason
    assert bad.where == "line 1"
    assert good.item is not None
    assert good.where == "line 2"


def test_bytes_that_are_no_text_are_a_bad_line() -> None:
    bad, good = read(b'{"_source": "\xff"}\n' + item(2).encode())
    assert bad.reason == "not UTF-8"
    assert good.item


def test_a_line_without_end_is_skipped_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 100)
    bad, good = read(item(1, title="x" * 1000) + "\n" + item(2))
    assert "longer than 100 bytes" in bad.reason
    assert (good.where, good.item and good.item["id"]) == ("line 2", "2")


def test_json_lines_are_read_one_at_a_time() -> None:
    class Endless(io.RawIOBase):
        served = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            line = item(self.served).encode() + b"\n"
            self.served += 1
            buffer[: len(line)] = line
            return len(line)

    stream = Endless()
    found: Iterator[Line] = lines.read(stream, "x")  # type: ignore[arg-type]
    for _ in range(1000):
        next(found)
    assert stream.served < 5000


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_feed_is_a_source_of_its_title(indent: int | None) -> None:
    document = json.dumps(
        json.loads(feed(items=[{"id": "1"}, {"id": "2", "_source": "b"}, 3])), indent=indent
    )
    first, second, third = read(document)
    assert (first.where, first.source, first.title) == ("item 1", "the-daily-herald", "The Daily Herald!")
    assert second.source == "b"
    assert "not a JSON object" in third.reason


def test_a_json_feed_without_a_title_is_called_after_its_file() -> None:
    [only] = read(feed(title="", items=[{"id": "1"}]), fallback="My Export")
    assert only.source == "my-export"


def test_a_json_line_that_speaks_of_json_feed_is_still_a_line() -> None:
    [only] = read(item(1, content_text='"version": "https://jsonfeed.org/version/1.1"'))
    assert only.source == "a"


@pytest.mark.parametrize("body", ['{\n"a": 1}', '{\n"items": [', feed(items={})])
def test_a_document_that_is_no_json_feed_is_refused(body: str) -> None:
    with pytest.raises(InputError, match="JSON"):
        read(body)


def test_an_empty_file_has_no_items() -> None:
    assert read("") == []


@given(st.text())
def test_a_slug_is_a_name_that_a_line_could_have(title: str) -> None:
    name = lines.slug(title)
    assert not name or read(json.dumps({"_source": name}))[0].source == name


@given(st.binary())
def test_whatever_the_bytes_they_are_items_or_reasons_or_refused(body: bytes) -> None:
    with contextlib.suppress(InputError):
        assert all(line.reason or line.item is not None for line in read(body))
