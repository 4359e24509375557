"""Twelve languages, nine scripts: copies meet, and a form filled with another town and day does not."""

from __future__ import annotations

import pytest

from tests.canon.desk import Desk, copy
from tests.canon.languages import REPORTS, Report

EACH = pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.language)


@EACH
@pytest.mark.parametrize(
    "kept", [(0, 1, 2, 3), (0, 1, 2), (0, 1, 3, 4)], ids=["cut", "cut more", "without middle"]
)
def test_a_cut_copy_joins(report: Report, kept: tuple[int, ...]) -> None:
    desk = Desk()
    printed = "\n\n".join(report.sentences[at] for at in kept)
    desk.place(copy(1, report.title, report.text), copy(2, report.title, printed, hours=3))
    assert desk.story(1) == desk.story(2)


@EACH
def test_other_marks_and_lines_do_not_matter(report: Report) -> None:
    desk = Desk()
    printed = " ".join(report.sentences).replace("’", "'").replace("-", "–")
    desk.place(copy(1, report.title, report.text), copy(2, report.title, printed, hours=3))
    assert desk.story(1) == desk.story(2)


@EACH
def test_the_report_of_another_town_is_another_story(report: Report) -> None:
    desk = Desk()
    desk.place(copy(1, report.title, report.text), copy(2, report.other_title, report.other_text, hours=24))
    assert desk.story(1) != desk.story(2), desk.decision(2)


def test_no_two_of_all_the_reports_merge() -> None:
    desk = Desk()
    texts = [(report.title, report.text) for report in REPORTS]
    texts += [(report.other_title, report.other_text) for report in REPORTS]
    desk.place(*(copy(id, title, text) for id, (title, text) in enumerate(texts, 1)))
    assert len(desk.groups) == len(texts)
