"""Running all checks of a lab under one deadline: first those that look, then those that act; an answer in any case."""

from __future__ import annotations

import dataclasses
import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from labkit.check.attempt import UNTOLD, Outcome, attempt, plan_again
from labkit.check.register import Check
from labkit.check.verdict import Status
from labkit.check.view import View
from labkit.errors import LabkitError

GRACE = 0.4  # seconds after the deadline at which whatever has not answered could not be told
ENOUGH = 3  # attempts, at least, before red is believed early
PAUSES = (0.1, 0.2, 0.4, 0.8)  # seconds between attempts of a red check
MARGIN = 0.05  # seconds left for the verdict itself
LOOKING = 0.5  # of the time, at most, is for looking where some checks act
_BEAT = 0.1  # seconds between looks whether the run was ended
QUICK = 0.4  # seconds: so little does a second look cost
ROUNDS = 2  # looks together, at most: on a busy computer one probe may get lost
LAST_WORDS = 3.0  # seconds that an act may take to clean up when somebody says stop

MakeView = Callable[[float, threading.Event], View]  # from a deadline in time.monotonic()'s seconds, and what says stop
# from patterns of what a block may leave: what else it left, a line each, when it has ended
Watch = Callable[[Sequence[str]], AbstractContextManager[Sequence[str]]]


@dataclass(frozen=True)
class Around:
    """What is looked at besides. `shortage`: what the computer has too little of, in words; red means nothing then."""

    watch: Watch = lambda _: nullcontext(())
    shortage: Callable[[], str] = str


ALONE = Around()


@dataclass
class Task:
    """A check on its way to an outcome. `late`: it was red at first."""

    check: Check
    outcome: Outcome = UNTOLD
    late: bool = False
    done: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Haste:
    """How soon red is believed. `attempts`: so many red ones in a row are enough, None: until the deadline.

    `settles`: seconds from the start after which the network has come to rest.
    `first`: the first check that is red ends the run; what the others would have said is not told then.
    `times`: how many times as long as usual the run may take.
    """

    attempts: int | None = None
    first: bool = False
    times: float = 1.0
    settles: float = math.inf

    @property
    def more(self) -> int | None:
        """Attempts after the first."""
        return None if self.attempts is None else self.attempts - 1


PATIENT = Haste()


@dataclass(frozen=True)
class Run:
    """What all checks of one run have in common."""

    make_view: MakeView
    deadline: float
    around: Around
    haste: Haste
    settled: float = math.inf  # from here on the network has come to rest: red is believed
    stop: threading.Event = field(default_factory=threading.Event)

    def attempt(self, check: Check, deadline: float) -> Outcome:
        """Once."""
        return self.doubt(attempt(check, self.make_view(deadline, self.stop)))

    def doubt(self, outcome: Outcome) -> Outcome:
        """What is red while there is too little of something could not be told."""
        lacks = self.around.shortage() if outcome.status is Status.FAILED else ""
        return dataclasses.replace(outcome, status=Status.CANNOT_TELL, share=0.0, observed=lacks) if lacks else outcome


def run_checks(
    checks: Sequence[Check],
    make_view: MakeView,
    *,
    within: float,
    around: Around = ALONE,
    haste: Haste = PATIENT,
) -> dict[str, Outcome]:
    """The outcome of every check by id, at the latest `within` + 0.5 s from now, even when a check hangs.

    What is red is looked at again until it is believed (`haste`), or the time is over.

    Those that only look run from the beginning, all at the same time, those that depend on others too: what turns green late leaves
    them their time. Those that act come when these are done, one at a time, each within `around.watch`, which says what it left behind.
    In the end those that are green are looked at together; where something turned green late that may take three times as long as
    the slowest of them.
    """
    began = time.monotonic()
    run = Run(make_view, began + within, around, haste, began + haste.settles)
    tasks = [Task(check) for check in checks]
    looks, acts = ([task for task in tasks if task.check.acts is acting] for acting in (False, True))
    until = began + LOOKING * within if acts else run.deadline
    # daemons: a check that hangs must not keep the process from ending
    threads = [threading.Thread(target=_look, args=(task, run, until), daemon=True) for task in looks]
    for thread in threads:
        thread.start()
    actor = threading.Thread(target=_act, args=(acts, looks, run), daemon=True)
    try:
        actor.start()
        _wait(tasks, run)
        _look_together(tasks, run)
    finally:
        run.stop.set()
        actor.join(LAST_WORDS)  # what an act made is taken away before anything else happens
        for thread in threads if haste.first else ():
            thread.join(_BEAT)  # so that no probe of theirs meets what comes next
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


def _wait(tasks: Sequence[Task], run: Run) -> None:
    """Until all have their outcome, the time is over, or one that is red ended the run."""
    for task in tasks:
        while not task.done.wait(min(_BEAT, max(0.0, run.deadline + GRACE - time.monotonic()))):
            if run.stop.is_set() or time.monotonic() > run.deadline + GRACE:
                break


def _look(task: Task, run: Run, until: float) -> None:
    for outcome in _attempt_until(task.check, run, until):
        _take(task, outcome)  # stands if the next attempt hangs: it was red when last looked at
    _end(task, run)


def _take(task: Task, outcome: Outcome) -> None:
    task.late = task.late or task.outcome.status is Status.FAILED
    task.outcome = outcome


def _look_together(tasks: Sequence[Task], run: Run) -> None:
    """What is green has to be so at one time: a network that is now this, now that may have shown each check what it wanted.

    So those that are quick are asked once more, for the others have looked all the while; all of them where something was red at
    first. One probe may get lost. A network that came to rest late is right when it is looked at again.
    """
    green = [task for task in tasks if task.outcome.status is Status.PASSED and not task.check.once]
    late = any(task.late for task in green)
    looks = [task for task in green if not task.check.acts and (late or task.outcome.seconds < QUICK)]
    slowest = max((task.outcome.seconds for task in looks), default=0.0)
    until = max(run.deadline, time.monotonic() + ROUNDS * (1.5 * slowest + QUICK))
    again: Mapping[str, Outcome] = {}
    for _ in range(0 if run.stop.is_set() else ROUNDS):
        if not again or until - time.monotonic() > 1.2 * slowest + MARGIN:
            again = _attempt_together([task.check for task in looks], dataclasses.replace(run, deadline=until))
        if all(outcome.status is Status.PASSED for outcome in again.values()):
            return
    for task in looks:
        told = again.get(task.check.id, task.outcome)
        if told.status is not Status.PASSED:
            task.outcome = dataclasses.replace(told, observed=f"{told.observed}; a moment ago it was green")


def _attempt_together(checks: Sequence[Check], run: Run) -> dict[str, Outcome]:
    """Each once, all at the same time; those that are done long before the last one again when that is done."""
    told = _attempt_at_once(checks, run)
    early = [check for check in checks if told[check.id].seconds < QUICK]
    return told | _attempt_at_once(early, run) if len(early) < len(checks) else told


def _attempt_at_once(checks: Sequence[Check], run: Run) -> dict[str, Outcome]:
    tasks = [Task(check) for check in checks]

    def attempt_one(task: Task) -> None:
        task.outcome = run.attempt(task.check, run.deadline)
        task.done.set()

    for task in tasks:
        threading.Thread(target=attempt_one, args=(task,), daemon=True).start()
    _wait(tasks, run)
    return {task.check.id: task.outcome for task in tasks}


def _end(task: Task, run: Run) -> None:
    task.done.set()
    if run.haste.first and task.outcome.status is Status.FAILED and not task.check.once:
        run.stop.set()


def _attempt_until(check: Check, run: Run, until: float) -> Iterator[Outcome]:
    """Until it is green, red after the network has come to rest, or the time is over."""
    began = time.monotonic()
    outcome = run.attempt(check, until)
    yield outcome
    pauses = itertools.chain(PAUSES, itertools.repeat(PAUSES[-1]))
    for attempts, pause in enumerate(itertools.islice(pauses, run.haste.more), 1):
        left = until - time.monotonic() - 1.2 * outcome.seconds - MARGIN
        believed = outcome.status is Status.FAILED and attempts >= ENOUGH and began > run.settled
        if check.once or outcome.status is Status.PASSED or believed or left <= 0 or run.stop.wait(min(pause, left)):
            return
        began = time.monotonic()
        outcome = run.attempt(check, until)
        if not outcome.late:
            yield outcome


def _act(acts: Sequence[Task], looks: Sequence[Task], run: Run) -> None:
    """One after the other; those that came out red once more while there is time."""
    for look in looks:
        look.done.wait(max(0.0, run.deadline - time.monotonic()))
    passed = {look.check.id for look in looks if look.outcome.status is Status.PASSED}
    for _ in range(2 if run.haste.attempts is None else 1):
        for task in acts:
            if not task.done.is_set() and not run.stop.is_set():
                _act_once(task, run, passed)
    for task in acts:
        _end(task, run)


def _act_once(task: Task, run: Run, passed: set[str]) -> None:
    if not passed.issuperset(task.check.after):
        return  # it would not count
    left: Sequence[str] = ()
    try:
        with run.around.watch(task.check.may_leave) as left:
            outcome = run.attempt(task.check, run.deadline)
    except LabkitError as error:  # the node could not be looked at
        outcome = Outcome(Status.CANNOT_TELL, observed=error.message)
    if not outcome.late or task.outcome.status is Status.CANNOT_TELL:
        _take(task, run.doubt(blame(task.check, outcome, left)))
    if task.outcome.status is Status.PASSED:
        passed.add(task.check.id)
        task.done.set()


def blame(check: Check, outcome: Outcome, left: Sequence[str]) -> Outcome:
    """What was called has to leave the node as it was."""
    if not left:
        return outcome
    said = f"after it: {'; '.join(left)}"
    if outcome.status is not Status.PASSED:
        return dataclasses.replace(outcome, observed=f"{outcome.observed}; {said}")
    return dataclasses.replace(
        outcome, status=Status.FAILED, share=0.0, expected="the node is afterwards as it was before", observed=said,
        evidence=(*outcome.evidence, plan_again(check, said)),
    )  # fmt: skip
