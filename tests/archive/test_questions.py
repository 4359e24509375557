"""The archive can be read without us: every query of docs/questions.md answers, and alike on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from aggregator.archive import Archive
from aggregator.model import Collected, Facts, Fetch, Outcome, Placing
from tests.conftest import NOON

from .making import face, found, ingest, joins, an_entry  # isort: skip

PAGE = Path(__file__).resolve().parents[2] / "docs" / "questions.md"
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
HOUR = timedelta(hours=1)
ANSWERS: list[list[tuple[Any, ...]]] = [
    [("herald", "Reuters", 1), ("wire", "Reuters", 1)],
    [("wire", 1, 100.0), ("herald", 3, 33.3)],
    [("wire", 1, 1), ("herald", 0, 1)],
    [("wire", "herald", 1)],
    [("herald", "2026-11-22 14:00:00", "Title 2", "Sharper")],
    [("2026-11-22", 2)],
    [(2, "STORY", 0.9, 0.5, 0.81), (4, "STORY", 0.9, 0.5, None)],
    [("2026-11-22 15:00:00", "person", "apart", "STORY", None, "STORY")],
    [("herald", 3, 1, 3, 0), ("wire", 1, 0, 1, 0)],
    [("en", "Cairo", 1, "2026-11-22 12:00:00")],
]


def filled(archive: Archive) -> None:
    archive.authority("example.org", NOON)
    ingest(archive, [an_entry(1)], "wire")
    twice_by_itself = [an_entry(2), an_entry(3)]
    said_later = an_entry(1, published=NOON + 99 * HOUR)
    ingest(archive, [said_later, *twice_by_itself][::-1], "herald", NOON + HOUR)
    facts = Facts(agency="Reuters", place="Cairo", language="en")
    with archive.placing(NOON) as desk:
        one, two, three, four = desk.waiting(9)
        first, second = desk.new_story(), desk.new_story()
        weak = joins(two, first, facts=facts)
        weak = replace(weak, decision=replace(weak.decision, features={"containment": 0.81}))
        made = (found(one, first, facts=facts), weak, found(three, second), joins(four, second))
        desk.record(Placing(made, (face(one, first), face(three, second))))
    ingest(archive, [an_entry(2, title="Sharper")], "herald", NOON + 2 * HOUR)
    archive.apart(1, 2, "person", NOON + 3 * HOUR)
    source = archive.source("herald")
    failed = Fetch(source.id, NOON + 4 * HOUR, Outcome.FAILED, error_code="timeout", error="timed out")
    archive.record(Collected(source, failed), (), NOON + 4 * HOUR)


def plain(value: Any) -> Any:
    """As both databases say it, and ids of stories by what they are."""
    if isinstance(value, Decimal):
        return float(value) if value % 1 else int(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, str):
        moment = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?", value)
        return f"{moment[1]} {moment[2]}" if moment else re.sub(r"^[0-9A-Z]{26}$", "STORY", value)
    return value


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def answering(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Any]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('questions') / 'archive.db'}"
    else:
        url = str(request.getfixturevalue("postgres")("template0"))
    with Archive.open(url) as archive:
        filled(archive)

    def answer(query: str) -> list[tuple[Any, ...]]:
        with Archive.open(url) as archive, archive._read() as conn:
            if request.param == "postgresql":
                conn.exec_driver_sql("SET TIME ZONE 'UTC'")
            return [tuple(map(plain, row)) for row in conn.execute(text(query))]

    return answer


def test_there_are_ten_of_them() -> None:
    assert len(QUERIES) == len(ANSWERS) == 10


@pytest.mark.parametrize("number", range(10))
def test_the_question_is_answered(answering: Callable[[str], Any], number: int) -> None:
    assert answering(QUERIES[number]) == ANSWERS[number]


def test_the_weakest_evidence_is_told_of_decisions_in_words_as_well(archive: Archive) -> None:
    archive.authority("example.org", NOON)
    ingest(archive, [an_entry(1), an_entry(2)])
    with archive.placing(NOON) as desk:
        one, two = desk.waiting(9)
        story = desk.new_story()
        weak = joins(two, story)
        weak = replace(weak, decision=replace(weak.decision, features={"inner": 0.81234, "words": 3.1}))
        desk.record(Placing((found(one, story), weak), (face(one, story),)))
    with archive._read() as conn:
        [(_, _, _, _, shared)] = conn.execute(text(QUERIES[6])).all()
    assert shared == 0.81234
