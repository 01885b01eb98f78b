"""A running lab that can be checked: what notebooks, terminals and graders hold."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.check.engine import run_checks
from labkit.check.fault import plan_fault_checks
from labkit.check.register import Check, load_checks
from labkit.check.report import Report, plan_report
from labkit.check.verdict import Status
from labkit.check.view import View
from labkit.errors import CannotTell, UsageError
from labkit.lab.journal import Entry
from labkit.lab.lab import Lab
from labkit.lab.session import attach_lab, start_lab
from labkit.lab.timing import scale


@dataclass(frozen=True)
class Hint:
    """A rung of a check's hint ladder: number `rung` of `of`."""

    id: str
    rung: int
    of: int
    text: str


class LiveLab(Lab):
    """A lab with its checks."""

    def read_checks(self) -> list[Check]:
        """The lab's own checks, and those about the fault."""
        own = load_checks(self.folder / "checks.py")
        return own + plan_fault_checks(own, self.read_faults(), self.definition.fault_points)

    def check(self, only: str | None = None) -> Report:
        """Look at the network now: all checks, or one with those it depends on (which are not in the report)."""
        checks = self.read_checks()
        wanted = [check.id for check in checks] if only is None else [_find(checks, only, self.name).id]
        chosen = _with_dependencies(checks, wanted)
        state = self.read_state()
        make_view = functools.partial(View, self, state)
        outcomes = run_checks(chosen, make_view, within=scale(self.definition.within))
        shown = {name: outcomes[name] for name in wanted}
        return plan_report((self.name, self.student), checks, shown, state.hints)

    def hint(self, name: str | None = None) -> Hint:
        """The next hint for a check; without a name for the first that is red."""
        checks = self.read_checks()
        check = _find(checks, name or self._find_red(), self.name)
        if not check.hints:
            raise UsageError(
                f"there is no hint for {check.id}", hint="labkit check shows what was expected and what is there"
            )
        self.note(Entry(kind="hint", id=check.id))
        rung = min(self.read_state().hints[check.id], len(check.hints))
        return Hint(check.id, rung, len(check.hints), check.hints[rung - 1])

    def break_(self, fault: str | None = None) -> str:
        """Break one thing in a network that is right; says how it shows."""
        own = [check for check in load_checks(self.folder / "checks.py") if check.level == "core"]
        outcomes = run_checks(
            own, functools.partial(View, self, self.read_state()), within=scale(self.definition.within)
        )
        red = [name for name, outcome in outcomes.items() if outcome.status is not Status.PASSED]
        if red:
            raise UsageError(
                f"the network is not right yet: {', '.join(red)}",
                hint=f"labkit check {self.name}; break it when all is green",
            )
        return super().break_(fault)

    def _find_red(self) -> str:
        report = self.check()
        red = report.list_ids(Status.FAILED)
        if not red and not report.gradable:
            raise CannotTell(f"lab {self.name}: not all could be told", hint=f"labkit check {self.name} says why")
        if not red:
            raise UsageError(
                f"lab {self.name}: nothing is red", hint="a hint for a check by its id: labkit hint LAB ID"
            )
        return red[0]


def start(lab: str, *, student: str | None = None, fabric: str | None = None, resume: bool = False) -> LiveLab:
    """Start a lab, or attach when it runs. `fabric`: netlink (when nothing is said) or mininet; `resume`: replay the journal."""
    return start_lab(LiveLab, lab, student=student, fabric=fabric, resume=resume)


def attach(lab: str | None = None) -> LiveLab:
    """The running lab of this name, or the only one. UsageError when it does not run."""
    return attach_lab(LiveLab, lab)


def _find(checks: Sequence[Check], name: str, lab: str) -> Check:
    for check in checks:
        if check.id == name:
            return check
    raise UsageError(f"lab {lab} has no check {name!r}", hint=f"it has {', '.join(check.id for check in checks)}")


def _with_dependencies(checks: Sequence[Check], wanted: Sequence[str]) -> list[Check]:
    needed = set(wanted)
    for check in reversed(checks):  # a check stands below those it depends on
        if check.id in needed:
            needed |= set(check.after)
    return [check for check in checks if check.id in needed]
