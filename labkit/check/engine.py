"""Running all checks of a lab under one deadline: red ones again until then, an answer in any case."""

from __future__ import annotations

import itertools
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from labkit.check.register import Check
from labkit.check.verdict import Evidence, Failed, Status
from labkit.check.view import View
from labkit.check.witness import OutOfTime
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
    outcome: Outcome = Outcome(Status.CANNOT_TELL, observed="it did not come to an end in time")
    done: threading.Event = field(default_factory=threading.Event)


def run_checks(checks: Sequence[Check], make_view: MakeView, *, within: float) -> dict[str, Outcome]:
    """The outcome of every check by id, at the latest `within` + 0.5 s from now, even when a check hangs.

    All run from the beginning, those that depend on others too: what turns green late leaves them their time.
    """
    deadline = time.monotonic() + within
    stop = threading.Event()
    tasks = [Task(check) for check in checks]
    for task in tasks:
        # a daemon: a check that hangs must not keep the process from ending
        threading.Thread(target=_run_task, args=(task, make_view, deadline, stop), daemon=True).start()
    try:
        for task in tasks:
            task.done.wait(max(0.0, deadline + GRACE - time.monotonic()))
    finally:
        stop.set()
    return resolve_dependencies(checks, {task.check.id: task.outcome for task in tasks})


def resolve_dependencies(checks: Sequence[Check], outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """What a check said counts only when all it depends on has passed; checks stand below those they depend on."""
    resolved: dict[str, Outcome] = {}
    for check in checks:
        blocked = {name: resolved[name].status for name in check.after if name in resolved}
        blocked = {name: status for name, status in blocked.items() if status is not Status.PASSED}
        resolved[check.id] = _plan_blocked(check, blocked) if blocked else outcomes[check.id]
    return resolved


def _plan_blocked(check: Check, blocked: Mapping[str, Status]) -> Outcome:
    names = ", ".join(blocked)
    if Status.CANNOT_TELL in blocked.values():
        return Outcome(Status.CANNOT_TELL, observed=f"it depends on {names}, which could not be told")
    if check.gathers:
        return Outcome(Status.FAILED, expected="all of the network right", observed=f"red: {names}")
    return Outcome(Status.SKIPPED, expected=f"first {names}", observed="not looked at yet")


def _run_task(task: Task, make_view: MakeView, deadline: float, stop: threading.Event) -> None:
    for outcome in _attempt_until(task.check, make_view, deadline, stop):
        task.outcome = outcome  # stands if the next attempt hangs: it was red when last looked at
    task.done.set()


def _attempt_until(check: Check, make_view: MakeView, deadline: float, stop: threading.Event) -> Iterator[Outcome]:
    outcome = attempt(check, make_view(deadline))
    yield outcome
    for pause in itertools.chain(PAUSES, itertools.repeat(PAUSES[-1])):
        left = deadline - time.monotonic() - 1.2 * outcome.seconds - MARGIN
        if check.once or outcome.status is Status.PASSED or left <= 0 or stop.wait(min(pause, left)):
            return
        outcome = attempt(check, make_view(deadline))
        if not outcome.late:
            yield outcome


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
