"""What a lab's checks are worth together: the points of the notebook's check cell."""

from __future__ import annotations

from labkit.check.fault import list_checks
from labkit.check.verdict import to_number
from labkit.lab.definition import read_definition
from labkit.lab.folders import find_lab


def read_points(lab: str) -> float:
    """The sum over all checks, those about the fault included."""
    points: float = to_number(sum(check.points for check in list_checks(read_definition(find_lab(lab)))))
    return points
