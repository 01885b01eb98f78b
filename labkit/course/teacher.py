"""The generated part of a teacher's page: minutes, steps, answers to exercises and predictions, faults with their symptoms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from labkit.course.cells import has_solution, list_solution_lines
from labkit.course.lesson import read_lesson_cells
from labkit.course.marks import render_rows, replace_between
from labkit.course.minutes import FLUENT, SLOW, Section, count_sections, sum_core
from labkit.errors import UsageError
from labkit.lab.definition import Definition, read_definition
from labkit.lab.folders import find_lab, list_labs
from labkit.lab.question import Question
from labkit.lab.script import Fault, choose_fault, read_faults, read_script

BEGIN: Final = "<!-- steps, predictions, faults: written by labkit build -->"
END: Final = "<!-- end -->"


def plan_teacher_pages() -> dict[Path, bytes]:
    """Every lab's teacher.md as it has to be. Raises UsageError when one has no place for the generated part."""
    return {(page := find_lab(name) / "teacher.md"): plan_teacher_page(page).encode() for name in list_labs()}


def plan_teacher_page(page: Path) -> str:
    """The page with its generated part, from the values of everybody without a student's id."""
    where = f"labs/{page.parent.name}/teacher.md"
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{where} can't be read: {error.strerror}", hint="every lab has one: see labs/README.md"
        ) from error
    return replace_between(text, BEGIN, END, _render(page.parent, read_definition(page.parent)), where=where)


def write_sheet(folder: Path, student: str) -> Path:
    """All labs' answers with one student's names, addresses and fault, for the teacher; where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"answers-{student}.md"
    path.write_text(render_sheet(student), encoding="utf-8")
    return path


def render_sheet(student: str) -> str:
    """The generated part of every teacher's page as it is for this student, the fault first."""
    return "\n".join(_render_sheet_page(find_lab(name), student) for name in list_labs())


def _render_sheet_page(folder: Path, student: str) -> str:
    definition = read_definition(folder, student)
    fault = choose_fault(read_faults(folder, definition.variant.values), definition.variant)
    own = f"Breaks first: `{fault.name}` ({fault.cause[0]}, {fault.where[0]}).\n\n" if fault else ""
    return f"# {folder.name} for {student}\n\n{own}{_render(folder, definition)}"


def _render(folder: Path, definition: Definition) -> str:
    faults = read_faults(folder, definition.variant.values)
    cells = read_lesson_cells(folder, definition.variant.student)
    parts = (
        _render_minutes(count_sections(cells)),
        _render_steps(folder, definition, faults),
        _render_exercises(cells),
        _render_questions(definition.questions),
        _render_faults(folder.name, faults),
    )
    return "\n".join(part for part in parts if part)


def _render_minutes(sections: list[Section]) -> str:
    rows = [(each.title, *(f"{each.minutes(pace):.0f}" for pace in (FLUENT, SLOW))) for each in sections]
    about = "counted from words, cells, typed lines and guesses (labkit/course/minutes.py)"
    total = ("**the core**", *(f"**{minutes}**" for minutes in sum_core(sections)))
    return f"**Minutes**, {about}\n\n" + render_rows(("section", "fluent", "second language"), [*rows, total])


def _render_steps(folder: Path, definition: Definition, faults: Mapping[str, Fault]) -> str:
    steps = read_script(folder, "reference", definition.variant.values, choose_fault(faults, definition.variant)).steps
    names = ", ".join(f"`{step.id}`{'' if step.level == 'core' else ' (more)'}" for step in steps)
    return f"**Steps**, each reached by `labkit solve {folder.name} --to STEP`: {names}.\n"


def _render_exercises(cells: Iterable[Any]) -> str:
    """What the gaps can be filled with: the cell's first line, which names the machine, and the solution."""
    gaps = [cell for cell in cells if cell.cell_type == "code" and has_solution(cell.source)]
    if not gaps:
        return ""
    answers = [f"{cell.source.splitlines()[0]}    # {cell.id}\n{_join(cell.source)}" for cell in gaps]
    return "**Exercises**, one right way each\n\n```\n" + "\n\n".join(answers) + "\n```\n"


def _join(source: str) -> str:
    return "\n".join(list_solution_lines(source))


def _render_questions(questions: Iterable[Question]) -> str:
    lines = [line for question in questions for line in _list_lines(question)]
    return "**Predictions**, and what to say to other guesses\n\n" + "\n".join(lines) + "\n" if lines else ""


def _list_lines(question: Question) -> Iterable[str]:
    yield f"- `{question.id}` {question.ask} **{question.say(question.answer)}**: {question.explain}"
    yield from (f"  - *{question.say(guess)}*: {text}" for guess, text in question.guesses.items())
    if question.otherwise:
        yield f"  - *anything else*: {question.otherwise}"


def _render_faults(lab: str, faults: Mapping[str, Fault]) -> str:
    if not faults:
        return ""
    rows = [
        (f"`{each.name}`", ", ".join(each.cause), ", ".join(each.where), each.report, each.shows)
        for each in faults.values()
    ]
    heading = ("`--fault`", "`fault.cause`", "`fault.where`", "the complaint", "how it shows")
    return f"**Faults**, each put in by `labkit break {lab} --fault NAME`\n\n" + render_rows(heading, rows)
