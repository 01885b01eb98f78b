"""`labkit build`: the notebooks in `notebooks/`, generated from the lessons, and a part of each teacher's page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from labkit.course.lesson import Edition, render_notebook
from labkit.course.pictures import plan_picture_files
from labkit.course.table import plan_readme
from labkit.course.teacher import plan_teacher_pages
from labkit.lab.folders import find_lab, find_labs_folder, list_labs

Points = Callable[[str], float]


def find_notebooks_folder() -> Path:
    """Beside the labs."""
    return find_labs_folder().parent / "notebooks"


def plan_pages(points: Points) -> dict[Path, bytes]:
    """All that is generated: notebooks, the teachers' pages, and the README's table of labs."""
    readme = find_labs_folder().parent / "README.md"
    table = {readme: plan_readme(readme).encode()} if readme.exists() else {}
    return plan_notebooks(points) | plan_teacher_pages() | plan_picture_files() | table


def plan_notebooks(points: Points) -> dict[Path, bytes]:
    """Every lab's notebook as it has to be; `points` says what a lab's checks are worth."""
    folder = find_notebooks_folder()
    return {
        folder / f"{name}.ipynb": render_notebook(find_lab(name), Edition(points=points(name))).encode()
        for name in list_labs()
    }


def find_stale(wanted: dict[Path, bytes]) -> list[Path]:
    """Files that differ from what they are made of by a byte, are missing, or notebooks without a lesson."""
    differing = [path for path, data in wanted.items() if not path.exists() or path.read_bytes() != data]
    return sorted({*differing, *(set(find_notebooks_folder().glob("*.ipynb")) - set(wanted))})


def ensure_notebooks(wanted: dict[Path, bytes]) -> list[Path]:
    """Bring the files up to date; those that were not."""
    stale = find_stale(wanted)
    for path in stale:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[path])
        else:
            path.unlink()
    return stale


def write_student_notebooks(folder: Path, student: str, points: Points) -> list[Path]:
    """A student's own notebooks; one that is there already is left alone, it may hold work. What was written."""
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    for name in list_labs():
        path = folder / f"{name}.ipynb"
        if not path.exists():
            path.write_text(
                render_notebook(find_lab(name), Edition(student=student, points=points(name))), encoding="utf-8"
            )
            written.append(path)
    return written
