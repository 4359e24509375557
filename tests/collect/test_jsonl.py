"""The kind "jsonl": a local file of JSON Feed items, a line each, or one JSON Feed document."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.collect.jsonl import JsonLinesCollector
from aggregator.model import Collected, Outcome, Source, SourceSpec

from .playing import NOON, QUICK, again, context

WIRE = Source(1, SourceSpec("wire", kind="jsonl", location="wire.jsonl", every="1d"))


def line(number: int, **more: object) -> str:
    return json.dumps({"id": str(number), "title": f"Item {number}", "content_text": "Text.", **more}) + "\n"


def look(root: Path, source: Source = WIRE) -> Collected:
    async def ask() -> Collected:
        async with context(root=root) as given:
            return await JsonLinesCollector().collect(source, given)

    return asyncio.run(ask())


@pytest.fixture
def wire(tmp_path: Path) -> Path:
    path = tmp_path / "wire.jsonl"
    path.write_text(line(1) + "\n" + line(2, _source="daily-herald"), encoding="utf-8")
    return path


def guids(collected: Collected) -> list[str]:
    return [entry.guid for entry in collected.feed.entries] if collected.feed else []


def test_every_line_is_an_entry(wire: Path) -> None:
    collected = look(wire.parent)
    assert guids(collected) == ["1", "2"]
    assert collected.fetch.outcome is Outcome.CHANGED
    assert collected.fetch.bytes == wire.stat().st_size
    assert collected.source.next_fetch_at == NOON + timedelta(days=1)


def test_bad_lines_are_flaws_with_their_number_and_the_others_go_in(wire: Path) -> None:
    wire.write_text(
        line(1) + "{not json\n[1]\n" + json.dumps({"title": "no id"}) + "\n" + line(2), encoding="utf-8"
    )
    collected = look(wire.parent)
    assert guids(collected) == ["1", "2"]
    assert [flaw.where for flaw in collected.fetch.flaws] == ["line 2", "line 3", "line 4"]
    assert all(flaw.message.startswith(flaw.where) for flaw in collected.fetch.flaws)


def test_a_json_feed_document_is_read_as_well(wire: Path) -> None:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Wire",
        "items": [json.loads(line(1))],
    }
    wire.write_text(json.dumps(document, indent=2), encoding="utf-8")
    collected = look(wire.parent)
    assert guids(collected) == ["1"]
    assert collected.source.outlet == "Wire"
    wire.write_text(json.dumps(document | {"title": "One line"}), encoding="utf-8")
    assert look(wire.parent).source.outlet == "One line"


def test_an_unchanged_file_is_not_read_again(wire: Path) -> None:
    first = look(wire.parent)
    assert look(wire.parent, again(first)).fetch.outcome is Outcome.UNCHANGED
    os.utime(wire, (1_000_000_000, 1_000_000_000))
    touched = look(wire.parent, again(first))
    assert touched.fetch.outcome is Outcome.UNCHANGED
    with wire.open("a", encoding="utf-8") as file:
        file.write(line(3))
    assert guids(look(wire.parent, again(touched))) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "empty"), (b"\n \n", "empty"), (b"\x00\xff\x01", "bad-json"), (b"Dear all,\n", "bad-json")],
)
def test_a_file_without_any_item_is_one_clear_sentence(wire: Path, body: bytes, code: str) -> None:
    wire.write_bytes(body)
    collected = look(wire.parent)
    assert (collected.fetch.outcome, collected.fetch.error_code) == (Outcome.FAILED, code)
    assert "wire.jsonl" in collected.fetch.error


def test_a_missing_file_is_one_clear_sentence(tmp_path: Path) -> None:
    collected = look(tmp_path)
    assert (collected.fetch.outcome, collected.fetch.error_code) == (Outcome.FAILED, "no-file")
    assert collected.source.error.endswith("wire.jsonl does not exist: mend the source's path")


def test_a_folder_in_place_of_the_file_is_one_clear_sentence(wire: Path) -> None:
    wrong = replace(WIRE, spec=replace(WIRE.spec, location="."))
    assert look(wire.parent, wrong).fetch.error.endswith("is no plain file")
    os.mkfifo(wire.parent / "pipe")
    pipe = replace(WIRE, spec=replace(WIRE.spec, location="pipe"))
    assert look(wire.parent, pipe).fetch.error_code == "no-file"


def test_a_file_beyond_the_limit_is_not_read(wire: Path) -> None:
    wire.write_bytes(b"x" * (QUICK.max_body + 1))
    assert look(wire.parent).fetch.error_code == "too-large"


def test_a_deeply_nested_line_is_a_flaw(wire: Path) -> None:
    wire.write_text(line(1) + "[" * 100_000 + "\n", encoding="utf-8")
    collected = look(wire.parent)
    assert guids(collected) == ["1"]
    assert [flaw.where for flaw in collected.fetch.flaws] == ["line 2"]
