"""Minutes: counted from a lesson, and lab.toml says no others."""

from __future__ import annotations

import pytest

from labkit.course.lesson import read_lesson_cells
from labkit.course.minutes import FLUENT, SLOW, count_sections, sum_core
from labkit.lab.definition import read_definition
from labkit.lab.folders import find_lab, list_labs

SOLUTION = "%%on web\n### BEGIN SOLUTION\nip link\nip addr\n### END SOLUTION"
WORDS = " ".join(["word"] * 238)
COUNTED = [name for name in list_labs() if read_definition(find_lab(name)).slow_minutes is not None]


def test_a_section_is_its_words_cells_guesses_and_typed_lines() -> None:
    from nbformat.v4 import new_code_cell, new_markdown_cell  # takes more than a second of every worker's

    sections = count_sections(
        [
            new_markdown_cell(f"## 1. Try\n{WORDS} | --- | <br>"),
            new_code_cell(SOLUTION),
            new_code_cell("%answer ttl ?"),
            new_code_cell("plot()", metadata={"level": "more"}),
            new_markdown_cell("## More: a plot"),
            new_code_cell("plot()", metadata={"level": "more"}),
        ]
    )
    _, section, more = sections
    assert (more.core, more.cells) == (False, 1)
    assert (section.words, section.cells, section.predictions, section.lines) == (240, 1, 1, 2)
    assert section.minutes(SLOW) == pytest.approx(240 / 120 + 0.35 + 0.75 + 1.4)
    assert section.minutes(FLUENT) < section.minutes(SLOW)


def test_looking_for_a_fault_takes_its_time_and_more_is_not_counted() -> None:
    from nbformat.v4 import new_code_cell, new_markdown_cell

    fault, more = new_markdown_cell("## 6. Something is broken"), new_markdown_cell(f"## More: all of it\n{WORDS}")
    assert sum_core(count_sections([fault, new_code_cell(SOLUTION), more])) == (6, 10)


@pytest.mark.parametrize("name", COUNTED)
def test_a_lab_says_the_minutes_that_are_counted_and_its_core_fits_half_an_hour(name: str) -> None:
    lab = read_definition(find_lab(name))
    counted = sum_core(count_sections(read_lesson_cells(find_lab(name))))
    assert (lab.minutes, lab.slow_minutes) == counted, "minutes and slow_minutes in lab.toml"
    assert counted[1] <= 30, "teaching.md: the core is at most 30 minutes"
