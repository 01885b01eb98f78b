"""The generated part of a teacher's page: the steps, the predictions with their answers, the faults with their symptoms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from labkit.errors import UsageError
from labkit.lab.course import find_lab, list_labs
from labkit.lab.definition import Definition, read_definition
from labkit.lab.marks import render_rows, replace_between
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


def _render(folder: Path, definition: Definition) -> str:
    faults = read_faults(folder, definition.variant.values)
    parts = (
        _render_steps(folder, definition, faults),
        _render_questions(definition),
        _render_faults(folder.name, faults),
    )
    return "\n".join(part for part in parts if part)


def _render_steps(folder: Path, definition: Definition, faults: Mapping[str, Fault]) -> str:
    steps = read_script(folder, "reference", definition.variant.values, choose_fault(faults, definition.variant)).steps
    names = ", ".join(f"`{step.id}`{'' if step.level == 'core' else ' (more)'}" for step in steps)
    return f"**Steps**, each reached by `labkit solve {folder.name} --to STEP`: {names}.\n"


def _render_questions(definition: Definition) -> str:
    if not definition.questions:
        return ""
    rows = [(f"`{each.id}`", each.ask, each.answer) for each in definition.questions]
    return "**Predictions**\n\n" + render_rows(("asked", "question", "answer"), rows)


def _render_faults(lab: str, faults: Mapping[str, Fault]) -> str:
    if not faults:
        return ""
    rows = [(f"`{each.name}`", each.cause, ", ".join(each.where), each.shows) for each in faults.values()]
    heading = ("`--fault`", "`fault.cause`", "`fault.where`", "how it shows")
    return f"**Faults**, each put in by `labkit break {lab} --fault NAME`\n\n" + render_rows(heading, rows)
