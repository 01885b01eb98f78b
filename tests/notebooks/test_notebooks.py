"""Every notebook, run from its first cell to its last: solved it is all green, as handed out red, and it never crashes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from labkit.course.points import read_points
from labkit.course.lesson import Edition, render_notebook

pytestmark = pytest.mark.timeout(1200)
# What a learner may meet in a notebook that is handed out: a command that fails, a mistake told in one line,
# and, on a busy computer, a broken network about which not all could be told in time.
EXPECTED = {"CellFailed", "UsageError", "CannotTell"}


def run_notebook(lab: Path, edition: Edition, folder: Path) -> list[Any]:
    """The code cells with their outputs; every cell runs, whatever the one before it came to."""
    import nbformat  # takes more than a second of every worker's
    from nbclient import NotebookClient

    notebook = nbformat.reads(render_notebook(lab, edition), as_version=4)
    client = NotebookClient(notebook, allow_errors=True, timeout=120, resources={"metadata": {"path": str(folder)}})
    client.execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def errors_of(cell: Any) -> list[str]:
    return [f"{cell.id}: {output.ename}: {output.evalue}" for output in cell.outputs if output.output_type == "error"]


def number_of(cell: Any) -> float:
    """What nbgrader would read."""
    (result,) = [output for output in cell.outputs if output.output_type == "execute_result"]
    return float(result.data["text/plain"])


def words_of(cell: Any) -> str:
    """The verdicts as somebody reads them, to say what was red."""
    (result,) = [output for output in cell.outputs if output.output_type == "execute_result"]
    return " ".join(re.sub(r"<[^>]*>", " ", result.data.get("text/html", "")).split())


def find_grade(cells: list[Any]) -> Any:
    (cell,) = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return cell


def test_solved_it_is_all_green(lab: Path, tmp_path: Path) -> None:
    points = read_points(lab.name)
    cells = run_notebook(lab, Edition(solved=True, points=points), tmp_path)
    failed = [
        error for cell in cells if "raises-exception" not in cell.metadata.get("tags", []) for error in errors_of(cell)
    ]
    assert failed == []
    assert number_of(grade := find_grade(cells)) == points, words_of(grade)
    assert [output for cell in cells for output in cell.outputs if output.get("name") == "stderr"] == []


def test_as_handed_out_it_is_red(lab: Path, tmp_path: Path) -> None:
    points = read_points(lab.name)
    cells = run_notebook(lab, Edition(points=points), tmp_path)
    kinds = {output.ename for cell in cells for output in cell.outputs if output.output_type == "error"}
    assert kinds <= EXPECTED, [error for cell in cells for error in errors_of(cell)]
    assert number_of(find_grade(cells)) < points
    assert [output for cell in cells for output in cell.outputs if output.get("name") == "stderr"] == []


def test_a_student_s_own_is_green_too(student_lab: Path, tmp_path: Path) -> None:
    lab = student_lab
    points = read_points(lab.name)
    cells = run_notebook(lab, Edition(student="s-4711", solved=True, points=points), tmp_path)
    failed = [
        error for cell in cells if "raises-exception" not in cell.metadata.get("tags", []) for error in errors_of(cell)
    ]
    assert failed == []
    assert number_of(grade := find_grade(cells)) == points, words_of(grade)
