"""What agencies and machines fill anew each day: no filling is a copy of another, and each meets its own copies."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.canon.desk import Desk, copy
from tests.canon.forms import FORMS, Form

FILLINGS = 8


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.kind)
def test_a_form_filled_anew_is_another_story(form: Form) -> None:
    desk = Desk()
    for number in range(FILLINGS):
        desk.place(copy(number + 1, *form.filled(number), hours=7 * number))
    assert len(desk.groups) == FILLINGS


def test_a_day_of_all_forms_has_a_story_for_each_filling_and_its_copies_with_it() -> None:
    fillings = [form.filled(number) for form in FORMS for number in range(4)]
    cut = [(title, "\n\n".join(text.split("\n\n")[:-1])) for title, text in fillings]
    desk = Desk()
    desk.place(*(copy(id, *said, hours=id % 24) for id, said in enumerate(fillings + cut, 1)))
    together = Counter(desk.story(id) == desk.story(id + len(fillings)) for id in range(1, len(fillings) + 1))
    assert len(desk.groups) >= 0.98 * len(fillings)
    assert together[True] >= 0.97 * len(fillings)
