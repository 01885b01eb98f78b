"""Whether a check was the last of a lab, and what comes next in the course."""

from __future__ import annotations

from labkit.check import Report, Status, read_progress
from labkit.lab.definition import read_definition
from labkit.lab.folders import find_lab, list_labs
from labkit.lab.lab import Lab
from labkit.show.done import Done


def plan_done(lab: Lab, report: Report) -> Done | None:
    """What is said below a check of everything whose core is green; None where something is left to do."""
    core = report.list_level("core")
    if len(core) < 2 or any(verdict.status is not Status.PASSED for verdict in core):  # noqa: PLR2004 - one check alone says nothing of the lab
        return None
    progress = read_progress(lab.definition, lab.read_entries())
    if not progress.done or len(core) != progress.core:
        return None
    later = [name for name in list_labs() if name > lab.name]
    return Done(lab.definition, progress, [read_definition(find_lab(name)) for name in later[:1]])
