"""All verdicts of a lab: points, exit status, and the JSON that graders read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.check.attempt import Outcome
from labkit.check.register import LEVELS, Check
from labkit.check.verdict import Evidence, Status, Verdict, to_number


@dataclass(frozen=True)
class Report:
    """What `check` came to. Score and points are None when something could not be told: that is no number.

    `helped`: the help that was taken, as State says it: {"hints": {check: number}, "solved": bool, "seen": bool}.
    `later`: ids of red checks that nobody has got to yet; graders don't ask.
    """

    lab: str
    student: str | None
    verdicts: tuple[Verdict, ...]
    helped: Mapping[str, Any] = field(default_factory=dict)
    later: frozenset[str] = frozenset()

    @property
    def gradable(self) -> bool:
        return all(verdict.status is not Status.CANNOT_TELL for verdict in self.verdicts)

    @property
    def max_points(self) -> float:
        return sum(verdict.max_points for verdict in self.verdicts)

    @property
    def points(self) -> float | None:
        return sum(verdict.points or 0.0 for verdict in self.verdicts) if self.gradable else None

    @property
    def score(self) -> float | None:
        """From 0 to 1."""
        return None if self.points is None else round(self.points / self.max_points, 4)

    @property
    def exit_status(self) -> int:
        """Of the core checks: 0 all passed, 1 something failed, 3 something could not be told; where there is no core, of all."""
        counted = self.list_level("core") or self.verdicts
        statuses = {verdict.status for verdict in counted}
        if Status.CANNOT_TELL in statuses:
            return 3
        return 0 if statuses <= {Status.PASSED} else 1

    def list_level(self, level: str) -> tuple[Verdict, ...]:
        """The verdicts of a level, core or more."""
        return tuple(verdict for verdict in self.verdicts if verdict.level == level)

    def list_ids(self, *statuses: Status) -> list[str]:
        """Ids of the checks that came to one of these."""
        return [verdict.id for verdict in self.verdicts if verdict.status in statuses]

    def to_data(self) -> dict[str, Any]:
        """As `labkit check --json` shows it."""
        return {
            "lab": self.lab,
            "student": self.student,
            "gradable": self.gradable,
            "score": to_number(self.score),
            "points": to_number(self.points),
            "max_points": to_number(self.max_points),
            "checks": [_verdict_data(verdict) for verdict in self.verdicts],
            "levels": {level: _level_data(self.list_level(level)) for level in LEVELS},
            "helped": dict(self.helped),
            "version": 1,
        }


def plan_verdict(check: Check, outcome: Outcome, hints_shown: int) -> Verdict:
    """A check and what became of it. The hint is the last one asked for, and at first the first."""
    told = outcome.status is not Status.CANNOT_TELL
    hint = check.hints[min(max(hints_shown, 1), len(check.hints)) - 1] if check.hints else ""
    return Verdict(
        id=check.id,
        title=check.title,
        level=check.level,
        status=outcome.status,
        points=check.points * min(max(outcome.share, 0.0), 1.0) if told else None,
        max_points=check.points,
        expected=outcome.expected,
        observed=outcome.observed,
        hint="" if outcome.status is Status.PASSED else hint,
        evidence=outcome.evidence,
        seconds=round(outcome.seconds, 3),
    )


def plan_report(
    name: tuple[str, str | None], checks: Sequence[Check], outcomes: Mapping[str, Outcome], hints: Mapping[str, int]
) -> Report:
    """`name`: lab and student; only checks that have an outcome are in it."""
    verdicts = [
        plan_verdict(check, outcomes[check.id], hints.get(check.id, 0)) for check in checks if check.id in outcomes
    ]
    return Report(*name, tuple(verdicts))


def _level_data(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    told = all(verdict.points is not None for verdict in verdicts)
    return {
        "points": to_number(sum(verdict.points or 0.0 for verdict in verdicts)) if told else None,
        "max_points": to_number(sum(verdict.max_points for verdict in verdicts)),
    }


def _verdict_data(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.id,
        "title": verdict.title,
        "level": verdict.level,
        "status": str(verdict.status),
        "points": to_number(verdict.points),
        "max_points": to_number(verdict.max_points),
        "expected": verdict.expected,
        "observed": verdict.observed,
        "hint": verdict.hint,
        "evidence": [_evidence_data(each) for each in verdict.evidence],
        "seconds": verdict.seconds,
    }


def _evidence_data(evidence: Evidence) -> dict[str, Any]:
    return {
        "machine": evidence.machine,
        "argv": list(evidence.argv),
        "stdout": evidence.stdout,
        "status": evidence.status,
    }
