"""What a kernel reads of a lesson: which cell shows what was asked, which is meant to fail, which is an exercise."""

from __future__ import annotations

import re

import pytest

from labkit.course.lesson import read_lesson_cells
from labkit.course.sheet import find_cell, list_shown, parse_sheet, read_sheet
from labkit.lab.definition import read_definition
from labkit.lab.folders import find_lab, list_labs

TEXT = """
```{code-cell} ipython3
:id: ask
%answer one ?
%answer two ?
```
text
```{code-cell} ipython3
:id: first
:tags: [raises-exception]
%%on web
ping x
```
```{code-cell} ipython3
:id: yours
:shows: two
%%on web
# your commands here
```
"""


def test_the_next_cell_shows_it_unless_another_says_so() -> None:
    sheet = parse_sheet(TEXT)
    assert list_shown(sheet) == {"one": "first", "two": "yours"}
    assert (sheet["first"].fails, sheet["first"].exercise) == (True, False)
    assert (sheet["yours"].fails, sheet["yours"].exercise) == (False, True)


def test_a_cell_is_known_by_its_text_where_ids_are_not_told() -> None:
    twice = "```{code-cell} ipython3\n:id: again\n%check\n```\n"
    sheet = parse_sheet(
        f"{TEXT}{twice}{twice.replace('again', 'once-more')}".replace("ping x", "ping {{ web.address }} x")
    )
    assert find_cell(sheet, "yours", "anything") == sheet["yours"]
    assert find_cell(sheet, None, "%%on web\nping 10.0.0.1 x\n") == sheet["first"]
    assert find_cell(sheet, None, "%%on web\nping 10.0.0.1 y") is None
    assert find_cell(sheet, None, "%check") is None, "two cells have this text"


@pytest.mark.parametrize("name", list_labs())
def test_every_guess_is_shown_by_a_cell_that_comes_after_it(name: str) -> None:
    folder = find_lab(name)
    sheet, order = read_sheet(folder), [cell.id for cell in read_lesson_cells(folder)]
    shown = list_shown(sheet)
    for question in read_definition(folder).questions:
        assert order.index(f"ask-{question.id}") < order.index(shown[question.id]), question.id
    assert set(sheet) <= set(order), "the ids are the notebook's"


@pytest.mark.parametrize("name", list_labs())
def test_what_a_check_judges_is_judged_nowhere_else(name: str) -> None:
    folder = find_lab(name)
    judged = set(re.findall(r'\.answer\("([^"]+)"\)', (folder / "checks.py").read_text()))
    graded = {question.id for question in read_definition(folder).questions if question.graded}
    assert graded == judged
