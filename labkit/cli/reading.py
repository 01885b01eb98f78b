"""`labkit lesson`: the lesson where there is no notebook."""

from __future__ import annotations

import argparse

from labkit.cli.printing import print_text
from labkit.lab.folders import find_lab
from labkit.lab.listing import find_running
from labkit.world import list_worlds


def run_lesson(options: argparse.Namespace) -> int:
    """Of the lab named, or of the one that runs, with the values of the student it runs for."""
    from labkit.course.reading import render_lesson

    name = find_lab(options.lab).name if options.lab else find_running(None)
    print_text(render_lesson(find_lab(name), _find_student(name)))
    return 0


def _find_student(name: str) -> str | None:
    if name not in list_worlds():
        return None
    from labkit.lab.session import attach_lab

    return attach_lab(name).definition.variant.student
