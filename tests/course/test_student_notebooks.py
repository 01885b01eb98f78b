"""A student's own notebooks: written once, never over work."""

from __future__ import annotations

from pathlib import Path

from labkit.course.notebooks import write_student_notebooks
from labkit.lab.folders import list_labs


def test_they_are_written_once(tmp_path: Path) -> None:
    written = write_student_notebooks(tmp_path, "s-1", lambda _: 1.0)
    assert [path.stem for path in written] == list_labs()
    assert "--student s-1" in written[0].read_text()
    written[0].write_text("work")
    assert write_student_notebooks(tmp_path, "s-1", lambda _: 1.0) == []
    assert written[0].read_text() == "work"
