"""What becomes of one cell of a lesson: its id, its solution region, what nbgrader must know of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from labkit.errors import UsageError

BEGIN = re.compile(r"^(?P<indent>[ \t]*)### BEGIN SOLUTION[ \t]*$")
END = re.compile(r"^[ \t]*### END SOLUTION[ \t]*$")
SHELL = ("%%on", "%%bash", "%%sh")  # cells whose stub is a comment of the shell's
STUB = "# your commands here"
ASK = re.compile(r"^(?P<magic>%answer (?P<id>\S+)) \?[ \t]*$", re.MULTILINE)
CHECK = re.compile(r"^%check[ \t]*$")
ID_SIZE = 64  # nbformat: 1 to 64 of [A-Za-z0-9-_]


def plan_ids(cells: list[Any]) -> None:
    """Give every cell a stable id: the lesson's own, or one from its text; the second of two alike gets a number."""
    used: set[str] = set()
    for cell in cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:10]
        wanted = re.sub(r"[^A-Za-z0-9_-]", "-", str(cell.metadata.pop("id", f"c-{digest}")))[:ID_SIZE]
        number, name = 1, wanted
        while name in used:
            number += 1
            name = f"{wanted[: ID_SIZE - 4]}-{number}"
        used.add(name)
        cell.id = name


def has_solution(source: str) -> bool:
    """Whether a cell is an exercise."""
    return any(BEGIN.match(line) for line in source.splitlines())


def is_exercise(source: str) -> bool:
    """Whether the learner writes into it."""
    return has_solution(source) or is_empty(source)


def is_untouched(script: str) -> bool:
    """Whether an exercise holds no command yet: comments only, the stub's among them."""
    lines = [line.strip() for line in script.splitlines() if line.strip()]
    return STUB in lines and all(line.startswith("#") for line in lines)


def list_solution_lines(source: str) -> list[str]:
    """The lines that a learner has to write."""
    found: list[str] = []

    def keep(_: str, lines: list[str]) -> list[str]:
        found.extend(lines)
        return lines

    _replace_regions(source, "", keep)
    return found


def is_empty(source: str) -> bool:
    """Whether nothing but the stub stands below the first line."""
    return source.splitlines()[1:] == [STUB]


def strip_solution(source: str, where: str) -> str:
    """An exercise as it is handed out: every solution region is a stub, `# your commands here` or `...`."""
    stub = STUB if source.startswith(SHELL) else "..."
    return _replace_regions(source, where, lambda indent, _: [indent + stub])


def keep_solution(source: str, where: str) -> str:
    """The same cell solved: only the two marks are gone."""
    return _replace_regions(source, where, lambda _, lines: lines)


def fill_answers(source: str, answers: Mapping[str, str], where: str) -> str:
    """`%answer ID ?` with the right answer in place of the question mark."""

    def fill(match: re.Match[str]) -> str:
        if match["id"] not in answers:
            raise UsageError(
                f"{where}: nothing is asked called {match['id']}", hint=f"lab.toml asks {', '.join(answers)}"
            )
        return f"{match['magic']} {answers[match['id']]}"

    return ASK.sub(fill, source)


def mark_exercise(metadata: MutableMapping[str, Any], name: str) -> None:
    """nbgrader, schema 3: an exercise; the learner writes into it, nobody grades it."""
    metadata["nbgrader"] = _nbgrader(name, solution=True)


def mark_check(metadata: MutableMapping[str, Any], name: str, points: float) -> None:
    """nbgrader, schema 3: the cell whose number is the grade."""
    metadata["nbgrader"] = _nbgrader(name, grade=True, locked=True) | {"points": points}


def _nbgrader(name: str, *, grade: bool = False, solution: bool = False, locked: bool = False) -> dict[str, Any]:
    return {
        "grade": grade,
        "grade_id": name,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }


def _replace_regions(source: str, where: str, replace: Any) -> str:
    """Both marks and what is between them become `replace(indent, lines)`."""
    out: list[str] = []
    region: list[str] | None = None
    indent = ""
    for line in source.splitlines():
        begin, end = BEGIN.match(line), END.match(line)
        if (begin and region is not None) or (end and region is None):
            raise UsageError(
                f"{where}: {line.strip()} without its other half", hint="### BEGIN SOLUTION, then ### END SOLUTION"
            )
        if begin:
            region, indent = [], begin["indent"]
        elif end:
            out += replace(indent, region)
            region = None
        else:
            (out if region is None else region).append(line)
    if region is not None:
        raise UsageError(f"{where}: ### BEGIN SOLUTION without its other half", hint="end it with ### END SOLUTION")
    return "\n".join(out)
