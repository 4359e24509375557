"""Verify: a sound archive has no finding, and each thing that may break has its own."""

from __future__ import annotations

import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event, insert, text

from aggregator.archive import Archive, Finding, frames, schema
from aggregator.archive.dialect import is_sqlite
from aggregator.model import Placing
from tests.conftest import NOON

from .making import a_spec, a_visit, an_entry, each_alone, face, found, ingest, together

DERIVED = pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("UPDATE copy SET story_id = 2 WHERE id = 1", "projection"),
        ("UPDATE copy SET story_id = NULL WHERE id = 1", "projection"),
        ("UPDATE story SET merged_into = 2 WHERE id = 1", "left-behind"),
        ("UPDATE story SET merged_into = 3 - id", "merged-twice"),
        ("UPDATE story SET copies = 9 WHERE id = 1", "counts"),
        ("UPDATE story SET lead_copy_id = 2 WHERE id = 1", "lead"),
        ("UPDATE story SET lead_copy_id = NULL WHERE id = 1", "lead"),
        ("UPDATE copy SET revision_id = 2 WHERE id = 1", "current-revision"),
        ("UPDATE copy SET revisions = 2 WHERE id = 1", "revisions"),
        ("UPDATE copy SET waiting = (id = 1)", "waiting"),
        ("UPDATE copy SET judged_revision_id = 2 WHERE id = 1", "judged-revision"),
        ("INSERT INTO text_queue (copy_id) VALUES (1)", "text-index"),
        ("UPDATE copy SET url_hash = url_hash - 1 WHERE id = 1", "address"),
        ("UPDATE copy SET url_hash = NULL WHERE id = 1", "address"),
        ("UPDATE story SET title = 'Another' WHERE id = 1", "face"),
        ("UPDATE story SET published_at = '1999-01-01 00:00:00' WHERE id = 1", "face"),
        ("UPDATE story SET updated_at = '1999-01-01 00:00:00' WHERE id = 1", "face"),
        ("UPDATE setting SET value = 'another.example,2026' WHERE key = 'authority'", "authority"),
    ],
)
TRUTH = pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("UPDATE copy SET guid = 'another' WHERE id = 1", "revision public-id"),
        ("UPDATE copy SET first_seen = (SELECT max(published) FROM revision) WHERE id = 1", "revision"),
        ("UPDATE namespace SET prefix = 'tag:else'", "public-id"),
        ("UPDATE body SET frame = (SELECT html FROM revision LIMIT 1)", "body"),
        ("UPDATE body SET frame = substr(frame, 1, 20)", "body"),
        ("UPDATE sketch_run SET size = 3", "sketches"),
        ("UPDATE sketch_run SET last_day = 3", "sketches"),
        ("DELETE FROM sketch_page", "sketches"),
        ("DELETE FROM sketch_run", "sketches"),
        (
            "INSERT INTO publication (story_id, at, updated, version, gone, document, problem) "
            "SELECT id, created_at, created_at, '', copies > 9, 7, '' FROM story WHERE id = 1",
            "documents",
        ),
    ],
)


def filled(archive: Archive) -> None:
    """Two stories of a copy each, a document, sketches, and an index."""
    source = archive.add_source(a_spec(), NOON)
    entries = [an_entry(1), an_entry(2)]
    archive.record(a_visit(source, entries, body=b"<rss>" * 50), entries, NOON)
    with archive.placing(NOON) as desk:
        one, two = desk.waiting(9)
        made = [found(one, desk.new_story(), keys=(3, 1)), found(two, desk.new_story(), units=(7,))]
        desk.record(Placing(tuple(made), (face(one, made[0].story_id), face(two, made[1].story_id))))
    archive.index_text()
    assert archive.verify() == []


def told(archive: Archive) -> list[bytes]:
    """The whole archive, but for how often a story changed: what was mended is published again."""
    *rows, _sum = archive.whole()
    return [re.sub(rb'"changed":\d+', b"", row) for row in rows]


def damaged(archive: Archive, damage: str) -> list[Finding]:
    with archive._write() as conn:
        conn.execute(text(damage))
    return archive.verify()


@DERIVED
def test_what_can_be_derived_is_found_and_mended(archive: Archive, damage: str, check: str) -> None:
    filled(archive)
    before = told(archive)
    findings = damaged(archive, damage)
    assert check in {finding.check for finding in findings}
    assert str(findings[0]).startswith(f"{findings[0].check}: ")
    assert check in archive.repair(findings, NOON)
    archive.index_text()
    assert archive.verify() == []
    assert told(archive) == before


@TRUTH
def test_what_cannot_be_derived_is_found_and_left(archive: Archive, damage: str, check: str) -> None:
    filled(archive)
    findings = damaged(archive, damage)
    assert {finding.check for finding in findings} == set(check.split())
    assert archive.repair(findings, NOON) == []
    assert archive.verify() == findings


def test_a_text_that_cannot_be_read_is_found(archive: Archive) -> None:
    filled(archive)
    with archive._write() as conn:
        off = "DROP TRIGGER revision_only_emptied" + ("" if is_sqlite(conn) else " ON revision")
        conn.execute(text(off))
        conn.execute(text("UPDATE revision SET html = text WHERE id = 1"))
        conn.execute(text("UPDATE revision SET text = substr(text, 1, 9) WHERE id = 2"))
    found = [finding.message for finding in archive.verify() if finding.check == "revision"]
    assert len(found) == 1
    assert found[0].startswith("revision 2 of copy 2 cannot be read")


def rewritten(archive: Archive, table: str, column: str, said: str) -> None:
    """Fill an archive, and change one of the rows that are only ever appended."""
    filled(archive)
    ingest(archive, [an_entry(3)])
    each_alone(archive)
    archive.index_text()
    with archive._write() as conn:
        off = f"{table}_no_update" if is_sqlite(conn) else f"{table}_append_only ON {table}"
        conn.execute(text(f"DROP TRIGGER {off}"))
        conn.execute(text(f"UPDATE {table} SET {column} = {said} WHERE id = 1"))


SAID_OTHERWISE = {
    "copy_id": "2",
    "fetch_id": "2",
    "at": "(SELECT max(published) FROM revision)",
    "fingerprint": "'ffffffffffffffff'",
    "url": "'https://elsewhere.example/'",
    "canonical_url": "'https://elsewhere.example/'",
    "title": "title || '.'",
    "summary": "'Another one'",
    "published": "(SELECT max(last_seen) FROM copy)",
    "updated": "(SELECT max(last_seen) FROM copy)",
    "language": "'xx'",
    "words": "words + 1",
    "details": """'{"rights": "mine"}'""",
}


@pytest.mark.parametrize("column", SAID_OTHERWISE)
def test_what_a_revision_says_cannot_be_changed_unseen(archive: Archive, column: str) -> None:
    rewritten(archive, "revision", column, SAID_OTHERWISE[column])
    found = [finding.message for finding in archive.verify() if finding.check == "revision"]
    copy = 2 if column == "copy_id" else 1
    assert any(each.startswith(f"revision 1 of copy {copy} does not say what it said") for each in found)


DECIDED_OTHERWISE = {
    "method": "'person'",
    "copy_id": "2",
    "revision_id": "2",
    "other_story_id": "2",
    "score": "0.5",
    "matched_copy_id": "2",
    "runner_up_story_id": "2",
    "runner_up_score": "0.5",
    "note": "'So it is.'",
    "features": """'{"so": "it is"}'""",
    "evidence": """'[["So"]]'""",
    "occasion_id": "2",
}


@pytest.mark.parametrize("column", DECIDED_OTHERWISE)
def test_what_was_decided_cannot_be_changed_unseen(archive: Archive, column: str) -> None:
    rewritten(archive, "decision", column, DECIDED_OTHERWISE[column])
    assert "decision" in {finding.check for finding in archive.verify()}


@pytest.mark.parametrize(
    "said", ["at = at + interval '1 day'", "rules_version = '1'", "threshold = 1", "by = 'me'"]
)
def test_when_and_how_it_was_decided_cannot_be_changed_unseen(archive: Archive, said: str) -> None:
    filled(archive)
    with archive._write() as conn:
        off = "occasion_no_update" if is_sqlite(conn) else "occasion_append_only ON occasion"
        conn.execute(text(f"DROP TRIGGER {off}"))
        if is_sqlite(conn):
            said = said.replace("at + interval '1 day'", "'2025' || substr(at, 5)")
        conn.execute(text(f"UPDATE occasion SET {said} WHERE id = 1"))
    follows = {"age"} if said.startswith("at ") else set()  # the stories that began then
    assert {finding.check for finding in archive.verify()} == {"decision"} | follows


def test_a_list_or_mapping_that_is_none_is_found_and_named(tmp_path: Path) -> None:
    with Archive.open(f"sqlite:///{tmp_path / 'archive.db'}") as archive:
        archive.authority("example.org", NOON)
        filled(archive)
        found = damaged(archive, """UPDATE copy SET facts = '{"a' WHERE id = 2""")
        assert list(map(str, found)) == ["document: facts of copy 2 cannot be read: it is no JSON"]


def test_a_damaged_dictionary_is_found_and_the_rest_can_be_read(archive: Archive, archive_url: str) -> None:
    filled(archive)
    sound = frames.train(
        [f"{number} is the number of this text".encode() * 9 for number in range(200)], 2_000
    )
    torn = frames.pack(sound)[:-1] + b"!"
    with archive._write() as conn:
        rows = [
            {"id": 7, "revisions": 1, "body": torn},
            {"id": 8, "revisions": 2, "body": frames.pack(sound)},
        ]
        conn.execute(insert(schema.Dictionary), rows)
    with Archive.open(archive_url) as again:
        found = list(map(str, again.verify()))
    assert found[0].startswith("dictionary: dictionary 7 cannot be read")
    assert found[1] == "dictionary: dictionary 8 is another one"


def test_a_merge_that_was_forgotten_is_found_again_in_the_decisions(archive: Archive) -> None:
    filled(archive)
    archive.merge(1, 2, "person", NOON)
    before = told(archive)
    for damage in ("UPDATE copy SET story_id = id", "UPDATE story SET merged_into = NULL, copies = 5"):
        findings = damaged(archive, damage)
        archive.repair(findings, NOON)
        assert archive.verify() == []
        assert told(archive) == before


def test_of_much_damage_some_is_shown_and_the_rest_counted(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(30)])
    together(archive, NOON)
    with archive._write() as conn:
        conn.execute(text("UPDATE copy SET revisions = 5"))
    findings = archive.verify()
    assert len(findings) == 21
    assert findings[-1].message == "and 10 more of this kind"


@pytest.mark.parametrize("lost", ["words", "pages"])
def test_verify_looks_for_copies_by_their_own_words(tmp_path: Path, lost: str) -> None:
    with Archive.open(f"sqlite:///{tmp_path / 'archive.db'}") as archive:
        archive.authority("example.org", NOON)
        filled(archive)
        with archive._write() as conn:
            if lost == "pages":
                conn.execute(text("DELETE FROM copy_text_data WHERE id > 10"))
            else:
                forget = "INSERT INTO copy_text (copy_text, rowid, words) VALUES ('delete', 1, 'article')"
                conn.execute(text(forget))
                conn.execute(text("INSERT OR IGNORE INTO copy_text_docsize VALUES (1, x'07')"))
        findings = archive.verify()
        assert {finding.check for finding in findings} == {"text-index"}
        assert archive.repair(findings, NOON) == ["text-index"]
        archive.index_text()
        assert archive.verify() == []


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM copy_text_page",
        "DELETE FROM copy_text_run",
        "UPDATE copy_text_page SET body = set_byte(body, 30, 255 - get_byte(body, 30))",
        "UPDATE copy_text_run SET gone = copies",
    ],
)
def test_verify_reads_every_page_of_the_words_on_postgresql(archive: Archive, damage: str) -> None:
    with archive._read() as conn:
        if is_sqlite(conn):
            pytest.skip("there the words are in FTS5")
    filled(archive)
    findings = damaged(archive, damage)
    assert {finding.check for finding in findings} == {"text-index"}
    assert archive.repair(findings, NOON) == ["text-index"]
    archive.index_text()
    assert archive.verify() == []


def test_what_others_do_meanwhile_is_no_fault(archive: Archive, archive_url: str) -> None:
    filled(archive)
    ingest(archive, [an_entry(n) for n in range(100, 120)])
    with Archive.open(archive_url) as other:

        def indexes(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            if "text_queue" in statement:
                other.index_text()

        event.listen(archive._engine, "after_cursor_execute", indexes)
        assert archive.verify() == []
        assert not other.index_text()  # it was done in between


def test_the_index_is_made_anew_after_whoever_adds_to_it(archive: Archive, archive_url: str) -> None:
    filled(archive)
    ingest(archive, [an_entry(n) for n in range(100, 120)])
    with Archive.open(archive_url) as other, ThreadPoolExecutor(1) as thread:
        repairs = list[Future[list[str]]]()

        def repair(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            if statement.startswith("DELETE FROM text_queue"):
                repairs.append(thread.submit(other.repair, [Finding("text-index", "")], NOON))
                time.sleep(0.2)

        event.listen(archive._writer, "after_cursor_execute", repair)
        archive.index_text(1)
        assert [each.result() for each in repairs] == [["text-index"]]
        other.index_text()
        assert other.verify() == []
