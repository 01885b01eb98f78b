"""What a lesson asks, written into its text: every question and its choices stand above the cell that answers it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from labkit.course.cells import ASK
from labkit.lab.question import Question


def insert_questions(notebook_cells: list[Any], questions: Iterable[Question]) -> list[Any]:
    """The cells with a text cell `ask-ID` before each that answers a question of lab.toml for the first time."""
    from nbformat.v4 import new_markdown_cell

    left = {question.id: question for question in questions}
    cells: list[Any] = []
    for cell in notebook_cells:
        asked = list(_take_asked(cell, left))
        cells += [new_markdown_cell(render_question(each), metadata={"id": f"ask-{each.id}"}) for each in asked]
        cells.append(cell)
    return cells


def render_question(question: Question) -> str:
    """Markdown: the question, its choices with their numbers."""
    lines = [f"**Question.** {question.ask}"]
    if question.choices:
        lines += ["", *(f"{number}. {text}" for number, text in enumerate(question.choices.values(), 1))]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _take_asked(cell: Any, left: dict[str, Question]) -> Iterator[Question]:
    if cell.cell_type == "code":
        for match in ASK.finditer(cell.source):
            if match["id"] in left:
                yield left.pop(match["id"])
