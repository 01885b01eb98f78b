"""Running all checks of a lab under one deadline: red ones again until then, an answer in any case."""

from __future__ import annotations

import itertools
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from labkit.check.register import Check
from labkit.check.verdict import Evidence, Failed, Status
from labkit.check.view import OutOfTime, View
from labkit.errors import LabkitError

GRACE = 0.4  # seconds after the deadline at which whatever has not answered could not be told
PAUSES = (0.1, 0.2, 0.4, 0.8)  # seconds between attempts of a red check
MARGIN = 0.05  # seconds left for the verdict itself

MakeView = Callable[[float], View]  # from a deadline in time.monotonic()'s seconds


@dataclass(frozen=True)
class Outcome:
    """What one attempt came to; `late` when the deadline cut it short."""

    status: Status
    share: float = 0.0
    expected: str = ""
    observed: str = ""
    evidence: tuple[Evidence, ...] = ()
    seconds: float = 0.0
    late: bool = False


@dataclass
class Task:
    """A check on its way to an outcome, in a thread of its own."""

    check: Check
    before: Sequence[Task]
    outcome: Outcome = Outcome(Status.CANNOT_TELL, observed="it did not come to an end in time")
    done: threading.Event = field(default_factory=threading.Event)

    def settle(self, outcome: Outcome) -> None:
        """The outcome stands."""
        self.outcome = outcome
        self.done.set()


def run_checks(checks: Sequence[Check], make_view: MakeView, *, within: float) -> dict[str, Outcome]:
    """The outcome of every check by id, at the latest `within` + 0.5 s from now, even when a check hangs."""
    deadline = time.monotonic() + within
    tasks: dict[str, Task] = {}
    for check in checks:
        tasks[check.id] = Task(check, [tasks[name] for name in check.after if name in tasks])
    stop = threading.Event()
    for task in tasks.values():
        # a daemon: a check that hangs must not keep the process from ending
        threading.Thread(target=_run_task, args=(task, make_view, deadline, stop), daemon=True).start()
    try:
        for task in tasks.values():
            task.done.wait(max(0.0, deadline + GRACE - time.monotonic()))
    finally:
        stop.set()
    return {name: task.outcome for name, task in tasks.items()}


def _run_task(task: Task, make_view: MakeView, deadline: float, stop: threading.Event) -> None:
    for other in task.before:
        other.done.wait(max(0.0, deadline + GRACE - time.monotonic()))
    blocked = [other for other in task.before if other.outcome.status is not Status.PASSED]
    if blocked:
        task.settle(_plan_blocked(task.check, blocked))
    else:
        task.settle(_attempt_until(task.check, make_view, deadline, stop))


def _plan_blocked(check: Check, blocked: Sequence[Task]) -> Outcome:
    names = ", ".join(other.check.id for other in blocked)
    if any(other.outcome.status is Status.CANNOT_TELL for other in blocked):
        return Outcome(Status.CANNOT_TELL, observed=f"it depends on {names}, which could not be told")
    if check.gathers:
        return Outcome(Status.FAILED, expected="all of the network right", observed=f"red: {names}")
    return Outcome(Status.SKIPPED, expected=f"first {names}", observed="not looked at yet")


def _attempt_until(check: Check, make_view: MakeView, deadline: float, stop: threading.Event) -> Outcome:
    last = attempt(check, make_view(deadline))
    for pause in itertools.chain(PAUSES, itertools.repeat(PAUSES[-1])):
        left = deadline - time.monotonic() - 1.2 * last.seconds - MARGIN
        if last.status is Status.PASSED or left <= 0 or stop.wait(min(pause, left)):
            break
        outcome = attempt(check, make_view(deadline))
        if not outcome.late:
            last = outcome
    return last


def attempt(check: Check, view: View) -> Outcome:
    """Evaluate a check once. Whatever goes wrong in it could not be told: it is never the learner's fault."""
    began = time.monotonic()
    late = False
    expected = observed = ""
    status, share = Status.CANNOT_TELL, 0.0
    try:
        earned = check.function(view)
        status, share = Status.PASSED, 1.0 if earned is None else earned
    except Failed as red:
        status, share, expected, observed = Status.FAILED, red.share, red.expected, red.observed
    except LabkitError as error:
        observed, late = error.message, isinstance(error, OutOfTime)
    except BaseException as error:  # noqa: BLE001 - the border to a lab's own code, sys.exit() in it included
        observed = _explain_crash(error)
    return Outcome(status, share, expected, observed, tuple(view.evidence), time.monotonic() - began, late)


def _explain_crash(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"the check itself stopped: {type(error).__name__}: {error} ({frame.filename.rpartition('/')[2]} line {frame.lineno})"
