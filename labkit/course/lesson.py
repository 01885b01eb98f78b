"""A lesson as a notebook: lesson.md with a student's values in it, as handed out or solved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from labkit.course import cells
from labkit.course.pictures import embed_pictures
from labkit.course.questions import insert_questions
from labkit.errors import UsageError
from labkit.lab import diagnosis
from labkit.lab.definition import Definition, read_definition
from labkit.lab.script import Fault, choose_fault, read_faults, read_script
from labkit.lab.templates import render_text

START = re.compile(r"^(%lab start \S+)[ \t]*$", re.MULTILINE)
BREAK = re.compile(r"^(%lab break(?: \S+)?)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Edition:
    """Which notebook: for which student, handed out or solved, and what its check is worth (0: it is not graded)."""

    student: str | None = None
    solved: bool = False
    points: float = 0.0


@dataclass(frozen=True)
class _Lesson:
    folder: Path
    definition: Definition
    edition: Edition
    fault: Fault | None

    @property
    def where(self) -> str:
        return f"labs/{self.folder.name}/lesson.md"

    @property
    def answers(self) -> dict[str, str]:
        """The right ones."""
        answers = {question.id: question.answer for question in self.definition.questions}
        if self.fault is None:
            return answers
        return answers | {diagnosis.CAUSE: self.fault.cause[0], diagnosis.WHERE: self.fault.where[0]}


def render_notebook(folder: Path, edition: Edition) -> str:
    """The notebook of a lab as JSON text; the same lesson always gives the same bytes."""
    import nbformat

    lesson = _read_lesson(folder, edition)
    notebook = _read_notebook(lesson)
    graded = _find_graded(notebook.cells) if edition.points else None
    for cell in notebook.cells:
        _finish_cell(lesson, cell, graded=cell.id == graded)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return f"{nbformat.writes(notebook, indent=1).rstrip()}\n"


def read_lesson_cells(folder: Path, student: str | None = None) -> list[Any]:
    """The cells as they are written, with their ids, their solutions and the questions, for one student or everybody without an id."""
    written: list[Any] = _read_notebook(_read_lesson(folder, Edition(student))).cells
    return written


def _read_notebook(lesson: _Lesson) -> Any:
    import jupytext
    import nbformat

    try:
        notebook = jupytext.reads(read_lesson_text(lesson.folder, lesson.definition), fmt="md:myst")
    except (nbformat.ValidationError, ValueError) as error:
        said = str(error).strip().partition("\n")[0]
        raise UsageError(
            f"{lesson.where} can't be read: {said}", hint="the head and the cells of another lesson show how"
        ) from error
    notebook.metadata = nbformat.from_dict(_plan_metadata(lesson))
    notebook.cells = insert_questions(notebook.cells, lesson.definition.questions)
    cells.plan_ids(notebook.cells)
    _check_steps(lesson, notebook.cells)
    return notebook


def _read_lesson(folder: Path, edition: Edition) -> _Lesson:
    definition = read_definition(folder, edition.student)
    fault = choose_fault(read_faults(folder, definition.variant.values), definition.variant)
    return _Lesson(folder, definition, edition, fault)


def read_lesson_text(folder: Path, definition: Definition) -> str:
    """lesson.md with a student's values in it, and the lab's name, title, minutes and slow_minutes."""
    where = f"labs/{folder.name}/lesson.md"
    about = {
        "lab": definition.name,
        "title": definition.title,
        "minutes": definition.minutes,
        "slow_minutes": definition.slow_minutes,
        "step": partial(_type_step, folder, definition),
    }
    try:
        text = (folder / "lesson.md").read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{where} can't be read: {error.strerror}", hint="every lab has a lesson") from error
    return render_text(text, {**about, **definition.variant.values}, where=where)


def _type_step(folder: Path, definition: Definition, step: str, machine: str) -> str:
    """A step of the reference as it is typed on a machine: what the lesson and the reference share is written once."""
    values = definition.variant.values
    fault = choose_fault(read_faults(folder, values), definition.variant)
    text = read_script(folder, "reference", values, fault).find(step).text
    return re.sub(rf"^on {re.escape(machine)} ", "", text.strip(), flags=re.MULTILINE)


def _plan_metadata(lesson: _Lesson) -> dict[str, Any]:
    return {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "labkit": {"lab": lesson.definition.name, "student": lesson.edition.student},
        "language_info": {"name": "python"},
    }


def _finish_cell(lesson: _Lesson, cell: Any, *, graded: bool) -> None:
    where = f"{lesson.where}: cell {cell.id}"
    cell.metadata["deletable"] = False  # `d d` takes no cell of the lesson away
    if cell.cell_type != "code":
        cell.metadata["editable"] = False  # nor does a double click turn it into its source
        cell.source = embed_pictures(cell.source, where)
        return
    cell.metadata.pop("shows", None)  # the kernel reads it in the lesson itself (sheet)
    if step := cell.metadata.pop("step", None):
        cell.metadata["labkit"] = {"step": step}
    if cells.has_solution(cell.source) or (step and cells.is_empty(cell.source)):
        cells.mark_exercise(cell.metadata, cell.id)
    elif graded:
        cells.mark_check(cell.metadata, cell.id, lesson.edition.points)
    if cell.source.startswith(cells.SHELL):
        cell.metadata["vscode"] = {"languageId": "shellscript"}
    if step and lesson.edition.solved and cells.is_empty(cell.source):
        cell.source = _render_step(lesson, step)
    cell.source = _render_source(lesson, cell.source, where)


def _render_source(lesson: _Lesson, source: str, where: str) -> str:
    if lesson.edition.student is not None:
        source = START.sub(rf"\1 --student {lesson.edition.student}", source)
    if not lesson.edition.solved:
        return cells.strip_solution(source, where)
    if (
        lesson.fault is not None and lesson.edition.student is None
    ):  # a student's fault comes by itself, and chosen it counts for nothing
        source = BREAK.sub(rf"\1 --fault {lesson.fault.name}", source)
    return cells.fill_answers(cells.keep_solution(source, where), lesson.answers, where)


def _render_step(lesson: _Lesson, step: str) -> str:
    """An exercise that says no more than "your commands here" is solved by its step of the reference, on all machines at once."""
    script = read_script(lesson.folder, "reference", lesson.definition.variant.values, lesson.fault)
    ids = [each.id for each in script.steps]
    before = ids[ids.index(step) - 1]
    return (
        "import labkit\n\n"
        f'with labkit.attach("{lesson.folder.name}") as lab:\n'
        f'    lab.apply(lab.read_script("reference").cut(after="{before}", to="{step}"))'
    )


def _find_graded(notebook_cells: list[Any]) -> str | None:
    """The last check of everything: its number is the grade."""
    graded = [cell.id for cell in notebook_cells if cell.cell_type == "code" and cells.CHECK.match(cell.source.strip())]
    return graded[-1] if graded else None


def _check_steps(lesson: _Lesson, notebook_cells: list[Any]) -> None:
    """The lesson's step labels are the reference's: `labkit solve --to` brings a learner to them."""
    script = read_script(lesson.folder, "reference", lesson.definition.variant.values, lesson.fault)
    known = [step.id for step in script.steps]
    for cell in notebook_cells:
        if (step := cell.metadata.get("step")) and step not in known:
            raise UsageError(
                f"{lesson.where}: there is no step {step}", hint=f"steps of the reference: {', '.join(known)}"
            )
