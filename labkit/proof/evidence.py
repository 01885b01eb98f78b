"""Whether the command beside a red verdict shows what the verdict says: it is typed, as a reader would."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.check.report import Report
from labkit.check.verdict import Evidence, Status
from labkit.errors import LabkitError
from labkit.lab.lab import Lab
from labkit.timing import scale

PATIENCE = 10.0  # seconds


def list_misleading(lab: Lab, report: Report) -> Iterator[str]:
    """A line for each red check whose command comes out otherwise than its evidence says, or that shows nothing."""
    for verdict in report.verdicts:
        if verdict.status is Status.FAILED and verdict.evidence:
            decided = verdict.evidence[-1]
            status = _type(lab, decided)
            if bool(status) != bool(decided.status):
                yield f"{verdict.id}: `{' '.join(decided.argv)}` on {decided.machine} ends with {status}, its evidence with {decided.status}"


def _type(lab: Lab, evidence: Evidence) -> int | None:
    """The exit status, as `labkit exec` or the command itself gives it."""
    try:
        if evidence.argv[:1] == ("labkit",):
            return evidence.status  # `check` and `reach` ask what has just been asked, by the same code
        if evidence.argv[0] == "arping":  # a proxy answers after a while of its own choice
            return evidence.status
        if evidence.argv[0] == "dig" and evidence.status:  # it waits 15 s for an answer, and an error's is one to it
            return evidence.status
        return lab.machine(evidence.machine).run(evidence.argv, timeout=scale(PATIENCE), journal={}).status
    except LabkitError:
        return None
