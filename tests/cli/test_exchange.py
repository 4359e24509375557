"""import and export."""

from __future__ import annotations

import io
import json
import os
import shutil
import threading
import tracemalloc
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.cli import importing

from .conftest import Person, an_item


def test_what_goes_in_comes_out(person: Person) -> None:
    item = an_item(
        title="Truce “talks” – again",
        content_html="<p>The first paragraph.</p><p>The second.</p>",
        authors=[{"name": "A. Writer"}],
        tags=["world"],
        language="en",
    )
    del item["content_text"]
    counts = {"lines": 1, "new": 1, "revised": 0, "unchanged": 0, "bad": 0, "bad_lines": []}
    assert person.import_lines(item).json == counts
    [out] = person.exported()
    for key in ("_source", "id", "url", "title", "date_published", "authors", "tags", "content_html"):
        assert out[key] == item[key], key
    assert out["_story"] is None


def test_a_placed_copy_names_its_story(person: Person) -> None:
    person.import_lines(an_item())
    person.do("canonicalise")
    [out] = person.exported()
    [story] = person.do("stories", "--json").json
    assert out["_story"] == story["public_id"]


def plain(id: str) -> bool:
    """Text is kept in NFC and without white space around it, ids too."""
    return id == id.strip() == unicodedata.normalize("NFC", id)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), min_size=1, max_size=80).filter(
            plain
        ),
        min_size=1,
        max_size=5,
        unique=True,
    )
)
def test_ids_come_back_exactly_as_they_were(person: Person, empty_archive: Path, ids: list[str]) -> None:
    for leftover in person.folder.glob("archive.db*"):
        leftover.unlink()
    shutil.copy(empty_archive, person.folder)
    person.import_lines(*(an_item(id=each) for each in ids))
    assert [line["id"] for line in person.exported()] == ids


def test_an_id_is_unique_within_its_source_only(person: Person) -> None:
    person.import_lines(an_item("a"), an_item("b"))
    assert sorted(line["_source"] for line in person.exported()) == ["a", "b"]


def test_other_content_under_a_known_id_is_a_revision(person: Person) -> None:
    person.import_lines(an_item())
    assert person.import_lines(an_item()).json["unchanged"] == 1
    assert person.import_lines(an_item(title="Corrected")).json["revised"] == 1
    [out] = person.exported()
    assert out["title"] == "Corrected"


def test_so_it_is_within_one_file(person: Person) -> None:
    counts = person.import_lines(an_item(), an_item(title="Corrected"), an_item(title="Corrected")).json
    assert (counts["new"], counts["revised"], counts["unchanged"]) == (1, 1, 1)
    assert person.exported()[0]["title"] == "Corrected"


def test_bad_lines_are_named_and_the_rest_goes_in(person: Person) -> None:
    good = json.dumps(an_item())
    bad = ["{oops", "[]", json.dumps({"id": "1"}), json.dumps({"_source": "a"})]
    path = person.write("mixed.jsonl", "\n".join([bad[0], good, *bad[1:]]) + "\n")
    ran = person.type("import", str(path))
    assert ran.code == 1
    assert "1 new" in ran.out
    assert "4 bad" in ran.out
    said = ran.err.splitlines()
    assert [line.split(": ")[1].split(" ")[:2] for line in said] == [["line", str(n)] for n in (1, 3, 4, 5)]
    assert len(person.exported()) == 1


def test_a_file_that_is_not_there_is_named_and_the_others_go_in(person: Person) -> None:
    path = person.write("a.jsonl", json.dumps(an_item()))
    ran = person.type("import", "missing.jsonl", str(path))
    assert ran.code == 1
    assert "missing.jsonl cannot be read: No such file or directory" in ran.err
    assert len(person.exported()) == 1


def test_a_json_feed_document_becomes_a_source_of_its_title(person: Person) -> None:
    items = [{key: value for key, value in an_item(id=str(n)).items() if key != "_source"} for n in range(3)]
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "Daily Herald", "items": items}
    person.do("import", str(person.write("feed.json", json.dumps(document, indent=2))))
    assert {line["_source"] for line in person.exported()} == {"daily-herald"}


def test_an_imported_source_is_never_polled(person: Person) -> None:
    person.import_lines(an_item())
    [source] = [s for s in person.do("sources", "list", "--json").json if s["spec"]["name"] == "herald"]
    assert (source["origin"], source["next_fetch_at"], source["spec"]["kind"]) == ("import", None, "jsonl")
    assert "herald" not in person.do("collect", "--force").out
    assert "herald: is not polled" in person.do("collect", "herald", "--force").err


def test_an_export_imports_into_another_archive_as_it_was(person: Person) -> None:
    person.do("once")
    person.import_lines(an_item(), an_item("b", "2", content_html="<p>One &amp; two</p>"))
    first = person.do("export").out
    person.write("all.jsonl", first)
    person.environ["AGGREGATOR_ARCHIVE_URL"] = f"sqlite:///{person.folder}/other.db"
    person.do("import", "all.jsonl")
    again = person.exported()
    before = [json.loads(line) for line in first.splitlines()]
    assert [{**line, "_story": None} for line in again] == [{**line, "_story": None} for line in before]


def test_export_can_write_to_a_file(person: Person) -> None:
    person.import_lines(an_item())
    person.do("export", "--to", "out.jsonl")
    assert json.loads(Path("out.jsonl").read_text(encoding="utf-8"))["id"] == "1"


@pytest.mark.parametrize(
    "command", [("corrections", "--to"), ("export", "--to"), ("export", "--warc"), ("backup",)], ids=" ".join
)
@pytest.mark.parametrize("folder", [".", "/"])
def test_a_folder_is_no_file_to_write(person: Person, command: tuple[str, ...], folder: str) -> None:
    ran = person.type(*command, folder)
    assert (ran.code, ran.err) == (
        1,
        f"error: {folder} cannot be written: it is a folder; name a file in it\n",
    )


def test_an_export_that_fails_leaves_the_last_one(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    person.import_lines(an_item(), an_item(id="2"))
    person.do("export", "--to", "out.jsonl")
    before = Path("out.jsonl").read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    ran = person.type("export", "--to", "out.jsonl")
    assert ran.code == 1
    assert "out.jsonl cannot be written: No space left" in ran.err
    assert Path("out.jsonl").read_bytes() == before
    assert list(person.folder.glob(".out.jsonl*")) == []


def test_what_a_killed_export_left_is_removed_once_nobody_writes_it(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = person.write(".yesterday.jsonl.4711.unfinished", "half of an arch")
    person.do("export", "--to", "out.jsonl")
    assert left.exists()
    monkeypatch.setattr("aggregator.cli.output.ABANDONED", -1)
    person.do("export", "--to", "out.jsonl")
    assert not left.exists()


def test_a_pipe_takes_the_lines_as_they_come_and_stays_one(person: Person) -> None:
    person.import_lines(an_item())
    os.mkfifo("pipe")
    heard: list[bytes] = []
    hearing = threading.Thread(target=lambda: heard.append(Path("pipe").read_bytes()))
    hearing.start()
    person.do("export", "--to", "pipe")
    hearing.join(timeout=30)
    assert json.loads(heard[0])["id"] == "1"
    assert Path("pipe").is_fifo()


def test_one_file_is_not_named_for_two_kinds_of_export(person: Person) -> None:
    ran = person.type("export", "--to", "a.jsonl", "--archive", "b.jsonl")
    assert (ran.code, list(person.folder.glob("*.jsonl"))) == (2, [])
    assert "--archive" in ran.err


def test_a_long_file_needs_the_memory_of_a_batch(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_LINES", 50)
    lines = b"".join(
        json.dumps(an_item(id=str(n), content_text="x" * 10_000)).encode() + b"\n" for n in range(1000)
    )
    person.do("import", "-", input=b"".join(lines[:20_000].splitlines(keepends=True)[:1]))
    tracemalloc.start()
    person.do("import", "-", input=lines)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - len(lines) < 12_000_000


def test_an_unforeseen_value_is_a_bad_line_not_a_crash(person: Person) -> None:
    strange = [
        an_item(id=None),
        an_item(id={"a": 1}),
        an_item(id="2", title=["x"]),
        an_item(id="3", date_published="yesterday"),
        an_item(id="4", authors="me"),
        an_item(id="5", attachments=[{"url": 7}]),
        an_item(id="6", content_text="a\u0000b\ud800c"),
        an_item(id=7),
    ]
    body = io.BytesIO(b"".join(json.dumps(each).encode() + b"\n" for each in strange)).getvalue()
    ran = person.type("import", "-", input=body)
    assert ran.code in {0, 1}, ran
    assert "bug" not in ran.err
    assert {"6", "7"} <= {line["id"] for line in person.exported()}


def test_what_an_item_says_in_keys_of_its_own_comes_back(person: Person) -> None:
    own: dict[str, Any] = {
        "external_url": "https://else.example/",
        "_mine": {"a": [1, None]},
        "_truth": "t1",
        "_x": "y",
    }
    person.import_lines(an_item(_story="of another archive", **own))
    [out] = person.exported()
    assert {key: out.get(key) for key in own} == own
    assert out["_story"] is None


def test_json_lists_the_bad_lines_with_their_number_and_reason(person: Person) -> None:
    body = "\n".join(["{oops", json.dumps(an_item()), '{"_source": "a", "id": "nothing"}'])
    ran = person.type("import", "-", "missing.jsonl", "--json", input=body)
    assert ran.code == 1
    assert ran.json["bad"] == 3
    assert ran.json["bad_lines"] == [
        {
            "file": "-",
            "number": 1,
            "reason": "not JSON at column 2: expecting property name enclosed in double quotes",
        },
        {
            "file": "-",
            "number": 3,
            "reason": "The item has neither a title nor any content; add one of them.",
        },
        {"file": "missing.jsonl", "number": None, "reason": "cannot be read: No such file or directory"},
    ]


def test_a_url_that_leads_nowhere_is_dropped_with_a_note(person: Person) -> None:
    ran = person.import_lines(an_item(), an_item(id="2", url="javascript:alert(1)"))
    assert "-: line 2: the url 'javascript:alert(1)' is no http(s) address" in ran.err
    assert ["url" in line for line in person.exported()] == [True, False]


def test_a_preview_reports_the_bad_lines_that_an_import_would(person: Person) -> None:
    bad = ["{oops", "[]", '{"_source": "a", "id": "1"}', '{"_source": "a", "id": true, "title": "x"}']
    path = person.write("mixed.jsonl", "\n".join([json.dumps(an_item()), *bad]) + "\n")
    imported = person.type("import", str(path), "--json").json["bad_lines"]
    previewed = person.do("preview", str(path), "--json").json["_flaws"]
    assert [flaw["message"] for flaw in previewed] == [
        f"line {line['number']}: {line['reason']}" for line in imported
    ]


def test_a_preview_notes_which_lines_only_an_import_could_not_take(person: Person) -> None:
    unnamed = [{**an_item(id=str(n)), "_source": name} for n, name in enumerate(("", 5, "a"))]
    path = person.write("wire.jsonl", "".join(json.dumps(each) + "\n" for each in unnamed))
    [flaw] = person.do("preview", str(path), "--json").json["_flaws"]
    assert flaw["code"] == "no-source"
    assert flaw["message"].startswith("line 1, line 2: `_source` must be a name on one line")
