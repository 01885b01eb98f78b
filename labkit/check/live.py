"""Checking a running lab: all its checks, the next hint, breaking one thing."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.check.attempt import Outcome
from labkit.check.dropped import add_rules
from labkit.check.engine import PATIENT, Around, Haste, run_checks
from labkit.check.fault import list_checks
from labkit.check.footprint import Footprint
from labkit.check.plug import collect_stale
from labkit.check.progress import find_later
from labkit.check.register import Check
from labkit.check.report import Report, plan_report
from labkit.check.shortage import Shortage
from labkit.check.verdict import Status
from labkit.check.view import View
from labkit.errors import CannotTell, UsageError
from labkit.lab.entries import Checked, HintGiven
from labkit.lab.journal import State
from labkit.lab.lab import Lab
from labkit.net import forget_neighbours
from labkit.timing import scale


@dataclass(frozen=True)
class Hint:
    """A rung of a check's hint ladder: number `rung` of `of`."""

    id: str
    rung: int
    of: int
    text: str


def run(lab: Lab, only: str | None = None, *, haste: Haste = PATIENT, follow: bool = False) -> Report:
    """Look at the network now: all checks, or one with those it depends on (which are not in the report).

    `follow`: packets of what is red are followed afterwards, for the evidence; a proof has no use for that.
    """
    checks = list_checks(lab.definition)
    wanted = [check.id for check in checks] if only is None else [_find(checks, only, lab.name).id]
    state = lab.read_state()
    outcomes = look(lab, _with_dependencies(checks, wanted), state, haste)
    outcomes = add_rules(lab, outcomes) if follow else outcomes
    report = plan_report((lab.name, lab.student), checks, {name: outcomes[name] for name in wanted}, state.hints)
    later = (
        find_later(checks, {name: outcome.status for name, outcome in outcomes.items()}, state) if only is None else ()
    )
    helped = {"hints": state.hints, "solved": state.solved, "seen": state.seen}
    report = dataclasses.replace(report, helped=helped, later=frozenset(later))
    lab.note(_plan_entry(report))
    return report


def hint(lab: Lab, name: str | None = None) -> Hint:
    """The next hint for a check; without a name for the first that is red."""
    checks = list_checks(lab.definition)
    check = _find(checks, name or _find_red(lab), lab.name)
    if not check.hints:
        raise UsageError(
            f"there is no hint for {check.id}", hint="labkit check shows what was expected and what is there"
        )
    lab.note(HintGiven(id=check.id))
    rung = min(lab.read_state().hints[check.id], len(check.hints))
    return Hint(check.id, rung, len(check.hints), check.hints[rung - 1])


def look(lab: Lab, checks: Sequence[Check], state: State, haste: Haste = PATIENT) -> dict[str, Outcome]:
    """What these checks say now."""
    machines = lab.world.machines()
    if any(check.acts for check in checks):
        collect_stale(lab.world, machines)
    forget_neighbours(machines)  # what works by memory only would end within a minute
    nodes = [machine for machine in machines if machine.kind == "node"]
    view = functools.partial(View, lab, state)
    within = scale(lab.definition.within) * haste.times
    haste = dataclasses.replace(haste, settles=scale(lab.definition.settles) * haste.times)
    around = Around(Footprint(nodes).watch, Shortage(lab.world).find)
    return run_checks(checks, view, within=within, around=around, haste=haste)


def _plan_entry(report: Report) -> Checked:
    statuses = {verdict.id: str(verdict.status) for verdict in report.verdicts}
    return Checked(points=report.points, max_points=report.max_points, checks=statuses)


def _find_red(lab: Lab) -> str:
    report = run(lab)
    red = report.list_ids(Status.FAILED)
    if not red and not report.gradable:
        raise CannotTell(f"lab {lab.name}: not all could be told", hint=f"labkit check {lab.name} says why")
    if not red:
        raise UsageError(f"lab {lab.name}: nothing is red", hint="a hint for a check by its id: labkit hint LAB ID")
    return red[0]


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
