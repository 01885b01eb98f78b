"""All checks of a lab: its own, and the two that every lab with faults has: repaired, and named."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from labkit.check.register import Check, load_checks
from labkit.check.verdict import Failed
from labkit.check.view import View
from labkit.lab.definition import Definition, FaultPoints
from labkit.lab.diagnosis import CAUSE, WHERE
from labkit.lab.folders import find_lab
from labkit.lab.script import Fault, read_faults

REPAIRED = "fault_repaired"
NAMED = "fault_named"
WORTH = (1.0, 0.5)  # of the first and the second answer; later ones are worth nothing
HINTS = (
    "Which machine reaches which one, and which one no longer? %matrix shows it now.",
    "Follow one packet that gets lost: %journey SRC DST says where it was last seen. Look at that machine.",
    "There, compare `ip addr`, `ip route`, `ip neigh`, `bridge link` and `sysctl net.ipv4.ip_forward` with what you built.",
)


def list_checks(lab: Definition) -> list[Check]:
    """Its own checks, and those about the fault."""
    folder = find_lab(lab.name)
    own = load_checks(folder / "checks.py")
    return own + plan_fault_checks(own, read_faults(folder, lab.variant.values), lab.fault_points)


def plan_fault_checks(checks: Sequence[Check], faults: dict[str, Fault], points: FaultPoints) -> list[Check]:
    """None in a lab without faults. The network is right again when its core checks are."""
    if not faults:
        return []
    network = tuple(check.id for check in checks if check.level == "core")

    def check_repaired(lab: View) -> None:
        _find_fault(lab, faults)

    def check_named(lab: View) -> float:
        return judge_diagnosis(lab, _find_fault(lab, faults))

    repaired = Check(REPAIRED, "What was broken works again.", check_repaired, points.repaired, network, gathers=True)
    named = Check(
        NAMED, "You named the cause and the place of what was broken.", check_named, points.named, (REPAIRED,)
    )
    return [dataclasses.replace(check, hints=points.hints or HINTS, once=True) for check in (repaired, named)]


def _find_fault(lab: View, faults: dict[str, Fault]) -> Fault:
    if lab.state.fault not in faults:
        raise Failed(expected="something broken, and repaired", observed="nothing has been broken yet: labkit break")
    if lab.state.chosen and lab.values.get("student"):
        raise Failed(
            expected="something broken without your knowing what, and repaired",
            observed="you chose what breaks (--fault): that is for practice; labkit break without it counts",
        )
    return faults[lab.state.fault]


def judge_diagnosis(lab: View, fault: Fault) -> float:
    """The share that cause and place earn, half each; a first answer counts in full, a second by half."""
    tries = {what: lab.state.tries.get(what, ()) for what in (CAUSE, WHERE)}
    right = {CAUSE: fault.cause, WHERE: fault.where}
    fitting = {what: bool(tries[what]) and tries[what][-1] in right[what] for what in tries}
    share = sum(rate_tries(len(tries[what])) for what in tries if fitting[what]) / 2
    if all(fitting.values()) and share:
        return share
    raise Failed(
        expected="an answer to fault.cause and to fault.where that fits, at the first or the second try",
        observed="; ".join(_describe(what, tries[what], fits=fitting[what]) for what in tries),
        share=share,
    )


def rate_tries(count: int) -> float:
    """What a right answer is worth at this try."""
    return WORTH[count - 1] if count <= len(WORTH) else 0.0


def _describe(what: str, tries: Sequence[str], *, fits: bool) -> str:
    if not tries:
        return f"{what} is not answered"
    return f"{what} = {tries[-1]} {'fits' if fits else 'does not fit what was broken'} (try {len(tries)})"
