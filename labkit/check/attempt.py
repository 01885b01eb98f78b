"""One attempt of one check: whatever happens in it becomes an outcome."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass

from labkit.check.record import OutOfTime
from labkit.check.register import Check
from labkit.check.verdict import Evidence, Failed, Status
from labkit.check.view import View
from labkit.errors import LabkitError


@dataclass(frozen=True)
class Outcome:
    """What one attempt came to. `evidence`: what was asked, the probe that decided last; `late` when the deadline cut it short."""

    status: Status
    share: float = 0.0
    expected: str = ""
    observed: str = ""
    evidence: tuple[Evidence, ...] = ()
    seconds: float = 0.0
    late: bool = False


UNTOLD = Outcome(Status.CANNOT_TELL, observed="it did not come to an end in time")


def attempt(check: Check, view: View) -> Outcome:
    """Evaluate a check once. Whatever goes wrong in it could not be told: it is never the learner's fault."""
    began = time.monotonic()
    late = False
    expected = observed = ""
    decided: Evidence | None = None
    status, share = Status.CANNOT_TELL, 0.0
    try:
        earned = check.function(view)
        status, share = Status.PASSED, 1.0 if earned is None else earned
    except Failed as red:
        status, share, expected, observed = Status.FAILED, red.share, red.expected, red.observed
        decided = red.evidence
    except LabkitError as error:
        observed, late = error.message, isinstance(error, OutOfTime)
    except BaseException as error:  # noqa: BLE001 - the border to a lab's own code, sys.exit() in it included
        observed = _explain_crash(error)
    if check.acts and status is Status.FAILED:
        decided = plan_again(check, observed)
    evidence = [each for each in view.evidence if each is not decided] + ([decided] if decided else [])
    return Outcome(status, share, expected, observed, tuple(evidence), time.monotonic() - began, late)


def plan_again(check: Check, observed: str) -> Evidence:
    """What an act made is gone: only doing it again shows it."""
    return Evidence("", ("labkit", "check", "--only", check.id), observed, 1)


def _explain_crash(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"the check itself stopped: {type(error).__name__}: {error} ({frame.filename.rpartition('/')[2]} line {frame.lineno})"
