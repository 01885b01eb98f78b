"""What a lab's checks are worth together: the points of the notebook's check cell."""

from __future__ import annotations

from labkit.check.fault import plan_fault_checks
from labkit.check.register import load_checks
from labkit.check.verdict import to_number
from labkit.lab.definition import read_definition
from labkit.lab.folders import find_lab
from labkit.lab.script import read_faults


def read_points(lab: str) -> float:
    """The sum over all checks, those about the fault included."""
    folder = find_lab(lab)
    definition = read_definition(folder)
    own = load_checks(folder / "checks.py")
    checks = own + plan_fault_checks(own, read_faults(folder, definition.variant.values), definition.fault_points)
    points: float = to_number(sum(check.points for check in checks))
    return points
