"""Verify: a sound archive has no finding, and each thing that may break has its own."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from aggregator.archive import Archive
from tests.conftest import NOON

from .making import an_entry, each_alone, ingest, together


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("UPDATE copy SET story_id = 2 WHERE id = 1", "projection"),
        ("UPDATE copy SET story_id = NULL WHERE id = 1", "projection"),
        ("UPDATE story SET merged_into = 2 WHERE id = 1", "left-behind"),
        ("UPDATE story SET merged_into = 3 - id", "merged-twice"),
        ("UPDATE story SET copies = 9 WHERE id = 1", "counts"),
        ("UPDATE story SET lead_copy_id = 2 WHERE id = 1", "lead"),
        ("UPDATE story SET lead_copy_id = NULL WHERE id = 1", "lead"),
        ("UPDATE copy SET fingerprint = '' WHERE id = 1", "current-revision"),
        ("UPDATE copy SET revision_id = 2 WHERE id = 1", "current-revision"),
        ("UPDATE copy SET revisions = 2 WHERE id = 1", "revisions"),
        ("UPDATE copy SET waiting = (id = 1)", "waiting"),
        ("DELETE FROM text_indexed WHERE copy_id = 1", "text-index"),
    ],
)
def test_what_contradicts_itself_is_found(archive: Archive, damage: str, check: str) -> None:
    ingest(archive, [an_entry(1), an_entry(2)])
    each_alone(archive)
    archive.index_text()
    assert archive.verify() == []
    with archive._write() as conn:
        conn.execute(text(damage))
    findings = archive.verify()
    assert check in {finding.check for finding in findings}
    assert str(findings[0]).startswith(f"{findings[0].check}: ")


def test_of_much_damage_some_is_shown_and_the_rest_counted(archive: Archive) -> None:
    ingest(archive, [an_entry(n) for n in range(30)])
    together(archive, NOON)
    with archive._write() as conn:
        conn.execute(text("UPDATE copy SET revisions = 5"))
    findings = archive.verify()
    assert len(findings) == 21
    assert findings[-1].message == "and 10 more of this kind"
