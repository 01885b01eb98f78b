"""What a check can come to: passed, failed, skipped, or that it could not be told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Skipped: a check it depends on is red, so nothing is said about this one."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Evidence:
    """One probe that a check made: a command that a person can repeat, and what it said."""

    machine: str
    argv: tuple[str, ...]
    stdout: str
    status: int | None


class Failed(Exception):
    """A check came out red. `share`: the part of its points that is earned all the same, 0 to 1.

    `evidence`: the probe that decided; without it the last one made.
    """

    def __init__(self, *, expected: str, observed: str, share: float = 0.0, evidence: Evidence | None = None) -> None:
        super().__init__(f"expected {expected}; observed {observed}")
        self.expected = expected
        self.observed = observed
        self.share = share
        self.evidence = evidence


@dataclass(frozen=True)
class Verdict:
    """What became of one check; `points` is None when it could not be told: that is no number."""

    id: str
    title: str
    level: str
    status: Status
    points: float | None
    max_points: float
    expected: str = ""
    observed: str = ""
    hint: str = ""
    evidence: tuple[Evidence, ...] = ()
    seconds: float = 0.0


def expect(condition: object, *, expected: str, observed: str, by: Evidence | None = None) -> None:
    """Go on when the condition holds; otherwise the check is red. Both texts are for the learner.

    `by`: the evidence that decides, where that is not the last that was asked.
    """
    if not condition:
        raise Failed(expected=expected, observed=observed, evidence=by)


def to_number(points: float | None) -> Any:
    """Points as JSON shows them: 2, not 2.0."""
    return int(points) if points is not None and float(points).is_integer() else points
