"""What is generated and kept in the repository is what its sources say now."""

from __future__ import annotations

from labkit.course.notebooks import find_stale, plan_pages
from labkit.course.points import read_points


def test_notebooks_and_teachers_pages_are_up_to_date() -> None:
    assert find_stale(plan_pages(read_points)) == [], "labkit build writes them"
